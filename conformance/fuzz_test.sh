#!/usr/bin/env bash
# Fuzzing as a scenario: what a message out of hundreds breaks is made small and becomes a scenario that fails in the
# same way, and passes where nothing is broken; it is judged again from its recording.
# labels: slow
set -u
# shellcheck source=conformance/want.sh
. conformance/want.sh

cat >"$dir/mine.lua" <<'LUA'
case {
  id = "ROB-951", rev = 1, level = "MUST", refs = { "ROB-02" }, impact = "malformed", bindings = { "coap" },
  timeout = "4 min", title = "publishes with faults break nothing",
  run = function(c) c:fuzz { grammar = t.coap_message {}, count = 200 } end,
}
LUA
run() { "${faster[@]}" "$seatrial" run -t reference --speed 20 --judge-once --seed 7 --out "$dir/out" "$@"; }

want 0 "1 PASS" run "$dir/mine.lua"
want 1 "now 1 datagram of 8 B" run --mutant command-option-repeat-crashes --redact --shrink 1h "$dir/mine.lua"
found=$dir/out/ROB-951.coap/regression.lua
cp "$found" "$dir/found.lua"
grep -qE '^ +t.hex "[0-9a-f]{16}",$' "$dir/found.lua" || { echo "no message in $found"; failures=$((failures + 1)); }
! grep -qF 'Basic' "$dir/found.lua" || { echo "credentials in $found"; failures=$((failures + 1)); }

want 0 "well-formed" "$seatrial" check "$dir/found.lua"
want 0 "1 PASS" run "$dir/found.lua"
want 1 "served    expected 2.04" run --mutant command-option-repeat-crashes "$dir/found.lua"
# beside others it cannot start the target again; it is judged once more, alone
want 1 "made smaller" run --mutant command-option-repeat-crashes -j 4 --shrink 5s "$dir/mine.lua" EVT-001
want 1 "not made smaller" run --mutant command-option-repeat-crashes -j 1 --shrink 0s ROB-111
want 1 "served    expected 2.04" "$seatrial" replay "$dir/out/ROB-111.coap"
exit $((failures > 0))
