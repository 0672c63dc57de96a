#!/usr/bin/env bash
# Options of a run that change what runs, what counts and what is kept: each has its effect.
# labels: slow
set -u
seatrial=$SEATRIAL_BIN/seatrial
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

fail() {
  echo "$*"
  head -40 "$dir/printed" | sed 's/^/    /'
  failures=$((failures + 1))
}
run() {
  "$seatrial" run -t reference --skip-sanity --out "$dir/out" --seed 7 "$@" >"$dir/printed" 2>&1
  code=$?
}
count() { grep -cE "$1" "$dir/printed"; }

# a case that fails on every second throw, by its seed
printf 'case { id = "T-001", rev = 1, level = "MUST", refs = { "URL-01" }, title = "dice", bindings = "coap", run = function(c)\n  c:device():post("/v1/t", { payload = "x" }):expect { code = "2.04" }\n  c:expect("dice", c:random(2), 1) end }\n' >"$dir/dice.lua"

run "$dir/dice.lua" --repeat 12
failed=$(count '^FAIL  ')
{ [ $code -eq 1 ] && [ "$failed" -gt 0 ] && [ "$(count '^PASS  ')" -eq $((12 - failed)) ]; } || fail "--repeat: each round has its own luck"
run "$dir/dice.lua" --repeat 12 --retries 8
{ [ $code -eq 0 ] && grep -q "12 PASS, $failed flaky" "$dir/printed"; } || fail "--retries: what passes then is flaky"
run "$dir/dice.lua" --repeat 12 --retries 8 --no-flaky
{ [ $code -eq 1 ] && [ "$(count FLAKY)" -eq "$failed" ]; } || fail "--no-flaky: a flaky case fails the run"
run "$dir/dice.lua" --until-fail
{ [ $code -eq 1 ] && [ "$(count '^FAIL  ')" -eq 1 ]; } || fail "--until-fail ends at the first failure"
cp "$dir/printed" "$dir/before"
run "$dir/dice.lua" --until-fail
diff <(grep -oE '^(PASS|FAIL)  ' "$dir/before") <(grep -oE '^(PASS|FAIL)  ' "$dir/printed") >/dev/null || fail "a seed gives the same run again"

# --plan runs nothing; the shards together are the whole, each case in one
plan() { "$seatrial" run -t reference --plan "$@" | awk '/^run/ { print $2, $3 }' | sort; }
rm -rf "$dir/out"
plan >"$dir/whole"
[ "$(wc -l <"$dir/whole")" -gt 900 ] || fail "--plan shows what would run"
[ ! -e "$dir/out" ] || fail "--plan leaves nothing"
for i in 1 2 3; do plan --shard $i/3; done | sort >"$dir/shards"
diff "$dir/whole" "$dir/shards" >"$dir/printed" || fail "--shard: the parts are not the whole"
for bad in 0/3 4/3 1 a/b 1/3x; do
  run --shard "$bad" URL-001
  [ $code -eq 2 ] || fail "--shard $bad is no part"
done
[ "$(plan --binding coaps-psk,coap EVT-001 | wc -l)" -eq 2 ] || fail "--binding leaves out others"
run --binding coaps EVT-001
{ [ $code -eq 2 ] && grep -q 'coaps-psk' "$dir/printed"; } || fail "--binding coaps is none"
run --shuffle URL-001 URL-002 EVT-001 EVT-002
{ [ $code -eq 0 ] && [ "$(count '^PASS')" -eq 12 ]; } || fail "--shuffle runs the same cases"

# --redact: neither passwords nor TLS secrets nor the recording, in any file of ours
secrets() { grep -raoE 'Basic [A-Za-wyz0-9+/]{8}|CLIENT_RANDOM|"sent":"' "$dir/out" "$dir/printed" "$dir/r.json" --exclude=target.log | wc -l; }
rm -rf "$dir/out"
run --mutant command-code-changed CMD-002 --report "json=$dir/r.json"
[ "$(secrets)" -gt 10 ] || fail "without --redact the evidence is whole"
[ -s "$dir/out/CMD-002.coaps-psk/result.json" ] || fail "evidence lacks result.json"
rm -rf "$dir/out"
run --mutant command-code-changed CMD-002 --redact --report "json=$dir/r.json"
{ [ $code -eq 1 ] && [ "$(secrets)" -eq 0 ] && [ -s "$dir/out/CMD-002.coap/case.pcapng" ]; } || fail "--redact leaves secrets"

# --baseline: only what is new counts
"$seatrial" run -t reference --mutant command-code-changed --skip-sanity --out "$dir/out" CMD-002 URL-001 \
  --baseline "$dir/r.json" >"$dir/printed" 2>&1
{ [ $? -eq 0 ] && grep -q "3 WAIVED, 3 PASS" "$dir/printed"; } || fail "--baseline: what failed before in the same way is no failure"
"$seatrial" run -t reference --mutant option-4210-missing --skip-sanity --out "$dir/out" CMD-002 \
  --baseline "$dir/r.json" >"$dir/printed" 2>&1
{ [ $? -eq 1 ] && grep -q "3 FAIL" "$dir/printed"; } || fail "--baseline: another failure counts"

exit $((failures > 0))
