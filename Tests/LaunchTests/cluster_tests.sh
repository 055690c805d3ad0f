# shellcheck shell=bash disable=SC2154,SC2016  # variables come from sandbox.sh; stubs expand theirs when they run
# launch/slurm.sbatch, launch/pbs.sh, launch/lsf.sh, launch/gridengine.sh and what they share in launch/cluster.sh.

settings="[--model] [vgg6]"

# a_cluster: a built trainer, an mpirun that ends with MPIRUN_EXIT, and the batch script copied to a spool folder.
a_cluster() {
    mkdir -p "$sandbox/.build/release" "$sandbox/spool"
    cp "$stubs/trainer" "$sandbox/.build/release/swift-run-trainer"
    cp "$sandbox/launch/slurm.sbatch" "$sandbox/spool/slurm_script"
    cp "$sandbox/launch/pbs.sh" "$sandbox/spool/12.pbs.SC"
    stub mpirun 'cp "${4:-/dev/null}" "'"$sandbox"'/hosts" 2>/dev/null; exit "${MPIRUN_EXIT:-0}"'
    stub scontrol 'exit "${SCONTROL_EXIT:-0}"'
    trainer="$sandbox/.build/release/swift-run-trainer"
}

on_slurm() {
    run env SLURM_SUBMIT_DIR="$sandbox" SLURM_JOB_ID=7 SLURM_NTASKS=4 SLURM_CPUS_PER_TASK=8 "$@"
}

slurm_binds_a_rank_to_the_cores_of_its_threads() { # test
    a_cluster
    on_slurm spool/slurm_script --momentum 0.9
    exits 0
    called "mpirun [-n] [4] [--map-by] [slot:PE=8] [--bind-to] [core] [$trainer] [train] $settings [--output]"
    called "[--output] [$sandbox/runs/slurm-7] [--threads] [8] [--data] [$sandbox/data] [--momentum] [0.9]"
    not_called scontrol
}

a_space_is_searched_and_goes_on() { # test
    a_cluster
    on_slurm spool/slurm_script --space settings.toml --trials 8
    exits 0
    called "[$trainer] [tune] $settings [--output] [$sandbox/runs/slurm-7]"
    called "[--space] [settings.toml] [--trials] [8]"
    not_called "[--resume]"
    mkdir -p "$sandbox/runs/slurm-7/trials/trial-2/checkpoints/step-5"
    touch "$sandbox/runs/slurm-7/search.json"
    : >"$calls"
    MPIRUN_EXIT=75 on_slurm spool/slurm_script --space settings.toml --trials 8
    exits 75
    called "[tune]"
    called "[--resume]"
    called scontrol
}

settings_come_from_the_environment() { # test
    a_cluster
    RUN=/scratch/run DATA=/scratch/stamps THREADS=2 TRAIN_ARGUMENTS="--model simple  --epochs 3" \
        on_slurm spool/slurm_script --seed 5
    exits 0
    called "[slot:PE=2]"
    called "[--output] [/scratch/run] [--threads] [2] [--data] [/scratch/stamps] [--model] [simple]"
    called "[--model] [simple] [--epochs] [3] [--seed] [5]"
    not_called "[vgg6]"
}

arguments_win_over_the_schedulers_numbers() { # test
    a_cluster
    on_slurm spool/slurm_script --threads 3 --output /scratch/run --sources a.npy --noise b.npy
    exits 0
    called "[slot:PE=3]"
    not_called "[8]"
    not_called "[--data]"
    not_called "slurm-7"
}

stamps_that_are_named_need_no_folder() { # test
    local names words
    a_cluster
    while read -r names; do
        : >"$calls"
        read -ra words <<<"$names"
        on_slurm spool/slurm_script "${words[@]}"
        exits 0
        not_called "[--data]"
        called "$(printf ' [%s]' "${words[@]}")"
        : >"$calls"
        TRAIN_ARGUMENTS=$names on_slurm spool/slurm_script
        exits 0
        not_called "[--data]"
    done <<<"$names_of_stamps"
    on_slurm spool/slurm_script --ids t.csv:name --features t.csv:fwhm --group-by t.csv:object --folds 3
    exits 0
    called "[--data] [$sandbox/data] [--ids] [t.csv:name] [--features] [t.csv:fwhm]"
}

a_run_with_a_checkpoint_is_resumed() { # test
    a_cluster
    mkdir -p "$sandbox/runs/slurm-7/checkpoints/step-120"
    on_slurm spool/slurm_script
    exits 0
    called "[--resume]"
}

