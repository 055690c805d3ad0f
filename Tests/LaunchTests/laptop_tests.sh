# shellcheck shell=bash disable=SC2154,SC2016  # variables come from sandbox.sh; stubs expand theirs when they run
# launch/laptop.sh, launch/test.sh and what they share in launch/common.sh.

simulates_and_trains_with_the_settings_that_learn() { # test
    run launch/laptop.sh
    exits 0
    called "trainer [simulate] [--output] [$sandbox/data] [--sources] [10000] [--noise] [10000] [--seed] [1]"
    called "trainer [train] [--data] [$sandbox/data] [--model] [vgg6] [--output] [$sandbox/runs/20"
    tells "results are in $sandbox/runs/20"
    called "[-c] [release] [--static-swift-stdlib] [--product] [swift-run-trainer]"
}

stamps_that_are_there_are_kept() { # test
    mkdir "$sandbox/data"
    touch "$sandbox/data/stamps_sources.npy" "$sandbox/data/stamps_noise.npy"
    run launch/laptop.sh
    exits 0
    not_called "[simulate]"
    called "[train] [--data] [$sandbox/data]"
}

stamps_of_every_form_are_kept() { # test
    local file
    for file in stamps.npy labels.csv stamps_noise-00000.fits star/one.h5 galaxy/night.fits.gz; do
        rm -rf "$sandbox/data"
        : >"$calls"
        mkdir -p "$(dirname "$sandbox/data/$file")"
        touch "$sandbox/data/$file"
        [[ $file != stamps_noise* ]] || touch "$sandbox/data/stamps_sources.npz"
        run launch/laptop.sh
        exits 0
        not_called "[simulate]"
        called "[train] [--data] [$sandbox/data]"
    done
    rm -rf "$sandbox/data"
    mkdir -p "$sandbox/data"
    touch "$sandbox/data/notes.txt"
    run launch/laptop.sh
    exits 0
    called "[simulate]"
}

half_a_data_set_is_refused() { # test
    mkdir "$sandbox/data"
    touch "$sandbox/data/stamps_noise.npy"
    run launch/laptop.sh
    exits 66
    one_line
    tells "stamps_sources.npy: missing"
    not_called "[simulate]"
}

arguments_win_over_settings() { # test
    run launch/laptop.sh --epochs 3 --model=simple --output "a folder" --no-dropout
    exits 0
    called "[--epochs] [3] [--model=simple] [--output] [a folder] [--no-dropout]"
    not_called "vgg6"
    not_called "[15]"
    tells "results are in a folder"
}

stamps_of_the_users_own_are_not_simulated() { # test
    run launch/laptop.sh --sources one.npy two.npy --noise=three.npy
    exits 0
    not_called "[simulate]"
    not_called "[--data]"
    run launch/laptop.sh --data=/elsewhere
    exits 0
    not_called "[simulate]"
    not_called "[$sandbox/data]"
}

# Each way to name stamps on a line, with what may be said of them.
names_of_stamps="--noise=a.npy --sources=b.npy
--class star=a.npy --class galaxy=b.npy
--stamps a.npy --labels t.csv:kind --ids t.csv:name --group-by t.csv:object --features t.csv:fwhm --folds 3
--channel science=a.npy --channel reference=b.npy --labels labels.npy"

stamps_are_named_in_every_way() { # test
    local names words
    while read -r names; do
        : >"$calls"
        read -ra words <<<"$names"
        run launch/laptop.sh "${words[@]}"
        exits 0
        not_called "[simulate]"
        not_called "[--data]"
        called "$(printf ' [%s]' "${words[@]}")"
    done <<<"$names_of_stamps"
}

the_folds_of_a_cross_validation_are_named() { # test
    stub trainer '[[ $1 != train ]] || mkdir -p "'"$sandbox"'/folds/fold-1"'
    run launch/laptop.sh --folds 2 --output folds
    exits 0
    tells "a run of each fold"
    tells "--model folds/fold-1 --input"
}

exit_code_is_that_of_training() { # test
    TRAIN_EXIT=65 run launch/laptop.sh
    exits 65
    [[ $errors != *"results are in"* ]] || wrong "promises results"
    TRAIN_EXIT=75 run launch/laptop.sh
    exits 75
    tells "--resume"
}

a_run_to_resume_has_to_be_named() { # test
    run launch/laptop.sh --resume
    exits 64
    one_line
    tells "name its folder with --output"
    not_called swift
    run launch/laptop.sh --resume --output=runs/first
    exits 0
    called "[--resume] [--output=runs/first]"
}

