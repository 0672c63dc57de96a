#!/usr/bin/env bash
# Every target file can be read, and those of bare endpoints can be run: the endpoint, the service that it asks,
# and Kafka around it.
# labels: slow
set -u
# shellcheck source=conformance/want.sh
. conformance/want.sh

export DROGUE_HOST=nowhere.invalid DROGUE_USER=me DROGUE_TOKEN=x COAP_HOST=127.0.0.1:9 PASSWORD=p
for file in scenarios/targets/*.lua; do
  want 0 "EVT-001" "$seatrial" list -t "$file" EVT-001
done

[ -x "$SEATRIAL_BIN/../tools/kafka/seatrial-kafka" ] || { echo "SKIPPED: built without Kafka"; exit $((failures > 0)); }
backend='seatrial-endpoint --backend-only --demo --http 127.0.0.1:{backend_port} --data {dir}/backend'
cases=(EVT-002 CMD-002 AUTH-401 AUTH-121)
want 0 " PASS" "$seatrial" run -t reference-bare --backend "$backend" --out "$dir/out" "${cases[@]}"

# what the original is told in its environment, ours understands by options
cat >"$dir/drogue-cloud-coap-endpoint" <<'END'
#!/bin/sh
kafka=kafka://$KAFKA_DOWNSTREAM_CONFIG__BOOTSTRAP_SERVERS
if [ "${DISABLE_DTLS:-}" = true ]; then
  set -- --coap "$BIND_ADDR_COAP"
else
  set -- --coaps "$BIND_ADDR_COAP" --cert "$CERT_BUNDLE_FILE" --key "$KEY_FILE"
fi
exec seatrial-endpoint --data "$(mktemp -d -p "${0%/*}")" --instance "$INSTANCE" --auth-url "$AUTH__URL" \
  --auth-cache-time 1s --sink "$kafka" --commands "$kafka" "$@"
END
chmod +x "$dir/drogue-cloud-coap-endpoint"
PATH=$dir:$PATH
want 0 " PASS" "$seatrial" run -t drogue-endpoint --backend "$backend --drogue-quirks" --out "$dir/out" "${cases[@]}"
exit $((failures > 0))
