#!/usr/bin/env bash
# Runs over several hosts, which hosts.sh makes on this machine: the bits of one process, and what happens when a host
# is lost.
#
#   Tests/ClusterTests/hosts_tests.sh [--long] [NAME...]          (default: all tests; --long: those marked so too)
#
# Needs root, iproute2 and openssh-server, and a kernel that grants network namespaces: where one is missing it says so
# and ends with 0. Settings that the environment may override:
#   TRAINER   the program      (default: the checkout's release build, built first)
# Prints `N passed, N failed` at the end; the exit code is 0 when none failed. On two idle cores it takes two minutes,
# with --long three.
set -uo pipefail
folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
# shellcheck source-path=SCRIPTDIR source=../../launch/common.sh
. "$folder/../../launch/common.sh"

skip() {
    echo "skipped: $*"
    exit 0
}
[[ $(id -u) -eq 0 ]] || skip "several hosts on one machine are made by root"
for tool in ip tc ss sshd ssh nsenter mpirun; do
    command -v "$tool" >/dev/null || skip "several hosts on one machine need $tool (apt-get install iproute2 openssh-server)"
done

export HOSTS_PREFIX="t$$h"
work="$(mktemp -d)"
# What Open MPI leaves behind when its mpirun is killed stays in here, shared memory included.
export TMPDIR="$work/tmp" OMPI_MCA_btl_vader_backing_directory="$work/tmp"
mkdir "$work/tmp"
job=""
cleanup() {
    [[ -z $job ]] || kill -KILL "$job" 2>/dev/null
    "$folder/hosts.sh" down
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# One host shows whether the kernel lets us.
"$folder/hosts.sh" up 1 100mbit >"$work/errors" 2>&1 ||
    skip "no hosts can be made here: $(tail -n 1 "$work/errors")"

if [[ -z ${TRAINER:-} ]]; then
    ensure_system_packages
    ensure_swift
    TRAINER="$(build_release)" || exit 1
fi
# One kind of loops, whatever this machine's; and one thread for each rank, of which there are more than cores.
export OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1

# Claims. The first that fails ends its test.
wrong() {
    printf '    %s\n' "$*" "output: $(tail -n 30 "$work/output")" "errors: $(tail -n 30 "$work/errors")"
    exit 1
}

hosts() {
    "$folder/hosts.sh" "$@" || wrong "hosts.sh $* failed"
}

# The options of every run; a test's own come behind them.
train=(train --recipe notebook --data "$work/data" --batch-size 64 --threads 1 --no-report --no-tensorboard --quiet)

# alone RUN OPTION...: trains in one process.
alone() {
    local run="$1"
    shift
    timeout 120 "$TRAINER" "${train[@]}" --output "$work/$run" "$@" >"$work/output" 2>"$work/errors" || wrong "one process failed"
}

# over_hosts RUN RANKS_PER_HOST OPTION...: trains on all hosts that are connected.
over_hosts() {
    local run="$1" ranks="$2"
    shift 2
    timeout -k 5 120 "$folder/hosts.sh" run "$ranks" "$TRAINER" "${train[@]}" --output "$work/$run" "$@" \
        >"$work/output" 2>"$work/errors" </dev/null || wrong "$ranks ranks a host failed: $*"
}

# same RUN RUN: both have the same results; the two last columns of the history are times.
same() {
    local file
    for file in model.safetensors test_predictions.csv metrics.json; do
        cmp -s "$work/$1/$file" "$work/$2/$file" || wrong "$file of $1 and $2 differ"
    done
    diff <(without_times "$1") <(without_times "$2") >/dev/null || wrong "history.csv of $1 and $2 differ"
}

without_times() {
    awk -F , -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) is_time[i] = $i ~ /seconds|per_second/ }
        { line = ""; for (i = 1; i <= NF; i++) if (!is_time[i]) line = line OFS $i; print line }' "$work/$1/history.csv"
}

