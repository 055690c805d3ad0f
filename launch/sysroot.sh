#!/usr/bin/env bash
# Unpacks an older Debian with what swift-run-trainer is linked with, for launch/package.sh --sysroot.
#
#   launch/sysroot.sh FOLDER [SUITE]          (default: bullseye, whose glibc is 2.31)
#
# As root, with debootstrap, from the mirror that MIRROR names (default: http://deb.debian.org/debian). The folder must
# not exist yet. Nothing of it is installed on this machine. Exit codes: 0 done, 64 wrong usage, 69 something needed is
# not available.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# -ge 1 && $# -le 2 && $1 != -* ]] || fault 64 "usage: launch/sysroot.sh FOLDER [SUITE]"
folder=$1 suite="${2:-bullseye}"
[[ ! -e $folder ]] || fault 64 "$folder: exists already; name a new folder"
[[ $(id -u) -eq 0 ]] || fault 69 "debootstrap works as root only; use sudo"
command -v debootstrap >/dev/null || install_packages debootstrap

# pkg-config itself is this machine's; the compilers of Swift bring no start-up files and no libgcc.
included=(libc6-dev libstdc++-10-dev)
[[ $suite == bullseye ]] || included=(libc6-dev g++)
for package in "${system_packages[@]}"; do
    [[ $package == pkg-config* ]] || included+=("$package")
done
say "unpacking $suite into $folder"
debootstrap --variant=minbase --include="$(IFS=,; echo "${included[*]}")" "$suite" "$folder" \
    "${MIRROR:-http://deb.debian.org/debian}" >&2 ||
    fault 69 "debootstrap failed; see $folder/debootstrap/debootstrap.log"

# Links to absolute paths would lead out of the folder.
folder="$(cd "$folder" && pwd -P)"
find "$folder/etc/alternatives" "$folder/usr" "$folder"/lib* -type l -lname '/*' -print0 |
    while IFS= read -rd '' link; do
        ln -sfn "$folder$(readlink "$link")" "$link"
    done
say "done; now: launch/package.sh --sysroot $folder"
