# shellcheck shell=bash
# What the batch scripts of Slurm, PBS, LSF and Grid Engine share. Sourced, never run.
#
# Settings that the environment may override:
#   RUN              run folder                                   (default: runs/<scheduler>-<job id> in the checkout)
#   DATA             folder of the stamps                         (default: data in the checkout)
#                    unless arguments of `train` name stamps
#   THREADS          threads (lanes) of each rank                 (default: what the scheduler gives a rank)
#   TRAINER          the program                     (default: the package's, else the checkout's release build)
#   MODULES, SETUP   the site's modules, and its file of shell commands           (see launch/common.sh)
#   LAUNCHER         what starts ranks, options included          (default: mpirun, mpiexec or srun)
#   TRAIN_ARGUMENTS  further arguments of `train`, split at blanks and ends of lines, beside those of the script itself
#   STOP_AFTER       seconds after which the trainer is asked to write a checkpoint and stop; for schedulers that
#                    send no signal before the time limit         (default: never)
#
# How it runs: one rank is one process, bound to as many cores as it has threads, so that no rank's threads run on
# another's cores. The result does not depend on ranks × threads. SIGUSR1 reaches every rank through mpirun; a trainer
# that then ends with 75 (stopped early, checkpoint written) is queued again and resumes from its newest checkpoint. So
# is a run that was lost (a node or a rank died, a host stopped answering) as long as it gets on: after three starts in
# a row without a new checkpoint the job ends. What the program itself finds wrong ends it at once, and so does SIGTERM,
# with which schedulers cancel a job. A RUN that has begun, as a single run, an ensemble, a cross-validation or a search,
# is always resumed. With --space the arguments are those of `tune`, which searches settings on all ranks of the job.

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# hostfile_of LIST LINES_PER_RANK FILE: turns a scheduler's list, which repeats a host's name once for each of its ranks
# (PBS) or cores (LSF), into a file with a line for each host, its name and its ranks. Prints the number of ranks.
hostfile_of() {
    awk -v lines_per_rank="$2" -v file="$3" '
        NF { if (!($1 in lines)) order[++hosts] = $1; lines[$1]++ }
        END {
            for (i = 1; i <= hosts; i++) {
                host = order[i]
                if (lines[host] % lines_per_rank) { bad = host; break }
                slots = lines[host] / lines_per_rank
                ranks += slots
                print host, slots > file
            }
            if (bad != "" || !ranks) exit 1
            print ranks
        }' "$1" || fault 64 "$1: every host must have a whole number of ranks of $2 cores each;" \
        "change THREADS or the resources asked for"
}

# arguments_for_train [ARGUMENT…]: leaves in the array `further` those of TRAIN_ARGUMENTS, and after them these.
arguments_for_train() {
    split_words "${TRAIN_ARGUMENTS:-}"
    further=("${words[@]}" "$@")
}

# threads_of_a_rank DEFAULT [TRAIN ARGUMENT…]: prints the threads that each rank will run: those of --threads, else
# THREADS, else the default. Ranks are counted and bound by them.
threads_of_a_rank() {
    local default=$1 threads subject=THREADS
    shift
    arguments_for_train "$@"
    threads="${THREADS:-$default}"
    if has_option --threads "${further[@]}"; then
        threads="$(option_value --threads "${further[@]}")" subject=--threads
    fi
    [[ $threads =~ ^[1-9][0-9]{0,5}$ ]] ||
        fault 64 "$subject: not a number of threads: '$threads'; give the cores of a rank"
    printf '%s\n' "$threads"
}

