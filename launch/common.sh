# shellcheck shell=bash
# What the launch scripts share: where the checkout is, the system packages, the Swift toolchain, the release build, the
# site's modules and its launcher. Sourced, never run. Settings that the environment may override:
#   SCRATCH_PATH   where SwiftPM builds (default: .build in the checkout)
#   MODULES        modules to load, for example "gcc/13 openmpi/5.0"           (default: none)
#   SETUP          a file of shell commands of the site's to run, after that   (default: none)
#   LAUNCHER       what starts ranks, options included, for example "srun --mpi=pmix"
#                                                   (default: mpirun, mpiexec or srun, the first that is in PATH)
# Exit codes follow sysexits, as those of swift-run-trainer do: 66 input missing, 69 something needed is not available.

checkout="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
scratch_path="${SCRATCH_PATH:-$checkout/.build}"

# `a|b` means that either package will do: newer releases replace pkg-config with pkgconf.
system_packages=(libopenblas-dev "pkg-config|pkgconf" zlib1g-dev libhdf5-dev libzip-dev libcfitsio-dev)

# The settings with which vgg6 learns from simulated stamps; arguments of the user take their place.
# shellcheck disable=SC2034  # read by the scripts that source this file
learning_settings=(--model vgg6)

# say TEXT…: one line of progress on standard error, which leaves standard output to results.
say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# fault CODE TEXT…: says in one line what is wrong and what to do, and ends the script.
fault() {
    local code=$1
    shift
    say "error: $*"
    exit "$code"
}

# is_installed PACKAGE[|PACKAGE…]: whether dpkg knows one of them as completely installed.
is_installed() {
    local names name
    IFS='|' read -ra names <<<"$1"
    for name in "${names[@]}"; do
        if dpkg-query --show --showformat='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed; then
            return 0
        fi
    done
    return 1
}

# may_use_sudo: whether this user may run programs as root, with a password where there is a terminal to ask for it.
may_use_sudo() {
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { [[ -t 0 && -t 2 ]] && sudo -v >&2; }
}

# install_packages PACKAGE…: installs those that are missing with apt-get, as root or through sudo; nothing when all
# are there.
install_packages() {
    local missing=() package as_root=()
    for package in "$@"; do
        is_installed "$package" || missing+=("${package%%|*}")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    command -v apt-get >/dev/null || fault 69 "dpkg without apt-get; install by hand: ${missing[*]}"
    if [[ $(id -u) -ne 0 ]]; then
        may_use_sudo ||
            fault 69 "packages are missing (${missing[*]}), and installing them takes root, which $(id -un) is not and" \
                "may not become with sudo; ask an administrator to run: apt-get install ${missing[*]}, or use the" \
                "package that launch/package.sh makes on another machine: it brings these libraries and needs no root"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    # A stale mirror elsewhere in the list must not stop us: the installation itself tells whether it mattered.
    "${as_root[@]}" apt-get update -qq >&2 || say "apt-get update failed; trying to install with the lists at hand"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        fault 69 "apt-get could not install the packages; as root, run: apt-get install ${missing[*]}"
}

# ensure_system_packages: BLAS, zlib, HDF5, libzip, cfitsio and pkg-config are there when it returns.
ensure_system_packages() {
    if command -v dpkg-query >/dev/null; then
        install_packages "${system_packages[@]}"
    elif ! pkg-config --exists openblas zlib hdf5 libzip cfitsio 2>/dev/null; then
        fault 69 "not Debian or Ubuntu; install by hand, development files included, so that pkg-config finds" \
            "openblas, zlib, hdf5, libzip and cfitsio: OpenBLAS, zlib, HDF5, libzip, cfitsio," \
            "pkg-config (on clusters: module load …); without HDF5, libzip and cfitsio:" \
            "swift build --disable-default-traits leaves .keras and .fits files out"
    fi
}

# ensure_mpi: an MPI with its launcher is there when it returns; where it can be had, Open MPI and MPICH.
ensure_mpi() {
    if command -v dpkg-query >/dev/null; then
        install_packages openmpi-bin mpich
    elif ! command -v mpirun >/dev/null; then
        fault 69 "no mpirun in PATH; install Open MPI or MPICH (on clusters: module load …)"
    fi
}

# ensure_gnuplot: gnuplot, which draws the figures of a report, is there when it returns, if it can be had. A run is
# complete without it, so that a machine on which nothing can be installed trains all the same.
ensure_gnuplot() {
    command -v gnuplot >/dev/null && return 0
    # In a subshell, which a fault ends in place of the script.
    if command -v dpkg-query >/dev/null && (install_packages "gnuplot-nox|gnuplot-qt|gnuplot-x11"); then
        return 0
    fi
    say "no gnuplot, so the report will have no figures; once it is installed," \
        "swift-run-trainer report --run DIR draws them"
}

