#!/usr/bin/env bash
# launch/slurm.sbatch and launch/sweep.sbatch on a real Slurm of three nodes, which slurm.sh makes on this machine.
#
#   slurm_tests.sh [--long] [NAME...]     --long: with a time limit that runs out (three minutes more);
#                                         NAME: these tests only
#
# Skipped, with a line, where there is no Slurm, no root, or it does not start. The program is SWIFT_RUN_TRAINER, or the
# checkout's release build.
set -uo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
checkout="$(cd "$here/../.." && pwd -P)"
trainer="${SWIFT_RUN_TRAINER:-$checkout/.build/release/swift-run-trainer}"

for program in slurmctld slurmd munged mpirun; do
    command -v "$program" >/dev/null || { echo "Slurm: skipped, no $program here"; exit 0; }
done
[[ $(id -u) -eq 0 ]] || { echo "Slurm: skipped, needs root"; exit 0; }
[[ -x $trainer ]] || { echo "slurm_tests.sh: $trainer: not built" >&2; exit 66; }

folder="$(mktemp -d)"
export SLURM_CLUSTER="$folder/slurm" SLURM_CONF="$folder/slurm/slurm.conf"
export CHECKOUT="$checkout" TRAINER="$trainer" DATA="$folder/data"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# The nodes' processors are the machine's: each counts them anew.
export OMPI_MCA_hwloc_base_binding_policy=none
# Ranks of two nodes would take each other's shared memory for their own: the nodes are one machine.
export OMPI_MCA_btl=self,tcp
# The data of one rank and the bits of all.
settings=(--model vgg6 --recipe notebook --batch-size 64 --microbatch 8 --seed 4 --no-report --no-tensorboard)
failures=0

cleanup() {
    "$here/slurm.sh" down
    rm -rf "$folder"
}
trap cleanup EXIT

# fails TEXT...: notes a failure of the present test.
fails() {
    echo "  not so: $*"
    failures=$((failures + 1))
}

# wait_for SECONDS TEXT COMMAND...: until the command succeeds.
wait_for() {
    local end=$((SECONDS + $1)) text=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS > end)); then
            fails "$text"
            squeue
            [[ -z ${DEBUG:-} ]] || { scontrol show job; tail -n 30 "$SLURM_CLUSTER/slurmctld.log"; }
            return 1
        fi
        sleep 0.3
    done
}

# submit OPTIONS... -- ARGUMENTS...: prints the number of the job. Its log is $folder/JOB.log.
submit() {
    local options=()
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    (cd "$folder" && sbatch --parsable --output="$folder/%j.log" "${options[@]}" "$checkout/launch/slurm.sbatch" "$@")
}

