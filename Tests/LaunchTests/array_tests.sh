# shellcheck shell=bash disable=SC2154,SC2016  # variables come from sandbox.sh; stubs expand theirs when they run
# Job arrays: launch/sweep.sbatch, and what the batch scripts make of a task of an array.

# as_task ARRAY TASK JOB COMMAND…: a sweep's task, whose own number is JOB.
as_task() {
    local array=$1 task=$2 job=$3
    shift 3
    run env SLURM_SUBMIT_DIR="$sandbox" SLURM_ARRAY_JOB_ID="$array" SLURM_ARRAY_TASK_ID="$task" SLURM_JOB_ID="$job" \
        SLURM_NTASKS=1 SLURM_CPUS_PER_TASK=8 "$@"
}

a_task_of_a_sweep_has_its_seed_and_its_folder() { # test
    a_cluster
    as_task 36 2 38 bash launch/sweep.sbatch --epochs 3
    exits 0
    called "[--output] [$sandbox/runs/sweep-36/2]"
    called "[--epochs] [3] [--seed] [2]"
    RUN=/scratch/seeds as_task 36 4 40 bash launch/sweep.sbatch
    called "[--output] [/scratch/seeds/4]"
}

# The last task of an array has the number of the array.
a_task_queues_itself_again_and_not_the_array() { # test
    local script job
    a_cluster
    for script in launch/sweep.sbatch launch/slurm.sbatch; do
        for job in 36 39; do
            : >"$calls"
            MPIRUN_EXIT=75 as_task 36 3 "$job" bash "$script"
            exits 75
            called "scontrol [requeue] [36_3]"
        done
    done
}

slurm_itself_says_which_task_a_job_is() { # test
    a_cluster
    # Task 9 is still to come: its record has the number of the array, too, until task 3 is the last one.
    stub squeue 'printf "%s\n" "37 36_1 RUNNING" "36 36_3 RUNNING" "39 36_[9] PENDING"'
    MPIRUN_EXIT=75 as_task 36 3 36 bash launch/sweep.sbatch
    exits 75
    called "squeue [--noheader] [--jobs=36]"
    called "scontrol [requeue] [36_3]"
}

# Slurm passes the variables of the outer task on.
a_job_submitted_by_a_task_does_not_queue_that_task_again() { # test
    a_cluster
    stub squeue 'echo "50 50 RUNNING"'
    MPIRUN_EXIT=75 as_task 36 3 50 spool/slurm_script
    exits 75
    called "scontrol [requeue] [50]"
    not_called "36"
}

a_cancelled_task_is_not_queued_again() { # test
    a_cluster
    stub mpirun 'trap "exit 75" TERM; sleep 0.3; kill -TERM $PPID; for ((i = 0; i < 100; i++)); do sleep 0.1; done'
    as_task 36 3 36 bash launch/sweep.sbatch
    exits 143
    not_called scontrol
}

# sweep_of LINES: the file of a sweep, as printf makes it of these.
sweep_of() {
    # shellcheck disable=SC2059  # a format on purpose
    printf -- "$1" >"$sandbox/settings.txt"
    export SWEEP="$sandbox/settings.txt"
}

a_task_has_the_arguments_of_its_line() { # test
    a_cluster
    sweep_of '# learning rates\r\n--learning-rate 0.1\t--seed  5 \r\n\r\n   \n--seed=7'
    as_task 36 2 38 bash launch/sweep.sbatch --epochs 3
    exits 0
    grep -q '\[--epochs\] \[3\] \[--learning-rate\] \[0.1\] \[--seed\] \[5\]$' "$calls" || wrong "other arguments"
    as_task 36 5 41 bash launch/sweep.sbatch
    exits 0
    grep -q '\[--seed=7\]$' "$calls" || wrong "the last line needs no end"
}

a_task_without_arguments_is_told() { # test
    local task
    a_cluster
    sweep_of '# learning rates\r\n--learning-rate 0.1\r\n\r\n   \n--seed 7\n'
    for task in 1 3 4; do
        as_task 36 "$task" 38 bash launch/sweep.sbatch
        exits 65
        one_line
        tells "settings.txt: line $task holds no arguments; leave it out of --array"
    done
    for task in 0 6 1000; do
        as_task 36 "$task" 38 bash launch/sweep.sbatch
        exits 66
        one_line
        tells "settings.txt: has no line $task; give --array lines that there are, from 1 to 5"
    done
    SWEEP=elsewhere.txt as_task 36 1 38 bash launch/sweep.sbatch
    exits 66
    one_line
    tells "SWEEP=elsewhere.txt"
    not_called mpirun
}

one_folder_for_all_tasks_is_refused() { # test
    a_cluster
    as_task 36 1 38 bash launch/sweep.sbatch --output=/scratch/run
    exits 64
    one_line
    tells "set RUN"
    TRAIN_ARGUMENTS="--output /scratch/run" as_task 36 1 38 bash launch/sweep.sbatch
    exits 64
    not_called mpirun
    sweep_of '--output /scratch/first\n'
    as_task 36 1 38 bash launch/sweep.sbatch
    exits 0
    called "[--output] [/scratch/first]"
    not_called "sweep-36"
}

a_sweep_needs_an_array_and_a_checkout() { # test
    a_cluster
    run env SLURM_SUBMIT_DIR="$sandbox" SLURM_JOB_ID=7 bash launch/sweep.sbatch
    exits 1
    tells "submit this script with sbatch --array"
    run env SLURM_SUBMIT_DIR=/ SLURM_ARRAY_JOB_ID=36 SLURM_ARRAY_TASK_ID=1 SLURM_JOB_ID=7 bash launch/sweep.sbatch
    exits 66
    one_line
    tells "set CHECKOUT"
    not_called mpirun
}

tasks_of_other_schedulers_have_folders_of_their_own() { # test
    a_cluster
    LSB_JOBINDEX=3 THREADS=2 on_lsf bash -c 'bash <launch/lsf.sh'
    called "[--output] [$sandbox/runs/lsf-31_3]"
    LSB_JOBINDEX=0 THREADS=2 on_lsf bash -c 'bash <launch/lsf.sh'
    called "[--output] [$sandbox/runs/lsf-31]"
    SGE_TASK_ID=3 THREADS=4 on_gridengine "$sandbox/spool/41"
    called "[--output] [$sandbox/runs/gridengine-41_3]"
    SGE_TASK_ID=undefined THREADS=4 on_gridengine "$sandbox/spool/41"
    called "[--output] [$sandbox/runs/gridengine-41]"
    on_pbs PBS_JOBID="12[3].server" "$sandbox/spool/12.pbs.SC"
    called "[--output] [$sandbox/runs/pbs-12_3]"
    RUN=/scratch/run LSB_JOBINDEX=3 THREADS=2 on_lsf bash -c 'bash <launch/lsf.sh'
    called "[--output] [/scratch/run]"
}

# PBS knows no dependency on one task.
a_task_on_pbs_submits_itself_again() { # test
    a_cluster
    MPIRUN_EXIT=75 PBS_ARRAY_INDEX=3 on_pbs PBS_JOBID="12[3].server" "$sandbox/spool/12.pbs.SC"
    exits 75
    called "qsub [-v] [CHECKOUT,RUN,STOP_AFTER,PBS_ARRAY_INDEX] [$sandbox/launch/pbs.sh]"
    grep -qx "RUN=$sandbox/runs/pbs-12_3" "$sandbox/environment" || wrong "environment: $(<"$sandbox/environment")"
}