# swift_is_recent SWIFT: whether this program is a Swift compiler of version 6.1 or newer (OpenStack has a `swift` too).
swift_is_recent() {
    local version
    version="$("$1" --version 2>/dev/null)" || return 1
    [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || return 1
    ((BASH_REMATCH[1] > 6 || (BASH_REMATCH[1] == 6 && BASH_REMATCH[2] >= 1)))
}

# ensure_swift: a Swift toolchain of version 6.1 or newer is first in PATH when it returns.
ensure_swift() {
    local folder found=()
    if command -v swift >/dev/null; then
        swift_is_recent swift && return 0
        found=("$(command -v swift) is older than 6.1;")
    fi
    for folder in "${SWIFTLY_BIN_DIR:-${HOME:-/root}/.local/share/swiftly/bin}" \
        /opt/swift/usr/bin /usr/local/swift/usr/bin; do
        if [[ -x $folder/swift ]] && swift_is_recent "$folder/swift"; then
            export PATH="$folder:$PATH"
            return 0
        fi
    done
    fault 69 "no Swift toolchain found;" "${found[@]}" \
        "install Swift 6.1 or newer: https://www.swift.org/install/linux/"
}

# installed_trainer: prints the path of the program: that of an unpacked package, else the checkout's release build.
installed_trainer() {
    if [[ -x $checkout/bin/swift-run-trainer ]]; then
        printf '%s\n' "$checkout/bin/swift-run-trainer"
    else
        printf '%s\n' "$scratch_path/release/swift-run-trainer"
    fi
}

# Further options of `swift build`, for scripts that take any.
build_options=()

# swift_package WORDS…: runs swift so that it hands the package's traits to the compiler in the same order every time.
# SwiftPM plans a build anew where the environment has changed, for which a longer PATH is enough; it has the traits in a
# set, whose order is drawn by each process, and in another order everything would be compiled again.
swift_package() {
    SWIFT_DETERMINISTIC_HASHING=1 swift "$@"
}

# build_release: builds swift-run-trainer with the Swift library linked in, so that the binary runs on nodes
# that have no Swift, and prints its path.
build_release() {
    local build=(swift_package build --package-path "$checkout" --scratch-path "$scratch_path" -c release --static-swift-stdlib
        "${build_options[@]}")
    "${build[@]}" --product swift-run-trainer >&2 || return
    printf '%s/swift-run-trainer\n' "$("${build[@]}" --show-bin-path)"
}

# default_of VARIABLE VALUE: prints the variable's value, or this one where it has none.
default_of() {
    printf '%s' "${!1:-$2}"
}

# prepare_site: loads the modules that MODULES names and runs the file SETUP, once for all scripts that are sourced.
prepare_site() {
    local file status
    [[ -z ${site_is_prepared:-} ]] || return 0
    site_is_prepared=true
    if [[ -n ${MODULES:-} ]]; then
        if ! type module >/dev/null 2>&1; then
            for file in "${LMOD_PKG:-/usr/share/lmod/lmod}/init/bash" "${MODULESHOME:-/usr/share/modules}/init/bash" \
                /etc/profile.d/lmod.sh /etc/profile.d/modules.sh; do
                # Not written for set -eu.
                # shellcheck source=/dev/null
                [[ ! -r $file ]] || { set +eu; . "$file"; set -eu; break; }
            done
        fi
        type module >/dev/null 2>&1 ||
            fault 69 "MODULES: this machine has no command module; load them in a file that SETUP names"
        split_words "$MODULES"
        set +eu
        module load "${words[@]}"
        status=$?
        set -eu
        # Lmod tells by its code, others by what is not in LOADEDMODULES.
        for file in "${words[@]}"; do
            [[ :${LOADEDMODULES:-}: == *:"$file"[:/]* ]] ||
                fault 69 "MODULES: module load $file failed; see module avail"
        done
        [[ $status -eq 0 ]] || fault 69 "MODULES: module load $MODULES ended with $status; see module avail"
    fi
    if [[ -n ${SETUP:-} ]]; then
        [[ -f $SETUP && -r $SETUP ]] || fault 66 "SETUP=$SETUP: no file that can be read; give one of shell commands"
        set +eu
        # shellcheck source=/dev/null
        . "$SETUP"
        set -eu
    fi
}

# choose_launcher: leaves in the array `launcher` the words of LAUNCHER, and takes the functions that start ranks with
# it from the file of its implementation in launch/mpi.
choose_launcher() {
    local name kind
    split_words "${LAUNCHER:-}"
    launcher=("${words[@]}")
    if [[ ${#launcher[@]} -eq 0 ]]; then
        for name in mpirun mpiexec srun; do
            command -v "$name" >/dev/null || continue
            launcher=("$name")
            break
        done
        [[ ${#launcher[@]} -gt 0 ]] ||
            fault 69 "no mpirun in PATH; name the site's modules with MODULES, or what starts ranks with LAUNCHER"
    fi
    command -v "${launcher[0]}" >/dev/null ||
        fault 69 "LAUNCHER: there is no ${launcher[0]}; name the site's modules with MODULES"
    kind="$(launcher_kind "${launcher[0]}")"
    [[ -n $kind ]] ||
        fault 69 "${launcher[0]} --version tells of no MPI that launch/mpi knows; set LAUNCHER to mpirun or mpiexec of" \
            "Open MPI, MPICH or Intel MPI, or to srun"
    # shellcheck source=/dev/null
    . "$checkout/launch/mpi/$kind.sh"
    prepare_launcher
}

# launcher_kind PROGRAM: prints the name of its file in launch/mpi; nothing if it has none.
launcher_kind() {
    [[ ${1##*/} != srun ]] || { echo srun; return; }
    # Not in a pipe: a program that is told to stop early would make one fail.
    case "$("$1" --version 2>&1 </dev/null || true)" in
        *"Open MPI"* | *OpenRTE* | *PRRTE* | *prterun*) echo openmpi ;;
        *"Intel(R) MPI"*) echo intelmpi ;;
        *HYDRA* | *MPICH* | *MVAPICH*) echo mpich ;;
    esac
}

# allow_mpi_as_root: mpirun refuses root unless it is told twice; an ordinary user needs neither variable.
allow_mpi_as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
}

# forget_launchers PREFIX: clears from the environment what an mpirun, an srun or a batch system around this script has
# left there and a new start would take for its own: it would join the outer job, and fail or do nothing. Variables that
# begin with PREFIX, those of the script's own batch system, stay (none if it is empty); so do settings of Open MPI.
forget_launchers() {
    local own=$1 name
    while read -r name; do
        case $name in
            OMPI_COMM_WORLD_* | OMPI_UNIVERSE_SIZE | OMPI_COMMAND | OMPI_ARGV | OMPI_APP_CTX_NUM_PROCS) ;;
            OMPI_FIRST_RANKS | OMPI_NUM_APP_CTX | OMPI_FILE_LOCATION | OMPI_MCA_initial_wdir) ;;
            OMPI_MCA_ess | OMPI_MCA_ess_* | OMPI_MCA_orte_ess_* | OMPI_MCA_orte_*_uri | OMPI_MCA_orte_*_session_dir) ;;
            OMPI_MCA_orte_app_num | OMPI_MCA_orte_num_nodes | OMPI_MCA_orte_launch | OMPI_MCA_orte_bound_at_launch) ;;
            OMPI_MCA_orte_precondition_transports | OMPI_MCA_pmix | OMPI_MCA_mpi_oversubscribe) ;;
            PMIX_MCA_* | PRTE_MCA_*) continue ;;
            PMI_* | PMI2_* | PMIX_* | PRTE_* | PALS_* | HYDI_* | MPI_LOCALNRANKS | MPI_LOCALRANKID) ;;
            SLURM_STEP* | SLURM_SRUN_* | SLURM_PMI*) ;;
            SLURM_* | PBS_* | LSB_* | PE_HOSTFILE) [[ -z $own || $name != "$own"* ]] || continue ;;
            *) continue ;;
        esac
        unset "$name"
    done < <(compgen -e)
}

