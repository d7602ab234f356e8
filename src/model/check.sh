#!/usr/bin/env bash
# Searches every state of freshness.pml with Spin: F1 and F3 hold, and without any one guard one of them does not. See README.md.
#
#   check.sh                 all of it, a minute on two cores, 700 MB
#   check.sh --if-present    the same; without Spin or a C compiler it says so and is content
#   check.sh --trace FLAGS   a shortest counterexample, such as: check.sh --trace -DNO_FENCE
set -euo pipefail

model=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/freshness.pml

# Bounds that the full model is searched within. The second: what only a second restore can do.
bounds=(
    "-DCOMMITS=3 -DRESTORES=1"
    "-DCOMMITS=2 -DRESTORES=2"
)

guards=(
    "NO_FENCE               the fence"
    "NO_FENCE_FIRST         the fence raised before the position is published"
    "NO_FLOOR               the floor raised when a fence is dropped"
    "NO_FLOOR_FIRST         the floor raised before the fence is dropped"
    "NO_SINGLE_WRITER       one thread that writes fences and floor"
    "NO_ASOF                asOf held against the floor"
    "NO_SNAPSHOT            record and asOf read in one snapshot"
    "NO_EPOCH               the epoch compared"
    "NO_NEW_EPOCH           a new epoch at each restore"
    "NO_FRESH_EPOCH         an epoch that was never used before"
    "NO_TAIL_EPOCH          an epoch that only the tail changes"
    "NO_START_FLOOR         the floor of a node that starts"
    "NO_EPOCH_FLOOR         the floor at a new epoch"
    "NO_GAP_FLOOR           the floor after a gap in the log"
    "NO_GAP_CHECK           the gap in a pruned log noticed"
    "NO_POLL_SNAPSHOT       rows and pruning read in one snapshot"
    "NO_RECHECK             the check at each use of a near entry"
    "NO_RECHECK_WAITER      the check by each who waits for a look-up"
    "NO_FENCE_READ_FIRST    the fence read before the floor"
    "NO_ONE_POSITION        epoch and floor read as one"
    "NO_NONE_FENCE          'there is none' held against the fence"
    "NO_NONE_SEQ            'there is none' judged by asOf instead of a version"
    "NO_LOG_IN_TX           change and log row in one transaction"
    "NO_COMMIT_ORDER        seq in order of visibility"
    "NO_POLL                the poll, in case a wake-up was lost"
)

for tool in spin gcc; do
    if ! command -v "$tool" >/dev/null; then
        echo "The freshness model was not checked: $tool is not installed."
        [[ ${1:-} == --if-present ]] && exit 0
        exit 1
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# search NAME SPIN-FLAGS GCC-FLAGS: leaves what pan says in $work/NAME/out.
search() {
    mkdir "$work/$1"
    cd "$work/$1"
    # shellcheck disable=SC2086  # flags are several words
    spin $2 -a "$model" >out 2>&1 && gcc -DSAFETY -DMEMLIM=2000 $3 -o pan pan.c >>out 2>&1 && ./pan -m100000 >>out 2>&1 || true
}

# trace NAME SPIN-FLAGS: the counterexample that was found, in the model's own words.
trace() {
    cd "$work/$1"
    # shellcheck disable=SC2086
    spin -t -T -B $2 -k freshness.pml.trail "$model" | grep -E '^(database|tail|node|request|floor|fence|spin: text)' || true
}

# Complete, without error, and no line of the model that was never reached: a search that never gets there shows nothing.
holds() {
    grep -q 'errors: 0$' "$1" && ! grep -qE 'not completed|too small|truncated' "$1" &&
        grep -q '^unreached' "$1" && ! grep -E 'state [0-9]+,' "$1" | grep -qv -- '"-end-"'
}

if [[ ${1:-} == --trace ]]; then
    search trace "${*:2}" "-O2 -DBFS -DCOLLAPSE"
    grep -E 'assertion violated|errors:|rror' "$work/trace/out"
    trace trace "${*:2}"
    exit
fi

failed=0

full() {
    local i
    for i in "${!bounds[@]}"; do
        (search "full$i" "${bounds[i]}" "-O2 -DCOLLAPSE")
    done
}
full &

for line in "${guards[@]}"; do
    read -r flag guard <<<"$line"
    flags=-D$flag
    [[ $flag == NO_FRESH_EPOCH ]] && flags+=" ${bounds[1]}"
    (search "$flag" "$flags" "-O1 -DCOLLAPSE")
    if broken=$(grep -om1 'assertion violated  !(.*)' "$work/$flag/out"); then
        case $broken in
            *resurrected*) broken="F1, decides against what it has applied" ;;
            *stale*) broken="F3, decides by a record that is not the newest" ;;
            *undecided*) broken="F3, cannot decide" ;;
        esac
        echo "violation found without $guard ($flag): $broken"
    else
        echo "NO violation found without $guard ($flag):"
        tail -n 20 "$work/$flag/out"
        failed=1
    fi
done

wait
for i in "${!bounds[@]}"; do
    out=$work/full$i/out
    if holds "$out"; then
        echo "holds: $(awk '/states, stored/ { print $1 }' "$out") states (${bounds[i]})"
    else
        echo "does NOT hold, or was not searched completely (${bounds[i]}):"
        cat "$out"
        (trace "full$i" "${bounds[i]}")
        failed=1
    fi
done
exit $failed
