#!/usr/bin/env bash
# Trains vgg6 on this machine, from nothing: installs what is missing (gnuplot for the figures of its report included),
# builds, simulates stamps, trains.
#
#   launch/laptop.sh [ARGUMENTS OF swift-run-trainer train]
#
# Stamps come from data/ in the checkout; if it holds none, 10,000 sources and 10,000 noise stamps are simulated into
# it. Arguments go to `train` and take precedence over the settings below, for example:
#   launch/laptop.sh --epochs 3 --model simple
#   launch/laptop.sh --data /path/to/stamps          (stamps of your own: nothing is simulated)
#   launch/laptop.sh --stamps night-*.npy --labels night.csv:kind --ids night.csv:name
# Results go to runs/<date and time>/ in the checkout unless --output names a folder. The exit code is that of `train`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if has_option --help "$@" || has_option -h "$@"; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
    exit 0
fi

output="$(option_value --output "$@")"
if has_option --resume "$@" && [[ -z $output ]]; then
    fault 64 "--resume: of which run?; name its folder with --output"
fi
data="$checkout/data"
arguments=()
simulate=false
if ! names_stamps "$@"; then
    arguments+=(--data "$data")
    holds_stamps "$data" || simulate=true
    for halves in "noise sources" "sources noise"; do
        read -r here partner <<<"$halves"
        if has_files "$data/stamps_$here"[.-]* && ! has_files "$data/stamps_$partner"[.-]*; then
            fault 66 "$data/stamps_$partner.npy: missing, though its partner is there;" \
                "add it, or move the other file away and a data set is simulated"
        fi
    done
fi

forget_launchers ""
ensure_system_packages
ensure_gnuplot
ensure_swift
say "building (the first time takes a minute or two)"
trainer="$(build_release)"

if [[ $simulate == true ]]; then
    say "simulating stamps into $data"
    "$trainer" simulate --output "$data" --sources 10000 --noise 10000 --seed 1
fi

settings_not_in "$@"
arguments+=("${settings[@]}")
if [[ -z $output ]]; then
    output="$checkout/runs/$(date +%Y-%m-%dT%H-%M-%S)"
    arguments+=(--output "$output")
fi

status=0
"$trainer" train "${arguments[@]}" "$@" || status=$?
case $status in
    0)
        if [[ -e $output/fold-1 ]]; then
            say "results are in $output:" \
                "metrics.json, cross_validation.json, test_predictions.csv, and a run of each fold (fold-1, …)"
            model="$output/fold-1"
        elif [[ -e $output/member-1 ]]; then
            say "results are in $output: metrics.json, test_predictions.csv, and a run of each member (member-1, …)"
            model="$output"
        else
            say "results are in $output:" \
                "report.html, metrics.json, history.csv, test_predictions.csv, model.safetensors"
            model="$output/model.safetensors"
        fi
        say "to use the model: $trainer predict --model $model --input STAMPS.npy --output probabilities.npy"
        ;;
    75)
        say "stopped early with a checkpoint in $output;" \
            "to go on, repeat your arguments and add: --output $output --resume"
        ;;
esac
exit "$status"
