#!/usr/bin/env bash
# Whether the whole program computes the same bits as another processor: some runs of Tests/Golden as an emulated Haswell,
# as an EPYC of the second generation, and by two ranks on different processors.
#
#   Tests/Processors/program.sh
#
# TRAINER names the program (default: the release build).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../launch/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../launch/common.sh"
command -v qemu-x86_64 >/dev/null || {
    say "no qemu-x86_64 (Debian's qemu-user): other processors are not tried"
    exit 0
}
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
runs=(simple-bn vgg6 options)

# Starts the program as another processor; what the emulator says of features that nobody asks for is left out.
cat >"$work/emulated" <<'END'
#!/usr/bin/env bash
processor=$1
shift
exec qemu-x86_64 -cpu "$processor" "$@" 2> >(grep -v "TCG doesn't support requested feature" >&2)
END
# The same on all ranks but the first.
cat >"$work/mixed" <<'END'
#!/usr/bin/env bash
[[ ${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}} -eq 0 ]] && exec "$@"
exec "$(dirname "$0")/emulated" Haswell "$@"
END
chmod +x "$work/emulated" "$work/mixed"
for processor in Haswell EPYC-Rome; do
    printf '%s\n' "$processor"
    RUNNER="$work/emulated $processor" "$checkout/Tests/Golden/run.sh" "${runs[@]}"
done
if command -v mpirun >/dev/null; then
    printf 'this processor and Haswell\n'
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    RUNNER="mpirun -n 2 --oversubscribe --bind-to none $work/mixed" "$checkout/Tests/Golden/run.sh" "${runs[@]}"
fi
