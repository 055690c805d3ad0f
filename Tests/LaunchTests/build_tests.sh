# shellcheck shell=bash disable=SC2154,SC2016  # variables come from sandbox.sh; stubs expand theirs when they run
# launch/build.sh, launch/package.sh, launch/sysroot.sh.

building_needs_no_mpi() { # test
    without mpirun mpiexec mpicc mpicc.openmpi mpicc.mpich pkg-config
    run launch/build.sh --traits FITS
    exits 0
    called "[-c] [release] [--static-swift-stdlib] [--traits] [FITS] [--product] [swift-run-trainer]"
    [[ $output == "$sandbox/.build/release/swift-run-trainer" ]] || wrong "does not tell where the program is"
    run launch/build.sh --mpi all
    exits 0
    tells "no mpicc of Open MPI or MPICH found: no shims are made"
}

a_longer_path_does_not_start_the_build_over() { # test
    # The order of the package's traits is that of a set.
    mv "$stubs/swift" "$stubs/swift-of-the-sandbox"
    stub swift '
        [[ $1 != build || ${SWIFT_DETERMINISTIC_HASHING-} == 1 ]] || exit 7
        exec swift-of-the-sandbox "$@"'
    run launch/build.sh
    exits 0
    run launch/laptop.sh --epochs 1
    exits 0
}

what_is_wrong_with_an_mpi_is_told_before_the_build() { # test
    mkdir -p "$sandbox/other/bin"
    printf '#!/bin/sh\n' >"$sandbox/other/bin/mpicc"
    chmod +x "$sandbox/other/bin/mpicc"
    run launch/build.sh --mpi /nowhere
    exits 64
    one_line
    tells "--mpi /nowhere: has no bin/mpicc"
    run launch/build.sh --mpi
    exits 64
    one_line
    run launch/build.sh --mpi "$sandbox/other"
    exits 69
    one_line
    tells "neither Open MPI's nor of MPICH's family"
    without mpicc mpicc.openmpi mpicc.mpich pkg-config
    run launch/build.sh --mpi mpich
    exits 69
    one_line
    tells "neither mpicc nor pkg-config knows it"
    not_called "swift [build]"
}

a_shim_is_made_beside_the_program() { # test
    local name made=0
    mkdir -p "$sandbox/Sources"
    cp -r "$repository/Sources/CMPI" "$sandbox/Sources/"
    for name in openmpi mpich; do
        command -v "mpicc.$name" >/dev/null || continue
        made=$((made + 1))
        run launch/build.sh --mpi "$name"
        exits 0
        nm -D "$sandbox/.build/release/libswift-run-trainer-$name.so" >"$sandbox/symbols" || wrong "no shim for $name"
        [[ $(grep -cE ' (cmpi_shim|MPI_Ialltoallv)$' "$sandbox/symbols") -eq 2 ]] ||
            wrong "no shim: $(<"$sandbox/symbols")"
    done
    [[ $made -gt 0 ]] || exit 99
}

a_package_is_made_of_what_is_there() { # test
    run launch/package.sh --all
    exits 64
    one_line
    run launch/package.sh --sysroot /nowhere
    exits 64
    one_line
    tells "launch/sysroot.sh /nowhere"
    stub patchelf
    stub python3
    TRAINER=/nowhere/trainer run launch/package.sh
    exits 66
    one_line
    tells "TRAINER=/nowhere/trainer: no program"
}

a_package_of_the_program_works() { # test
    local package
    [[ -x ${SWIFT_RUN_TRAINER:-} ]] && command -v patchelf >/dev/null && command -v python3 >/dev/null || exit 99
    # A debug build needs the Swift library.
    ! ldd "$SWIFT_RUN_TRAINER" | grep -q libswift || exit 99
    rm "$stubs/dpkg-query" "$stubs/id"
    cp -r "$repository/hostfiles" "$repository/LICENSE" "$sandbox/"
    TRAINER=$SWIFT_RUN_TRAINER run launch/package.sh --output "$sandbox/made"
    exits 0
    package="${output%.tar.gz}"
    tar -xf "$output" -C "$sandbox/made"
    [[ $(ldd "$package/bin/swift-run-trainer" | grep -c "$package") -gt 3 ]] || wrong "the libraries are not its own"
    ! ldd "$package/bin/swift-run-trainer" | grep -q 'libmpi' || wrong "it is linked with an MPI"
    for file in LICENSE README.txt share/man/man1/swift-run-trainer.1 launch/slurm.sbatch launch/mpi/mpich.sh \
        share/bash-completion/completions/swift-run-trainer share/zsh/site-functions/_swift-run-trainer \
        share/fish/vendor_completions.d/swift-run-trainer.fish; do
        [[ -s $package/$file ]] || wrong "no $file"
    done
    bash -n "$package/share/bash-completion/completions/swift-run-trainer" || wrong "no completion"
    grep -q 'checkpoint\\-every' "$package/share/man/man1/swift-run-trainer.1" || wrong "the man page lacks options"
    "$package/bin/swift-run-trainer" simulate --output "$sandbox/stamps" --sources 20 --noise 20 --seed 1 >/dev/null ||
        wrong "it does not run"
}

a_sysroot_is_not_made_over_something() { # test
    run launch/sysroot.sh "$sandbox"
    exits 64
    one_line
    run launch/sysroot.sh "$sandbox/new"
    exits 69
    one_line
    tells "as root only"
}