an_ensemble_is_used_by_its_folder() { # test
    stub trainer '[[ $1 != train ]] || mkdir -p "'"$sandbox"'/ensemble/member-1"'
    run launch/laptop.sh --members 2 --output ensemble
    exits 0
    tells "a run of each member"
    tells "--model ensemble --input"
}

a_shell_of_mpirun_or_srun_does_not_disturb() { # test
    stub trainer '[[ $1 != train ]] || env >"'"$sandbox"'/environment"'
    OMPI_COMM_WORLD_RANK=1 PMIX_RANK=1 SLURM_STEP_ID=0 SLURM_JOBID=7 OMPI_MCA_btl=self run launch/laptop.sh
    exits 0
    ! grep -qE '^(OMPI_COMM|PMIX|SLURM)_' "$sandbox/environment" || wrong "left over: $(<"$sandbox/environment")"
    grep -qx OMPI_MCA_btl=self "$sandbox/environment" || wrong "a setting of Open MPI is gone"
}

works_from_another_folder() { # test
    mkdir "$sandbox/elsewhere"
    run env -C "$sandbox/elsewhere" ../launch/laptop.sh
    exits 0
    called "[--data] [$sandbox/data]"
}

help_builds_nothing() { # test
    run launch/laptop.sh --help
    exits 0
    [[ $output == *"launch/laptop.sh [ARGUMENTS"* && $output != *"set -euo"* ]] || wrong "no help"
    not_called swift
}

a_failed_build_stops() { # test
    BUILD_EXIT=1 run launch/laptop.sh
    exits 1
    not_called "trainer ["
}

nothing_is_installed_when_all_is_there() { # test
    run launch/laptop.sh
    exits 0
    not_called apt-get
    not_called sudo
}

# What dpkg-query says of a machine without OpenBLAS, with pkgconf in the place of pkg-config, and zlib only removed.
some_packages_missing='
    for name in "$@"; do :; done
    case $name in
        libopenblas-dev | pkg-config) echo "dpkg-query: no packages found matching $name" >&2; exit 1 ;;
        zlib1g-dev) echo config-files ;;
        *) echo installed ;;
    esac'

an_ordinary_user_installs_what_is_missing_through_sudo() { # test
    stub dpkg-query "$some_packages_missing"
    run launch/laptop.sh
    exits 0
    called "sudo [apt-get] [update]"
    called "apt-get [install] [-y] [-qq] [--no-install-recommends] [libopenblas-dev] [zlib1g-dev]"
}

root_installs_without_sudo() { # test
    stub dpkg-query "$some_packages_missing"
    stub id 'echo 0'
    run launch/laptop.sh
    exits 0
    not_called sudo
    called "apt-get [install] [-y] [-qq] [--no-install-recommends] [libopenblas-dev] [zlib1g-dev]"
}

without_sudo_it_says_what_to_install() { # test
    stub dpkg-query "$some_packages_missing"
    without sudo
    run launch/laptop.sh
    exits 69
    one_line
    tells "packages are missing (libopenblas-dev zlib1g-dev)"
    tells "apt-get install libopenblas-dev zlib1g-dev"
    tells "launch/package.sh"
}

with_a_sudo_that_refuses_it_says_the_same() { # test
    stub dpkg-query "$some_packages_missing"
    stub sudo 'echo "sudo: a password is required" >&2; exit 1'
    run launch/laptop.sh
    exits 69
    one_line
    tells "may not become with sudo; ask an administrator to run: apt-get install libopenblas-dev zlib1g-dev"
    not_called apt-get
}

a_failed_installation_stops() { # test
    stub dpkg-query "$some_packages_missing"
    stub apt-get 'exit 100'
    run launch/laptop.sh
    exits 69
    tells "could not install"
    not_called "swift [build]"
}

gnuplot_is_installed_for_the_figures() { # test
    without gnuplot
    stub dpkg-query 'case ${*: -1} in gnuplot*) exit 1 ;; *) echo installed ;; esac'
    run launch/laptop.sh
    exits 0
    called "sudo [apt-get] [update]"
    called "apt-get [install] [-y] [-qq] [--no-install-recommends] [gnuplot-nox]"
    called "trainer [train]"
    stub dpkg-query 'case ${*: -1} in gnuplot-nox | gnuplot-x11) exit 1 ;; *) echo installed ;; esac'
    : >"$calls"
    run launch/laptop.sh
    exits 0
    not_called apt-get
}

