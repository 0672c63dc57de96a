#!/usr/bin/env bash
# The whole program against the reference endpoint: every exit code, reports, a recorded run played again, two
# slices joined. Figures are not judged: the machine may be busy.
# labels: slow
set -u
swarm=$SEATRIAL_BIN/seatrial-swarm
here=$(mktemp -d)
failed=0
trap 'rm -rf "$here"' EXIT

say() {
  echo "FAILED: $*"
  failed=1
}

# expect CODE TEXT COMMAND...: the command ends with the code and says the text.
expect() {
  local code=$1 text=$2 got
  shift 2
  "$@" >"$here/said" 2>&1 </dev/null
  got=$?
  [ "$got" -eq "$code" ] || { say "exit code $got in place of $code: $*"; tail -20 "$here/said"; }
  grep -qF -- "$text" "$here/said" || { say "\"$text\" is not said by: $*"; tail -20 "$here/said"; }
}

# A short run of everything that judges no times.
short() {
  "$swarm" -t swarm -p smoke --devices 60 --rate 40/s --duration 3s --max-lag 10s --max-steal 100 --no-tui \
    --credentials "$here/credentials" --out "$here/out" "$@"
}

value() { jq -r "$1" "$here/out/result.json"; }

cat >"$here/plain.lua" <<'LUA'
return {
  summary = "A little load", devices = 10, period = "1 s",
  classes = { basic = { credential = "basic" } },
  stages = { { hold = "20 s" } },
}
LUA

echo "# 0: it ran, and all held"
expect 0 'GOOD' short --slo 'error_rate == 0; event.lost == 0; event.duplicated == 0'
for file in result.json report.html seconds.csv result.hdr junit.xml; do
  [ -s "$here/out/$file" ] || say "no report $file"
done
acknowledged=$(value '.counters["publish.acknowledged"]')
delivered=$(value '.counters["event.delivered"]')
[ "$acknowledged" -gt 50 ] 2>/dev/null || say "only $acknowledged publishes were acknowledged"
[ "$acknowledged" = "$delivered" ] || say "$acknowledged acknowledged, $delivered events"
lines=$(grep -c '^Tag=publish,' "$here/out/result.hdr")
[ "$lines" -ge 3 ] || say "$lines lines of the publish histogram for three seconds"
cp "$here/out/result.json" "$here/first.json"

echo "# the same seed, the same traffic, however many workers"
expect 0 'GOOD' short --workers 3 --slo 'error_rate == 0'
[ "$(value '.counters["publish.intended"]')" = "$(jq -r '.counters["publish.intended"]' "$here/first.json")" ] ||
  say "another number of publishes with three workers"

echo "# 1: an objective is broken"
expect 1 'BROKEN' short --slo 'publish.p50 < 1us'

echo "# 2: usage, profile, target"
expect 2 'did you mean' "$swarm" capacty
expect 2 'a profile is missing' "$swarm" -t swarm
expect 2 'smokey' "$swarm" -t swarm -p smokey
expect 2 'i-own-this-target' "$swarm" -t coap://192.0.2.1 -p "$here/plain.lua"
expect 2 'such as 127.0.0.1:9683' "$swarm" -t swarm -p smoke --metrics here
expect 2 '265' "$swarm" -t coap://127.0.0.1 -p "$here/plain.lua" --source gateway --rate 300/s
expect 2 'publish.p99 <' "$swarm" -t swarm -p smoke --slo 'publish.p99 <'

echo "# devices that somebody else must make are listed, with what they prove themselves with"
expect 0 'devices.csv' "$swarm" provision -t coap://127.0.0.1 -p "$here/plain.lua" --out "$here/out"
[ "$(wc -l <"$here/out/devices.csv")" -eq 11 ] || say "not ten devices in devices.csv"
[ "$(jq '.devices | length' "$here/out/devices.json")" -eq 10 ] || say "not ten devices in devices.json"
[ "$(stat -c %a "$here/out/devices.csv")" = 600 ] || say "others may read the secrets"
expect 2 'no registry' "$swarm" cleanup -t coap://127.0.0.1 -p "$here/plain.lua"

echo "# 3: nobody is there"
expect 3 'coap: ' "$swarm" -t coap://127.0.0.1:9 -p "$here/plain.lua" --no-tui --out "$here/out"

echo "# 4: the generator fell behind"
expect 4 'INVALID' short --max-lag 100us --slo 'publish.p99 < 1h'

