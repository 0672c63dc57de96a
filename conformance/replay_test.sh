#!/usr/bin/env bash
# Recorded exchanges (fixtures/recorded, named ID__VERDICT__WHY.jsonl) are judged as their names say, without network;
# one that the script does not follow any more is told so.
set -u
seatrial=$SEATRIAL_BIN/seatrial
recorded=$(dirname "$0")/fixtures/recorded
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

fail() {
  echo "$1"
  sed 's/^/    /' "$dir/printed"
  failures=$((failures + 1))
}

for file in "$recorded"/*.jsonl; do
  IFS=_ read -r id _ verdict _ <<<"$(basename "$file" .jsonl)"
  case $verdict in PASS | WARN) wanted=0 ;; *) wanted=1 ;; esac
  "$seatrial" replay "$file" >"$dir/printed" 2>&1
  code=$?
  { [ $code -eq $wanted ] && grep -q "^$verdict  *$id " "$dir/printed"; } || fail "$file: exit code $code, wanted $wanted"
done

# of evidence; sent bytes changed; cut off; no recording
mkdir "$dir/evidence"
cp "$recorded"/MSG-001__PASS__good.jsonl "$dir/evidence/recording.jsonl"
"$seatrial" replay "$dir/evidence" "$recorded"/MSG-001__FAIL__ping-ignored.jsonl >"$dir/printed" 2>&1
[ $? -eq 1 ] || fail "one good and one failed recording together fail"
sed 's/"sent":"40/"sent":"50/' "$recorded"/MSG-001__PASS__good.jsonl >"$dir/other.jsonl"
"$seatrial" replay "$dir/other.jsonl" >"$dir/printed" 2>&1
{ [ $? -eq 5 ] && grep -q "the script does not do what was recorded: dev1 sends" "$dir/printed"; } ||
  fail "a script that sends something else cannot be judged"
head -3 "$recorded"/MSG-001__PASS__good.jsonl >"$dir/cut.jsonl"
"$seatrial" replay "$dir/cut.jsonl" >"$dir/printed" 2>&1
{ [ $? -eq 5 ] && grep -q "is not in the recording" "$dir/printed"; } || fail "a recording without its end cannot be judged"
echo '{}' >"$dir/none.jsonl"
"$seatrial" replay "$dir/none.jsonl" >"$dir/printed" 2>&1
{ [ $? -eq 2 ] && grep -q "no recording of a case" "$dir/printed"; } || fail "what is no recording is told"

exit $((failures > 0))
