#!/usr/bin/env bash
# Builds the release binary, and shims for the MPI libraries of this machine.
#
#   launch/build.sh [--mpi openmpi|mpich|FOLDER]… [OPTIONS OF swift build]
#   MODULES="gcc openmpi/5.0" launch/build.sh --mpi openmpi          (on a cluster with Lmod or environment modules)
#
# The program opens the MPI library of whatever launcher starts it, and knows the binary interfaces of Open MPI and of
# MPICH's family itself: nothing of MPI is needed to build it. A shim (a small shared library beside the program) is for
# an MPI that it would not find, because neither its launcher's folder nor LD_LIBRARY_PATH leads there: the shim remembers
# the place. `openmpi` and `mpich` are looked for with mpicc.openmpi or mpicc.mpich, an mpicc in PATH (as a module leaves
# it), and pkg-config; FOLDER is where an MPI was installed, and has bin/mpicc. `--mpi all` makes a shim for each of the
# two that is there. Exit codes: 0 done, 64 wrong usage, 69 something needed is not available; else that of the build.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mpis=()
while [[ $# -gt 0 ]]; do
    case $1 in
        -h | --help)
            sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        --mpi)
            [[ -n ${2-} ]] || fault 64 "--mpi: of which?; give openmpi, mpich, all, or the folder of an installation"
            mpis+=("$2")
            shift 2
            ;;
        --mpi=*) mpis+=("${1#*=}"); shift ;;
        *) build_options+=("$1"); shift ;;
    esac
done

# interface_of MPICC: prints which binary interface the compiler's mpi.h has; nothing for another.
interface_of() {
    case "$(echo '#include <mpi.h>' | "$@" -E -dM -x c - 2>/dev/null || true)" in
        *"define OMPI_MAJOR_VERSION"*) echo openmpi ;;
        *"define MPICH_VERSION"* | *"define MPICH_NUMVERSION"* | *"define I_MPI_VERSION"*) echo mpich ;;
    esac
}

# compiler_for openmpi|mpich: leaves in the array `compiler` what compiles and links for it; fails if it is not there.
compiler_for() {
    local name module=$1
    for name in "mpicc.$1" mpicc; do
        compiler=("$name")
        ! command -v "$name" >/dev/null || [[ $(interface_of "$name") != "$1" ]] || return 0
    done
    [[ $1 != openmpi ]] || module=ompi-c
    pkg-config --exists "$module" 2>/dev/null || return 1
    read -ra compiler <<<"cc $(pkg-config --cflags --libs "$module")"
    [[ $(interface_of "${compiler[@]}") == "$1" ]]
}

# flags_of MPICC: leaves in `flags` what the compiler adds to a plain one, and the folders of its libraries.
flags_of() {
    local shown word
    shown="$("$1" -show 2>/dev/null || "$1" --showme 2>/dev/null)" || fault 69 "$1 -show does not tell its options"
    split_words "$shown"
    flags=()
    for word in "${words[@]:1}"; do
        case $word in
            -I* | -L* | -l* | -Wl,*) flags+=("$word") ;;
        esac
    done
    for word in "${flags[@]}"; do
        [[ $word != -L* ]] || flags+=("-Wl,-rpath,${word#-L}")
    done
}

# make_shim INTERFACE MPICC FOLDER: compiles the shim into the folder.
make_shim() {
    local file="$3/libswift-run-trainer-$1.so" cc=cc
    command -v cc >/dev/null || cc="$(dirname "$(command -v swift)")/clang"
    if [[ $2 == cc ]]; then
        flags=("${compiler[@]:1}")
    else
        flags_of "$2"
    fi
    "$cc" -std=gnu17 -O2 -shared -fPIC -I "$checkout/Sources/CMPI/include" \
        "$checkout/Sources/CMPI/implementations/shim.c" "${flags[@]}" -o "$file.part" >&2 ||
        fault 69 "$2: could not make a shim; see above"
    mv "$file.part" "$file"
    say "made $file"
}

prepare_site
# What can be wrong with --mpi is said before the build.
shims=()
for mpi in "${mpis[@]}"; do
    case $mpi in
        all)
            for interface in openmpi mpich; do
                ! compiler_for "$interface" || shims+=("$interface" "${compiler[*]}")
            done
            ;;
        openmpi | mpich)
            compiler_for "$mpi" || fault 69 "--mpi $mpi: neither mpicc nor pkg-config knows it;" \
                "load its module (MODULES=…), install its development files, or give its folder"
            shims+=("$mpi" "${compiler[*]}")
            ;;
        *)
            [[ -x $mpi/bin/mpicc ]] ||
                fault 64 "--mpi $mpi: has no bin/mpicc; give openmpi, mpich, all, or the folder of an installation"
            interface="$(interface_of "$mpi/bin/mpicc")"
            [[ -n $interface ]] || fault 69 "--mpi $mpi: its mpi.h is neither Open MPI's nor of MPICH's family;" \
                "take one of these"
            shims+=("$interface" "$mpi/bin/mpicc")
            ;;
    esac
done
[[ ${mpis[*]} != all || ${#shims[@]} -gt 0 ]] || say "no mpicc of Open MPI or MPICH found: no shims are made"

ensure_system_packages
ensure_swift
trainer="$(build_release)"
for ((index = 0; index < ${#shims[@]}; index += 2)); do
    read -ra compiler <<<"${shims[index + 1]}"
    make_shim "${shims[index]}" "${compiler[0]}" "$(dirname "$trainer")"
done
printf '%s\n' "$trainer"
