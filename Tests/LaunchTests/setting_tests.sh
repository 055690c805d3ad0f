# shellcheck shell=bash disable=SC2154,SC2016  # variables come from sandbox.sh; stubs expand theirs when they run
# The settings of the batch scripts, as users write them: launch/cluster.sh, and the arguments that launch/common.sh
# looks into.

# A here-document of a submit script, one of Windows, and indentation.
train_arguments_are_split_at_ends_of_lines_too() { # test
    a_cluster
    TRAIN_ARGUMENTS=$'\n--model simple\n  --seed\t5\r\n--epochs 2\n\n' on_slurm spool/slurm_script --momentum 0.9
    exits 0
    called "[--model] [simple] [--seed] [5] [--epochs] [2] [--momentum] [0.9]"
    not_called "vgg6"
    : >"$calls"
    TRAIN_ARGUMENTS=$' \n\t' on_slurm spool/slurm_script
    exits 0
    grep -q "\[$sandbox/data\]\$" "$calls" || wrong "blanks are arguments"
}

train_arguments_are_no_patterns() { # test
    a_cluster
    touch "$sandbox/a.npy" "$sandbox/b.npy"
    TRAIN_ARGUMENTS='--sources *.npy' on_slurm spool/slurm_script
    exits 0
    called "[--sources] [*.npy]"
}

options_count_with_an_equals_sign_and_on_a_later_line() { # test
    a_cluster
    TRAIN_ARGUMENTS=$'--epochs 2\n--output=/scratch/run\n--threads=4 --data=/scratch/stamps' on_slurm spool/slurm_script
    exits 0
    called "[slot:PE=4]"
    not_called "slurm-7"
    not_called "[--threads]"
    not_called "[--data]"
    tells "results in /scratch/run"
}

a_run_named_by_an_option_is_resumed() { # test
    a_cluster
    mkdir -p "$sandbox/a run/member-1"
    on_slurm spool/slurm_script --output="a run"
    exits 0
    called "[--output=a run]"
    called "[--resume]"
    on_slurm spool/slurm_script --output "a run"
    called "[--output] [a run]"
}

ranks_are_counted_by_the_threads_that_run() { # test
    a_cluster
    TRAIN_ARGUMENTS="--threads 2" on_lsf bash -c 'bash <launch/lsf.sh'
    exits 0
    called "mpirun [-n] [3]"
    called "[slot:PE=2]"
    THREADS=4 on_gridengine "$sandbox/spool/41" --threads=2
    exits 0
    called "mpirun [-n] [4]"
}

threads_that_are_no_number_are_told() { # test
    local threads
    a_cluster
    for threads in 0 -2 many 2.5 "2 4" ""; do
        on_slurm spool/slurm_script --threads "$threads"
        exits 64
        one_line
        tells "--threads: not a number of threads: '$threads'"
    done
    for threads in 0 many; do
        THREADS=$threads on_lsf bash -c 'bash <launch/lsf.sh'
        exits 64
        one_line
        tells "THREADS: not a number of threads"
    done
    not_called mpirun
}

a_clock_that_is_no_number_is_told() { # test
    local seconds
    a_cluster
    for seconds in "4 hours" 04:00:00 -5; do
        STOP_AFTER=$seconds on_slurm spool/slurm_script
        exits 64
        one_line
        tells "STOP_AFTER: not a number of seconds: '$seconds'"
    done
    not_called mpirun
}

paths_may_have_blanks() { # test
    local elsewhere
    a_cluster
    elsewhere="$sandbox/a checkout"
    mkdir "$elsewhere"
    mv "$sandbox/launch" "$sandbox/.build" "$elsewhere"
    mkdir -p "$sandbox/my run/checkpoints/step-3"
    RUN="$sandbox/my run" DATA="my stamps" CHECKOUT="$elsewhere" on_slurm spool/slurm_script
    exits 0
    called "[$elsewhere/.build/release/swift-run-trainer] [train]"
    called "[--output] [$sandbox/my run]"
    called "[--data] [my stamps] [--resume]"
    CHECKOUT="$elsewhere" on_slurm spool/slurm_script
    called "[--output] [$elsewhere/runs/slurm-7]"
}

a_path_that_begins_with_a_dash_is_no_option() { # test
    a_cluster
    mkdir -p -- "$sandbox/-run/checkpoints/step-3"
    RUN=-run DATA=-data MPIRUN_EXIT=75 on_slurm spool/slurm_script
    exits 75
    called "[--output] [./-run] [--threads] [8] [--data] [./-data] [--resume]"
    MPIRUN_EXIT=75 on_slurm spool/slurm_script --output=-run
    exits 75
    called "[--output=-run]"
    [[ $errors != *invalid* ]] || wrong "a path is taken for an option"
}
