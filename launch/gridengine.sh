#!/usr/bin/env bash
# Trains on a Grid Engine cluster (Sun, Univa, Son of, Open) with Open MPI, MPICH or Intel MPI. Submit from the
# checkout, after building once on a login node (launch/build.sh), or from an unpacked package:
#
#   qsub launch/gridengine.sh [ARGUMENTS OF swift-run-trainer train]
#   qsub -pe mpi 64 -v THREADS=16,DATA=/scratch/stamps launch/gridengine.sh --model vgg6 --epochs 50
#
# The slots of the parallel environment are cores; ranks = slots / THREADS, so THREADS must divide the slots of every
# host (an environment with a fixed allocation_rule). Its name is the site's: qconf -spl lists them. When the soft limit
# s_rt is over, two minutes before the hard one, the trainer is asked to stop; a job that ends with 99 is queued again
# by Grid Engine itself and resumes. The settings RUN, DATA, THREADS, … are described in launch/cluster.sh. In a job
# array (-t 1-4), each task has a run of its own unless RUN is set.
#$ -N train-stamps
#$ -S /bin/bash
#$ -cwd
#$ -pe mpi 16
#$ -l s_rt=03:58:00,h_rt=04:00:00
#$ -r y
#$ -j y
set -euo pipefail

# Grid Engine runs a copy of this script from its spool folder: the checkout is where qsub was called, or CHECKOUT.
launch="${CHECKOUT:-${SGE_O_WORKDIR:-$PWD}}/launch"
[[ -r $launch/cluster.sh ]] || {
    echo "gridengine.sh: error: $launch/cluster.sh: not there;" \
        "submit from the checkout or set CHECKOUT" >&2
    exit 66
}
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$launch/cluster.sh"

forget_launchers PE_HOSTFILE
# The job keeps its number when it is queued again, so the folder stays the same.
# All tasks of an array have one number, and an index from 1; that of other jobs is `undefined`.
number="${JOB_ID:?not a Grid Engine job: submit this script with qsub}"
[[ ${SGE_TASK_ID:-undefined} == undefined ]] || number+="_$SGE_TASK_ID"
RUN="${RUN:-$checkout/runs/gridengine-$number}"
threads="$(threads_of_a_rank 8 "$@")"

# PE_HOSTFILE has a line for each host: its name, its slots, a queue, processors.
list="$(mktemp)" hosts="$(mktemp)"
trap 'rm -f "$list" "$hosts"' EXIT
awk '{ for (slot = 0; slot < $2; slot++) print $1 }' "${PE_HOSTFILE:?no parallel environment: submit with -pe}" >"$list"
ranks="$(hostfile_of "$list" "$threads" "$hosts")"

# shellcheck disable=SC2317  # called by train_on_cluster
queue_again() {
    say "Grid Engine does so, because this job ends with 99"
    exit 99
}

train_on_cluster "$ranks" "$threads" queue_again "$hosts" -- "$@"