# split_words TEXT: leaves in the array `words` what stands between blanks, tabs and ends of lines of any system.
# shellcheck disable=SC2034  # read by the scripts that source this file
split_words() {
    # `read` fails for want of a last delimiter.
    read -rd '' -a words <<<"${1//$'\r'/ }" || true
}

# path_argument PATH: prints the path so that no program takes it for an option.
path_argument() {
    [[ $1 != -* ]] || printf './'
    printf '%s\n' "$1"
}

# has_option NAME ARGUMENT…: whether the arguments hold the option, as `--name value` or `--name=value`.
has_option() {
    local name=$1 argument
    shift
    for argument in "$@"; do
        [[ $argument == "$name" || $argument == "$name="* ]] && return 0
    done
    return 1
}

# option_value NAME ARGUMENT…: prints the last value that the arguments give the option.
option_value() {
    local name=$1 value=""
    shift
    while [[ $# -gt 0 ]]; do
        case $1 in
            "$name") value=${2-} ;;
            "$name="*) value=${1#*=} ;;
        esac
        shift
    done
    printf '%s\n' "$value"
}

# The options of `train` that name stamps: with any of them, no folder of stamps is added.
stamp_options=(--data --sources --noise --class --stamps --channel --labels)

# names_stamps ARGUMENT…: whether the arguments name stamps.
names_stamps() {
    local option
    for option in "${stamp_options[@]}"; do
        ! has_option "$option" "$@" || return 0
    done
    return 1
}

# has_files PATH…: whether one of the paths, which a pattern has become, is there.
has_files() {
    local path
    for path in "$@"; do
        [[ ! -e $path ]] || return 0
    done
    return 1
}

# holds_stamps FOLDER: whether `train --data FOLDER` would find stamps or labels there, by themselves or in the folders
# of their classes.
holds_stamps() {
    has_files "$1"/stamps_{noise,sources}[.-]* "$1"/{stamps,labels}[.-]* \
        "$1"/*/*.{npy,npz,fits,fits.gz,fits.fz,h5,hdf5,he5}
}

# settings_not_in ARGUMENT… : leaves in the array `settings` those pairs of learning_settings whose option the
# arguments do not give.
settings_not_in() {
    local index
    settings=()
    for ((index = 0; index < ${#learning_settings[@]}; index += 2)); do
        has_option "${learning_settings[index]}" "$@" || settings+=("${learning_settings[@]:index:2}")
    done
}
