#!/usr/bin/env bash
# Several hosts on one machine, to run MPI jobs over.
#
# A host is a network namespace with a host name, an address, an /etc/hosts and an sshd of its own. A cable (a pair of
# veth) leads from each to a switch (a bridge in one more namespace), so that nothing of the machine's own network is
# touched. Files and processes are shared by all hosts, as over a shared file system. Open MPI tells hosts apart by
# their names: between two of them it has nothing but ssh and TCP over the cables.
#
#   hosts.sh up N [RATE]                       make N hosts, with cables of RATE (see rate); those of before are removed
#   hosts.sh rate RATE|unlimited               limit every cable, each way: 100mbit, 1gbit … in the words of tc
#   hosts.sh cut HOST                          pull its cable; its processes go on
#   hosts.sh kill HOST                         cut it off and kill whatever runs on it, as a loss of power does
#   hosts.sh join HOST                         plug it in again, and start its sshd if it was killed
#   hosts.sh exec HOST COMMAND...              run a command on a host
#   hosts.sh hostfile SLOTS                    write an Open MPI hostfile of the hosts that are neither cut nor killed
#   hosts.sh run RANKS_PER_HOST [OPTION...] COMMAND...
#                                              mpirun on those hosts, from the first of them, with further options of mpirun
#   hosts.sh pids HOST                         the processes that run on a host, besides its sshd
#   hosts.sh counters                          for each host: its name, then bytes and packets sent and received by
#                                              its cable
#   hosts.sh down                              end all that runs on the hosts and remove them
#
# HOST is a number from 1, or a name. Hosts are called by HOSTS_PREFIX (default: host) and their number; with another
# prefix a second cluster stands beside the first. Needs root, iproute2, util-linux and openssh-server.
set -euo pipefail

prefix="${HOSTS_PREFIX:-host}"
state="${TMPDIR:-/tmp}/hosts-$prefix"
switch="$prefix-switch"

fail() {
    printf '%s: %s\n' "hosts.sh" "$*" >&2
    exit 1
}

usage() {
    sed -n '/^#   hosts.sh/,/^#$/s/^#   //p' "${BASH_SOURCE[0]}" >&2
    exit 64
}

# The name of HOST, which must be one of ours.
name_of() {
    local name="$1"
    [[ $name =~ ^[0-9]+$ ]] && name="$prefix$name"
    [[ -d $state/$name ]] || fail "no host $1: hosts.sh up N"
    printf '%s\n' "$name"
}

number_of() {
    printf '%s\n' "${1#"$prefix"}"
}

all_hosts() {
    [[ -f $state/names ]] || fail "there are no hosts: hosts.sh up N"
    cat "$state/names"
}

connected_hosts() {
    local name
    for name in $(all_hosts); do
        [[ -e $state/$name/cut ]] || printf '%s\n' "$name"
    done
}

# Ends all processes of the network namespace $1 and waits until they are gone.
end_processes() {
    local attempt pids
    for attempt in {1..100}; do
        pids="$(ip netns pids "$1")"
        [[ -n $pids ]] || return 0
        # One may have ended by itself meanwhile.
        # shellcheck disable=SC2086
        kill -KILL $pids 2>/dev/null || true
        sleep 0.05
    done
    fail "processes on $1 do not end after $attempt attempts: $pids"
}

remove_namespace() {
    # A namespace lives on for as long as a process does.
    [[ -e /run/netns/$1 ]] || return 0
    end_processes "$1"
    ip netns delete "$1"
}

down() {
    local name
    if [[ -f $state/names ]]; then
        while read -r name; do
            remove_namespace "$name"
            rm -rf "/etc/netns/${name:?}"
        done <"$state/names"
    fi
    remove_namespace "$switch"
    rmdir /etc/netns 2>/dev/null || true
    rm -rf "$state"
}

start_sshd() {
    local name="$1"
    # ip netns exec binds /etc/netns/NAME/hosts over /etc/hosts; whatever sshd starts, or nsenter puts beside it, sees
    # the same.
    setsid unshare --uts -- ip netns exec "$name" sh -c "hostname $name && exec $(command -v sshd) -D -e -f $state/$name/sshd_config" \
        </dev/null >"$state/$name/sshd.log" 2>&1 &
    disown
    local attempt
    for attempt in {1..100}; do
        [[ -s $state/$name/sshd.pid ]] && return
        sleep 0.05
    done
    cat "$state/$name/sshd.log" >&2
    fail "no sshd on $name after $attempt attempts"
}

