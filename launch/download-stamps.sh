#!/usr/bin/env bash
# Downloads the notebook's stamps, checks them and stores each under the name of what it holds.
#
#   launch/download-stamps.sh [FOLDER]          (default: data in the checkout)
#
# FOLDER then holds stamps_sources.npy (class 1) and stamps_noise.npy (class 0), 21×21 pixels a stamp. A file that is
# there already is checked and kept. A file appears under its name only when it is whole and right. STAMPS_BASE_URL
# overrides the address that the files are asked from. Exit codes: 0 both are there, 64 wrong usage, 65 what came (or
# was there) is not a file of stamps, or simulated stamps are there, 69 no download, 74 cannot write.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ $# -gt 1 || ${1-} == -* ]]; then
    fault 64 "usage: launch/download-stamps.sh [FOLDER]"
fi
folder="${1:-$checkout/data}"
base_url="${STAMPS_BASE_URL:-https://docs.google.com/uc}"

partial=""
reason="$(mktemp)"
trap 'rm -f "$partial" "$reason"' EXIT
# The EXIT trap also has to run when a signal ends the script.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# fetch URL FILE: an empty POST, as the notebook sends it, redirections followed.
fetch() {
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --connect-timeout 30 --speed-limit 1 --speed-time 60 --retry 2 \
            --data '' --output "$2" "$1" 2>"$reason"
    elif command -v wget >/dev/null; then
        wget --no-verbose --tries=3 --timeout=60 --post-data='' --output-document="$2" "$1" 2>"$reason"
    else
        fault 69 "neither curl nor wget is there; install one: apt-get install curl"
    fi
}

# bytes FILE OFFSET COUNT: prints the bytes as decimal numbers.
bytes() {
    od -An -v -t u1 -j "$2" -N "$3" "$1"
}

# item_size DESCRIPTION: prints the bytes of one pixel of a numpy type such as <f8; fails for types that no pixel has.
item_size() {
    case $1 in
        [\<\>]f2 | [\<\>]f4 | [\<\>]f8 | [\<\>][iu][248] | '|'[iu]1 | '|b1') printf '%s\n' "${1:2}" ;;
        *) return 1 ;;
    esac
}

# what_is_wrong FILE: prints what keeps the file from being an npy file of 21×21 stamps; nothing when it is one.
what_is_wrong() {
    local file=$1 size b header length start item count pixels
    size=$(($(wc -c <"$file")))
    if head -c 512 "$file" | tr -d '\0' | grep -qiE '^[[:space:]]*<(!doctype|html|head|\?xml)'; then
        echo "the server answered with a web page instead of the file"
        return
    fi
    read -ra b <<<"$(bytes "$file" 0 12 | tr '\n' ' ')"
    if [[ ${b[*]:0:6} != "147 78 85 77 80 89" || $size -lt 12 ]]; then
        echo "not an npy file"
        return
    fi
    case ${b[6]} in
        1) start=10 length=$((b[8] + 256 * b[9])) ;;
        2 | 3) start=12 length=$((b[8] + 256 * (b[9] + 256 * (b[10] + 256 * b[11])))) ;;
        *)
            echo "npy version ${b[6]}, which nobody has defined"
            return
            ;;
    esac
    if ((length > 1048576 || start + length > size)); then
        echo "truncated within its npy header"
        return
    fi
    header="$(head -c $((start + length)) "$file" | tail -c "$length" | tr -d '\0\n')"
    if ! [[ $header =~ \'descr\':\ *\'([^\']*)\' ]] || ! item="$(item_size "${BASH_REMATCH[1]}")"; then
        echo "its npy header names no type of pixels: $header"
        return
    fi
    if ! [[ $header =~ \'shape\':\ *\(\ *([1-9][0-9]{0,9}),\ *(21,\ *21|441),?\ *\) ]]; then
        echo "its shape is neither (N, 21, 21) nor (N, 441): $header"
        return
    fi
    count=${BASH_REMATCH[1]} pixels=441
    if ((start + length + count * pixels * item != size)); then
        echo "$size bytes long where its header promises $((start + length + count * pixels * item))"
    fi
}

# refuse_simulated: stamps that `simulate` has made have the same names, and nothing else tells them apart as surely as
# the files that it writes beside them.
refuse_simulated() {
    local name
    for name in kinds_sources.csv kinds_noise.csv snr_sources.npy; do
        [[ -e $folder/stamps_sources.npy || -e $folder/stamps_noise.npy ]] || return 0
        [[ ! -e $folder/$name ]] ||
            fault 65 "$folder: holds simulated stamps, as $name beside them shows, not the notebook's;" \
                "name another folder: launch/download-stamps.sh notebook-stamps"
    done
}

# obtain NAME ID: has the file NAME in the folder when it returns.
obtain() {
    local name=$1 url="$base_url?export=download&id=$2&confirm=t" file="$folder/$1" wrong
    if [[ -e $file ]]; then
        wrong="$(what_is_wrong "$file")"
        [[ -z $wrong ]] || fault 65 "$file: already there, but $wrong; move it away and run this again"
        say "$file: already there"
        return
    fi
    partial="$(mktemp "$folder/.$name.XXXXXX" 2>/dev/null)" ||
        fault 74 "$folder: cannot write here; name another folder"
    say "downloading $name"
    fetch "$url" "$partial" ||
        fault 69 "$name: cannot download from $url ($(tail -n 1 "$reason" | tr -d '\r'));" \
            "check the network, or run this again later"
    wrong="$(what_is_wrong "$partial")"
    [[ -z $wrong ]] || fault 65 "$name: $wrong; nothing was stored. Open $url in a browser and save it as $file"
    # mktemp keeps its files private; give this one the permissions of any other.
    chmod "$(printf '%o' $((0666 & ~0$(umask))))" "$partial"
    mv "$partial" "$file" || fault 74 "$file: cannot write"
    partial=""
}

mkdir -p "$folder" 2>/dev/null || fault 74 "$folder: cannot make this folder; name another"
refuse_simulated
# The notebook's variables `sources` and `noise` are swapped; its file names say what the files hold.
obtain stamps_noise.npy 1UT2BCf-IDUEpvTmcU4bq6nDcY3Ayw5vJ
obtain stamps_sources.npy 1cZaMCA0z_nPX6GB_meLGouwOidEROcwc
say "stamps_sources.npy and stamps_noise.npy are in $folder"