# The program refuses a folder with any of these, unless it is to resume.
whatever_a_start_leaves_behind_is_taken_up() { # test
    local trace
    a_cluster
    for trace in config.json history.csv model.safetensors checkpoints/step-120.partial member-1/config.json \
        member-2/checkpoints/step-20/state fold-1/config.json; do
        : >"$calls"
        rm -rf "$sandbox/runs"
        mkdir -p "$(dirname "$sandbox/runs/slurm-7/$trace")"
        touch "$sandbox/runs/slurm-7/$trace"
        on_slurm spool/slurm_script
        exits 0
        called "[--resume]"
    done
}

a_folder_without_a_run_is_not_resumed() { # test
    a_cluster
    mkdir -p "$sandbox/runs/slurm-7/member-notes"
    touch "$sandbox/runs/slurm-7/.lost-starts"
    on_slurm spool/slurm_script
    exits 0
    not_called "[--resume]"
}

resuming_is_asked_for_once() { # test
    a_cluster
    mkdir -p "$sandbox/runs/slurm-7/checkpoints/step-120"
    TRAIN_ARGUMENTS=--resume on_slurm spool/slurm_script
    exits 0
    [[ $(grep -o '\[--resume\]' "$calls" | wc -l) == 1 ]] || wrong "--resume is not given once"
}

stopping_early_queues_the_job_again() { # test
    a_cluster
    MPIRUN_EXIT=75 on_slurm spool/slurm_script
    exits 75
    called "scontrol [requeue] [7]"
    MPIRUN_EXIT=75 SCONTROL_EXIT=1 on_slurm spool/slurm_script
    exits 75
    tells "submit it by hand with RUN=$sandbox/runs/slurm-7"
}

a_job_that_the_signal_ended_is_queued_again_if_it_came_further() { # test
    a_cluster
    mkdir -p "$sandbox/runs/slurm-7/checkpoints/step-90"
    stub mpirun 'mkdir "'"$sandbox"'/runs/slurm-7/checkpoints/step-120"; exit 138'
    on_slurm spool/slurm_script
    exits 75
    called "scontrol [requeue] [7]"
}

# 205 is mpirun's code when it has lost a node, 70 the program's when a rank does not answer.
a_lost_run_is_queued_again_while_it_gets_on() { # test
    local code
    a_cluster
    mkdir -p "$sandbox/runs/slurm-7/checkpoints/step-90"
    for code in 205 1 70 137; do
        rm -rf "$sandbox/runs/slurm-7/checkpoints/step-120"
        stub mpirun 'mkdir "'"$sandbox"'/runs/slurm-7/checkpoints/step-120"; exit '"$code"
        on_slurm spool/slurm_script
        exits 75
        tells "the run was lost (code $code)"
    done
    stub mpirun 'exit 205'
    for _ in first second; do
        on_slurm spool/slurm_script
        exits 75
    done
    : >"$calls"
    on_slurm spool/slurm_script
    exits 205
    not_called scontrol
}

# A checkpoint in a member, a finished member, and the next member's first checkpoint, whatever its number.
a_lost_ensemble_is_queued_again_while_a_member_gets_on() { # test
    local made run="$sandbox/runs/slurm-7"
    a_cluster
    mkdir -p "$run/member-1/checkpoints/step-090"
    for made in member-1/checkpoints/step-120 member-1/model.safetensors member-2/checkpoints/step-20 \
        fold-1/checkpoints/step-30 fold-1/model.safetensors; do
        stub mpirun 'mkdir -p "'"$run/$made"'"; exit 205'
        on_slurm spool/slurm_script
        exits 75
        [[ ! -e $run/.lost-starts ]] || wrong "$made is not taken for progress"
    done
    for _ in first second; do
        on_slurm spool/slurm_script
        exits 75
    done
    on_slurm spool/slurm_script
    exits 205
}

a_lost_run_whose_newest_checkpoint_went_has_not_got_on() { # test
    local run="$sandbox/runs/slurm-7"
    a_cluster
    mkdir -p "$run/checkpoints/step-90" "$run/checkpoints/step-120"
    stub mpirun 'rm -rf "'"$run/checkpoints/step-120"'"; exit 205'
    on_slurm spool/slurm_script
    exits 75
    [[ $(<"$run/.lost-starts") == 1 ]] || wrong "the start is not counted"
}

