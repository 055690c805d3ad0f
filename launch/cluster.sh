# shellcheck shell=bash
# What the batch scripts of Slurm, PBS, LSF and Grid Engine share. Sourced, never run.
#
# Settings that the environment may override:
#   RUN              run folder                                   (default: runs/<scheduler>-<job id> in the checkout)
#   DATA             folder of the stamps                         (default: data in the checkout)
#   THREADS          threads (lanes) of each rank                 (default: what the scheduler gives a rank)
#   TRAINER          the program                                  (default: the checkout's release build)
#   TRAIN_ARGUMENTS  further arguments of `train`, split at blanks, beside those of the script itself
#   STOP_AFTER       seconds after which the trainer is asked to write a checkpoint and stop; for schedulers that
#                    send no signal before the time limit         (default: never)
#
# How it runs: one rank is one process, bound to as many cores as it has threads, so that no rank's threads run on
# another's cores. The result does not depend on ranks × threads. SIGUSR1 reaches every rank through mpirun; a trainer
# that then ends with 75 (stopped early, checkpoint written) is queued again and resumes from its newest checkpoint. So
# is a run that was lost (a node or a rank died, a host stopped answering) as long as it gets on: after three starts in
# a row without a new checkpoint the job ends. What the program itself finds wrong ends it at once.

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# hostfile_of LIST LINES_PER_RANK FILE: turns a scheduler's list, which repeats a host's name once for each of its ranks
# (PBS) or cores (LSF), into an Open MPI hostfile whose slots are ranks. Prints the number of ranks.
hostfile_of() {
    awk -v lines_per_rank="$2" -v file="$3" '
        NF { if (!($1 in lines)) order[++hosts] = $1; lines[$1]++ }
        END {
            for (i = 1; i <= hosts; i++) {
                host = order[i]
                if (lines[host] % lines_per_rank) { bad = host; break }
                slots = lines[host] / lines_per_rank
                ranks += slots
                print host " slots=" slots > file
            }
            if (bad != "" || !ranks) exit 1
            print ranks
        }' "$1" || fault 64 "$1: every host must have a whole number of ranks of $2 cores each; change THREADS or the resources asked for"
}

# newest_step RUN: prints the step of the newest checkpoint to resume from (one is complete or absent); nothing when
# there is none.
newest_step() {
    local folder newest="" step
    for folder in "$1"/checkpoints/step-*; do
        step="${folder##*/step-}"
        [[ -d $folder && $step =~ ^[0-9]+$ ]] || continue
        ((step <= ${newest:--1})) || newest=$step
    done
    printf '%s' "$newest"
}

# was_lost CODE: whether the run ended by no decision of the program's, whose codes are those of sysexits (64 to 78): by
# a signal, by mpirun, which has lost a rank or a node (1, 205, …), or because a rank let the others wait (70).
was_lost() {
    (($1 != 0 && ($1 < 64 || $1 > 78 || $1 == 70)))
}

# may_go_on RUN STEP: whether a lost run is worth another start: it has got beyond the step it began with, or has been
# started fewer than three times from there. Notes the start in the run folder.
may_go_on() {
    local note="$1/.lost-starts" starts=0
    if [[ $(newest_step "$1") != "$2" ]]; then
        rm -f "$note"
        return 0
    fi
    # Without a folder there was no run.
    [[ -d $1 ]] || return 1
    [[ ! -r $note ]] || read -r starts <"$note" || starts=0
    echo "$((starts + 1))" >"$note"
    ((starts + 1 < 3))
}

# ask_to_stop_after SECONDS PID: sends the process SIGUSR1 when the time is up. Runs in the background until ended by
# SIGTERM.
ask_to_stop_after() {
    local sleeper
    sleep "$1" &
    sleeper=$!
    # shellcheck disable=SC2064  # the sleeper is known now
    trap "kill $sleeper 2>/dev/null; exit" TERM
    wait "$sleeper" && kill -USR1 "$2"
}

