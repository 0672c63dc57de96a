#!/usr/bin/env bash
# Events and commands of the swarm by way of a Kafka broker: librdkafka's mock cluster, which real clients use; with
# and without the endpoint's own registry.
# labels: slow
# shellcheck source=simulator/reconciles.sh
. simulator/reconciles.sh

reconciles reference-kafka
reconciles reference-bare --backend \
  'seatrial-endpoint --backend-only --demo --http 127.0.0.1:{backend_port} --data {dir}/backend'

run reference-bare
[ "$code" -eq 2 ] && grep -q "backend_url" "$dir/printed" || wrong "a backend is missing, and no word of it"
exit $((failures > 0))