echo "# 130: interrupted, with a report; until then Prometheus may look"
rm -f "$here/out/result.json"
"$swarm" -t swarm -p smoke --devices 60 --rate 40/s --duration 1h --no-tui --credentials "$here/credentials" \
  --metrics 127.0.0.1:0 --out "$here/out" >"$here/said" 2>"$here/seconds" </dev/null &
pid=$!
for _ in $(seq 600); do
  [ "$(wc -l <"$here/seconds")" -ge 3 ] && break
  read -r -t 0.1 _ <> <(:) # polls for the second second
done
url=$(sed -n 's/^metrics: //p' "$here/seconds")
curl -sS "$url" >"$here/page" || say "no metrics at $url"
awk '$1 == "seatrial_swarm_publish_sent_total" && $2 > 0 { sent = 1 }
  $1 == "seatrial_swarm_devices" && $2 == 60 { devices = 1 }
  $1 == "seatrial_swarm_publish_seconds{quantile=\"0.99\"}" && $2 > 0 { p99 = 1 }
  $1 == "process_cpu_seconds_total" && $2 > 0 { cpu = 1 }
  END { exit !(sent && devices && p99 && cpu) }' "$here/page" || { say "metrics"; head -50 "$here/page"; }
kill -INT "$pid"
wait "$pid"
code=$?
[ "$code" -eq 130 ] || { say "exit code $code in place of 130"; tail -5 "$here/said" "$here/seconds"; }
[ -s "$here/out/result.json" ] || say "no report of an interrupted run"
mkfifo "$here/early"
"$swarm" -t swarm -p smoke --devices 100000 --no-tui --metrics 127.0.0.1:0 --out "$here/out" >"$here/said" 2>"$here/early" </dev/null &
pid=$!
{
  read -r _ # the address of metrics comes before any device is made
  kill -INT "$pid"
  cat >"$here/seconds"
} <"$here/early"
wait "$pid"
code=$?
if [ "$code" -ne 130 ] || ! grep -q 'interrupted before the load began' "$here/seconds"; then
  say "interrupted early: exit code $code, $(tail -1 "$here/seconds")"
fi

echo "# a recorded run is played again"
expect 0 'GOOD' short --record "$here/record" --slo 'error_rate == 0'
intended=$(value '.counters["publish.intended"]')
expect 0 'GOOD' "$swarm" replay "$here/record" -t swarm --slo 'error_rate == 0' --max-lag 10s --max-steal 100 --no-tui \
  --credentials "$here/credentials" --out "$here/out"
[ "$(value '.counters["publish.intended"]')" = "$intended" ] || say "the replay meant another number of publishes"

echo "# two slices are one run"
for i in 1 2; do
  expect 0 'GOOD' short --slice $i/2 --slo 'error_rate == 0'
  cp "$here/out/result.json" "$here/slice$i.json"
done
"$swarm" merge "$here/slice1.json" "$here/slice2.json" >"$here/merged.json"
code=$? # on a busy machine the whole may be INVALID
[ $code -eq 0 ] || [ $code -eq 4 ] || say "merge: exit code $code"
sum=$(($(jq '.counters["publish.sent"]' "$here/slice1.json") + $(jq '.counters["publish.sent"]' "$here/slice2.json")))
[ "$(jq '.counters["publish.sent"]' "$here/merged.json")" -eq "$sum" ] || say "slices do not add up"
[ "$(jq -r '.devices' "$here/merged.json")" -eq 60 ] || say "the slices are not all devices"

[ "$(jq '.rate_per_s' "$here/merged.json")" = 40 ] || say "slices of 40/s are not 40/s together"

echo "# three processes are one run, too"
expect 0 'GOOD' short --processes 3 --slo 'error_rate == 0; event.lost == 0; event.duplicated == 0'
[ "$(value '.counters["publish.intended"]')" = "$(jq '.counters["publish.intended"]' "$here/first.json")" ] ||
  say "another number of publishes with three processes"
[ "$(value '.counters["event.delivered"]')" = "$(value '.counters["publish.acknowledged"]')" ] ||
  say "events of three processes do not come out even"
[ "$(value '[.devices, .workers, .rate_per_s] | join(" ")')" = "60 3 40" ] ||
  say "not 60 devices of 3 workers at 40/s: $(value '[.devices, .workers, .rate_per_s] | join(" ")')"
expect 2 'one process only' "$swarm" -t reference -p smoke --processes 2

echo "# nothing is worse than itself; virtual time needs no target"
expect 0 '' "$swarm" diff "$here/first.json" "$here/first.json"
expect 0 'GOOD' "$swarm" -p steady --check --devices 1000 --duration 10min

exit $failed
