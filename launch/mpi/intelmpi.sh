# shellcheck shell=bash disable=SC2034,SC2154  # launcher and start are the caller's
# mpirun of Intel MPI: a hydra that binds ranks by variables. Sourced by choose_launcher of launch/common.sh.

# shellcheck source-path=SCRIPTDIR source=mpich.sh
. "${BASH_SOURCE[0]%/*}/mpich.sh"

# bound_start RANKS THREADS [HOSTS]: as that of mpich.sh.
bound_start() {
    export I_MPI_PIN_DOMAIN="${I_MPI_PIN_DOMAIN:-$2:compact}"
    unbound_start "$1" "${3:-}"
}
