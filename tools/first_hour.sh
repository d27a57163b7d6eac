#!/bin/bash
# Run the commands of docs/first_hour.md on two videos of your hands and print how long each takes and how it ends:
#     scripts/run tools/first_hour.sh FIRST.mp4 SECOND.mp4 FOLDER
set -e
if [ $# -ne 3 ]; then
    echo "usage: scripts/run tools/first_hour.sh FIRST.mp4 SECOND.mp4 FOLDER" >&2
    exit 2
fi
first=$(realpath "$1") second=$(realpath "$2")
mkdir -p "$3"
cd "$3"
number=0

# step <arguments of hand-tracking-dsp>: run it; what it prints is kept in a file of the step's number
step() {
    number=$((number + 1))
    local log="$number.txt" begin=$SECONDS
    echo "== $number: hand-tracking-dsp $*"
    hand-tracking-dsp "$@" >"$log" 2>&1 || {
        cat "$log"
        exit 1
    }
    tail -n 16 "$log"
    echo "== $number took $((SECONDS - begin)) s"
}

step demo --source "$first" --duration 30 --out demo
step gesture record my_sign --source "$first" --start 1 --seconds 2
step gesture measure --video "$second" --gestures gestures.yaml
step record --source "$first" --out first
step record --source "$second" --out second
step evaluate second --all-levels --all-measured --agreement --jobs 1 --out before
step models adapt --bag first --out bank
step models points --bank bank --clips first --frames 300 --update
step evaluate second --bank bank --all-levels --all-measured --agreement --jobs 1 --out after
step compare before after --run "level 4" --metrics drift_palm_percent jitter_palm_percent latency_p50_ms
step policy adapt --source "$first" --bank bank --minutes 10 --out policy
step policy live --source "$second" --policy-file policy/policy.json --policies learned,index,fixed \
    --budget-ms 20 --duration 60 --rounds 2 \
    -p "tracker.bank=$PWD/bank" -p "controller.bank=$PWD/bank" --out live
echo "== all took $SECONDS s"
