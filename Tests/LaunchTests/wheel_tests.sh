# shellcheck shell=bash disable=SC2154,SC2016  # variables come from sandbox.sh; stubs expand theirs when they run
# launch/wheel.sh, with a program that tells its version and a pip that writes down what it is given.

# a_package [VERSION]: a checkout with the package, an unpacked tarball in $sandbox/unpacked, a pip that makes nothing.
a_package() {
    mkdir -p "$sandbox/Sources" "$sandbox/unpacked/bin" "$sandbox/unpacked/lib" "$sandbox/unpacked/launch"
    cp -r "$repository/Sources/Python" "$sandbox/Sources/Python"
    cp "$repository/LICENSE" "$sandbox/"
    stub program "echo ${1:-0.1.0}"
    cp "$stubs/program" "$sandbox/unpacked/bin/swift-run-trainer"
    # The shell stands for a library that needs nothing but glibc.
    cp "$(readlink -f "$(type -P sh)")" "$sandbox/unpacked/lib/libown.so.1"
    stub python '
        case "$*" in
            *" wheel "*) find "${@: -1}/swift_run_trainer/program" -type f -printf "%P %m\n" | sort >"'"$sandbox"'/carried"
                echo "$WHEEL_PLATFORM" >"'"$sandbox"'/platform" ;;
            "-m pip --version") ;;
            *) exec python3 "$@" ;;
        esac'
}

a_wheel_carries_the_unpacked_tarball() { # test
    type -P python3 readelf >/dev/null || exit 99
    a_package
    ln -s libown.so.1 "$sandbox/unpacked/lib/liblink.so"
    run env PYTHON=python launch/wheel.sh unpacked wheels
    exits 0
    called "[--wheel-dir] [wheels]"
    grep -q '^bin/swift-run-trainer 755$' "$sandbox/carried" || wrong "the program is not carried, or cannot be run"
    grep -q '^lib/liblink.so ' "$sandbox/carried" || wrong "a library behind a link is not carried"
    ! grep -q '^launch' "$sandbox/carried" || wrong "scripts are carried"
    grep -qE '^manylinux_2_[0-9]+_' "$sandbox/platform" || wrong "the platform is $(cat "$sandbox/platform")"
}

# Libraries that are not in it are the system's.
a_wheel_that_needs_more_says_linux() { # test
    type -P python3 readelf >/dev/null || exit 99
    a_package
    cp "$(readlink -f "$(type -P git || type -P curl)")" "$sandbox/unpacked/bin/other"
    run env PYTHON=python launch/wheel.sh unpacked
    exits 0
    grep -qE '^linux_' "$sandbox/platform" || wrong "the platform is $(cat "$sandbox/platform")"
    tells "needed from the system: lib"
}

a_wheel_without_a_program_is_refused() { # test
    a_package
    run env PYTHON=python launch/wheel.sh nowhere
    exits 66
    one_line
    mkdir "$sandbox/empty"
    run env PYTHON=python launch/wheel.sh empty
    exits 66
    tells "empty/bin/swift-run-trainer: missing"
    run env PYTHON=python launch/wheel.sh --help-me
    exits 64
}

a_wheel_has_the_programs_version() { # test
    a_package 0.0.9
    run env PYTHON=python launch/wheel.sh unpacked
    exits 64
    one_line
    tells "version 0.0.9"
    not_called "[wheel]"
}
