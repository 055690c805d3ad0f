#!/usr/bin/env bash
# Makes a relocatable package for machines without Swift, without these libraries and without root: unpack it anywhere.
#
#   launch/package.sh [--sysroot FOLDER] [--output FOLDER]
#
# swift-run-trainer-VERSION-linux-ARCHITECTURE.tar.gz holds bin/swift-run-trainer with the Swift and C++ libraries linked
# in; lib/, the libraries that it needs, which it finds beside itself ($ORIGIN), all but glibc and MPI; launch/ and
# hostfiles/ for batch systems; the man page; completions for bash, zsh and fish; and licences. Shims that
# launch/build.sh --mpi has made come along in lib/.
#
# Programs run with the glibc that they were linked with, and newer ones. --sysroot links with that of an older Debian,
# which launch/sysroot.sh has unpacked there: bullseye's, glibc 2.31. At the end the script says what the package needs.
#
# Settings that the environment may override:
#   TRAINER   a program that was built before, instead of building one now
# Exit codes: 0 done, 64 wrong usage, 66 no such TRAINER, 69 something needed is not available, 70 the package does not
# work; else that of the build.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

sysroot="" output="$PWD"
while [[ $# -gt 0 ]]; do
    case $1 in
        -h | --help)
            sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        --sysroot | --output)
            [[ -n ${2-} ]] || fault 64 "$1 needs a folder"
            if [[ $1 == --sysroot ]]; then sysroot=$2; else output=$2; fi
            shift 2
            ;;
        *) fault 64 "$1 is no option of it; see the top of launch/package.sh" ;;
    esac
done
[[ -z $sysroot || -e $sysroot/usr/include/stdio.h ]] ||
    fault 64 "--sysroot $sysroot: no Debian with development files; make one with launch/sysroot.sh $sysroot"
[[ -z $sysroot ]] || sysroot="$(cd "$sysroot" && pwd -P)"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# use_sysroot: lets pkg-config and the linker find in the sysroot what the program is linked with, and the C compiler
# the headers of these libraries, but not those of its glibc: Swift's own modules are made for this machine's.
use_sysroot() {
    local libraries="$sysroot/usr/lib/$triple" headers="$scratch_path/sysroot/include" name folder
    local packages="$scratch_path/sysroot/pkgconfig"
    rm -rf "$scratch_path/sysroot"
    mkdir -p "$headers" "$packages"
    for name in fitsio.h fitsio2.h longnam.h zconf.h zip.h zipconf.h zlib.h; do
        for folder in "$sysroot/usr/include" "$sysroot/usr/include/$triple"; do
            [[ ! -e $folder/$name ]] || ln -s "$folder/$name" "$headers/$name"
        done
    done
    description() {
        printf 'Name: %s\nDescription: in the sysroot\nVersion: 1\nCflags: -I%s\nLibs: -L%s -l%s\n' "$1" "$2" "$3" "$4" \
            >"$packages/$1.pc"
    }
    description openblas "$sysroot/usr/include/$triple/openblas-pthread" "$libraries/openblas-pthread" openblas
    description hdf5 "$sysroot/usr/include/hdf5/serial" "$libraries/hdf5/serial" hdf5
    description cfitsio "$headers" "$libraries" cfitsio
    description libzip "$headers" "$libraries" zip
    description zlib "$headers" "$libraries" z
    # glibc 2.32 has a flag for programs of one thread, which libstdc++ asks for: this one has several.
    echo 'char __libc_single_threaded = 0;' | "$(dirname "$(command -v swift)")/clang" -c -fPIC -x c - \
        -o "$scratch_path/sysroot/older_glibc.o" || fault 69 "no clang beside swift; install a whole Swift toolchain"
    export PKG_CONFIG_PATH="$packages"
    build_options+=(-Xswiftc -Xclang-linker -Xswiftc "--sysroot=$sysroot"
        -Xlinker "$scratch_path/sysroot/older_glibc.o")
}

