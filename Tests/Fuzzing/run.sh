#!/usr/bin/env bash
# Reads files that libFuzzer makes up, with every reader of the program: no crash, no hang, no leak, little memory.
#
#   Tests/Fuzzing/run.sh [--runs N] [--seconds S] [READER…]
#
# N inputs a reader (default 20000), fewer where they take more than S seconds (default: no limit); READER as in
# Readers/Reader.swift (default: all). What libFuzzer finds worth keeping stays in .build-fuzz/corpus for the next call,
# what makes a reader fail in .build-fuzz/failed. Without libFuzzer's library in the toolchain nothing is run, and a
# line says so.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../launch/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../launch/common.sh"

runs=20000
seconds=0
readers=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --runs)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fault 64 "--runs takes a number of inputs"
        runs=$2
        shift 2
        ;;
    --seconds)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fault 64 "--seconds takes a number of seconds"
        seconds=$2
        shift 2
        ;;
    -*) fault 64 "unknown option $1; see the top of $0" ;;
    *)
        readers+=("$1")
        shift
        ;;
    esac
done
[[ ${#readers[@]} -gt 0 ]] ||
    readers=(npy npz fits hdf5 safetensors model network keras-json keras keras-hdf5 onnx torch pickle state manifest
        history)

ensure_swift
here="$checkout/Tests/Fuzzing"
# A folder of this script's own: SwiftPM builds with other options here.
scratch="${FUZZING_PATH:-$checkout/.build-fuzz}"
runtime="$(find "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")/lib/clang" \
    -name "libclang_rt.fuzzer_no_main-$(uname -m).a" 2>/dev/null | head -n 1)"
if [[ -z $runtime ]]; then
    say "skipped: this toolchain has no libFuzzer (libclang_rt.fuzzer_no_main-$(uname -m).a)"
    exit 0
fi

options=(--package-path "$here" --scratch-path "$scratch" -c release -Xswiftc -use-ld=lld
    -Xlinker "$runtime" -Xlinker -lstdc++ -Xlinker -lm)
swift build "${options[@]}" --product fuzz-readers
program="$(swift build "${options[@]}" --show-bin-path)/fuzz-readers"

# A library that loops is ended after six seconds of processor time, and may loop often. A reader holds a few times what
# a file holds. Deflate makes up to 1032 bytes out of one, and an input has at most 16 KB; libhdf5 and AddressSanitizer
# take some memory of their own.
limits=(-timeout=60 -malloc_limit_mb=64 -rss_limit_mb=1024)
failed=()
mkdir -p "$scratch/failed"
for reader in "${readers[@]}"; do
    [[ -d $here/Seeds/$reader ]] || fault 64 "there is no reader $reader; see Readers/Reader.swift"
    mkdir -p "$scratch/corpus/$reader"
    log="$scratch/$reader.log"
    # A FITS file grows by blocks of 2880 bytes, an HDF5 file by tables of many links.
    length=8192
    [[ $reader != fits && $reader != hdf5 ]] || length=16384
    started=$SECONDS
    # cfitsio asks for columns of which a damaged table has absurdly many, and can be told that there is no memory for
    # them. Traps are libFuzzer's to report: Swift's own report would take a minute.
    if READER="$reader" ASAN_OPTIONS=allocator_may_return_null=1 SWIFT_BACKTRACE=enable=no \
        LSAN_OPTIONS="suppressions=$here/leaks.supp:print_suppressions=0" \
        "$program" "${limits[@]}" -max_len="$length" -runs="$runs" -max_total_time="$seconds" -print_final_stats=1 \
        -artifact_prefix="$scratch/failed/$reader-" "$scratch/corpus/$reader" "$here/Seeds/$reader" >"$log" 2>&1; then
        executed="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
        say "$reader: $executed inputs in $((SECONDS - started)) s"
    else
        failed+=("$reader")
        say "$reader: failed; see $log"
        tail -n 30 "$log" >&2
    fi
done
[[ ${#failed[@]} -eq 0 ]] || fault 70 "readers that failed: ${failed[*]}; the inputs are in $scratch/failed"