without_gnuplot_it_trains_all_the_same() { # test
    without gnuplot sudo
    stub dpkg-query 'case ${*: -1} in gnuplot*) exit 1 ;; *) echo installed ;; esac'
    run launch/laptop.sh
    exits 0
    tells "no gnuplot, so the report will have no figures"
    called "trainer [train]"
    stub id 'echo 0'
    stub apt-get 'exit 100'
    run launch/laptop.sh
    exits 0
    tells "no gnuplot, so the report will have no figures"
    rm "$stubs/dpkg-query" "$sandbox/bin/dpkg-query"
    stub mpirun
    stub pkg-config
    run launch/test.sh
    exits 0
    tells "no gnuplot, so the report will have no figures"
    called "swift [test]"
}

elsewhere_than_debian_it_says_what_to_install() { # test
    without dpkg-query pkg-config
    run launch/laptop.sh
    exits 69
    one_line
    tells "not Debian or Ubuntu"
}

elsewhere_than_debian_what_is_there_will_do() { # test
    without dpkg-query mpirun mpiexec
    stub pkg-config
    run launch/laptop.sh
    exits 0
    called "pkg-config [--exists] [openblas] [zlib] [hdf5] [libzip] [cfitsio]"
}

an_old_swift_is_refused() { # test
    # The places where a newer one could be must not be those of this machine.
    sed -i "s,/opt/swift/usr/bin /usr/local/swift/usr/bin,$sandbox/opt," "$sandbox/launch/common.sh"
    export HOME="$sandbox/home" SWIFTLY_BIN_DIR="$sandbox/swiftly"
    SWIFT_VERSION=6.0.3 run launch/laptop.sh
    exits 69
    one_line
    tells "swift.org/install"
    mkdir "$sandbox/opt"
    sed 's/\${SWIFT_VERSION:-6.2}/6.1/' "$stubs/swift" >"$sandbox/opt/swift"
    chmod +x "$sandbox/opt/swift"
    SWIFT_VERSION=6.0.3 run launch/laptop.sh
    exits 0
}

another_program_named_swift_is_no_toolchain() { # test
    sed -i "s,/opt/swift/usr/bin /usr/local/swift/usr/bin,$sandbox/opt," "$sandbox/launch/common.sh"
    export HOME="$sandbox/home" SWIFTLY_BIN_DIR="$sandbox/swiftly"
    stub swift 'echo "python-swiftclient 4.2.0"'
    run launch/laptop.sh
    exits 69
    tells "no Swift toolchain"
}

tests_run_after_the_same_set_up() { # test
    stub id 'echo 0'
    stub swift "env | grep -E '^(SWIFT_RUN_TRAINER=|OMPI_)' | sort >'$sandbox/environment'
        $(sed 1,2d "$stubs/swift")"
    run launch/test.sh --filter LayersTests
    exits 0
    called "[--product] [swift-run-trainer]"
    called "swift [test] [--package-path] [$sandbox] [--scratch-path] [$sandbox/.build] [--filter] [LayersTests]"
    [[ $output == *$'launch scripts: 3 passed, 0 failed\n✔ Test run with 7 tests passed' ]] ||
        wrong "no closing lines"
    local trainer="$sandbox/.build/release/swift-run-trainer"
    [[ $(<"$sandbox/environment") == *AS_ROOT=1*AS_ROOT_CONFIRM=1*SWIFT_RUN_TRAINER="$trainer" ]] ||
        wrong "environment: $(<"$sandbox/environment")"
}

tests_need_an_mpi() { # test
    stub dpkg-query 'case ${*: -1} in mpich) exit 1 ;; *) echo installed ;; esac'
    run launch/test.sh
    exits 0
    called "apt-get [install] [-y] [-qq] [--no-install-recommends] [mpich]"
    stub pkg-config
    without dpkg-query mpirun
    run launch/test.sh
    exits 69
    one_line
    tells "no mpirun in PATH"
}

failed_tests_are_an_exit_code() { # test
    TEST_EXIT=1 run launch/test.sh
    exits 1
    printf '#!/bin/sh\necho "2 passed, 1 failed"\nexit 1\n' >"$sandbox/Tests/LaunchTests/run.sh"
    run launch/test.sh
    exits 1
    called "swift [test]"
}