a_lost_run_whose_starts_cannot_be_counted_is_not_queued_again() { # test
    a_cluster
    mkdir -p "$sandbox/runs/slurm-7/checkpoints/step-90"
    mkdir "$sandbox/runs/slurm-7/.lost-starts"
    MPIRUN_EXIT=205 on_slurm spool/slurm_script
    exits 205
    not_called scontrol
    rmdir "$sandbox/runs/slurm-7/.lost-starts"
    echo "no number" >"$sandbox/runs/slurm-7/.lost-starts"
    MPIRUN_EXIT=205 on_slurm spool/slurm_script
    exits 75
}

the_count_of_lost_starts_is_not_written_through_a_link() { # test
    local note="$sandbox/runs/slurm-7/.lost-starts"
    a_cluster
    mkdir -p "$sandbox/runs/slurm-7/checkpoints/step-90"
    echo precious >"$sandbox/victim"
    ln -s "$sandbox/victim" "$note"
    MPIRUN_EXIT=205 on_slurm spool/slurm_script
    exits 75
    [[ $(<"$sandbox/victim") == precious && $(<"$note") == 1 ]] || wrong "written through the link"
    rm "$note"
    mkfifo "$note"
    MPIRUN_EXIT=205 on_slurm spool/slurm_script
    exits 75
    [[ -f $note && $(<"$note") == 1 ]] || wrong "a pipe is taken for the count"
}

a_lost_run_without_a_folder_is_not_queued_again() { # test
    a_cluster
    MPIRUN_EXIT=205 on_slurm spool/slurm_script
    exits 205
    not_called scontrol
}

a_failure_is_not_queued_again() { # test
    a_cluster
    MPIRUN_EXIT=65 on_slurm spool/slurm_script
    exits 65
    not_called scontrol
}

# An mpirun that is ready once the file `running` is there, and ends with 75 when it is sent SIGUSR1, with 3 on SIGTERM.
a_running_job() {
    a_cluster
    stub mpirun '
        trap "echo asked >>'"$sandbox"'/asked; sleep 0.2; exit 75" USR1
        trap "exit 3" TERM
        touch "'"$sandbox"'/running"
        for ((i = 0; i < 600; i++)); do sleep 0.1; done'
}

# signal_when_running SIGNAL: sends it to the batch script, which writes its process id down, once mpirun runs.
signal_when_running() {
    (
        for ((i = 0; i < 300; i++)); do
            [[ ! -e $sandbox/running || ! -s $sandbox/pid ]] || break
            sleep 0.1
        done
        kill "-$1" "$(<"$sandbox/pid")"
    ) &
    # shellcheck disable=SC2016  # expands in the shell that becomes the batch script
    on_slurm bash -c 'echo $$ >pid; exec bash spool/slurm_script'
}

the_warning_signal_reaches_mpirun() { # test
    a_running_job
    signal_when_running USR1
    exits 75
    [[ -s $sandbox/asked ]] || wrong "mpirun was not asked"
    called "scontrol [requeue] [7]"
}

termination_reaches_mpirun() { # test
    a_running_job
    signal_when_running TERM
    exits 3
    not_called scontrol
    mkdir -p "$sandbox/runs/slurm-7/checkpoints/step-90"
    rm "$sandbox/running" "$sandbox/pid"
    signal_when_running TERM
    exits 3
    not_called scontrol
}

# A cancelled job ends with 75 when the trainer is quick to write its checkpoint.
a_cancelled_job_is_not_queued_again_by_any_scheduler() { # test
    local signal
    a_cluster
    stub mpirun '
        trap "sleep 0.2; exit 75" TERM
        sleep 0.3
        kill "-$SIGNAL" $PPID
        for ((i = 0; i < 100; i++)); do sleep 0.1; done'
    for signal in TERM INT; do
        SIGNAL=$signal on_slurm spool/slurm_script
        exits 143
        tells "cancelled; to go on, submit the job again with RUN=$sandbox/runs/slurm-7"
        SIGNAL=$signal on_pbs "$sandbox/spool/12.pbs.SC"
        exits 143
        SIGNAL=$signal THREADS=2 on_lsf bash -c 'bash <launch/lsf.sh'
        exits 143
        SIGNAL=$signal THREADS=4 on_gridengine "$sandbox/spool/41"
        exits 143
    done
    not_called scontrol
    not_called qsub
}

a_job_that_slurm_has_ended_is_not_queued_again() { # test
    a_cluster
    stub squeue 'echo "7 7 COMPLETING"'
    MPIRUN_EXIT=75 on_slurm spool/slurm_script
    exits 75
    not_called scontrol
    tells "Slurm says that job 7 is COMPLETING"
}

