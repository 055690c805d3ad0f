#!/usr/bin/env bash
# Kills a training run again and again, resumes it each time, and sees that the result is that of a run left in peace.
#
#   launch/chaos.sh [--kills N] [--seed N]          (defaults: 50 kills, seed 1)
#
# The kills are SIGKILL to one rank or to mpirun, soon after the start or somewhere in an epoch, or within the writing
# of a file (SWIFT_RUN_TRAINER_KILL_AT: behind a write, an fsync, a rename or a removal). The first part runs on 3
# ranks, each further part on 1 to 4 ranks of 1 or 2 threads. In the end model.safetensors, test_predictions.csv,
# metrics.json and history.csv (without its two timing columns) must have the bits of the undisturbed run, no process
# may be left, and nothing half-written. With 50 kills it takes about two minutes. The seed decides who is killed and
# how; when exactly is up to the machine.
#
# Settings that the environment may override:
#   TRAINER    the program                  (default: the checkout's release build, built first)
#   LAUNCHER   what starts ranks            (default: mpirun, mpiexec or srun)
# Exit codes: 0 the run survived, 64 wrong usage, 70 it did not (the folder with its remains is then named and kept).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

kills=50 seed=1
while [[ $# -gt 0 ]]; do
    case $1 in
        --kills | --seed)
            [[ ${2-} =~ ^[0-9]{1,6}$ ]] || fault 64 "$1 needs a whole number"
            if [[ $1 == --kills ]]; then kills=$2; else seed=$2; fi
            shift 2
            ;;
        *) fault 64 "$1 is no option of it; see the top of launch/chaos.sh" ;;
    esac
done
RANDOM=$seed

if [[ -z ${TRAINER:-} ]]; then
    ensure_system_packages
    ensure_swift
    TRAINER="$(build_release)"
fi
forget_launchers ""
prepare_site
choose_launcher

