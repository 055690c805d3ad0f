#!/usr/bin/env bash
# Trains on a PBS Professional or OpenPBS cluster with Open MPI, MPICH or Intel MPI. Submit
# from the checkout, after building once on a login node (launch/build.sh), or from an unpacked package:
#
#   qsub launch/pbs.sh
#   qsub -v DATA=/scratch/stamps,TRAIN_ARGUMENTS="--model vgg6 --epochs 50" launch/pbs.sh
#
# select = number of chunks; in each, mpiprocs ranks of ompthreads threads: ncpus = mpiprocs × ompthreads. PBS warns
# nobody before the time limit, and lets only operators requeue a job. So the trainer is asked to stop by the clock,
# STOP_AFTER seconds after its start, and this script is then submitted again. Change resources here, or in a copy that
# JOB_SCRIPT names: those on qsub's command line would be forgotten. The other settings (RUN, DATA, THREADS, …) are
# described in launch/cluster.sh. In a job array (-r y -J 1-4), each task has a run of its own unless RUN is set.
#PBS -N train-stamps
#PBS -l select=2:ncpus=16:mpiprocs=2:ompthreads=8
#PBS -l walltime=04:00:00
#PBS -j oe
#PBS -r n
set -euo pipefail

# Two minutes less than the walltime above.
STOP_AFTER="${STOP_AFTER:-14280}"

# PBS runs a copy of this script, in the home folder: go where qsub was called. That is the checkout, unless CHECKOUT
# says so.
cd "${PBS_O_WORKDIR:?not a PBS job: submit this script with qsub}"
launch="${CHECKOUT:-$PBS_O_WORKDIR}/launch"
[[ -r $launch/cluster.sh ]] || {
    echo "pbs.sh: error: $launch/cluster.sh: not there;" \
        "submit from the checkout or set CHECKOUT" >&2
    exit 66
}
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$launch/cluster.sh"

forget_launchers PBS_
# Task 3 of the array 12[] is the job 12[3].server: its run is pbs-12_3.
number="${PBS_JOBID%%.*}" number="${number%]}"
RUN="${RUN:-$checkout/runs/pbs-${number/\[/_}}"
threads="$(threads_of_a_rank "${OMP_NUM_THREADS:-1}" "$@")"

# PBS_NODEFILE has a line for each rank. An Open MPI built without PBS support starts its daemons with ssh, which sites
# often refuse: pbs_tmrsh takes its place.
hosts="$(mktemp)"
trap 'rm -f "$hosts"' EXIT
ranks="$(hostfile_of "${PBS_NODEFILE:?no list of nodes from PBS}" 1 "$hosts")"
# shellcheck disable=SC2034  # read by train_on_cluster
! command -v pbs_tmrsh >/dev/null || daemon_starter=pbs_tmrsh

# shellcheck disable=SC2317  # called by train_on_cluster
queue_again() {
    local name passed=CHECKOUT,RUN,STOP_AFTER order=(-W "depend=afterany:$PBS_JOBID")
    for name in DATA THREADS TRAINER TRAIN_ARGUMENTS JOB_SCRIPT SCRATCH_PATH MODULES SETUP LAUNCHER PBS_ARRAY_INDEX \
        PBS_ARRAYID; do
        [[ -z ${!name:-} ]] || passed+=",$name"
    done
    # A job can wait for a whole array only, not for a task; the task's run has ended by now in any case.
    [[ $PBS_JOBID != *\[* ]] || order=()
    # Names without values: qsub takes them from this environment, commas in them and all.
    export CHECKOUT="$checkout" RUN STOP_AFTER
    qsub "${order[@]}" -v "$passed" "${JOB_SCRIPT:-$checkout/launch/pbs.sh}"
}

train_on_cluster "$ranks" "$threads" queue_again "$hosts" -- "$@"
