# shellcheck shell=bash disable=SC2034,SC2154  # launcher and start are the caller's
# mpiexec of MPICH and MVAPICH (hydra). Sourced by choose_launcher of launch/common.sh, and by intelmpi.sh.
#
# It passes SIGUSR1 and SIGTERM on to the ranks. It returns the exit code of a rank that is not 0, and a signal's number
# itself (9, not 137). In a job of Slurm, PBS, LSF or Grid Engine it starts its proxies by their means.

# prepare_launcher: what it wants of the environment: nothing.
prepare_launcher() { :; }

# start_daemons_with PROGRAM: in place of ssh. Hydra knows the batch systems' own ways.
start_daemons_with() { :; }

# bound_start RANKS THREADS [HOSTS]: leaves in the array `start` what starts the ranks, each bound to as many cores as it
# has threads. HOSTS has a line for each host, its name and its ranks, and becomes a hostfile.
bound_start() {
    unbound_start "$1" "${3:-}"
    start+=(-bind-to "core:$2")
}

# unbound_start RANKS [HOSTS]: the same without binding.
unbound_start() {
    start=("${launcher[@]}" -n "$1")
    if [[ -n ${2:-} ]]; then
        sed -i 's/ /:/' "$2"
        start+=(-f "$2")
    fi
}

# crowded_start RANKS: leaves in `start` what starts more ranks than there are processors.
crowded_start() {
    unbound_start "$1"
}

# status_of_signal NUMBER: prints what the launcher returns when a signal has ended a rank.
status_of_signal() {
    echo "$1"
}