a_late_warning_does_not_keep_a_job_from_being_queued_again() { # test
    a_cluster
    stub squeue 'kill -USR1 "$(<'"$sandbox"'/pid)"; sleep 0.1; echo "7 7 RUNNING"'
    MPIRUN_EXIT=75 on_slurm bash -c 'echo $$ >pid; exec bash spool/slurm_script'
    exits 75
    called "scontrol [requeue] [7]"
}

the_clock_asks_where_the_scheduler_does_not() { # test
    a_running_job
    STOP_AFTER=1 on_slurm spool/slurm_script
    exits 75
    [[ -s $sandbox/asked ]] || wrong "mpirun was not asked"
}

a_job_that_ends_in_time_leaves_no_clock_behind() { # test
    a_cluster
    STOP_AFTER=3517 on_slurm spool/slurm_script
    exits 0
    ! pgrep -f '^sleep 3517$' >/dev/null || wrong "the clock goes on"
}

a_missing_build_is_told() { # test
    a_cluster
    rm "$trainer"
    on_slurm spool/slurm_script
    exits 66
    one_line
    tells "run: launch/build.sh"
}

an_unpacked_package_brings_its_program() { # test
    a_cluster
    rm "$trainer"
    mkdir "$sandbox/bin"
    cp "$stubs/trainer" "$sandbox/bin/swift-run-trainer"
    on_slurm spool/slurm_script
    exits 0
    called "[--bind-to] [core] [$sandbox/bin/swift-run-trainer] [train]"
}

a_missing_mpirun_is_told() { # test
    a_cluster
    without mpirun mpiexec srun
    on_slurm spool/slurm_script
    exits 69
    one_line
    tells "no mpirun in PATH; name the site's modules with MODULES, or what starts ranks with LAUNCHER"
    LAUNCHER="mpiexec.site -genvall" on_slurm spool/slurm_script
    exits 69
    one_line
    tells "LAUNCHER: there is no mpiexec.site"
    stub mpirun
    MPIRUN_VERSION="mpirun of its own" on_slurm spool/slurm_script
    exits 69
    one_line
    tells "mpirun --version tells of no MPI that launch/mpi knows"
}

each_implementation_binds_in_its_own_way() { # test
    a_cluster
    MPIRUN_VERSION="HYDRA build details:" on_slurm spool/slurm_script
    exits 0
    called "mpirun [-n] [4] [-bind-to] [core:8] [$trainer] [train]"
    stub mpirun 'cp "$4" "'"$sandbox"'/hosts"; exit 75'
    MPIRUN_VERSION="HYDRA build details:" on_pbs "$sandbox/spool/12.pbs.SC"
    exits 75
    called "mpirun [-n] [4] [-f] ["
    [[ $(<"$sandbox/hosts") == $'node1:2\nnode2:2' ]] || wrong "hosts: $(<"$sandbox/hosts")"
    stub mpirun 'echo "$I_MPI_PIN_DOMAIN" >"'"$sandbox"'/domain"'
    MPIRUN_VERSION="Intel(R) MPI Library for Linux* OS, Version 2021.19" on_slurm spool/slurm_script
    exits 0
    called "mpirun [-n] [4] [$trainer] [train]"
    [[ $(<"$sandbox/domain") == 8:compact ]] || wrong "bound to $(<"$sandbox/domain")"
    stub srun '[[ $* != *--mpi=list* ]] || echo "pmi2 pmix_v4 none"'
    LAUNCHER=srun on_slurm spool/slurm_script
    exits 0
    called "srun [--mpi=pmix] [--ntasks=4] [--cpus-per-task=8] [--cpu-bind=cores] [--kill-on-bad-exit=1] [$trainer]"
    LAUNCHER="srun --mpi=cray_shasta --exclusive" on_slurm spool/slurm_script
    exits 0
    called "srun [--mpi=cray_shasta] [--exclusive] [--ntasks=4]"
}

