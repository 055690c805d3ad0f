# shellcheck shell=bash disable=SC2154,SC2016  # variables come from sandbox.sh; stubs expand theirs when they run
# launch/download-stamps.sh against a server on 127.0.0.1.

noise=1UT2BCf-IDUEpvTmcU4bq6nDcY3Ayw5vJ
sources=1cZaMCA0z_nPX6GB_meLGouwOidEROcwc

# npy FILE SHAPE DESCRIPTION PAYLOAD_BYTES: writes a version 1 file of zeros, with the padding that numpy gives its
# header.
npy() {
    local header
    header="$(printf "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" "$3" "$2")"
    {
        printf '\x93NUMPY\x01\x00\x76\x00'
        printf '%-117s\n' "$header"
        head -c "$4" /dev/zero
    } >"$1"
}

# a_server: serves the files of $served; both ids are there and right unless a test changes that.
a_server() {
    served="$sandbox/served"
    mkdir "$served"
    command -v python3 >/dev/null && command -v curl >/dev/null || exit 99
    npy "$served/$noise" "(5, 21, 21)" "<f4" $((5 * 441 * 4))
    npy "$served/$sources" "(3, 441)" ">f8" $((3 * 441 * 8))
    python3 "$repository/Tests/LaunchTests/stamp_server.py" "$served" >"$sandbox/port" &
    server=$!
    until [[ -s $sandbox/port ]]; do
        kill -0 "$server" 2>/dev/null || wrong "the server did not start"
        sleep 0.05
    done
    STAMPS_BASE_URL="http://127.0.0.1:$(<"$sandbox/port")/uc"
    export STAMPS_BASE_URL
    # Proxies of this machine know nothing of its own 127.0.0.1.
    export no_proxy=127.0.0.1
}

holds() {
    [[ "$(cd "$sandbox/data" && find . -type f | sort | tr '\n' ' ')" == "$1" ]] ||
        wrong "data holds: $(ls -A "$sandbox/data")"
}

each_file_gets_the_name_of_what_it_holds() { # test
    a_server
    run launch/download-stamps.sh
    exits 0
    holds "./stamps_noise.npy ./stamps_sources.npy "
    cmp -s "$served/$noise" "$sandbox/data/stamps_noise.npy" || wrong "noise is another file"
    cmp -s "$served/$sources" "$sandbox/data/stamps_sources.npy" || wrong "sources is another file"
    grep -qx "POST /uc?export=download&id=$noise&confirm=t" "$served/requests" || wrong "$(<"$served/requests")"
    [[ $(stat -c %a "$sandbox/data/stamps_noise.npy") == "$(umask 022; printf '%o' $((0666 & ~0$(umask))))" ||
        $(umask) != 0022 ]] ||
        wrong "permissions"
}

simulated_stamps_are_not_taken_for_them() { # test
    a_server
    mkdir -p "$sandbox/data"
    npy "$sandbox/data/stamps_noise.npy" "(5, 21, 21)" "<f4" $((5 * 441 * 4))
    npy "$sandbox/data/stamps_sources.npy" "(5, 21, 21)" "<f4" $((5 * 441 * 4))
    npy "$sandbox/data/snr_sources.npy" "(5,)" "<f8" 40
    run launch/download-stamps.sh
    exits 65
    tells "data: holds simulated stamps, as snr_sources.npy beside them shows"
    tells "name another folder"
    [[ ! -e $served/requests ]] || wrong "asked for files"
}

wget_will_do() { # test
    command -v wget >/dev/null || exit 99
    a_server
    without curl
    run launch/download-stamps.sh "$sandbox/data"
    exits 0
    holds "./stamps_noise.npy ./stamps_sources.npy "
    grep -qx "POST /uc?export=download&id=$sources&confirm=t" "$served/requests" || wrong "$(<"$served/requests")"
}

neither_curl_nor_wget_is_told() { # test
    without curl wget
    run launch/download-stamps.sh
    exits 69
    tells "neither curl nor wget"
    holds ""
}

files_that_are_there_are_kept() { # test
    a_server
    mkdir "$sandbox/data"
    npy "$sandbox/data/stamps_noise.npy" "(1, 441)" "|u1" 441
    run launch/download-stamps.sh
    exits 0
    [[ $(wc -c <"$sandbox/data/stamps_noise.npy") -eq $((128 + 441)) ]] || wrong "overwritten"
    ! grep -q "$noise" "$served/requests" || wrong "asked for it again"
}

