#!/usr/bin/env bash
# Makes a Python wheel of the package in Sources/Python that carries the program.
#
#   launch/wheel.sh [PROGRAM|FOLDER] [OUTPUT]
#
# PROGRAM is a binary, FOLDER an unpacked tarball: bin/swift-run-trainer with the libraries that it needs beside it.
# Without either the release build is made, or found, and taken alone: such a wheel needs this machine's libraries and
# says so by its platform (linux_x86_64). One with all libraries is called after the glibc that it needs
# (manylinux_2_31_x86_64). OUTPUT is the folder for the wheel (default: dist). Settings: PYTHON (default: python3), which
# needs pip, and setuptools 70.1 or the network. Exit codes: 0 done, 64 wrong usage, 66 no program, 69 no Python.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# -le 2 && ${1-} != -* ]] || fault 64 "usage: launch/wheel.sh [PROGRAM|FOLDER] [OUTPUT]"
python="${PYTHON:-python3}"
"$python" -m pip --version >/dev/null 2>&1 || fault 69 "$python has no pip; install it, or name another one in PYTHON"
command -v readelf >/dev/null || fault 69 "readelf is missing; install binutils"
if [[ $# -eq 0 ]]; then
    ensure_system_packages
    ensure_swift
    set -- "$(build_release)"
fi
program="$1" output="${2:-dist}"

copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
cp -r "$checkout/Sources/Python/." "$checkout/LICENSE" "$copy/"
rm -rf "$copy/swift_run_trainer/program" "$copy/build"
carried="$copy/swift_run_trainer/program"
if [[ -d $program ]]; then
    [[ -x $program/bin/swift-run-trainer ]] || fault 66 "$program/bin/swift-run-trainer: missing; unpack the tarball there"
    mkdir "$carried"
    for part in "$program"/bin "$program"/lib "$program"/[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*; do
        # Links become files: a zip archive has none.
        [[ ! -e $part ]] || cp -rL "$part" "$carried/"
    done
else
    [[ -x $program ]] || fault 66 "$program: no program; build it, or name another"
    mkdir -p "$carried/bin"
    cp "$program" "$carried/bin/swift-run-trainer"
fi
# A wheel is called after the program's version.
version="$("$carried/bin/swift-run-trainer" --version)" || fault 66 "$program: cannot be run here"
grep -qxF "VERSION = \"$version\"" "$copy/swift_run_trainer/_version.py" ||
    fault 64 "$program is version $version; write that into Sources/Python/swift_run_trainer/_version.py, or build again"
WHEEL_PLATFORM="$("$python" "$copy/platform_tag.py" "$carried")"
export WHEEL_PLATFORM
isolation=()
# What is there need not be fetched.
! "$python" -c 'import setuptools.command.bdist_wheel' 2>/dev/null || isolation=(--no-build-isolation)
"$python" -m pip wheel --quiet --no-deps "${isolation[@]}" --wheel-dir "$output" "$copy" >&2
for wheel in "$output"/swift_run_trainer-*"$WHEEL_PLATFORM".whl; do
    say "made $wheel"
done