# newest_step RUN: prints the step of the newest checkpoint to resume from (one is complete or absent); nothing when
# there is none.
newest_step() {
    local folder newest="" step
    for folder in "$1"/checkpoints/step-*; do
        step="${folder##*/step-}"
        [[ -d $folder && $step =~ ^[0-9]+$ ]] || continue
        ((10#$step <= ${newest:--1})) || newest=$((10#$step))
    done
    printf '%s' "$newest"
}

# has_begun RUN: whether a run, a member of an ensemble, a fold, or a search has left something in the folder: the
# program refuses such a folder unless the run is resumed.
has_begun() {
    local trace
    for trace in "$1"/{config.json,history.csv,checkpoints,model.safetensors,search.json} \
        "$1"/{member,fold}-[0-9]*; do
        [[ ! -e $trace ]] || return 0
    done
    return 1
}

# progress_of RUN: prints how far the run has come, as a number that grows with each new checkpoint and each finished
# model, of the run itself, of the members of an ensemble, of the folds of a cross-validation, and of a search's trials.
progress_of() {
    local folder step progress=0
    for folder in "$1" "$1"/{member,fold,trials/trial}-[0-9]*; do
        step="$(newest_step "$folder")"
        progress=$((progress + ${step:-0}))
        [[ ! -e $folder/model.safetensors ]] || progress=$((progress + 1))
    done
    printf '%s' "$progress"
}

# was_lost CODE: whether the run ended by no decision of the program's, whose codes are those of sysexits (64 to 78): by
# a signal, by mpirun, which has lost a rank or a node (1, 205, …), or because a rank let the others wait (70).
was_lost() {
    (($1 != 0 && ($1 < 64 || $1 > 78 || $1 == 70)))
}

# may_go_on RUN PROGRESS: whether a lost run is worth another start: it has got beyond the progress it began with, or
# has been started fewer than three times from there. Notes the start in the run folder.
may_go_on() {
    local note="$1/.lost-starts" starts=0
    if (($(progress_of "$1") > $2)); then
        rm -f "$note"
        return 0
    fi
    # Without a folder there was no run.
    [[ -d $1 ]] || return 1
    # A link or a pipe there is nothing that this script has made.
    if [[ -L $note || (-e $note && ! -f $note) ]]; then
        rm -f "$note" 2>/dev/null || return 1
    fi
    [[ ! -r $note ]] || read -r starts <"$note" || true
    [[ $starts =~ ^[1-9]$ ]] || starts=0
    # Starts that cannot be counted (a full disk) would never come to an end.
    { echo "$((starts + 1))" >"$note"; } 2>/dev/null || return 1
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

# forward_signals_and_wait PID: passes SIGUSR1 and SIGTERM on to the launcher, which passes them to its ranks, until it
# ends. Returns its exit code. `is_cancelled` is true from the first SIGTERM or SIGINT on, with which schedulers end a job
# that is not wanted any more.
forward_signals_and_wait() {
    local pid=$1 status interrupted
    is_cancelled=false
    trap 'interrupted=true; kill -USR1 "$pid" 2>/dev/null' USR1
    trap 'interrupted=true is_cancelled=true; kill -TERM "$pid" 2>/dev/null' TERM INT
    while :; do
        interrupted=false
        status=0
        wait "$pid" || status=$?
        # A trapped signal ends `wait` early; only an undisturbed one tells the exit code.
        [[ $interrupted == true ]] || break
    done
    # Whoever is still to be queued again must neither die of a late warning nor miss that the job is cancelled.
    trap '' USR1
    trap 'is_cancelled=true' TERM INT
    return "$status"
}

# decide_on_another_start RUN PROGRESS: says what comes after a start that had begun with this progress and ended with
# the code in `status`. Leaves there what the job is to end with: 75 if it is to be queued again.
decide_on_another_start() {
    if [[ $is_cancelled == true ]]; then
        say "cancelled; to go on, submit the job again with RUN=$1"
        # Some schedulers queue a job again because it ends with 75.
        [[ $status -ne 75 ]] || status=143
    elif [[ $status -eq 75 ]]; then
        rm -f "$1/.lost-starts"
        say "stopped early with a checkpoint in $1; queueing the job again"
    elif was_lost "$status" && may_go_on "$1" "$2"; then
        say "the run was lost (code $status); queueing the job again, to go on from ${1}'s newest checkpoint"
        status=75
    fi
}

# train_on_cluster RANKS THREADS REQUEUE [HOSTS] -- [TRAIN ARGUMENT…]
# Trains, or resumes, and ends the script with the trainer's exit code. HOSTS is a file that hostfile_of has made, for
# schedulers whom the launcher may not ask itself; what takes the place of ssh there is in the variable daemon_starter.
# REQUEUE is the command (a function of the batch script) that queues the job again; it is called when that code is 75,
# or the run was lost and is worth another start.
train_on_cluster() {
    local ranks=$1 threads=$2 requeue=$3 command=train hosts="" arguments=() timer="" status=0 first_progress start=()
    shift 3
    if [[ $1 != -- ]]; then
        hosts=$1
        shift
    fi
    shift
    local trainer data
    trainer="${TRAINER:-$(installed_trainer)}"
    data="$(path_argument "${DATA:-$checkout/data}")"
    [[ -x $trainer ]] || fault 66 "$trainer: not there; on a login node, in $checkout, run:" \
        "launch/build.sh (or unpack the package, and name its program with TRAINER)"
    choose_launcher
    [[ -z ${daemon_starter:-} ]] || start_daemons_with "$daemon_starter"
    [[ ${STOP_AFTER:-0} =~ ^[0-9]+(\.[0-9]+)?$ ]] ||
        fault 64 "STOP_AFTER: not a number of seconds: '$STOP_AFTER'; give those from the start to the warning"

    arguments_for_train "$@"
    ! has_option --space "${further[@]}" || command=tune
    settings_not_in "${further[@]}"
    arguments=("${settings[@]}")
    if has_option --output "${further[@]}"; then
        RUN="$(path_argument "$(option_value --output "${further[@]}")")"
    else
        RUN="$(path_argument "$RUN")"
        arguments+=(--output "$RUN")
    fi
    has_option --threads "${further[@]}" || arguments+=(--threads "$threads")
    names_stamps "${further[@]}" || arguments+=(--data "$data")
    first_progress="$(progress_of "$RUN")"
    # A run that ended before its first checkpoint starts anew, but its folder is used already.
    if has_begun "$RUN"; then
        has_option --resume "${further[@]}" || arguments+=(--resume)
        say "resuming $RUN"
    fi
    say "$ranks ranks × $threads threads; results in $RUN"

    bound_start "$ranks" "$threads" "$hosts"
    "${start[@]}" "$trainer" "$command" "${arguments[@]}" "${further[@]}" </dev/null &
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
    decide_on_another_start "$RUN" "$first_progress"
    if [[ $status -eq 75 ]]; then
        "$requeue" || say "error: the job could not be queued again; submit it by hand with RUN=$RUN, and it resumes"
    fi
    exit "$status"
}

prepare_site
