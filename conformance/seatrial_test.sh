#!/usr/bin/env bash
# The program against the reference endpoint: every exit code, and what is left behind.
# labels: slow
set -u
# shellcheck source=conformance/want.sh
. conformance/want.sh

# one case in a file of its own
case_file() {
  printf 'case { id = "T-001", rev = 1, level = "MUST", refs = { "URL-01" }, title = "t", bindings = "coap",\n%s\n  run = function(c)\n%s\nend }\n' \
    "${3-}" "$2" >"$dir/$1.lua"
}

case_file good 'c:device():post("/v1/temp", { payload = "x" }):expect { code = "2.04" } c:await_event { data = "x" }'
case_file bad 'c:device():post("/v1/temp", { payload = "x" }):expect { code = "2.05" }'
case_file warns 'c:device():post("/v1/temp"):expect { code = t.should "2.05" } c:warn("so", { field = "x" })'
case_file crooked 'c:devise()'
sed 's/c:devise()/c:device():ping():expect { kode = 1 }/; 1s/T-001/T-002/' "$dir/crooked.lua" >"$dir/crooked_fields.lua"
case_file endless 'while true do end' '  timeout = "30 s",'
case_file waits 'c:device():post("/v1/temp", { query = { ct = 60 }, timeout = "70 s" }):expect { code = "2.04" }'
case_file restarts 'c:restart() c:expect("x", 1, 1)' '  impact = "restart", exclusive = true,'
case_file unclear 'c:inconclusive("today")'
printf 'case { id = "T-001", revv = 1 }\n' >"$dir/typo.lua"
printf 'return { { case = "T-001", expect = { field = "code" }, reason = "known", expires = "2999-12-31" } }\n' >"$dir/waive.lua"

run=("$seatrial" run -t reference --out "$dir/out" --seed 7f)

want 0 "1 PASS" "${run[@]}" "$dir/good.lua"
want 1 "1 FAIL" "${run[@]}" "$dir/bad.lua"
want 0 "1 WARN" "${run[@]}" "$dir/warns.lua"
want 1 "1 WARN" "${run[@]}" "$dir/warns.lua" --strict
want 1 "1 STALE-WAIVER" "${run[@]}" "$dir/good.lua" --waivers "$dir/waive.lua"
want 5 "1 WAIVED" "${run[@]}" "$dir/bad.lua" --waivers "$dir/waive.lua"
want 2 "unknown field \"revv\", did you mean \"rev\"?" "${run[@]}" "$dir/typo.lua"
want 2 "crooked_fields.lua:4: expect: unknown field kode, is \`code\` meant?" "$seatrial" check "$dir/crooked_fields.lua"
want 2 "did you mean --shuffle?" "$seatrial" run --shufle
want 2 "run needs a target" "$seatrial" run
want 2 "no case is selected by \"URL-01x\"" "${run[@]}" URL-01x
want 2 "nowhere.lua" "$seatrial" run -t "$dir/nowhere.lua" --out "$dir/out"
want 3 "the target" "$seatrial" run -t coap://127.0.0.1:9 --application a --device d --password p --out "$dir/out" URL-001
want 4 "1 ERROR" "${run[@]}" "$dir/crooked.lua"
want 0 "4 PASS" "${run[@]}" ROB-05
want 5 "does not start this target" "$seatrial" run -t coap://127.0.0.1:9 --skip-sanity --impact restart \
  --application a --device d --password p --out "$dir/out" "$dir/restarts.lua"
want 4 "1 ERROR" "${run[@]}" "$dir/endless.lua"
want 5 "no case is selected" "${run[@]}" 'NOTHING-*'
want 5 "1 INCONCLUSIVE" "${run[@]}" "$dir/unclear.lua"
want 5 "3 SKIPPED" "${run[@]}" --impact safe MSG-004

# all reports of a failure; the evidence stays
want 1 "again     seatrial run" "${run[@]}" "$dir/bad.lua" \
  --report "junit=$dir/j.xml,tap=$dir/t.tap,json=$dir/r.json,md=$dir/r.md,html=$dir/r.html,badge=$dir/b.svg"
for part in 'j.xml:<failure message="code: ' 't.tap:not ok 1 - T-001' 'r.json:"exit_code": 1' 'r.md:| FAIL | T-001 |' \
  'r.html:<svg class="ladder"' 'b.svg:1 failed' 'out/results.jsonl:"type":"end"'; do
  grep -qF -- "${part#*:}" "$dir/${part%%:*}" || { echo "${part%%:*} lacks ${part#*:}"; failures=$((failures + 1)); }
