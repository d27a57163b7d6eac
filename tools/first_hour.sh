#!/bin/bash
# Run the commands of docs/first_hour.md on two videos of your hands and print how long each takes and how it ends:
#     scripts/run tools/first_hour.sh FIRST.mp4 SECOND.mp4 FOLDER
# Interrupted, the same command goes on after the last step that was done; what a step prints is kept in STEP.txt.
set -e
trap 'echo "first_hour.sh: interrupted; the same command goes on from here." >&2; exit 130' INT

stop() {
    echo "first_hour.sh: $*" >&2
    exit 2
}

[ $# -eq 3 ] || stop "give two videos and a folder: scripts/run tools/first_hour.sh FIRST.mp4 SECOND.mp4 FOLDER"
for video in "$1" "$2"; do
    [ -f "$video" ] || stop "'$video' is no file: give a video; a camera goes with the commands of docs/first_hour.md."
done
python -c 'import torch, stable_baselines3' 2>/dev/null || stop "a policy is trained by PyTorch: run 'make setup-lab' first."
first=$(realpath "$1") second=$(realpath "$2")
mkdir -p -- "$3"
cd -- "$3"

# step <name of its page's section and place in it> <arguments of hand-tracking-dsp>
step() {
    local name=$1 begin=$SECONDS status=0
    shift
    if [ -e "$name.done" ]; then
        echo "== $name was done already"
        return
    fi
    echo "== $name: hand-tracking-dsp $*"
    hand-tracking-dsp "$@" >"$name.txt" 2>&1 || status=$?
    tail -n 16 "$name.txt"
    [ "$status" -eq 0 ] || exit "$status"
    touch "$name.done"
    echo "== $name took $((SECONDS - begin)) s"
}

step 1-demo demo --source "$first" --duration 30 --out demo
step 2-gesture gesture record my_sign --source "$first" --start 1 --seconds 2 --replace
step 2-gestures gesture measure --video "$second" --gestures gestures.yaml
for name in first second; do
    [ -e "3-$name.done" ] || rm -rf "$name" # what an interrupted recording has left
    step "3-$name" record --source "${!name}" --out "$name"
done
step 4-before evaluate second --all-levels --all-measured --agreement --jobs 1 --out before
step 5-bank models adapt --bag first --out bank
step 5-points models points --bank bank --clips first --frames 300 --update
step 6-after evaluate second --bank bank --all-levels --all-measured --agreement --jobs 1 --out after
step 6-compare compare before after --run "level 4" --metrics drift_palm_percent jitter_palm_percent latency_p50_ms
step 7-policy policy adapt --source "$first" --bank bank --minutes 10 --out policy
step 8-live policy live --source "$second" --policy-file policy/policy.json --policies learned,index,fixed \
    --budget-ms 20 --duration 60 --rounds 2 \
    -p "tracker.bank=$PWD/bank" -p "controller.bank=$PWD/bank" --out live
echo "== all took $SECONDS s"
