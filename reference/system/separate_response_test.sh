#!/bin/bash
# A device that waits longer than the empty-ack delay is acknowledged first and answered by a message
# of its own.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start_with --empty-ack-delay 200ms --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo

for url in coap://127.0.0.1 coaps://127.0.0.1; do
    started=$(now_ms)
    check "no command over $url" 2.04 "$(post -O "4209,$BASIC" "$url/v1/foo?ct=1")"
    check_ms "wait over $url" 900 5000 $(($(now_ms) - started))
    check "empty ACK, then the response" $'ACK 0.00\nCON 2.04' "$(messages_received last)"
done

# NON: no acknowledgement at all.
check "NON with a wait" 2.04 "$(post -N -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=1')"
check "one NON response" "NON 2.04" "$(messages_received last)"

# With a command the separate response carries it.
events=$(event_count)
client waiting -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=20' &
device=$!
await_events $((events + 1))
await "the empty ACK" grep -aq '^v:1 t:ACK c:0.00' waiting.log
check "taken" "202 1" "$(send_command device1 set-temp --data-binary 21)"
wait "$device"
check "the answer" "2.05 set-temp" "$(answer waiting)"
check "its payload" 21 "$(cat waiting.payload)"
check "empty ACK, then the response" $'ACK 0.00\nCON 2.05' "$(messages_received waiting)"
check "nothing was sent twice" 0 "$(metric seatrial_retransmissions_total)"

stop
