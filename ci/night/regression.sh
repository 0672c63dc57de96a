#!/usr/bin/env bash
# budget: 165, at least 150
# Ratios and latencies beside the baseline.
# Ratios inside one run (processor time beside the least servers that the machine allows, `tools/bench`) change little
# on a busy machine: one that is more than an eighth below the baseline's is a failure when a second measurement says so
# too (the better one counts). A run of the swarm is compared by `seatrial-swarm diff`, with half as much again allowed,
# and fails when two runs do; but not by latencies when the generator itself was later than then, which no endpoint can bring
# about: that is the machine. Without a baseline this night's figures become it. To accept new ones, delete DIR/state/baseline.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

baseline=${NIGHT_BASELINE:-$NIGHT_STATE/baseline}
steady=(-t swarm -p steady --devices 500 --rate 200/s --duration 10s --no-tui --max-lag 10s --max-steal 100 --slo 'event.lost == 0' "${mutant[@]}")

# bench NAME: ratios, as many rounds as the time allows
bench() {
  local rounds=$((NIGHT_BUDGET_S / 36))
  tools/bench endpoint --only plain,handshakes --rounds $rounds --time 1s --build build/release --dir "$NIGHT_DIR" \
    --json "$NIGHT_DIR/$1.json" >"$NIGHT_DIR/$1.txt" 2>"$NIGHT_DIR/$1.log"
}
# slower NAME...: the worst figure, when the best of its measurements is worse than the baseline by an eighth
slower() {
  jq -rn --slurpfile a "$baseline/ratios.json" '[$a[0].rows[] | select(.ratio > 0)] as $old |
    [inputs.rows[]] as $new | [$old[] | . as $o | [$new[] | select(.figure == $o.figure).ratio] | select(length > 0) | max |
      {figure: $o.figure, old: $o.ratio, new: ., part: (. / $o.ratio)}] | min_by(.part) | select(. != null and .part < 0.875) |
    "\(.figure): \((1 - .part) * 100 | round) % slower than the baseline: ratio \(.new) in place of \(.old)"' "${@/#/$NIGHT_DIR/}"
}
# load NAME: a steady load, into the folder NAME
load() { "$swarm" "${steady[@]}" --out "$NIGHT_DIR/$1" >"$NIGHT_DIR/$1.log" 2>&1; }
# worse NAME: is that load worse than the baseline's? NAME.diff.txt has both
worse() {
  "$swarm" diff "$baseline/steady.json" "$NIGHT_DIR/$1/result.json" --allow 50% >"$NIGHT_DIR/$1.diff.txt" 2>&1
  [ $? -eq 1 ]
}
# later DIFF: how much later the generator was than in the baseline, when that is by more than is allowed
later() { awk '$1 == "schedule_lag.p99" && $4 + 0 > 50 {print $2 " -> " $3}' "$1"; }

bench ratios || wrong "tools/bench: $(grep -ahE 'FAILED|tools/bench' "$NIGHT_DIR/ratios.txt" "$NIGHT_DIR/ratios.log" | head -1)" "tools/bench endpoint --only plain,handshakes"
[ $failed -eq 0 ] || finish
link "ratios" ratios.txt
while IFS=$'\t' read -r name value; do figure "$name" "$value"; done < <(jq -r '.rows[] | "\(.figure)\t\(.ratio)"' "$NIGHT_DIR/ratios.json")
if [ -s "$baseline/ratios.json" ]; then
  first=$(slower ratios.json)
  if [ -n "$first" ] && [ "$(left)" -gt 55 ]; then
    ! bench again || first=$(slower ratios.json again.json)
    link "ratios, measured again" again.txt
  fi
  [ -z "$first" ] || wrong "$first" "tools/bench endpoint --only plain,handshakes"
  [ $failed -eq 0 ] || finish
fi

load steady
code=$?
link "steady load" steady/report.html
[ $code -eq 0 ] || [ $code -eq 4 ] || wrong "steady load: $(grep -aE 'BROKEN|not ' "$NIGHT_DIR/steady.log" | tail -1)" "$swarm ${steady[*]}"

if [ ! -s "$baseline/ratios.json" ]; then
  if [ $failed -eq 0 ] && [ ${#mutant[@]} -eq 0 ]; then
    mkdir -p "$baseline"
    cp "$NIGHT_DIR/ratios.json" "$baseline/ratios.json"
    cp "$NIGHT_DIR/steady/result.json" "$baseline/steady.json"
    figure "baseline" "made tonight"
  fi
  finish
fi
if [ $code -eq 0 ] && worse steady && [ "$(left)" -gt 25 ]; then
  load steady-again
  if worse steady-again; then
    diff=$NIGHT_DIR/steady-again.diff.txt
    busy=$(later "$diff")
    [ -z "$busy" ] || figure "latencies not judged: the machine was busy, schedule lag p99" "$busy"
    first=$(awk -v busy="$busy" '/WORSE/ && (busy == "" || $1 !~ /^WORSE|[.]p[0-9.]+$/) {print; exit}' "$diff")
    [ -z "$first" ] || wrong "steady load: $first" "$swarm diff $baseline/steady.json $NIGHT_DIR/steady/result.json --allow 50%"
  fi
fi
[ ! -e "$NIGHT_DIR/steady.diff.txt" ] || link "steady load beside the baseline" steady.diff.txt
find "$NIGHT_DIR" -name events.ndjson -delete
finish
