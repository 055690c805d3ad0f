#!/usr/bin/env bash
# Whether the kernels compute the same bits on every processor: on this one as it is, with the tiles of AVX-512 whatever
# it has, as a Haswell and as an EPYC of the second generation (emulated), and on arm64 (cross-compiled and emulated).
# What this machine lacks (an emulator, a cross-compiler) is left out and named.
#
#   Tests/Processors/run.sh [--all]
#
# Under emulation every 40th shape is computed, with --all every one: half an hour.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../launch/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../launch/common.sh"
cd "$checkout"

step=40
[[ ${1:-} == --all ]] && step=1
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
clang="$(dirname "$(readlink -f "$(command -v swift)")")/clang"
[[ -x $clang ]] || clang=clang
mapfile -d '' -t sources < <(find Sources/CKernels -name '*.c' -print0)

# Compiles the kernels and the program that prints fingerprints, statically for emulators: build NAME LINKER [FLAG...].
build() {
    local name=$1 linker=$2 file
    shift 2
    mkdir "$work/$name"
    for file in "${sources[@]}" Tests/Processors/fingerprints.c; do
        [[ $(jobs -rp | wc -l) -lt $(nproc) ]] || wait -n
        "$clang" -std=gnu17 -O3 -ffp-contract=on -fno-math-errno -Wall -Wextra -Werror -ISources/CKernels/include "$@" \
            -c "$file" -o "$work/$name/$(basename "$file" .c).o" &
    done
    while [[ -n $(jobs -p) ]]; do wait -n; done
    "$linker" -static "$work/$name"/*.o -o "$work/$name/fingerprints" -lm
}

faults=0
# Compares the fingerprints that a command prints with those of this machine: compare NAME COMMAND...
compare() {
    local name=$1
    shift
    if "$@" "$step" >"$work/other" 2>"$work/errors" && diff "$work/reference" "$work/other" >"$work/differences"; then
        printf '%-32s the same bits\n' "$name"
    else
        printf '%-32s other bits\n' "$name"
        cat "$work/differences" "$work/errors" 2>/dev/null || true
        faults=$((faults + 1))
    fi
}

build own "$clang"
"$work/own/fingerprints" "$step" >"$work/reference"
cat "$work/reference"
build wide "$clang" -DWIDE_EVERYWHERE=1
compare "tiles of AVX-512" "$work/wide/fingerprints"
if command -v qemu-x86_64 >/dev/null; then
    for processor in Haswell EPYC-Rome; do
        compare "$processor" qemu-x86_64 -cpu "$processor" "$work/own/fingerprints"
    done
else
    say "no qemu-x86_64 (Debian's qemu-user): other x86-64 processors are not tried"
fi
if command -v aarch64-linux-gnu-gcc >/dev/null; then
    build arm64 aarch64-linux-gnu-gcc --target=aarch64-linux-gnu
    if command -v qemu-aarch64 >/dev/null; then
        compare arm64 qemu-aarch64 "$work/arm64/fingerprints"
    else
        say "no qemu-aarch64 (Debian's qemu-user): compiled for arm64, but not run"
    fi
else
    say "no aarch64-linux-gnu-gcc: arm64 is not tried"
fi
[[ $faults -eq 0 ]] || fault 70 "$faults of the processors compute other bits"