# forward_signals_and_wait PID: passes SIGUSR1 and SIGTERM on to mpirun, which passes them to its ranks, until it ends.
# Returns its exit code. Leaves `is_cancelled` true after SIGTERM, with which schedulers end a job that is not wanted
# any more.
forward_signals_and_wait() {
    local pid=$1 status interrupted
    is_cancelled=false
    trap 'interrupted=true; kill -USR1 "$pid" 2>/dev/null' USR1
    trap 'interrupted=true is_cancelled=true; kill -TERM "$pid" 2>/dev/null' TERM
    while :; do
        interrupted=false
        status=0
        wait "$pid" || status=$?
        # A trapped signal ends `wait` early; only an undisturbed one tells the exit code.
        [[ $interrupted == true ]] || break
    done
    trap - USR1 TERM
    return "$status"
}

# train_on_cluster RANKS THREADS REQUEUE [MPIRUN OPTION…] -- [TRAIN ARGUMENT…]
# Trains, or resumes, and ends the script with the trainer's exit code. REQUEUE is the command (a function of the batch
# script) that queues the job again; it is called when that code is 75, or the run was lost and is worth another start.
train_on_cluster() {
    local ranks=$1 threads=$2 requeue=$3 placement=() further=() arguments=() timer="" status=0 first_step
    shift 3
    while [[ $1 != -- ]]; do
        placement+=("$1")
        shift
    done
    shift
    local trainer="${TRAINER:-$scratch_path/release/swift-run-trainer}" data="${DATA:-$checkout/data}"
    [[ -x $trainer ]] || fault 66 "$trainer: not built; on a login node, in $checkout, run:" \
        "swift build -c release --static-swift-stdlib --product swift-run-trainer"
    command -v mpirun >/dev/null || fault 69 "no mpirun in PATH; load Open MPI (module load openmpi) in the batch script"

    read -ra further <<<"${TRAIN_ARGUMENTS:-}"
    further+=("$@")
    settings_not_in "${further[@]}"
    arguments=("${settings[@]}")
    if has_option --output "${further[@]}"; then
        RUN="$(option_value --output "${further[@]}")"
    else
        arguments+=(--output "$RUN")
    fi
    # Binding has to agree with the threads that really run.
    if has_option --threads "${further[@]}"; then
        threads="$(option_value --threads "${further[@]}")"
    else
        arguments+=(--threads "$threads")
    fi
    if ! has_option --data "${further[@]}" && ! has_option --sources "${further[@]}"; then
        arguments+=(--data "$data")
    fi
    first_step="$(newest_step "$RUN")"
    # A run that ended before its first checkpoint starts anew, but its folder is used already.
    if [[ -n $first_step || -e $RUN/config.json ]] && ! has_option --resume "${further[@]}"; then
        arguments+=(--resume)
        say "resuming $RUN"
    fi
    allow_mpi_as_root
    # mpirun notices a machine that is lost after 60 + 3 × 10 seconds, before the trainer's --stall-timeout, and can end
    # the job then.
    export OMPI_MCA_oob_tcp_keepalive_time="${OMPI_MCA_oob_tcp_keepalive_time:-60}" \
        OMPI_MCA_oob_tcp_keepalive_intvl="${OMPI_MCA_oob_tcp_keepalive_intvl:-10}" \
        OMPI_MCA_oob_tcp_keepalive_probes="${OMPI_MCA_oob_tcp_keepalive_probes:-3}"
    say "$ranks ranks × $threads threads; results in $RUN"

    mpirun -n "$ranks" "${placement[@]}" --map-by "slot:PE=$threads" --bind-to core \
        "$trainer" train "${arguments[@]}" "${further[@]}" </dev/null &
    local mpirun_pid=$!
    if [[ -n ${STOP_AFTER:-} ]]; then
        ask_to_stop_after "$STOP_AFTER" "$mpirun_pid" &
        timer=$!
    fi
    forward_signals_and_wait "$mpirun_pid" || status=$?
    if [[ -n $timer ]]; then
        kill "$timer" 2>/dev/null || true
        wait "$timer" || true
    fi
    if [[ $status -eq 75 ]]; then
        rm -f "$RUN/.lost-starts"
        say "stopped early with a checkpoint in $RUN; queueing the job again"
    elif [[ $is_cancelled == false ]] && was_lost "$status" && may_go_on "$RUN" "$first_step"; then
        say "the run was lost (code $status); queueing the job again, to go on from ${RUN}'s newest checkpoint"
        status=75
    fi
    if [[ $status -eq 75 ]]; then
        "$requeue" || say "error: the job could not be queued again; submit it by hand with RUN=$RUN, and it resumes"
    fi
    exit "$status"
}
