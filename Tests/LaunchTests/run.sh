#!/usr/bin/env bash
# Tests of launch/, with stubs in the place of the programs it calls, and a server on 127.0.0.1 in that of the stamps'
# one.
#
#   Tests/LaunchTests/run.sh [NAME…]          (default: all tests)
#
# Prints `N passed, N failed` at the end; the exit code is 0 when none failed.
set -uo pipefail
# A script that starts the tests with & has them ignore SIGINT, and with them the scripts that are to end at it; only the
# start of a program changes that.
[[ $(trap -p INT) != *"''"* ]] || exec env --default-signal=INT bash "${BASH_SOURCE[0]}" "$@"
# Settings of whoever runs the tests must not reach the scripts.
unset RUN DATA THREADS MODULES SETUP LAUNCHER TRAINER TRAIN_ARGUMENTS STOP_AFTER SWEEP SCRATCH_PATH CHECKOUT STAMPS_BASE_URL JOB_SCRIPT
# Nor may a batch system that they run in.
while read -r name; do
    case $name in
        SLURM_* | PBS_* | LSB_* | SGE_* | LS_SUBCWD | JOB_ID | PE_HOSTFILE) unset "$name" ;;
    esac
done < <(compgen -e)
unset OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM OMPI_MCA_plm_rsh_agent OMPI_MCA_rmaps_base_oversubscribe

folder="$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source-path=SCRIPTDIR source=sandbox.sh
. "$folder/sandbox.sh"
for file in "$folder"/*_tests.sh; do
    # shellcheck source=/dev/null
    . "$file"
done

if [[ $# -eq 0 ]]; then
    mapfile -t tests < <(sed -n 's/^\([a-z0-9_]*\)() {  *# test$/\1/p' "$folder"/*_tests.sh)
else
    tests=("$@")
fi
for test in "${tests[@]}"; do
    check "$test"
done

closing="$passed passed, $failed failed"
[[ $skipped -eq 0 ]] || closing+=", $skipped skipped"
echo "$closing"
[[ $failed -eq 0 && $passed -gt 0 ]]