a_wrong_file_that_is_there_is_not_touched() { # test
    a_server
    mkdir "$sandbox/data"
    echo mine >"$sandbox/data/stamps_noise.npy"
    run launch/download-stamps.sh
    exits 65
    one_line
    tells "already there, but not an npy file"
    [[ $(<"$sandbox/data/stamps_noise.npy") == mine ]] || wrong "overwritten"
}

a_web_page_is_not_stored() { # test
    a_server
    printf '\n<!DOCTYPE html><html><title>Quota exceeded</title></html>\n' >"$served/$noise"
    run launch/download-stamps.sh
    exits 65
    tells "a web page instead of the file"
    tells "save it as $sandbox/data/stamps_noise.npy"
    holds ""
}

a_transfer_that_breaks_off_leaves_nothing() { # test
    a_server
    touch "$served/$sources.cut"
    run launch/download-stamps.sh
    exits 69
    tells "stamps_sources.npy: cannot download"
    holds "./stamps_noise.npy "
}

a_server_that_says_no_is_told() { # test
    a_server
    rm "$served/$noise"
    run launch/download-stamps.sh
    exits 69
    tells "404"
    holds ""
}

a_server_that_is_not_there_is_told() { # test
    a_server
    kill "$server"
    wait "$server" 2>/dev/null
    run launch/download-stamps.sh
    exits 69
    tells "cannot download from http://127.0.0.1"
    holds ""
}

# refuses REASON: what the server has as noise is refused, for this reason, and nothing is stored.
refuses() {
    run launch/download-stamps.sh
    exits 65
    tells "$1"
    holds ""
}

what_is_no_file_of_stamps_is_refused() { # test
    a_server
    npy "$served/$noise" "(5, 20, 20)" "<f4" $((5 * 400 * 4))
    refuses "its shape is neither"
    npy "$served/$noise" "(0, 21, 21)" "<f4" 0
    refuses "its shape is neither"
    npy "$served/$noise" "(5, 21, 21)" "<f4" $((5 * 441 * 4 - 1))
    refuses "bytes long where its header promises 8948"
    npy "$served/$noise" "(9999999999, 21, 21)" "<f8" 441
    refuses "bytes long where its header promises"
    npy "$served/$noise" "(5, 21, 21)" "|O" $((5 * 441 * 8))
    refuses "no type of pixels"
    npy "$served/$noise" "(5, 21, 21)" "<f4" 0
    truncate -s 40 "$served/$noise"
    refuses "truncated within its npy header"
    : >"$served/$noise"
    refuses "not an npy file"
    printf '\x93NUMPY\x09\x00\x76\x00%200s' "" >"$served/$noise"
    refuses "npy version 9"
}

every_header_version_is_read() { # test
    a_server
    local version
    for version in 2 3; do
        {
            printf '\x93NUMPY%b\x00\x74\x00\x00\x00' "\\x0$version"
            printf '%-115s\n' "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 21, 21), }"
            head -c $((2 * 441 * 2)) /dev/zero
        } >"$served/$noise"
        rm -rf "$sandbox/data"
        run launch/download-stamps.sh
        exits 0
    done
}

a_folder_that_cannot_be_written_is_told() { # test
    touch "$sandbox/file"
    run launch/download-stamps.sh "$sandbox/file/data"
    exits 74
    one_line
    tells "cannot make this folder"
}

an_interrupted_download_leaves_nothing() { # test
    a_server
    # A download that never ends: the script's own child, so that ending the script is all that is needed.
    stub curl 'touch "'"$sandbox"'/started"; for ((i = 0; i < 20; i++)); do sleep 0.1; done; exit 1'
    (
        for ((i = 0; i < 300; i++)); do
            [[ ! -e $sandbox/started || ! -s $sandbox/pid ]] || break
            sleep 0.1
        done
        kill -TERM "$(<"$sandbox/pid")"
    ) &
    # shellcheck disable=SC2016  # expands in the shell that becomes the script
    run bash -c 'echo $$ >pid; exec bash launch/download-stamps.sh'
    exits 143
    holds ""
}

wrong_usage_is_told() { # test
    run launch/download-stamps.sh --help
    exits 64
    one_line
    run launch/download-stamps.sh one two
    exits 64
}