# is_running PID: whether the process lives; one that nobody has waited for yet does not.
is_running() {
    local state
    state="$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null)" && [[ -n $state && $state != Z && $state != X ]]
}

# within SECONDS COMMAND...: whether the command succeeds in time, which is measured generously: the machine may be
# busy.
within() {
    local deadline=$((SECONDS + $1))
    shift
    while ! "$@"; do
        [[ $SECONDS -lt $deadline ]] || return 1
        sleep 0.05
    done
}

# start_on_hosts RUN MPIRUN_OPTION... -- OPTION...: training without end, in the background; returns once it is in full
# swing.
start_on_hosts() {
    local run="$1" options=()
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    "$folder/hosts.sh" run 2 "${options[@]}" "$TRAINER" "${train[@]}" --output "$work/$run" \
        --model vgg6 --epochs 10000 --checkpoint-every 5steps "$@" >"$work/output" 2>"$work/errors" </dev/null &
    job=$!
    within 120 has_come_to_step 20 "$work/$run" || wrong "no checkpoint of step 20"
}

# has_come_to_step STEP RUN; old checkpoints are removed.
has_come_to_step() {
    local newest
    newest="$(newest_step "$2")"
    [[ -n $newest && $newest -ge $1 ]]
}

# mpirun has ended within SECONDS; leaves its exit code in $status.
ended_within() {
    within "$1" is_gone "$job" || wrong "mpirun has not ended within $1 seconds"
    status=0
    wait "$job" 2>/dev/null || status=$?
    job=""
}

is_gone() {
    ! is_running "$1"
}

# ranks_of HOST: the processes of the trainer there.
ranks_of() {
    local process
    for process in $("$folder/hosts.sh" pids "$1"); do
        [[ $(readlink "/proc/$process/exe") != "$(readlink -f "$TRAINER")" ]] || ! is_running "$process" || echo "$process"
    done
}

no_rank_is_left() {
    local host
    for host in "$@"; do
        [[ -z $(ranks_of "$host") ]] || return 1
    done
}

# resumes_to_the_same_bits RUN: on the hosts that are left, up to the end of the epoch after the last checkpoint.
# 1,200 stamps, of which 70 % are trained with in batches of 64: 14 steps an epoch.
resumes_to_the_same_bits() {
    local step epochs
    step="$(newest_step "$work/$1")"
    epochs=$((step / 14 + 1))
    over_hosts "$1" 2 --model vgg6 --epochs "$epochs" --checkpoint-every 5steps --resume
    alone "$1-undisturbed" --model vgg6 --epochs "$epochs"
    same "$1" "$1-undisturbed"
}

newest_step() {
    find "$1/checkpoints" -maxdepth 1 -name 'step-*' -printf '%f\n' 2>/dev/null | sed -n 's/^step-\([0-9]*\)$/\1/p' | sort -n | tail -n 1
}

# A lost host is noticed 4 + 3 × 1 seconds after the last word from it; mpirun's own wait is for 300 + 9 × 20.
notices_soon=(--mca oob_tcp_keepalive_time 4 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3)

hosts_give_the_bits_of_one_process() { # test
    local model
    for model in simple simple-bn vgg6; do alone "$model" --model "$model" --epochs 1; done
    over_hosts four-simple 2 --model simple --epochs 1
    same simple four-simple
    over_hosts four-vgg6 1 --model vgg6 --epochs 1
    same vgg6 four-vgg6
    hosts cut 4
    over_hosts three-bn 2 --model simple-bn --epochs 1
    same simple-bn three-bn
    hosts cut 3
    over_hosts two-vgg6 2 --model vgg6 --epochs 1
    same vgg6 two-vgg6
    over_hosts two-bn 1 --model simple-bn --epochs 1
    same simple-bn two-bn
}