done
[ -f "$dir/out/T-001.coap/case.pcapng" ] || { echo "no capture of a failure"; failures=$((failures + 1)); }
want 0 "no difference" "$seatrial" diff "$dir/r.json" "$dir/r.json"
want 5 "1 WAIVED" "${run[@]}" "$dir/bad.lua" --baseline "$dir/r.json"
want 0 "T-001        coap       FAIL" "$seatrial" matrix "$dir/r.json"
want 2 "no report of seatrial" "$seatrial" diff "$dir/r.json" "$dir/empty.json" < <(echo '{}' >"$dir/empty.json")

# a case of one's own from scaffold to mutant: each step takes its file
"$seatrial" new URL-899 | sed 's/refs =/bindings = "coap", refs =/' >"$dir/own.lua"
want 2 " is free" "$seatrial" new URL-001
want 2 "requirements/cmd.lua:" "$seatrial" new CMD-02
want 0 "1 PASS" "${run[@]}" "$dir/own.lua"
want 0 "URL-899.coap  " "${run[@]}" "$dir/own.lua" --trace
want 1 "--seed 7f --mutant event-lost" "${run[@]}" "$dir/own.lua" --mutant event-lost
want 1 "FAIL         URL-899" "$seatrial" replay "$dir/own.lua" "$dir/out/URL-899.coap"
want 2 "seatrial replay FILE.lua DIR" "$seatrial" replay "$dir/out/URL-899.coap"
want 0 "run -t TARGET $dir/own.lua" "$seatrial" explain "$dir/own.lua"
sed 's/"URL-01"/"URL-001"/' "$dir/own.lua" >"$dir/reference.lua"
want 2 "\"URL-001\" is no row of the ledger" "$seatrial" check "$dir/reference.lua"
want 2 "did you mean \"event-lost\"?" "$seatrial" mutants event-losst --out "$dir/out"
want 2 "(--scenarios names the catalogue's folder)" "$seatrial" check --scenarios "$dir/nowhere"

# SIGINT during the sanity check, and while a case waits: reports are written, no process is left
interrupt() { # TEXT: when it is seen
  rm -f "$dir/trace" "$dir/i.json"
  mkfifo "$dir/trace"
  env --default-signal=INT "${run[@]}" "$dir/waits.lua" --trace --report "json=$dir/i.json" >"$dir/trace" 2>&1 &
  pid=$!
  exec 3<"$dir/trace"
  while read -r -u 3 line && [[ $line != *"$1"* ]]; do :; done
  kill -INT "$pid"
  cat <&3 >"$dir/printed"
  wait "$pid"
  code=$?
  if [ "$code" -ne 130 ] || ! grep -qF '"interrupted": true' "$dir/i.json" || [ -n "$(pgrep -P "$pid")" ]; then
    echo "interrupted at $1: wanted 130, a report, and no process left; got $code"
    cat "$dir/printed"
    failures=$((failures + 1))
  fi
}
interrupt "CON POST"
interrupt "ct=60"

# time that passes faster: a wait of 20 s ends within a few
case_file slow 'c:device():post("/v1/temp", { query = { ct = 20 }, timeout = "40 s" }):expect { code = "2.04", between = { "19.5 s", "22 s" } }'
began=$SECONDS
want 0 "1 PASS" "${faster[@]}" "${run[@]}" --speed 10 "$dir/slow.lua"
[ $((SECONDS - began)) -lt 15 ] || { echo "--speed 10 took $((SECONDS - began)) s"; failures=$((failures + 1)); }
case_file late 'c:device():post("/v1/temp", { query = { ct = 1 } }):expect { code = "2.04", between = { "5 s", "6 s" } }'
want 1 "(again, alone, at speed 4)" "${faster[@]}" "${run[@]}" --speed 10 "$dir/late.lua" --report "json=$dir/l.json"
grep -qF '"speed": 4' "$dir/l.json" || { echo "the report does not say what was judged again"; failures=$((failures + 1)); }
want 2 "--speed: only with a target that the suite starts itself" \
  "${faster[@]}" "$seatrial" run -t coap://127.0.0.1:9 --speed 10 --out "$dir/out" URL-001

exit $((failures > 0))
