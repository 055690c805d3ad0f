#!/usr/bin/env bash
# Whether the program computes the bits that it did: trains ten networks for a moment on simulated stamps and compares
# the SHA-256 of each model with golden.txt.
#
#   Tests/Golden/run.sh [--quick] [--update] [NAME…]      (default: all runs)
#
# --quick leaves out those that take long under emulation; --update writes golden.txt anew, for a change that is meant to
# move bits, whose commit says so. TRAINER names the program (default: the release build), RUNNER a command before it,
# for instance "qemu-x86_64 -cpu Haswell" or "mpirun -n 2".
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../launch/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../launch/common.sh"
golden="$checkout/Tests/Golden/golden.txt"
trainer="${TRAINER:-${SWIFT_RUN_TRAINER:-$scratch_path/release/swift-run-trainer}}"
read -ra runner <<<"${RUNNER:-}"
is_quick=0 updates=0 names=()
for argument in "$@"; do
    case $argument in
        --quick) is_quick=1 ;;
        --update) updates=1 ;;
        -*) fault 64 "$argument is no option: see the head of this script" ;;
        *) names+=("$argument") ;;
    esac
done
[[ -x $trainer ]] || fault 66 "no program $trainer: build it with launch/laptop.sh, or name it with TRAINER"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

simulate() {
    "$trainer" simulate --quiet --output "$@"
}
simulate single --sources 48 --noise 48 --seed 1
simulate bright --sources 48 --noise 48 --seed 2 --snr 100,300
simulate triplets --channels triplet --sources 24 --noise 24 --seed 3

faults=0
# Trains one network: golden NAME [--slow] ARGUMENT...
golden() {
    local name=$1 hash before is_slow=0
    shift
    if [[ $1 == --slow ]]; then
        is_slow=1
        shift
    fi
    [[ ${#names[@]} -eq 0 || " ${names[*]} " == *" $name "* ]] || return 0
    [[ $is_quick -eq 0 || $is_slow -eq 0 ]] || return 0
    "${runner[@]}" "$trainer" train --recipe notebook --quiet --no-report --no-tensorboard --epochs 2 --batch-size 32 \
        --seed 5 --output "runs/$name" "$@" 2>"$name.log" || {
        cat "$name.log" >&2
        fault 70 "the run $name failed"
    }
    hash="$(sha256sum "runs/$name/model.safetensors")"
    printf '%-12s %s\n' "$name" "${hash%% *}" >>found.txt
    before="$(grep "^$name " "$golden" 2>/dev/null || true)"
    if [[ $updates -eq 1 || $before == *" ${hash%% *}" ]]; then
        printf '%-12s %s\n' "$name" "${hash%% *}"
    else
        printf '%-12s %s, not %s\n' "$name" "${hash%% *}" "${before##* }"
        faults=$((faults + 1))
    fi
}

keras="$checkout/Tests/ReferenceValues/keras_archives"
golden simple --data single --model simple
golden simple-bn --data single --model simple-bn
golden vgg6 --data single --model vgg6
golden resnet50 --slow --data single --model resnet50 --epochs 1
golden resnet18 --slow --data single --model resnet18 --epochs 1
golden survey --data single --recipe survey --epochs 2
golden triplets --data triplets --model vgg6 --normalize zscore
golden classes --class empty=single/stamps_noise.npy --class faint=single/stamps_sources.npy \
    --class bright=bright/stamps_sources.npy --model vgg6
golden branches --data single --model "$keras/branches.keras" --crop 7x7
golden options --data single --model simple-bn --optimizer lamb --schedule cosine --loss focal=2 --label-smoothing 0.1 \
    --weight-decay 0.01 --clip-norm 1 --ema 0.9 --augment symmetries,noise --gradients bfloat16

if [[ $updates -eq 1 ]]; then
    [[ $is_quick -eq 0 && ${#names[@]} -eq 0 ]] || fault 64 "--update writes all runs: leave out --quick and names"
    cp found.txt "$golden"
fi
[[ $faults -eq 0 ]] || fault 70 "$faults runs have other bits than $golden says"
