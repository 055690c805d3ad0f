# shellcheck shell=bash disable=SC2154,SC2016  # `server` is the download tests'; stubs expand theirs when they run
# A checkout of its own for each test, with programs on PATH that write down how they were called. Sourced by run.sh.
#
# Every stub appends one line, its name and arguments in brackets, to $calls; that of mpirun tells its version first.

repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
passed=0 failed=0 skipped=0

# stub NAME [BODY]: puts a program on PATH that writes down its call and then runs BODY.
stub() {
    cat >"$stubs/$1" <<STUB
#!/usr/bin/env bash
[[ $1 != mpirun || \${1-} != --version ]] || { echo "\${MPIRUN_VERSION:-mpirun (Open MPI) 4.1.4}"; exit; }
{ printf '%s' "$1"; [[ \$# -eq 0 ]] || printf ' [%s]' "\$@"; echo; } >>"$calls"
${2-}
STUB
    chmod +x "$stubs/$1"
}

# make_sandbox: a fresh checkout in $sandbox, all packages installed, Swift 6.2, a build that makes a stub trainer.
make_sandbox() {
    sandbox="$(mktemp -d)"
    stubs="$sandbox/stubs" calls="$sandbox/calls"
    mkdir -p "$stubs" "$sandbox/Tests/LaunchTests"
    cp -r "$repository/launch" "$sandbox/launch"
    : >"$calls"
    stub dpkg-query 'echo installed'
    stub apt-get
    stub sudo '[[ $1 != -n ]] || shift; "$@"'
    stub id 'echo 1000'
    stub trainer '
        if [[ $1 == simulate ]]; then mkdir -p "$3"; touch "$3/stamps_sources.npy" "$3/stamps_noise.npy"; fi
        if [[ $1 == train ]]; then exit "${TRAIN_EXIT:-0}"; fi'
    stub swift '
        case "$*" in
            --version) echo "Swift version ${SWIFT_VERSION:-6.2} (swift-RELEASE)" ;;
            *--show-bin-path*) echo "'"$sandbox"'/.build/release" ;;
            build*) mkdir -p "'"$sandbox"'/.build/release"
                cp "'"$stubs"'/trainer" "'"$sandbox"'/.build/release/swift-run-trainer"; exit "${BUILD_EXIT:-0}" ;;
            test*) echo "✔ Test run with 7 tests passed"; exit "${TEST_EXIT:-0}" ;;
        esac'
    printf '#!/bin/sh\necho "3 passed, 0 failed"\n' >"$sandbox/Tests/LaunchTests/run.sh"
    chmod +x "$sandbox/Tests/LaunchTests/run.sh"
}

# without PROGRAM…: hides programs of the machine: PATH then holds links to all others.
without() {
    local program
    mkdir "$sandbox/bin"
    ln -sf /usr/bin/* /bin/* "$sandbox/bin/" 2>/dev/null || true
    for program in "$@"; do
        rm -f "$sandbox/bin/$program" "$stubs/$program"
    done
    machine_path="$sandbox/bin"
}

# run COMMAND…: runs it with the stubs first in PATH; leaves $status, $output and $errors.
run() {
    status=0
    (cd "$sandbox" && PATH="$stubs:${machine_path:-$PATH}" "$@") \
        >"$sandbox/output" 2>"$sandbox/errors" </dev/null || status=$?
    output="$(<"$sandbox/output")"
    errors="$(<"$sandbox/errors")"
}

# Claims. The first that fails ends its test.
wrong() {
    printf '    %s\n' "$*" "status: $status" "output: $output" "errors: $errors" "calls: $(<"$calls")"
    exit 1
}
exits() { [[ $status -eq $1 ]] || wrong "exit code is not $1"; }
called() { grep -qF -- "$1" "$calls" || wrong "not called: $1"; }
# The sandbox's random name may hold any two characters.
not_called() {
    ! sed "s|$sandbox|SANDBOX|g" "$calls" | grep -qF -- "${1//"$sandbox"/SANDBOX}" || wrong "called: $1"
}
tells() { [[ $errors == *"$1"* ]] || wrong "standard error does not tell: $1"; }
one_line() { [[ $(wc -l <"$sandbox/errors") -eq 1 ]] || wrong "standard error is not one line"; }

# check NAME: runs the function of that name in a sandbox of its own. A test that cannot run here exits with 99.
check() {
    local result=0
    (
        set -uo pipefail
        make_sandbox
        trap 'rm -rf "$sandbox"; kill "${server:-}" 2>/dev/null' EXIT
        status="" output="" errors=""
        "$1"
    ) || result=$?
    case $result in
        0) passed=$((passed + 1)); printf 'passed  %s\n' "$1" ;;
        99) skipped=$((skipped + 1)); printf 'skipped %s\n' "$1" ;;
        *) failed=$((failed + 1)); printf 'FAILED  %s\n' "$1" ;;
    esac
}
