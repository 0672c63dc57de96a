#!/usr/bin/env bash
# The reference endpoint with a Kafka broker between it and the suite: librdkafka's mock cluster, which
# real clients use. What survives the end of a broker it cannot show.
# labels: slow
set -u
# shellcheck source=conformance/want.sh
. conformance/want.sh

want 0 "ok    event                binary, 0 faults" "$seatrial" doctor -t reference-kafka
want 0 "12 PASS" "$seatrial" run -t reference-kafka --out "$dir/out" EVT-002 EVT-016 CMD-002 CMD-106

sed 's/  events = { kafka = { url = "kafka:\/\/127.0.0.1:{broker_port}"/  events = { kafka = { url = "kafka:\/\/127.0.0.1:9"/' \
  scenarios/targets/reference-kafka.lua >"$dir/away.lua"
want 4 ": events.kafka.url: kafka://127.0.0.1:9: " "$seatrial" doctor -t "$dir/away.lua"
echo "SKIPPED: no event lost when a Kafka broker is killed and comes back: Debian has no Kafka broker, and what" \
  "the mock cluster holds ends with it"
exit $((failures > 0))
