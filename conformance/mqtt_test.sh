#!/usr/bin/env bash
# The reference endpoint with a real MQTT broker between it and the suite.
# labels: slow
set -u
# shellcheck source=conformance/want.sh
. conformance/want.sh
PATH=$PATH:/usr/sbin
command -v mosquitto >/dev/null || { echo "SKIPPED: no mosquitto here (ci/setup installs it)"; exit 0; }

want 0 "ok    event                binary, 0 faults" "$seatrial" doctor -t reference-mqtt
want 0 "12 PASS" "$seatrial" run -t reference-mqtt --out "$dir/out" EVT-002 EVT-016 CMD-002 CMD-101

# what is wrong with helpers and brokers is said in words that lead to the target file
sed 's/"mosquitto", "-p"/"mosquito", "-p"/' scenarios/targets/reference-mqtt.lua >"$dir/typo.lua"
want 2 "helpers[1].exec: mosquito cannot be started: No such file or directory: install it" "$seatrial" run -t "$dir/typo.lua" --out "$dir/out" EVT-002
sed 's/  events = { mqtt = { url = "mqtt:\/\/127.0.0.1:{broker_port}"/  events = { mqtt = { url = "mqtt:\/\/127.0.0.1:9"/' \
  scenarios/targets/reference-mqtt.lua >"$dir/away.lua"
want 4 ": events.mqtt.url: mqtt://127.0.0.1:9: " "$seatrial" doctor -t "$dir/away.lua"
exit $((failures > 0))