# A host's namespace, its cable and the files of its sshd.
make_host() {
    local number="$1" name="$prefix$1" folder="$state/$prefix$1"
    mkdir "$folder"
    printf '%s\n' "$name" >>"$state/names"
    ip netns add "$name"
    # Neighbour discovery would be counted with the traffic that is measured.
    ip netns exec "$name" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2>/dev/null || true
    ip link add eth0 netns "$name" type veth peer name "port$number" netns "$switch"
    ip -n "$name" address add "10.99.0.$number/24" dev eth0
    ip -n "$name" link set lo up
    ip -n "$name" link set eth0 up
    ip -n "$switch" link set "port$number" master switch up

    mkdir -p "/etc/netns/$name"
    cp "$state/hosts" "/etc/netns/$name/hosts"
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$folder/host_key"
    printf '%s,10.99.0.%s %s\n' "$name" "$number" "$(cat "$folder/host_key.pub")" >>"$state/known_hosts"
    cat >"$folder/sshd_config" <<END
ListenAddress 10.99.0.$number:22
HostKey $folder/host_key
PidFile $folder/sshd.pid
AuthorizedKeysFile $state/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
END
    start_sshd "$name"
}

up() {
    local count="$1" rate="${2:-unlimited}" number
    [[ $count =~ ^[0-9]+$ && $count -ge 1 && $count -le 250 ]] || fail "up needs a number of hosts from 1 to 250"
    [[ $(id -u) -eq 0 ]] || fail "must be run by root"
    local tool
    for tool in ip tc ssh ssh-keygen sshd unshare nsenter; do
        command -v "$tool" >/dev/null || fail "needs $tool (Debian: apt-get install iproute2 openssh-server util-linux)"
    done
    down
    # Half a cluster is of no use to anybody.
    trap down EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    mkdir -m 700 "$state"
    # Where sshd separates its privileges.
    mkdir -p /run/sshd
    : >"$state/names"
    {
        printf '127.0.0.1 localhost\n'
        for ((number = 1; number <= count; number++)); do printf '10.99.0.%s %s%s\n' "$number" "$prefix" "$number"; done
    } >"$state/hosts"
    ssh-keygen -q -t ed25519 -N '' -C "$prefix" -f "$state/key"
    cat >"$state/ssh_config" <<END
User root
IdentityFile $state/key
IdentitiesOnly yes
UserKnownHostsFile $state/known_hosts
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
BatchMode yes
ConnectTimeout 10
LogLevel ERROR
END
    ip netns add "$switch"
    ip -n "$switch" link add switch type bridge
    ip -n "$switch" link set switch up
    for ((number = 1; number <= count; number++)); do make_host "$number"; done
    set_rate "$rate"
    trap - EXIT INT TERM
}

# tc's bucket for a rate: what passes in 0.2 milliseconds, since a link lets nothing through at once that it has saved
# up; not less than two packets. Longer ones (HOSTS_BURST, in milliseconds) reach rates near 1gbit more evenly.
burst_of() {
    awk -v rate="$1" -v burst="${HOSTS_BURST:-0.2}" 'BEGIN {
        number = rate + 0
        if (rate ~ /gbit$/) number *= 1e9
        else if (rate ~ /mbit$/) number *= 1e6
        else if (rate ~ /kbit$/) number *= 1e3
        else exit 1
        bytes = number / 8 * burst / 1000
        if (bytes < 3200) bytes = 3200
        printf "%d\n", bytes
    }'
}

set_rate() {
    local rate="$1" name burst
    for name in $(all_hosts); do
        local port
        port="port$(number_of "$name")"
        if [[ $rate == unlimited ]]; then
            # There is none to remove from a new cable.
            tc -n "$name" qdisc del dev eth0 root 2>/dev/null || true
            tc -n "$switch" qdisc del dev "$port" root 2>/dev/null || true
        else
            burst="$(burst_of "$rate")" || fail "a rate is like 100mbit or 1gbit, or unlimited; not $rate"
            tc -n "$name" qdisc replace dev eth0 root tbf rate "$rate" burst "$burst" latency 50ms
            tc -n "$switch" qdisc replace dev "$port" root tbf rate "$rate" burst "$burst" latency 50ms
        fi
    done
}