state_of() { scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | head -n 1; }
exit_code_of() { scontrol show job "$1" | sed -n 's/.* ExitCode=\([0-9:]*\).*/\1/p' | head -n 1; }
restarts_of() { scontrol show job "$1" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p' | head -n 1; }
is_over() { [[ $(state_of "$1") =~ ^(COMPLETED|FAILED|TIMEOUT|CANCELLED|NODE_FAIL)$ ]]; }
runs() { [[ $(state_of "$1") == RUNNING ]]; }
epochs_in() { grep -c '^Epoch' "$folder/$1.log" 2>/dev/null; }
has_epochs() { (($(epochs_in "$1") >= $2)); }
queue_is_empty() { [[ -z $(squeue -h) ]]; }
was_restarted() { (($(restarts_of "$1") > 0)); }
was_restarted_times() { (($(restarts_of "$1") == $2)); }
node_is_idle() { [[ $(sinfo -h -p normal -n "$1" -o %t) == idle ]]; }

# ends_well JOB: it completes with exit code 0.
ends_well() {
    wait_for 120 "job $1 comes to an end" is_over "$1" || { tail -n 5 "$folder/$1.log"; return 1; }
    [[ $(state_of "$1") == COMPLETED && $(exit_code_of "$1") == 0:0 ]] ||
        fails "job $1 completes: it is $(state_of "$1") with $(exit_code_of "$1"): $(tail -n 3 "$folder/$1.log")"
}

# same_bits RUN: the result of the undisturbed run of one process.
same_bits() {
    local file
    for file in model.safetensors metrics.json test_predictions.csv; do
        cmp -s "$folder/alone/$file" "$1/$file" || fails "$file has the bits of the undisturbed run"
    done
    diff -q <(cut -d, -f1-6 "$folder/alone/history.csv") <(cut -d, -f1-6 "$1/history.csv") >/dev/null ||
        fails "history.csv is that of the undisturbed run"
}

# config RUN KEY: a number in config.json.
config() { sed -n "s/.*\"$2\" *: *\([0-9]*\).*/\1/p" "$1/config.json" | head -n 1; }

# MARK: Tests

ranks_and_threads_are_those_of_the_allocation() { # test
    local job
    for shape in "3 1 1" "4 1 2" "1 2 1"; do
        read -r ranks cores per_node <<<"$shape"
        export RUN="$folder/shape-$ranks-$cores"
        job="$(submit --ntasks="$ranks" --cpus-per-task="$cores" --ntasks-per-node="$per_node" -- \
            "${settings[@]}" --epochs 1)"
        ends_well "$job"
        [[ $(config "$RUN" ranks) == "$ranks" && $(config "$RUN" threads) == "$cores" ]] ||
            fails "$ranks ranks × $cores threads: config.json has $(config "$RUN" ranks) × $(config "$RUN" threads)"
    done
    cmp -s "$folder/shape-3-1/model.safetensors" "$folder/shape-1-2/model.safetensors" || fails "the same bits"
    cmp -s "$folder/shape-3-1/model.safetensors" "$folder/shape-4-1/model.safetensors" || fails "the same bits on four"
}

# The signal that slurm.sbatch asks for before the time limit.
a_run_that_is_stopped_three_times_has_the_bits_of_one_that_is_not() { # test
    local job life
    export RUN="$folder/stopped"
    job="$(submit --ntasks=3 --cpus-per-task=1 --ntasks-per-node=1 -- "${settings[@]}" --epochs 5)"
    for life in 1 2 3; do
        wait_for 90 "epoch $life is trained" has_epochs "$job" "$life" || return
        scancel --signal=USR1 --batch "$job"
        wait_for 60 "the job is queued again" was_restarted_times "$job" "$life" || return
        wait_for 60 "the job runs again" runs "$job" || return
    done
    ends_well "$job"
    same_bits "$RUN"
    [[ $(grep -c 'queueing the job again' "$folder/$job.log") == 3 &&
        $(grep -c 'resuming' "$folder/$job.log") == 3 ]] ||
        fails "the log tells of three stops and three beginnings"
    [[ -z ${SLURM_LOG:-} ]] || cp "$folder/$job.log" "$SLURM_LOG"
}

# A job of another partition takes the nodes; Slurm gives this one GraceTime, ends it and queues it again.
a_preempted_run_goes_on_when_the_nodes_are_free() { # test
    local job urgent
    export RUN="$folder/preempted"
    job="$(submit --ntasks=3 --cpus-per-task=1 --ntasks-per-node=1 -- "${settings[@]}" --epochs 5 \
        --checkpoint-every 20steps)"
    wait_for 90 "an epoch is trained" has_epochs "$job" 1 || return
    urgent="$(cd "$folder" && sbatch --parsable --partition=urgent --nodes=3 --exclusive --output=/dev/null \
        --wrap "sleep 2")"
    wait_for 90 "the urgent job is over" is_over "$urgent" || return
    wait_for 60 "the job is queued again" was_restarted "$job" || return
    wait_for 60 "the job runs again" runs "$job" || return
    ends_well "$job"
    same_bits "$RUN"
}

a_run_that_loses_a_node_goes_on_on_the_others() { # test
    local job other
    export RUN="$folder/lost"
    # While another job has n1, this one gets n2 and n3.
    other="$(cd "$folder" && sbatch --parsable --nodelist=n1 --exclusive --output=/dev/null --wrap "sleep 600")"
    wait_for 30 "n1 is taken" runs "$other"
    job="$(submit --ntasks=2 --cpus-per-task=1 --ntasks-per-node=1 -- "${settings[@]}" --epochs 5)"
    wait_for 90 "an epoch is trained" has_epochs "$job" 1 || return
    scancel "$other"
    "$here/slurm.sh" kill n3
    wait_for 90 "the job is queued again" was_restarted "$job"
    wait_for 90 "the job runs again" runs "$job" && ends_well "$job"
    scontrol show job "$job" | grep -q 'NodeList=n\[1-2\]' || fails "the job ran on n1 and n2 at last"
    same_bits "$RUN"
    "$here/slurm.sh" start n3
    wait_for 60 "n3 is back" node_is_idle n3
}

a_bad_file_fails_the_job_with_its_exit_code_and_is_not_queued_again() { # test
    local job
    export RUN="$folder/bad"
    mkdir -p "$folder/broken"
    head -c 1000 "$folder/data/stamps_sources.npy" >"$folder/broken/stamps_sources.npy"
    cp "$folder/data/stamps_noise.npy" "$folder/broken/"
    job="$(DATA="$folder/broken" submit --ntasks=2 --cpus-per-task=1 -- "${settings[@]}" --epochs 1)"
    wait_for 60 "the job is over" is_over "$job" || return
    [[ $(state_of "$job") == FAILED && $(exit_code_of "$job") == 65:0 && $(restarts_of "$job") == 0 ]] ||
        fails "FAILED with 65:0, not started again: $(state_of "$job") $(exit_code_of "$job") $(restarts_of "$job")"
    [[ $(grep -c '^error:' "$folder/$job.log") == 1 ]] || fails "one line tells what is wrong"
    sacct -c -j "$job" -o jobid,state | grep -q FAILED || fails "sacct -c tells that it failed"
}

a_sweep_trains_a_run_for_each_task() { # test
    local job task
    export RUN="$folder/sweep"
    job="$(cd "$folder" && sbatch --parsable --array=4-6%2 --ntasks=1 --cpus-per-task=1 --output="$folder/%A_%a.log" \
        "$checkout/launch/sweep.sbatch" "${settings[@]}" --epochs 5)"
    wait_for 90 "task 4 trains" grep -q "^Epoch" "$folder/${job}_4.log" || return
    scancel --signal=USR1 --batch "${job}_4"
    for task in 4 5 6; do
        wait_for 150 "task $task comes to an end" ends_as_task "${job}_$task" || return
    done
    # The seed of the undisturbed run.
    same_bits "$RUN/4"
    cmp -s "$RUN/4/model.safetensors" "$RUN/5/model.safetensors" && fails "other seeds give other networks"
    grep -q "resuming" "$folder/${job}_4.log" || fails "the task that was stopped was resumed"

    printf '%s\n' "--learning-rate 0.05" "--seed 9 --epochs 1" >"$folder/settings.txt"
    job="$(cd "$folder" && RUN="$folder/lines" SWEEP="$folder/settings.txt" \
        sbatch --parsable --array=1-3 --ntasks=1 --cpus-per-task=1 --output="$folder/%A_%a.log" \
        "$checkout/launch/sweep.sbatch" "${settings[@]}" --epochs 1)"
    for task in 1 2 3; do
        wait_for 90 "task $task comes to an end" is_over "${job}_$task"
    done
    grep -q '"learning_rate" *: *0.05' "$folder/lines/1/config.json" || fails "line 1 sets the learning rate"
    [[ $(config "$folder/lines/2" seed) == 9 ]] || fails "line 2 sets the seed"
    [[ $(exit_code_of "${job}_3") == 66:0 ]] || fails "a task without a line fails with 66: $(exit_code_of "${job}_3")"
}

# The last task of an array has the number of the array. Epochs that never end: what counts is who is started again.
a_task_that_is_queued_again_leaves_the_others_alone() { # test
    local job task
    export RUN="$folder/tasks"
    job="$(cd "$folder" && sbatch --parsable --array=1-3 --ntasks=1 --cpus-per-task=1 --output="$folder/%A_%a.log" \
        "$checkout/launch/sweep.sbatch" "${settings[@]}" --epochs 9999)"
    for task in 1 2 3; do
        wait_for 90 "task $task trains" grep -q "^Epoch" "$folder/${job}_$task.log" || return
    done
    scancel "${job}_1"
    wait_for 30 "task 1 is over" is_over "${job}_1" || return
    scancel --signal=USR1 --batch "${job}_3"
    wait_for 60 "task 3 is queued again" was_restarted "${job}_3" || return
    wait_for 60 "task 3 runs again" runs "${job}_3"
    [[ $(state_of "${job}_1") == CANCELLED && $(restarts_of "${job}_1") == 0 ]] || fails "task 1 stays cancelled"
    [[ $(state_of "${job}_2") == RUNNING && $(restarts_of "${job}_2") == 0 ]] || fails "task 2 is not disturbed"
}

# It inherits the variables of the task, of an srun and of an mpirun.
a_job_that_a_task_submits_is_queued_again_itself() { # test
    local array job
    export RUN="$folder/inner"
    printf '%s\n' '#!/bin/bash' "mpirun -n 1 srun --ntasks=1 --overlap sbatch --parsable --ntasks=2 --cpus-per-task=1 \
        --output=$folder/inner.log $checkout/launch/slurm.sbatch ${settings[*]} --epochs 5 >$folder/number" \
        "sleep 600" >"$folder/outer.sh"
    array="$(cd "$folder" && sbatch --parsable --array=4 --ntasks=1 --output="$folder/outer.log" outer.sh)"
    wait_for 60 "the task submits a job" test -s "$folder/number" || return
    job="$(<"$folder/number")"
    wait_for 90 "an epoch is trained" has_epochs inner 1 || return
    scancel --signal=USR1 --batch "$job"
    wait_for 60 "the job is queued again" was_restarted "$job" || return
    wait_for 120 "the job comes to an end" is_over "$job"
    [[ $(state_of "$job") == COMPLETED ]] || fails "the job completes: $(tail -n 3 "$folder/inner.log")"
    [[ $(restarts_of "${array}_4") == 0 ]] || fails "the task that submitted it is not started again"
    same_bits "$RUN"
}

an_ensemble_that_is_stopped_goes_on() { # test
    local job
    export RUN="$folder/ensemble"
    job="$(submit --ntasks=2 --cpus-per-task=1 -- "${settings[@]}" --epochs 5 --members 6)"
    # In the second member of six: on a fast machine, too, most is yet to be trained when the signal arrives.
    wait_for 90 "epochs are trained" has_epochs "$job" 6 || return
    scancel --signal=USR1 --batch "$job"
    wait_for 60 "the job is queued again" was_restarted "$job" || return
    ends_well "$job"
    same_bits "$RUN/member-1"
    [[ -e $RUN/member-2/model.safetensors && -e $RUN/member-6/model.safetensors && -e $RUN/metrics.json ]] ||
        fails "all members are there"
}

ends_as_task() { [[ $(state_of "$1") == COMPLETED ]]; }

srun_starts_ranks_on_one_node() { # test
    local expected="ranks that srun starts"
    if ! srun --mpi=list 2>&1 | grep -q pmix; then
        echo "  skipped: this Slurm has no pmix"
        return
    fi
    (cd "$folder" && timeout 90 srun --mpi=pmix --nodes=1 --ntasks=2 --cpus-per-task=1 --overcommit \
        "$trainer" train --data "$DATA" "${settings[@]}" --epochs 5 --threads 1 --quiet --output "$folder/srun") \
        >"$folder/srun.log" 2>&1 ||
        { fails "$expected train: $(tail -n 3 "$folder/srun.log")"; return; }
    [[ $(config "$folder/srun" ranks) == 2 ]] || fails "$expected are one job"
    same_bits "$folder/srun"
}

# Slurm itself sends the signal, a minute before the time is over, as exactly as it looks at the clock.
a_time_limit_that_runs_out_is_no_loss() { # long
    local job
    export RUN="$folder/limited"
    job="$(submit --ntasks=2 --cpus-per-task=1 --time=2 --signal=B:USR1@60 -- "${settings[@]}" --epochs 5)"
    # A short run would not meet its limit: it is stopped (SIGSTOP) until it does.
    wait_for 60 "an epoch is trained" has_epochs "$job" 1 || return
    pkill -STOP -f "^$trainer train .*--output $RUN" || fails "the ranks can be stopped"
    wait_for 120 "Slurm sends its signal" grep -q "Forwarding signal 10" "$folder/$job.log"
    pkill -CONT -f "^$trainer train .*--output $RUN"
    wait_for 60 "the job is queued again" was_restarted "$job" || return
    wait_for 60 "the job runs again" runs "$job" || return
    ends_well "$job"
    same_bits "$RUN"
}

# MARK: Running

is_long=false
names=()
for argument in "$@"; do
    if [[ $argument == --long ]]; then is_long=true; else names+=("$argument"); fi
done
[[ ${#names[@]} -gt 0 ]] || mapfile -t names < <(sed -n 's/^\([a-z_0-9]*\)() { # test$/\1/p' "${BASH_SOURCE[0]}")
if [[ $is_long == true ]]; then
    mapfile -t -O "${#names[@]}" names < <(sed -n 's/^\([a-z_0-9]*\)() { # long$/\1/p' "${BASH_SOURCE[0]}")
fi

"$trainer" simulate --output "$folder/data" --sources 2000 --noise 2000 --seed 1 --quiet
"$trainer" train --data "$folder/data" "${settings[@]}" --epochs 5 --threads 1 --quiet --output "$folder/alone" ||
    exit 1
"$here/slurm.sh" up 3 2 || { echo "Slurm: skipped, it does not start here"; exit 0; }

passed=0 failed=0

# attempt NAME: leaves `failures`.
attempt() {
    failures=0
    "$1"
    scancel -u root
    wait_for 30 "no job is left" queue_is_empty
    unset RUN
}

for name in "${names[@]}"; do
    started=$SECONDS
    attempt "$name"
    # mpirun itself may crash, or hang, when it has killed ranks (Open MPI 4.1): that is told, and tried once more.
    if ((failures > 0)); then
        echo "once more: ${name//_/ }"
        find "$folder" -mindepth 1 -maxdepth 1 ! -name data ! -name alone ! -name slurm -exec rm -rf {} +
        "$here/slurm.sh" up 3 2 || exit 1
        attempt "$name"
    fi
    if ((failures == 0)); then
        passed=$((passed + 1))
        echo "ok: ${name//_/ } ($((SECONDS - started)) s)"
    else
        failed=$((failed + 1))
        echo "FAILED: ${name//_/ }"
    fi
done
echo "Slurm: $passed passed, $failed failed"
((failed == 0))
