#!/usr/bin/env bash
# A private Slurm on this machine, to test batch scripts on: munge, one controller and several nodes, each a slurmd of
# its own port. Nothing outside its folder is touched, and another Slurm on the machine is not disturbed.
#
#   slurm.sh up [NODES [CPUS]]   start it: NODES (3) nodes n1, n2, … of CPUS (2) each
#   slurm.sh exec COMMAND...     run a command of Slurm, as its user: sbatch, squeue, scontrol, sacct -c …
#   slurm.sh kill NODE           end a node's slurmd and all that it started, as a loss of power does
#   slurm.sh start NODE          start the node again
#   slurm.sh down                end everything and remove the folder
#
# The folder is SLURM_CLUSTER (default: slurm-cluster in TMPDIR). Needs root, slurm-wlm and munge. There is no data base
# here, so that sacct knows completed jobs only (sacct -c).
set -euo pipefail

state="${SLURM_CLUSTER:-${TMPDIR:-/tmp}/slurm-cluster}"
export SLURM_CONF="$state/slurm.conf"
first_port="${SLURM_CLUSTER_PORT:-17500}"

fail() {
    printf 'slurm.sh: %s\n' "$*" >&2
    exit 1
}

# wait_until SECONDS COMMAND...: whether the command succeeds within that time.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

write_configuration() {
    local nodes=$1 cpus=$2 host number
    host="$(hostname -s)"
    cat >"$SLURM_CONF" <<CONFIGURATION
ClusterName=private
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$first_port
SlurmUser=root
AuthType=auth/munge
# A job that is queued again waits for credentials of its last run to expire: usually two minutes.
AuthInfo=socket=$state/munge.socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation=$state/state
SlurmdSpoolDir=$state/spool-%n
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/%n.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
# The nodes have more processors together than the machine.
SlurmdParameters=config_overrides
MpiDefault=none
JobCompType=jobcomp/filetxt
JobCompLoc=$state/completed
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=batch_sched_delay=1,sched_interval=2
SlurmdTimeout=8
SlurmctldTimeout=30
InactiveLimit=0
KillWait=5
MessageTimeout=10
ReturnToService=2
CONFIGURATION
    for ((number = 1; number <= nodes; number++)); do
        echo "NodeName=n$number NodeHostname=$host NodeAddr=127.0.0.1 Port=$((first_port + number)) CPUs=$cpus" \
            "RealMemory=1024 State=UNKNOWN" >>"$SLURM_CONF"
    done
    # A job in `urgent` takes the nodes of one in `normal`, which is queued again.
    {
        echo "PartitionName=normal Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE" \
            "GraceTime=30"
        echo "PartitionName=urgent Nodes=ALL MaxTime=INFINITE PriorityTier=9"
    } >>"$SLURM_CONF"
}

start_node() {
    slurmd -N "$1" -f "$SLURM_CONF"
}

up() {
    local nodes=${1:-3} cpus=${2:-2} number
    [[ $(id -u) -eq 0 ]] || fail "needs root"
    [[ ! -e $state ]] || down
    mkdir -p "$state/state"
    chmod 755 "$state"
    dd if=/dev/urandom of="$state/munge.key" bs=1024 count=1 status=none
    chmod 400 "$state/munge.key"
    munged --force --key-file="$state/munge.key" --socket="$state/munge.socket" --pid-file="$state/munge.pid" \
        --log-file="$state/munge.log" --seed-file="$state/munge.seed"
    write_configuration "$nodes" "$cpus"
    slurmctld -f "$SLURM_CONF"
    for ((number = 1; number <= nodes; number++)); do
        start_node "n$number"
    done
    wait_until 30 all_idle "$nodes" || fail "the nodes do not come up: see $state/slurmctld.log and $state/n1.log"
}

all_idle() {
    [[ $(sinfo -h -N -p normal -t idle -o %n | wc -l) -eq $1 ]]
}

# What runs on a node: Slurm names it in the environment of all that it starts.
processes_of() {
    local entry environment
    for entry in /proc/[0-9]*; do
        environment="$(tr '\0' '\n' 2>/dev/null <"$entry/environ")" 2>/dev/null || continue
        if grep -qx "SLURMD_NODENAME=$1" <<<"$environment" && grep -qx "SLURM_CONF=$SLURM_CONF" <<<"$environment"; then
            echo "${entry#/proc/}"
        fi
    done
}

# The shepherds of a node's steps are children of its slurmd, or orphans of it.
shepherds_of() {
    local pid
    for pid in $(pgrep slurmstepd); do
        [[ $(tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ") != *"$SLURM_CONF"* ]] ||
            [[ $(readlink "/proc/$pid/fd/"* 2>/dev/null) != *"/spool-$1/"* ]] || echo "$pid"
    done
}

kill_node() {
    local name=$1
    # shellcheck disable=SC2046  # numbers
    kill -KILL $(cat "$state/$name.pid") $(shepherds_of "$name") $(processes_of "$name") 2>/dev/null || true
}

down() {
    local file pid
    [[ -d $state ]] || return 0
    [[ ! -f $SLURM_CONF ]] || { scancel -u root 2>/dev/null && sleep 1; } || true
    for file in "$state"/n*.pid "$state/slurmctld.pid" "$state/munge.pid"; do
        [[ -f $file ]] || continue
        pid="$(cat "$file")"
        kill "$pid" 2>/dev/null || continue
        wait_until 10 bash -c "! kill -0 $pid" || kill -KILL "$pid" || true
    done
    rm -rf "$state"
}

command=${1:-}
[[ $# -eq 0 ]] || shift
case $command in
    up) up "$@" ;;
    down) down ;;
    exec) exec "$@" ;;
    kill) kill_node "$1" ;;
    start) start_node "$1" ;;
    *)
        sed -n '/^#   slurm.sh/,/^#$/s/^#   //p' "${BASH_SOURCE[0]}" >&2
        exit 64
        ;;
esac