work="$(mktemp -d)"
mkdir "$work/tmp"
# What Open MPI leaves behind when mpirun is killed stays in here, shared memory included.
export TMPDIR="$work/tmp" OMPI_MCA_btl_vader_backing_directory="$work/tmp"
job="" job_ranks=() keeps_work=false
cleanup() {
    local process
    for process in $job "${job_ranks[@]}"; do
        kill -KILL "$process" 2>/dev/null || true
    done
    [[ $keeps_work == true ]] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# lost TEXT…: the run did not survive.
lost() {
    keeps_work=true
    [[ ! -s $work/errors ]] || sed 's/^/    /' "$work/errors" >&2
    fault 70 "$*; see $work"
}

# draw N: a random number from 0 to N - 1 in $drawn. ($(…) would be a process with random numbers of its own.)
draw() {
    drawn=$(((RANDOM * 32768 + RANDOM) % $1))
}

# is_running PID: whether the process lives; one that nobody has waited for yet does not.
is_running() {
    local state
    state="$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null)" && [[ -n $state && $state != Z && $state != X ]]
}

# note_ranks: keeps in job_ranks the processes that mpirun has started, by itself or through a daemon.
note_ranks() {
    local found daemon
    mapfile -t found < <(pgrep -P "$job" || true)
    daemon="$(pgrep -P "$job" 'hydra|orted|prted' || true)"
    [[ -z $daemon ]] || mapfile -t found < <(pgrep -P "${daemon//$'\n'/,}" || true)
    [[ ${#found[@]} -eq 0 ]] || job_ranks=("${found[@]}")
}

epochs_done() {
    local lines=0
    [[ ! -f $work/run/history.csv ]] || lines="$(wc -l <"$work/run/history.csv")"
    echo $((lines > 0 ? lines - 1 : 0))
}

# start RANKS THREADS [VARIABLE=VALUE]: goes on with the run in the background; its mpirun is $job.
start() {
    local ranks=$1 threads=$2 start
    shift 2
    job_ranks=()
    crowded_start "$ranks"
    env "$@" "${start[@]}" "$TRAINER" train "${arguments[@]}" \
        --output "$work/run" --resume --threads "$threads" >"$work/output" 2>"$work/errors" </dev/null &
    job=$!
}

# kill_in_an_epoch VICTIM EPOCH: lets the run come to an epoch, then waits up to 0.2 s and kills a rank or mpirun.
kill_in_an_epoch() {
    while is_running "$job" && [[ $(epochs_done) -lt $2 || ${#job_ranks[@]} -eq 0 ]]; do
        sleep 0.02
        note_ranks
    done
    draw 200
    sleep "0.$(printf '%03d' "$drawn")"
    kill_one "$1"
}

# kill_at_start VICTIM: kills a rank or mpirun in the first second.
kill_at_start() {
    draw 1000
    sleep "0.$(printf '%03d' "$drawn")"
    kill_one "$1"
}

kill_one() {
    local victim=$job
    note_ranks
    if [[ $1 == rank && ${#job_ranks[@]} -gt 0 ]]; then
        draw "${#job_ranks[@]}"
        victim=${job_ranks[drawn]}
    fi
    kill -KILL "$victim" 2>/dev/null || true
}

# ended: waits until mpirun and all ranks are gone; leaves mpirun's exit code in $status.
ended() {
    local process tries
    while is_running "$job"; do
        note_ranks
        sleep 0.02
    done
    status=0
    wait "$job" 2>/dev/null || status=$?
    for process in "${job_ranks[@]}"; do
        for ((tries = 0; tries < 500; tries++)); do
            is_running "$process" || break
            sleep 0.02
        done
        is_running "$process" && lost "process $process is left behind"
    done
    job="" job_ranks=()
}

# The run has to outlast the kills, though each costs it no more than the work since its last checkpoint.
epochs=$((6 * kills + 10))
arguments=(--data "$work/data" --model vgg6 --normalize mean --optimizer adam --learning-rate 0.001
    --batch-size 64 --microbatch 8 --epochs "$epochs" --seed "$seed" --checkpoint-every 5steps --no-report)

say "the undisturbed run: $epochs epochs in $work"
"$TRAINER" simulate --output "$work/data" --sources 300 --noise 300 --seed "$seed" >"$work/output" 2>"$work/errors" ||
    lost "simulate failed"
"$TRAINER" train "${arguments[@]}" --output "$work/whole" --threads 1 >"$work/output" 2>"$work/errors" ||
    lost "the undisturbed run failed"

killed="$(status_of_signal 9)"
survived=0
for ((part = 1; survived < kills; part++)); do
    [[ $part -le $((3 * kills + 10)) ]] || lost "after $part parts there were only $survived kills"
    ranks=3 threads=1
    if [[ $part -gt 1 ]]; then
        draw 4 && ranks=$((drawn + 1))
        draw 2 && threads=$((drawn + 1))
    fi
    draw 2 && victims=(rank mpirun) && victim=${victims[drawn]}
    before="$(epochs_done)"
    draw 10
    case $drawn in
        0 | 1)
            how="$victim at the start"
            start "$ranks" "$threads" "PART=$part"
            kill_at_start "$victim"
            ;;
        2 | 3 | 4 | 5)
            draw 80 && operation=$((drawn + 1))
            how="rank 0 behind file operation $operation"
            start "$ranks" "$threads" "SWIFT_RUN_TRAINER_KILL_AT=$operation"
            ;;
        *)
            how="$victim in an epoch"
            start "$ranks" "$threads" "PART=$part"
            kill_in_an_epoch "$victim" $((epochs * (survived + 1) / (kills + 2)))
            ;;
    esac
    ended
    # 137: SIGKILL to mpirun itself, and with Open MPI to a rank too.
    case $status in
        0) how+=" came too late" ;;
        137 | "$killed") survived=$((survived + 1)) ;;
        *) lost "part $part ended with $status instead of being killed ($how)" ;;
    esac
    say "$survived: $ranks ranks × $threads threads, epoch $before to $(epochs_done), killed: $how"
done

start 2 1 "PART=last"
ended
[[ $status -eq 0 ]] || lost "the last part ended with $status"
for file in model.safetensors test_predictions.csv metrics.json; do
    cmp -s "$work/whole/$file" "$work/run/$file" || lost "$file differs from that of the undisturbed run"
done
cmp -s <(cut -d, -f1-6 "$work/whole/history.csv") <(cut -d, -f1-6 "$work/run/history.csv") ||
    lost "history.csv differs from that of the undisturbed run"
partial="$(find "$work/run" -name '.*' -print -quit)"
[[ -z $partial ]] || lost "$partial is left behind"
say "survived $survived kills in $((part - 1)) parts: the same bits as undisturbed"
