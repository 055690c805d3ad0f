#!/usr/bin/env bash
# Trains on an LSF cluster with Open MPI, MPICH or Intel MPI. Submit from the checkout, after building
# once on a login node (launch/build.sh), or from an unpacked package:
#
#   bsub < launch/lsf.sh
#   DATA=/scratch/stamps THREADS=16 TRAIN_ARGUMENTS="--model vgg6 --epochs 50" bsub -n 64 < launch/lsf.sh
#
# -n is the number of cores in all, ptile those of one host; ranks = cores / THREADS, so THREADS must divide ptile.
# Two minutes before the run limit (-wt, -wa) the trainer is asked to stop; a job that ends with 75 is queued again by
# LSF itself (-Q) and resumes. The settings RUN, DATA, THREADS, … are described in launch/cluster.sh. In a job array
# (-J "name[1-4]"), each task has a run of its own unless RUN is set.
#BSUB -J swift-run-trainer
#BSUB -n 32
#BSUB -R "span[ptile=16]"
#BSUB -W 04:00
#BSUB -wt 2
#BSUB -wa USR1
#BSUB -Q "75"
#BSUB -o swift-run-trainer-%J.log
set -euo pipefail

# bsub reads this script from its standard input: the checkout is where bsub was called, or CHECKOUT.
launch="${CHECKOUT:-${LS_SUBCWD:-$PWD}}/launch"
[[ -r $launch/cluster.sh ]] || {
    echo "lsf.sh: error: $launch/cluster.sh: not there;" \
        "submit from the checkout or set CHECKOUT" >&2
    exit 66
}
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$launch/cluster.sh"

forget_launchers LSB_
# The job keeps its number when it is queued again, so the folder stays the same.
# All tasks of an array have one number, and an index from 1; that of other jobs is 0.
number="${LSB_JOBID:?not an LSF job: submit this script with bsub}"
[[ ${LSB_JOBINDEX:-0} == 0 ]] || number+="_$LSB_JOBINDEX"
RUN="${RUN:-$checkout/runs/lsf-$number}"
threads="$(threads_of_a_rank 8 "$@")"

# LSB_DJOB_HOSTFILE has a line for each core. An Open MPI built without LSF support starts its daemons with ssh, which
# sites often refuse: blaunch takes its place.
hosts="$(mktemp)"
trap 'rm -f "$hosts"' EXIT
ranks="$(hostfile_of "${LSB_DJOB_HOSTFILE:?no list of hosts from LSF}" "$threads" "$hosts")"
# shellcheck disable=SC2034  # read by train_on_cluster
! command -v blaunch >/dev/null || daemon_starter=blaunch

# shellcheck disable=SC2317  # called by train_on_cluster
queue_again() {
    say "LSF does so, because this job ends with 75 (bsub -Q)"
}

train_on_cluster "$ranks" "$threads" queue_again "$hosts" -- "$@"