# The options for machines with firewalls and several networks that the documentation names (Cluster.md).
ports_and_networks_can_be_chosen() { # test
    hosts cut 4
    hosts cut 3
    start_on_hosts ports --mca oob_tcp_if_include 10.99.0.0/24 --mca btl_tcp_if_include 10.99.0.0/24 \
        --mca oob_tcp_dynamic_ipv4_ports 46000-46999 --mca btl_tcp_port_min_v4 47000 --mca btl_tcp_port_range_v4 1000 --
    # One end of every connection between the two is at a port that a firewall can know.
    hosts exec 2 ss --tcp --numeric --no-header state established | awk '{ print $3, $4 }' |
        sed -n 's/^10[.0-9]*:\([0-9]*\) 10[.0-9]*:\([0-9]*\)$/\1 \2/p' >"$work/connections"
    grep -q '\<47...\>' "$work/connections" || wrong "the ranks are not connected by a port from 47000: $(<"$work/connections")"
    ! grep -vE '\<(22|4[67]...)\>' "$work/connections" || wrong "others than those settled: $(<"$work/connections")"
}

slow_links_give_the_same_bits() { # test
    local before after
    hosts cut 4
    alone slow-alone --model vgg6 --epochs 1
    hosts rate 50mbit
    before="$(hosts counters | awk 'NR == 1 { print $3 }')"
    over_hosts slow 2 --model vgg6 --epochs 1
    after="$(hosts counters | awk 'NR == 1 { print $3 }')"
    same slow-alone slow
    # 14 steps: two thirds of the gradients of 25,394 parameters and as much of parameters leave each host.
    ((after - before > 14 * 25394 * 4)) || wrong "only $((after - before)) bytes left the first host: the ranks met otherwise"
}

# mpirun finds out first: it ends everything on both sides of the cut.
a_run_without_a_host_that_was_cut_off_ends_and_resumes() { # test
    hosts cut 4
    start_on_hosts cut "${notices_soon[@]}" -- --stall-timeout 60
    hosts cut 3
    ended_within 40
    [[ $status -ne 0 && $status -ne 75 ]] || wrong "exit code $status"
    grep -q "lost communication" "$work/errors" || wrong "nothing tells of the loss"
    grep -q "${HOSTS_PREFIX}3" "$work/errors" || wrong "the lost host is not named"
    within 20 no_rank_is_left 1 2 3 || wrong "ranks are left behind: $(ranks_of 1) $(ranks_of 2) $(ranks_of 3)"
    resumes_to_the_same_bits cut
}

a_run_whose_host_died_ends_and_resumes() { # test
    hosts cut 4
    start_on_hosts died "${notices_soon[@]}" -- --stall-timeout 60
    hosts kill 2
    ended_within 40
    [[ $status -ne 0 && $status -ne 75 ]] || wrong "exit code $status"
    grep -q "${HOSTS_PREFIX}2" "$work/errors" || wrong "the lost host is not named"
    within 20 no_rank_is_left 1 3 || wrong "ranks are left behind: $(ranks_of 1) $(ranks_of 3)"
    resumes_to_the_same_bits died
}

# Rank 0 and mpirun die with it; whoever is left notices by itself and lets go of the run folder.
a_run_whose_first_host_died_ends_and_resumes() { # test
    hosts cut 4
    start_on_hosts headless "${notices_soon[@]}" -- --stall-timeout 60
    hosts kill 1
    ended_within 20
    within 40 no_rank_is_left 2 3 || wrong "ranks are left behind: $(ranks_of 2) $(ranks_of 3)"
    resumes_to_the_same_bits headless
}

# With mpirun's usual patience the trainer finds out first. All ranks end, those of the lost host too; mpirun, which
# cannot tell the lost host to end, waits until the kernel gives its connection up, a quarter of an hour later.
ranks_name_the_host_that_was_cut_off_and_end() { # test
    local line
    hosts cut 4
    start_on_hosts stalled -- --stall-timeout 6
    hosts cut 3
    within 40 no_rank_is_left 1 2 3 || wrong "ranks are left behind: $(ranks_of 1) $(ranks_of 2) $(ranks_of 3)"
    line="error: rank 4 on ${HOSTS_PREFIX}3, rank 5 on ${HOSTS_PREFIX}3: have not answered for 6 seconds"
    grep -qF "$line" "$work/errors" || wrong "not told: $line"
    grep -qF "check the host and end mpirun" "$work/errors" || wrong "no remedy"
    kill -KILL "$job"
    ended_within 20
    resumes_to_the_same_bits stalled
}

