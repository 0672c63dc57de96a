#!/usr/bin/env bash
# Reports of real runs, good, broken and empty, are what schema/ says; the slices of a run become
# one, which is no worse than itself.
# labels: slow
set -u
swarm=$SEATRIAL_BIN/seatrial-swarm
here=$(dirname "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

fail() {
  echo "$*"
  failures=$((failures + 1))
}
json() { # SCHEMA FILE
  python3 -c 'import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.validate(json.load(open(sys.argv[2])), schema, cls=jsonschema.Draft202012Validator)' \
    "$here/schema/$1" "$2" 2>"$dir/said" || { fail "$2 is not what $1 says"; tail -30 "$dir/said"; }
}
run() { # NAME OPTION...: reports into $dir/NAME
  "$swarm" -t reference -p smoke --devices 40 --duration 3s --rate 40 --quiet --max-lag 10s --max-steal 100 --out "$dir/$1" "${@:2}" \
    >"$dir/printed" 2>&1 || true
  json result.json "$dir/$1/result.json"
  xmllint --noout --schema "$here/../conformance/schema/junit.xsd" "$dir/$1/junit.xml" 2>"$dir/said" ||
    { fail "$1: the JUnit report"; cat "$dir/said" "$dir/printed"; }
}

run first --slice 1/2
run second --slice 2/2
run broken --slo 'publish.p50 < 1us; handshake.p99 > 1h; rate >= 1/s'
# a machine with more to do may make it INVALID
jq -e '(.verdict == "BROKEN" or (.invalid | length) > 0) and (.slo | length) == 3 and (.slo[0].held | not)' "$dir/broken/result.json" >"$dir/said" ||
  fail "a broken objective makes no BROKEN run: $(jq -c .verdict,.slo "$dir/broken/result.json")"
grep -qE '<(failure message="measured |error )' "$dir/broken/junit.xml" || fail 'a broken objective is no failure in JUnit'

"$swarm" merge "$dir/first/result.json" "$dir/second/result.json" >"$dir/merged.json" 2>"$dir/said" ||
  fail "merge: $(cat "$dir/said")"
json result.json "$dir/merged.json"
jq -es '.[2].counters["publish.acknowledged"] == .[0].counters["publish.acknowledged"] + .[1].counters["publish.acknowledged"]
  and .[2].devices == .[0].devices + .[1].devices' "$dir/first/result.json" "$dir/second/result.json" "$dir/merged.json" \
  >"$dir/said" || fail 'slices do not add up'
"$swarm" diff "$dir/merged.json" "$dir/merged.json" >"$dir/printed" 2>&1 || fail "a run is worse than itself: $(cat "$dir/printed")"
"$swarm" merge "$dir/first/result.json" "$dir/first/result.json" >"$dir/printed" 2>&1 && fail 'a slice was merged with itself'

exit $((failures > 0))
