#!/usr/bin/env bash
# The suite against an endpoint of another make (fixtures/mini): it finds what is wrong there, and nothing else.
# labels: slow
set -u
seatrial=$SEATRIAL_BIN/seatrial
fixtures=$(dirname "$0")/fixtures/mini
export NODE_PATH=${NODE_PATH-$SEATRIAL_BIN/../reference/system/node/node_modules}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# A sanitizer's runtime must be preloaded before libfaketime, and node does not bear it: then in real time, without
# the case that takes EXCHANGE_LIFETIME.
# The seed is fixed: at some, random datagrams (ROB-101) also meet a token length that node-coap takes and gives back.
how=(--seed 7f --speed 20)
ldd "$seatrial" | grep -q 'lib[at]san' && how=(--seed 7f "!MSG-314")

"$seatrial" run -t "$fixtures/mini.lua" --out "$dir/out" --report "json=$dir/report.json" "${how[@]}" >"$dir/printed" 2>&1
code=$?
[ $code -eq 1 ] || { echo "wanted exit code 1, got $code"; cat "$dir/printed"; exit 1; }
jq -r '.results[] | select(.retried != true and (.verdict | IN("FAIL", "WARN", "ERROR", "STALE-WAIVER")))
  | "\(.verdict) \(.case)"' "$dir/report.json" | sort -u >"$dir/found"
grep -v '^#' "$fixtures/deviations.txt" | grep -oE '[A-Z]+ [A-Z]+-[0-9]+' | sort -u >"$dir/wanted"
if ! diff "$dir/wanted" "$dir/found" >"$dir/diff"; then
  echo "other findings than deviations.txt has (< missing, > not there):"
  cat "$dir/diff"
  for id in $(sed -n 's/^> [A-Z]* //p' "$dir/diff"); do grep -A30 "^FAIL $id " "$dir/printed" | head -30; done
  exit 1
fi
passed=$(jq -r '.end.counts.PASS' "$dir/report.json")
[ "$passed" -ge 160 ] || { echo "only $passed cases passed"; exit 1; }