# The host answers, but its ranks do not: mpirun has the trainer's exit code.
ranks_name_those_that_stopped() { # test
    hosts cut 4
    start_on_hosts stopped -- --stall-timeout 6
    # shellcheck disable=SC2046  # one word a process
    kill -STOP $(ranks_of 2)
    ended_within 40
    [[ $status -eq 70 ]] || wrong "exit code $status"
    grep -qF "error: rank 2 on ${HOSTS_PREFIX}2, rank 3 on ${HOSTS_PREFIX}2: have not answered for 6 seconds" "$work/errors" ||
        wrong "the stopped ranks are not named"
    within 20 no_rank_is_left 1 2 3 || wrong "ranks are left behind"
    resumes_to_the_same_bits stopped
}

# A batch of 256 stamps in 64 microbatches, and in 8, which leaves most ranks without work.
sixty_four_ranks_give_the_bits_of_one() { # test
    alone alone-4 --model simple --epochs 1 --batch-size 256 --microbatch 4
    over_hosts sixty-four-4 16 --model simple --epochs 1 --batch-size 256 --microbatch 4
    same alone-4 sixty-four-4
}

sixty_four_ranks_on_one_host_or_without_work_give_the_same_bits() { # long test
    alone alone-32 --model simple --epochs 1 --batch-size 256 --microbatch 32
    over_hosts sixty-four-32 16 --model simple --epochs 1 --batch-size 256 --microbatch 32
    same alone-32 sixty-four-32
    hosts cut 4
    hosts cut 3
    hosts cut 2
    over_hosts one-host 64 --model simple --epochs 1 --batch-size 256 --microbatch 32
    same alone-32 one-host
}

eight_hosts_give_the_bits_of_one_process() { # long test
    hosts up 8 1gbit
    alone eight-alone --model simple-bn --epochs 1
    over_hosts eight 2 --model simple-bn --epochs 1
    same eight-alone eight
}

kinds='# test'
if [[ ${1:-} == --long ]]; then
    kinds='# \(long \)*test'
    shift
fi
if [[ $# -eq 0 ]]; then
    mapfile -t tests < <(sed -n "s/^\([a-z0-9_]*\)() { $kinds\$/\1/p" "${BASH_SOURCE[0]}")
else
    tests=("$@")
fi

passed=0 failed=0

# attempt TEST: on new hosts, for whatever is left on the old ones ends. Leaves `result`.
attempt() {
    "$folder/hosts.sh" down
    rm -rf "${work:?}"/*/
    mkdir "$work/tmp"
    "$TRAINER" simulate --output "$work/data" --sources 600 --noise 600 --seed 8 --quiet || exit 1
    "$folder/hosts.sh" up 4 || exit 1
    result=0
    (
        trap '[[ -z $job ]] || kill -KILL "$job" 2>/dev/null' EXIT
        # The shell itself tells of processes that were killed.
        "$1" 2>"$work/shell"
    ) || result=$?
}

for test in "${tests[@]}"; do
    start=$SECONDS
    attempt "$test"
    # mpirun itself may crash, or hang, when it has killed ranks (Open MPI 4.1): that is told, and tried once more.
    if [[ $result -ne 0 ]]; then
        printf 'once more: %s\n' "$test"
        attempt "$test"
    fi
    if [[ $result -eq 0 ]]; then
        passed=$((passed + 1))
        printf 'passed  %s (%d s)\n' "$test" $((SECONDS - start))
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n' "$test"
        sed 's/^/    /' "$work/shell"
    fi
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
