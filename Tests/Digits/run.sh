#!/usr/bin/env bash
# Trains a small Keras network on scikit-learn's digits, ten classes without a file of their own: at least 98.5 % of the
# test stamps must be right, and every run must give the same bits.
#
#   Tests/Digits/run.sh [FOLDER]
#
# FOLDER keeps the data and the runs, with their reports (default: a temporary folder). Settings that the environment may
# override:
#   PYTHON    with scikit-learn and Keras         (default: python3)
#   TRAINER   the program                         (default: the checkout's release build, built first)
# Takes half a minute on two cores. The exit code is 0 when all is well, 1 when not.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../launch/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../launch/common.sh"

if [[ $# -gt 0 ]]; then
    folder=$1
else
    folder="$(mktemp -d)"
    trap 'rm -rf "$folder"' EXIT
fi
TRAINER="${TRAINER:-$(build_release)}"
"${PYTHON:-python3}" "$(dirname "${BASH_SOURCE[0]}")/make_digits.py" "$folder/data"

allow_mpi_as_root
settings=(--recipe notebook --data "$folder/data" --model "$folder/data/network.json" --normalize "scale=0,16"
    --optimizer adam --learning-rate 0.001 --epochs 40 --batch-size 64 --quiet)
say "one process, one thread"
"$TRAINER" train "${settings[@]}" --threads 1 --output "$folder/alone"
say "three ranks of two threads"
mpirun --oversubscribe --bind-to none -n 3 "$TRAINER" train "${settings[@]}" --threads 2 --output "$folder/ranks"
say "stopped in the middle, resumed by two ranks"
mpirun --oversubscribe --bind-to none -n 3 "$TRAINER" train "${settings[@]}" --threads 1 --checkpoint-every 30steps \
    --output "$folder/resumed" &
job=$!
until compgen -G "$folder/resumed/checkpoints/step-*" >/dev/null || ! kill -0 "$job" 2>/dev/null; do sleep 0.1; done
kill -TERM "$job" 2>/dev/null || true
wait "$job" || true
mpirun --oversubscribe --bind-to none -n 2 "$TRAINER" train "${settings[@]}" --threads 1 --checkpoint-every 30steps \
    --resume --output "$folder/resumed"

for run in ranks resumed; do
    for file in model.safetensors model.keras metrics.json test_predictions.csv; do
        cmp "$folder/alone/$file" "$folder/$run/$file" || fault 1 "$run has other bits"
    done
done
accuracy="$(sed -n 's/^  "accuracy" : \([0-9.]*\),$/\1/p' "$folder/alone/metrics.json")"
say "accuracy of the test stamps: $accuracy"
awk -v accuracy="$accuracy" 'BEGIN { exit !(accuracy >= 0.985) }' || fault 1 "fewer than 98.5 % are right"
