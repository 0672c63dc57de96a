#!/usr/bin/env bash
# Real reports, with every kind of verdict in them, are what schema/ says: JSON and JUnit.
# labels: slow
set -u
seatrial=$SEATRIAL_BIN/seatrial
schema=$(dirname "$0")/schema
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

one() { # ID FIELDS BODY
  printf 'case { id = "%s", rev = 1, refs = { "URL-01" }, title = "<%s> & \\"ü\\"", bindings = "coap", %s, run = function(c) %s end }\n' \
    "$1" "$1" "$2" "$3" >>"$dir/all.lua"
}
one T-001 'level = "MUST"' 'c:device():post("/v1/temp", { payload = "\1\xff]]>" }):expect { code = "2.05" }'
one T-002 'level = "SHOULD"' 'c:expect("x", 1, 2)'
one T-003 'level = "MUST"' 'c:devise()'
one T-004 'level = "MUST"' 'c:inconclusive("today")'
one T-005 'level = "INFO"' 'c:observe("blue")'
one T-006 'level = "MUST"' 'c:expect("x", 1, 2)'
one T-007 'level = "MUST", impact = "flood"' 'c:expect("x", 1, 1)'
one T-008 'level = "MUST", probes = { "rules" }' 'c:expect("x", 1, 1)'
one T-009 'level = "MUST"' 'c:expect("x", 1, 1)'
printf 'return { { case = "T-006", expect = { field = "x" }, reason = "known", issue = "#1", expires = "2999-12-31" },\n { case = "T-00x", reason = "gone", expires = "2999-12-31" } }\n' >"$dir/waivers.lua"

check() { # WHAT
  python3 -c 'import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.validate(json.load(open(sys.argv[2])), schema, cls=jsonschema.Draft202012Validator)' \
    "$schema/report.schema.json" "$dir/r.json" 2>"$dir/said" || { echo "$1: the JSON report"; tail -30 "$dir/said"; failures=$((failures + 1)); }
  xmllint --noout --schema "$schema/junit.xsd" "$dir/r.xml" 2>"$dir/said" || { echo "$1: the JUnit report"; cat "$dir/said"; failures=$((failures + 1)); }
}

run=("$seatrial" run -t reference --out "$dir/out" --report "json=$dir/r.json,junit=$dir/r.xml")
"${run[@]}" "$dir/all.lua" --impact malformed --retries 1 --waivers "$dir/waivers.lua" >"$dir/printed" 2>&1
check "all verdicts"
for verdict in PASS SKIPPED N/A WAIVED INCONCLUSIVE WARN STALE-WAIVER FAIL ERROR; do
  jq -e --arg v "$verdict" '.totals[$v] >= 1 and ([.cases[] | select(.verdict == $v)] | length) == .totals[$v]' "$dir/r.json" >"$dir/said" ||
    { echo "totals and cases do not agree on $verdict"; failures=$((failures + 1)); }
done
jq -e '.target == "reference" and ([.results[] | select(.retried)] | length) == 2 and .end.flaky == 0 and
  ([.cases[] | select(.id == "T-001")] | length) == 1 and
  (.cases[] | select(.id == "T-001") | .reason) == "code: expected \"2.05\", got 2.04 Changed"' "$dir/r.json" >"$dir/said" ||
  { echo "target, retries or reasons are not as they should be"; jq '.cases' "$dir/r.json"; failures=$((failures + 1)); }
"${run[@]}" URL-001 EVT-001 MSG-001 >"$dir/printed" 2>&1
check "a good run"
"$seatrial" run -t coap://127.0.0.1:9 --application a --device d --password p --out "$dir/out" \
  --report "json=$dir/r.json,junit=$dir/r.xml" URL-001 >"$dir/printed" 2>&1
check "a target that is not there"

exit $((failures > 0))