modules_and_a_file_of_the_site_come_first() { # test
    a_cluster
    mkdir -p "$sandbox/lmod/init"
    cat >"$sandbox/lmod/init/bash" <<'MODULES'
module() {
    [[ $1 == load ]] && shift
    for name in "$@"; do
        [[ $name != missing* ]] || { echo "Lmod has detected the following error" >&2; return 1; }
        export LOADEDMODULES="${LOADEDMODULES:+$LOADEDMODULES:}$name/5.0"
    done
    echo "$unset_variable_of_lmod" >/dev/null
}
MODULES
    printf 'export FROM_SETUP=$LOADEDMODULES\nfalse\n' >"$sandbox/site.sh"
    stub mpirun 'echo "$FROM_SETUP" >"'"$sandbox"'/loaded"'
    LMOD_PKG="$sandbox/lmod" MODULES="gcc openmpi" SETUP="$sandbox/site.sh" on_slurm spool/slurm_script
    exits 0
    [[ $(<"$sandbox/loaded") == gcc/5.0:openmpi/5.0 ]] || wrong "loaded: $(<"$sandbox/loaded")"
    LMOD_PKG="$sandbox/lmod" MODULES="gcc missing" on_slurm spool/slurm_script
    exits 69
    tells "MODULES: module load missing failed"
    SETUP=/nowhere on_slurm spool/slurm_script
    exits 66
    one_line
    tells "SETUP=/nowhere: no file"
}

submitted_from_elsewhere_is_told() { # test
    a_cluster
    run env SLURM_SUBMIT_DIR=/ SLURM_JOB_ID=7 spool/slurm_script
    exits 66
    one_line
    tells "set CHECKOUT"
    run env SLURM_SUBMIT_DIR=/ CHECKOUT="$sandbox" SLURM_JOB_ID=7 spool/slurm_script
    exits 0
}

root_is_allowed() { # test
    a_cluster
    stub id 'echo 0'
    stub mpirun 'exit $((OMPI_ALLOW_RUN_AS_ROOT + OMPI_ALLOW_RUN_AS_ROOT_CONFIRM))'
    on_slurm spool/slurm_script
    exits 2
}

on_pbs() {
    printf '%s\n' node1 node1 node2 node2 >"$sandbox/nodes"
    stub qsub 'env | grep -E "^(RUN|CHECKOUT|DATA|TRAIN_ARGUMENTS)=" | sort >"'"$sandbox"'/environment"'
    run env -C / PBS_O_WORKDIR="$sandbox" PBS_JOBID=12.server PBS_NODEFILE="$sandbox/nodes" OMP_NUM_THREADS=8 "$@"
}

pbs_has_a_rank_for_each_line() { # test
    a_cluster
    on_pbs "$sandbox/spool/12.pbs.SC"
    exits 0
    called "mpirun [-n] [4] [--hostfile] ["
    called "[--map-by] [slot:PE=8] [--bind-to] [core] [$trainer] [train] $settings [--output] [$sandbox/runs/pbs-12]"
    called "[$sandbox/runs/pbs-12] [--threads] [8] [--data] [$sandbox/data]"
    [[ $(grep -c . "$sandbox/hosts") == 2 ]] || wrong "hosts: $(<"$sandbox/hosts")"
    not_called qsub
}

pbs_submits_the_job_again() { # test
    a_cluster
    MPIRUN_EXIT=75 DATA=/scratch/a,b TRAIN_ARGUMENTS="--epochs 4" on_pbs "$sandbox/spool/12.pbs.SC"
    exits 75
    called "qsub [-W] [depend=afterany:12.server] [-v] [CHECKOUT,RUN,STOP_AFTER,DATA,TRAIN_ARGUMENTS] ["
    called "[CHECKOUT,RUN,STOP_AFTER,DATA,TRAIN_ARGUMENTS] [$sandbox/launch/pbs.sh]"
    local expected="CHECKOUT=$sandbox"$'\nDATA=/scratch/a,b\n'"RUN=$sandbox/runs/pbs-12"$'\nTRAIN_ARGUMENTS=--epochs 4'
    [[ $(<"$sandbox/environment") == "$expected" ]] || wrong "environment: $(<"$sandbox/environment")"
}

on_lsf() {
    printf 'host1\nhost1\nhost1\nhost1\nhost2\nhost2\n' >"$sandbox/djob"
    run env LS_SUBCWD="$sandbox" LSB_JOBID=31 LSB_DJOB_HOSTFILE="$sandbox/djob" "$@"
}

lsf_divides_cores_into_ranks() { # test
    a_cluster
    THREADS=2 on_lsf bash -c 'bash <launch/lsf.sh'
    exits 0
    called "mpirun [-n] [3] [--hostfile] ["
    called "[slot:PE=2]"
    called "[--output] [$sandbox/runs/lsf-31]"
}

lsf_refuses_a_fraction_of_a_rank() { # test
    a_cluster
    THREADS=4 on_lsf bash -c 'bash <launch/lsf.sh'
    exits 64
    one_line
    tells "change THREADS"
    not_called mpirun
}