cut() {
    local name
    name="$(name_of "$1")"
    touch "$state/$name/cut"
    ip -n "$switch" link set "port$(number_of "$name")" down
}

kill_host() {
    local name
    name="$(name_of "$1")"
    cut "$1"
    end_processes "$name"
    rm -f "$state/$name/sshd.pid"
}

join() {
    local name
    name="$(name_of "$1")"
    ip -n "$switch" link set "port$(number_of "$name")" up
    [[ -s $state/$name/sshd.pid ]] || start_sshd "$name"
    rm -f "$state/$name/cut"
}

# Becomes a command on a host.
become() {
    local name
    name="$(name_of "$1")"
    shift
    [[ -s $state/$name/sshd.pid ]] || fail "$name was killed: hosts.sh join $name"
    # The folder is entered there: what is mounted over it on that host alone counts.
    exec nsenter --target "$(cat "$state/$name/sshd.pid")" --net --uts --mount -- env --chdir="$PWD" "$@"
}

hostfile() {
    local name
    for name in $(connected_hosts); do printf '%s slots=%s\n' "$name" "$1"; done
}

# Settings of Open MPI come by the environment, so that an --mca among the options takes a setting's place. pml ob1 with
# these three transports is Open MPI's own TCP; left to itself it may take UCX, which sees that the hosts are one
# machine and uses its memory. Both interface options keep to the cable: lo has the same address on every host. The
# hosts share this machine's cores: a rank that waits must leave them to the others, which Open MPI cannot know. ssh
# takes no environment along, and mpirun only what -x names: OpenBLAS must find the same settings everywhere.
run() {
    local ranks="$1" first variable environment=()
    shift
    for variable in $(compgen -e OPENBLAS_); do environment+=(-x "$variable"); done
    hostfile "$ranks" >"$state/hostfile"
    read -r first _ <"$state/hostfile" || fail "no host is connected"
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm_rsh_agent="ssh -F $state/ssh_config" \
        OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader,tcp OMPI_MCA_btl_tcp_if_include=eth0 OMPI_MCA_oob_tcp_if_include=eth0 \
        OMPI_MCA_mpi_yield_when_idle=1
    become "$first" mpirun --hostfile "$state/hostfile" --oversubscribe --bind-to none "${environment[@]}" "$@"
}

pids() {
    local name process
    name="$(name_of "$1")"
    for process in $(ip netns pids "$name"); do
        [[ $process == "$(cat "$state/$name/sshd.pid" 2>/dev/null)" ]] || printf '%s\n' "$process"
    done
}

counters() {
    local name
    for name in $(all_hosts); do
        ip -n "$name" -s -oneline link show dev eth0 |
            sed -E "s/.*RX:[^\\\\]*\\\\ +([0-9]+) +([0-9]+).*TX:[^\\\\]*\\\\ +([0-9]+) +([0-9]+).*/$name sent \3 bytes \4 packets, received \1 bytes \2 packets/"
    done
}

command="${1:-}"
shift || usage
case "$command" in
up) [[ $# -ge 1 && $# -le 2 ]] || usage && up "$@" ;;
rate) [[ $# -eq 1 ]] || usage && set_rate "$1" ;;
cut) [[ $# -eq 1 ]] || usage && cut "$1" ;;
kill) [[ $# -eq 1 ]] || usage && kill_host "$1" ;;
join) [[ $# -eq 1 ]] || usage && join "$1" ;;
exec) [[ $# -ge 2 ]] || usage && become "$@" ;;
hostfile) [[ $# -eq 1 ]] || usage && hostfile "$1" ;;
run) [[ $# -ge 2 ]] || usage && run "$@" ;;
pids) [[ $# -eq 1 ]] || usage && pids "$1" ;;
counters) counters ;;
down) down ;;
*) usage ;;
esac
