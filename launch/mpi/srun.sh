# shellcheck shell=bash disable=SC2034,SC2154  # launcher and start are the caller's
# Slurm's srun, for whichever MPI it was built for. Sourced by choose_launcher of launch/common.sh.
#
# It passes SIGUSR1 and SIGTERM on to the ranks, and returns the largest exit code of a rank, 128 + n after a signal.

# prepare_launcher: chooses how ranks find each other, unless LAUNCHER says so ("srun --mpi=cray_shasta").
prepare_launcher() {
    local known word
    for word in "${launcher[@]}"; do
        [[ $word != --mpi* ]] || return 0
    done
    known="$("${launcher[0]}" --mpi=list 2>&1)" || known=""
    case $known in
        *pmix*) launcher+=(--mpi=pmix) ;;
        *pmi2*) launcher+=(--mpi=pmi2) ;;
    esac
}

# start_daemons_with PROGRAM: srun has no use for it.
start_daemons_with() { :; }

# bound_start RANKS THREADS [HOSTS]: leaves in the array `start` what starts the ranks, each bound to as many cores as it
# has threads. The hosts are those of the job.
bound_start() {
    start=("${launcher[@]}" "--ntasks=$1" "--cpus-per-task=$2" --cpu-bind=cores --kill-on-bad-exit=1)
}

# crowded_start RANKS: leaves in `start` what starts more ranks than there are processors.
crowded_start() {
    start=("${launcher[@]}" "--ntasks=$1" --overcommit --cpu-bind=none --kill-on-bad-exit=1)
}

# status_of_signal NUMBER: prints what the launcher returns when a signal has ended a rank.
status_of_signal() {
    echo $((128 + $1))
}