# link_cxx_statically: puts libstdc++.a before every other.
link_cxx_statically() {
    local archive
    archive="$(g++ -print-file-name=libstdc++.a 2>/dev/null)" || archive=""
    [[ $archive == /* ]] || fault 69 "no libstdc++.a; install g++"
    mkdir -p "$scratch_path/cxx"
    ln -sf "$archive" "$scratch_path/cxx/libstdc++.a"
    build_options+=(-Xlinker "-L$scratch_path/cxx")
}

# stays_behind NAME: whether a library is one of glibc, which belongs to the kernel, or of MPI, which to the launcher.
stays_behind() {
    case $1 in
        ld-linux* | libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libresolv.so.* | libutil.so.*) ;;
        libnsl.so.1 | libanl.so.* | libmvec.so.* | libmpi*.so.* | libopen-*.so.* | libpmix.so.*) ;;
        *) return 1 ;;
    esac
}

# library NAME: prints where a library lies.
library() {
    local folder
    if [[ -z $sysroot ]]; then
        ldconfig -p | awk -v name="$1" '$1 == name && /x86-64|AArch64/ && !found { print $NF; found = 1 }'
        return
    fi
    for folder in "$sysroot/usr/lib/$triple" "$sysroot/lib/$triple" "$sysroot/usr/lib"; do
        if [[ -e $folder/$1 ]]; then
            printf '%s\n' "$folder/$1"
            return
        fi
    done
}

# needed_by FILE: prints the names of the libraries that it is linked with.
needed_by() {
    objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }'
}

# bring_libraries PROGRAM FOLDER: copies what the program needs, and what that needs.
bring_libraries() {
    local queue=("$1") file name path
    while [[ ${#queue[@]} -gt 0 ]]; do
        file=${queue[0]} queue=("${queue[@]:1}")
        while read -r name; do
            if [[ -e $2/$name ]] || stays_behind "$name"; then continue; fi
            path="$(library "$name")"
            [[ -n $path ]] || fault 69 "$name, which $(basename "$file") needs, is not there"
            install -m 755 "$(readlink -f "$path")" "$2/$name"
            copied["$name"]="$path"
            queue+=("$2/$name")
        done < <(needed_by "$file")
    done
}

# newest_glibc FILE…: prints the newest version of glibc's symbols that the files ask for.
newest_glibc() {
    objdump -T "$@" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1 | sed 's/GLIBC_//'
}

# package_of PATH: the Debian package that a library comes from, of the sysroot or of this machine.
package_of() {
    local path root=()
    path="$(readlink -f "$1")"
    if [[ -n $sysroot ]]; then
        root=("--admindir=$sysroot/var/lib/dpkg")
        path="${path#"$sysroot"}"
    fi
    # The packages of before the merge of / and /usr know their files by the old names.
    dpkg-query "${root[@]}" --search "$path" 2>/dev/null | sed -n 1p | cut -d: -f1 ||
        dpkg-query "${root[@]}" --search "${path#/usr}" 2>/dev/null | sed -n 1p | cut -d: -f1 || true
}

# bring_licences FOLDER: those of this program, of Swift and its packages, and of the libraries.
bring_licences() {
    local name package swift dependency
    install -m 644 "$checkout/LICENSE" "$1/LICENSE"
    mkdir "$1/licences"
    swift="$(dirname "$(readlink -f "$(command -v swift)")")/../share/swift/LICENSE.txt"
    [[ ! -r $swift ]] || install -m 644 "$swift" "$1/licences/swift.txt"
    for dependency in "$scratch_path"/checkouts/*; do
        [[ ! -r $dependency/LICENSE.txt ]] || install -m 644 "$dependency/LICENSE.txt" \
            "$1/licences/$(basename "$dependency").txt"
    done
    command -v dpkg-query >/dev/null || return 0
    for name in "${!copied[@]}"; do
        package="$(package_of "${copied[$name]}")"
        [[ -n $package && -r $sysroot/usr/share/doc/$package/copyright ]] ||
            fault 69 "the licence of $name is not to be found (package '$package')"
        install -m 644 "$sysroot/usr/share/doc/$package/copyright" "$1/licences/$package.txt"
    done
}

# bring_texts FOLDER: completions and the man page, as the program itself tells its options.
bring_texts() {
    local trainer="$1/bin/swift-run-trainer" share="$1/share"
    mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
        "$share/fish/vendor_completions.d"
    "$trainer" --generate-completion-script bash >"$share/bash-completion/completions/swift-run-trainer"
    "$trainer" --generate-completion-script zsh >"$share/zsh/site-functions/_swift-run-trainer"
    "$trainer" --generate-completion-script fish >"$share/fish/vendor_completions.d/swift-run-trainer.fish"
    "$trainer" --experimental-dump-help | "$checkout/launch/manual.py" "$version" >"$share/man/man1/swift-run-trainer.1"
}

# write_readme FOLDER GLIBC
write_readme() {
    cat >"$1/README.txt" <<README
swift-run-trainer $version for Linux on $architecture with glibc $2 or newer (ldd --version tells).

It may lie anywhere, and needs neither root nor an installation:
    export PATH="\$PWD/$(basename "$1")/bin:\$PATH"
    swift-run-trainer --version
Under mpirun, mpiexec or srun it opens the MPI library of the launcher: Open MPI, MPICH, Intel MPI, Cray MPICH, MVAPICH.
Alone it needs none. gnuplot, if there is one, draws figures.

    launch/slurm.sbatch, launch/pbs.sh, …       job scripts; MODULES, SETUP and LAUNCHER describe the site
    share/man                                   man -l share/man/man1/swift-run-trainer.1
    share/bash-completion, share/zsh, share/fish     completions: source the first from ~/.bashrc, for instance
    licences                                    of this program and of what it brings
README
}

architecture="$(uname -m)"
triple="$architecture-linux-gnu"
declare -A copied=()
prepare_site
ensure_swift
command -v python3 >/dev/null || fault 69 "no python3, which makes the man page; install it"
! command -v dpkg-query >/dev/null || install_packages patchelf binutils g++
command -v patchelf >/dev/null || fault 69 "no patchelf; install it"
if [[ -z ${TRAINER:-} ]]; then
    [[ -n $sysroot ]] || ensure_system_packages
    # A folder of its own: other options would make the next ordinary build start over.
    scratch_path="${SCRATCH_PATH:-$checkout/.build-package}"
    link_cxx_statically
    [[ -z $sysroot ]] || use_sysroot
    say "building"
    TRAINER="$(build_release)"
fi
[[ -x $TRAINER ]] || fault 66 "TRAINER=$TRAINER: no program"

# The version is the last word of the first line.
version="$("$TRAINER" --version 2>/dev/null | awk 'NR == 1 { print $NF }')" || version=""
[[ -n $version ]] || version="$(sed -n 's/.*static let version = "\(.*\)"/\1/p' \
    "$checkout/Sources/TrainerCommand/SwiftRunTrainer.swift")"
name="swift-run-trainer-$version-linux-$architecture"
folder="$work/$name"
mkdir -p "$folder/bin" "$folder/lib" "$output"
install -m 755 "$TRAINER" "$folder/bin/swift-run-trainer"
strip --strip-debug "$folder/bin/swift-run-trainer"
bring_libraries "$folder/bin/swift-run-trainer" "$folder/lib"
# shellcheck disable=SC2016  # the dynamic linker's variable
patchelf --set-rpath '$ORIGIN/../lib' "$folder/bin/swift-run-trainer"
for file in "$folder"/lib/*; do
    # shellcheck disable=SC2016
    patchelf --set-rpath '$ORIGIN' "$file"
done
for file in "$(dirname "$TRAINER")"/libswift-run-trainer-*.so; do
    [[ ! -e $file ]] || install -m 755 "$file" "$folder/lib/"
done
glibc="$(newest_glibc "$folder"/bin/* "$folder"/lib/*)"
mkdir "$folder/launch"
cp -r "$checkout"/launch/{mpi,cluster.sh,common.sh,gridengine.sh,lsf.sh,pbs.sh,slurm.sbatch,sweep.sbatch,mpijob.yaml} \
    "$folder/launch/"
cp -r "$checkout/hostfiles" "$folder/"
bring_licences "$folder"
bring_texts "$folder"
write_readme "$folder" "$glibc"
"$folder/bin/swift-run-trainer" summary --model simple >/dev/null || fault 70 "the packaged program does not run"
# The same files give the same archive.
tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" \
    --directory "$work" "$name" | gzip --no-name --best >"$output/.$name.tar.gz.part"
mv "$output/.$name.tar.gz.part" "$output/$name.tar.gz"
say "it runs on Linux with glibc $glibc or newer ($(du -h "$output/$name.tar.gz" | cut -f1), ${#copied[@]} libraries)"
printf '%s\n' "$output/$name.tar.gz"