lsf_queues_again_by_exit_code() { # test
    a_cluster
    MPIRUN_EXIT=75 THREADS=2 on_lsf bash -c 'bash <launch/lsf.sh'
    exits 75
    grep -qx '#BSUB -Q "75"' "$repository/launch/lsf.sh" || wrong "LSF is not told"
}

on_gridengine() {
    printf '%s 4 all.q@%s UNDEFINED\n' node1 node1 node2 node2 >"$sandbox/pe"
    cp "$repository/launch/gridengine.sh" "$sandbox/spool/41"
    run env -C / SGE_O_WORKDIR="$sandbox" JOB_ID=41 PE_HOSTFILE="$sandbox/pe" NSLOTS=8 "$@"
}

gridengine_divides_slots_into_ranks() { # test
    a_cluster
    THREADS=2 on_gridengine "$sandbox/spool/41" --momentum 0.9
    exits 0
    called "mpirun [-n] [4] [--hostfile] ["
    called "[slot:PE=2]"
    called "[--output] [$sandbox/runs/gridengine-41]"
    called "[--momentum] [0.9]"
    [[ $(<"$sandbox/hosts") == $'node1 slots=2\nnode2 slots=2' ]] || wrong "hosts: $(<"$sandbox/hosts")"
}

gridengine_queues_again_by_exit_code() { # test
    a_cluster
    MPIRUN_EXIT=75 THREADS=4 on_gridengine "$sandbox/spool/41"
    exits 99
    tells "Grid Engine does so"
    MPIRUN_EXIT=65 THREADS=4 on_gridengine "$sandbox/spool/41"
    exits 65
}

gridengine_needs_a_parallel_environment() { # test
    a_cluster
    cp "$repository/launch/gridengine.sh" "$sandbox/spool/41"
    run env SGE_O_WORKDIR="$sandbox" JOB_ID=41 "$sandbox/spool/41"
    exits 1
    tells "submit with -pe"
    not_called mpirun
}

a_host_has_a_whole_number_of_ranks() { # test
    a_cluster
    printf 'b\nb\na\na\nb\nb\n' >"$sandbox/list"
    run bash -c '. launch/cluster.sh; hostfile_of list 2 hosts; cat hosts'
    exits 0
    [[ $output == $'3\nb 2\na 1' ]] || wrong "other hosts"
}

what_is_around_the_job_does_not_reach_mpirun() { # test
    local name leftovers=(OMPI_COMM_WORLD_RANK=1 OMPI_UNIVERSE_SIZE=2 OMPI_MCA_ess=^singleton
        OMPI_MCA_ess_base_jobid=17 OMPI_MCA_orte_hnp_uri=1.0 OMPI_MCA_initial_wdir=/ PMI_RANK=1 PMIX_RANK=1
        PMIX_NAMESPACE=9 SLURM_STEP_ID=0 SLURM_STEPID=0 SLURM_SRUN_COMM_PORT=1 MPI_LOCALRANKID=1)
    a_cluster
    stub mpirun 'env >"'"$sandbox"'/environment"'
    on_slurm "${leftovers[@]}" OMPI_MCA_btl=self,tcp PMIX_MCA_gds=hash PBS_JOBID=3 LSB_JOBID=4 spool/slurm_script
    exits 0
    for name in "${leftovers[@]}" PBS_JOBID LSB_JOBID; do
        ! grep -q "^${name%%=*}=" "$sandbox/environment" || wrong "${name%%=*} reaches mpirun"
    done
    grep -qx SLURM_JOB_ID=7 "$sandbox/environment" || wrong "Slurm's own variable is gone"
    grep -qx OMPI_MCA_btl=self,tcp "$sandbox/environment" || wrong "a setting of Open MPI is gone"
    grep -qx PMIX_MCA_gds=hash "$sandbox/environment" || wrong "a setting of PMIx is gone"
    SLURM_JOBID=8 on_pbs "$sandbox/spool/12.pbs.SC"
    exits 0
    ! grep -q ^SLURM_ "$sandbox/environment" || wrong "Slurm's variable reaches mpirun on PBS"
    grep -qx PBS_JOBID=12.server "$sandbox/environment" || wrong "the own variable of PBS is gone"
}

the_example_hostfiles_are_hostfiles() { # test
    local line
    while read -r line; do
        [[ -z $line || $line == \#* || $line =~ ^[a-z0-9]+\ slots=[0-9]+$ ]] || wrong "not a line of a hostfile: $line"
    done < <(cat "$repository"/hostfiles/*)
}
