#!/usr/bin/env bash
# Compares the binary interfaces in Sources/CMPI/implementations with the mpi.h of each MPI that is installed, and sees
# that the prototypes there are MPI's and that the shim compiles without warnings.
#
#   Tests/MPIInterfaces/run.sh [MPICC…]        (default: mpicc.openmpi, mpicc.mpich and mpicc in PATH)
#
# Exit codes: 0 all agree, 69 no MPI compiler found, 70 they do not agree.
set -euo pipefail
sources="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../Sources/CMPI" && pwd -P)"
folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

compilers=("$@")
if [[ ${#compilers[@]} -eq 0 ]]; then
    for name in mpicc.openmpi mpicc.mpich mpicc; do
        ! command -v "$name" >/dev/null || compilers+=("$name")
    done
fi
[[ ${#compilers[@]} -gt 0 ]] || {
    echo "run.sh: error: no mpicc in PATH; install libopenmpi-dev and libmpich-dev" >&2
    exit 69
}

for mpicc in "${compilers[@]}"; do
    case "$(echo '#include <mpi.h>' | "$mpicc" -E -dM -x c -)" in
        *"define OMPI_MAJOR_VERSION"*) name=open_mpi ;;
        *"define MPICH"* | *"define I_MPI"*) name=mpich ;;
        *) echo "run.sh: $mpicc: an interface of its own"; exit 70 ;;
    esac
    "$mpicc" -std=gnu17 -Wall -Wextra -Werror -shared -fPIC -I "$sources/include" "$sources/implementations/shim.c" \
        -o "$work/shim.so"
    "$mpicc" -std=gnu17 "$folder/interface.c" -o "$work/theirs"
    "$mpicc" -std=gnu17 -I "$sources/include" -DIMPLEMENTATION="\"$sources/implementations/$name.c\"" \
        -DOPEN="cmpi_$name" -Wl,--no-as-needed "$folder/interface.c" -o "$work/ours"
    # The prototypes of looked_up.h, declared once more behind mpi.h's own.
    {
        echo '#include <mpi.h>'
        echo '#include <stddef.h>'
        sed -n '/^#define EACH_MPI_FUNCTION/,/^$/p' "$sources/implementations/looked_up.h"
        # shellcheck disable=SC2016
        echo '#define REDECLARE(name, parameters) int MPI_##name parameters;'
        echo 'EACH_MPI_FUNCTION(REDECLARE)'
    } >"$work/prototypes.c"
    "$mpicc" -std=gnu17 -Werror -c "$work/prototypes.c" -o "$work/prototypes.o"
    "$work/theirs" >"$work/theirs.txt"
    "$work/ours" >"$work/ours.txt"
    if ! diff "$work/ours.txt" "$work/theirs.txt"; then
        echo "run.sh: $name.c (<) differs from the mpi.h of $mpicc (>)"
        exit 70
    fi
    echo "$mpicc: $(wc -l <"$work/ours.txt") values of $name.c agree with mpi.h"
done
