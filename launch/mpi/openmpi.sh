# shellcheck shell=bash disable=SC2034,SC2154  # launcher and start are the caller's
# Open MPI's mpirun, versions 3 to 5. Sourced by choose_launcher of launch/common.sh.
#
# It passes SIGUSR1 and SIGTERM on to the ranks. It returns the first exit code of a rank that is not 0, 128 + n after a
# signal, and 205 when a node is lost.

# prepare_launcher: what it wants of the environment.
prepare_launcher() {
    allow_mpi_as_root
    # mpirun notices a machine that is lost after 60 + 3 × 10 seconds, before the trainer's --stall-timeout, and can end
    # the job then. From version 5 on the variables are PRRTE's.
    local prefix
    for prefix in OMPI_MCA_oob_tcp PRTE_MCA_oob_tcp; do
        printf -v "${prefix}_keepalive_time" %s "$(default_of "${prefix}_keepalive_time" 60)"
        printf -v "${prefix}_keepalive_intvl" %s "$(default_of "${prefix}_keepalive_intvl" 10)"
        printf -v "${prefix}_keepalive_probes" %s "$(default_of "${prefix}_keepalive_probes" 3)"
        export "${prefix}_keepalive_time" "${prefix}_keepalive_intvl" "${prefix}_keepalive_probes"
    done
}

# start_daemons_with PROGRAM: in place of ssh, which sites often refuse.
start_daemons_with() {
    export OMPI_MCA_plm_rsh_agent="${OMPI_MCA_plm_rsh_agent:-$1}"
    export PRTE_MCA_plm_ssh_agent="${PRTE_MCA_plm_ssh_agent:-$1}"
}

# bound_start RANKS THREADS [HOSTS]: leaves in the array `start` what starts the ranks, each bound to as many cores as it
# has threads. HOSTS has a line for each host, its name and its ranks, and becomes a hostfile.
bound_start() {
    start=("${launcher[@]}" -n "$1")
    if [[ -n ${3:-} ]]; then
        sed -i 's/ / slots=/' "$3"
        start+=(--hostfile "$3")
    fi
    start+=(--map-by "slot:PE=$2" --bind-to core)
}

# crowded_start RANKS: leaves in `start` what starts more ranks than there are processors.
crowded_start() {
    start=("${launcher[@]}" --oversubscribe --bind-to none -n "$1")
}

# status_of_signal NUMBER: prints what the launcher returns when a signal has ended a rank.
status_of_signal() {
    echo $((128 + $1))
}
