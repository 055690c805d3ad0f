#!/usr/bin/env bash
# Runs every test, those of these scripts and those under mpirun (of Open MPI and of MPICH) included; installs and builds
# what they need first.
#
#   launch/test.sh [ARGUMENTS OF swift test]          for example: launch/test.sh --filter LayersTests
#
# The tests that start the program find its release binary through SWIFT_RUN_TRAINER, which this script sets.
# The exit code is 0 when everything passed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ensure_system_packages
ensure_mpi
ensure_gnuplot
ensure_swift
say "building the release binary (the first time takes a minute or two)"
SWIFT_RUN_TRAINER="$(build_release)"
export SWIFT_RUN_TRAINER
forget_launchers ""
allow_mpi_as_root
# Tests start up to five ranks, whatever the number of cores.
export OMPI_MCA_rmaps_base_oversubscribe=1

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
status=0

say "testing the launch scripts"
"$checkout/Tests/LaunchTests/run.sh" 2>&1 | tee "$log" || status=1
closing="launch scripts: $(tail -n 1 "$log")"
failures="$(grep '^FAILED' "$log" || true)"

say "testing the program"
swift test --package-path "$checkout" --scratch-path "$scratch_path" "$@" 2>&1 | tee "$log" || status=1
closing+=$'\n'"$(grep -E 'Test run with|^error:' "$log" || tail -n 3 "$log")"
# What failed stands last, where a reader of a long log looks.
failures+=$'\n'"$(grep -A 4 'recorded an issue' "$log" | grep -vE '^--|started\.|passed after' || true)"

printf '\n%s\n%s\n' "$closing" "$failures"
exit "$status"
