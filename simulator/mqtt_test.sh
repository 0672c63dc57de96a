#!/usr/bin/env bash
# Events and commands of the swarm by way of a real MQTT broker.
# labels: slow
# shellcheck source=simulator/reconciles.sh
. simulator/reconciles.sh
PATH=$PATH:/usr/sbin
command -v mosquitto >/dev/null || { echo "SKIPPED: no mosquitto here (ci/setup installs it)"; exit 77; }

reconciles reference-mqtt

run reference-mqtt --mutant event-lost
[ "$code" -eq 1 ] && [ "$(counts event.lost)" = "$(counts publish.acknowledged)" ] || wrong "lost events are not seen"

# a broker that is not there is said in words that lead to the target file
sed 's/  events = { mqtt = { url = "mqtt:\/\/127.0.0.1:{broker_port}"/  events = { mqtt = { url = "mqtt:\/\/127.0.0.1:9"/' \
  scenarios/targets/reference-mqtt.lua >"$dir/away.lua"
run "$dir/away.lua"
[ "$code" -eq 3 ] && grep -q ": events.mqtt.url: " "$dir/printed" || wrong "no broker, and no word of it"
exit $((failures > 0))
