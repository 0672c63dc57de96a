#!/bin/bash
# Garbage of every length, and handshakes that stall: devices are served all the same.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start_with --peer-rate 0 # garbage comes faster than a device may send
psk=(-u device1@example-app -k "$(cat "$DATA/device1.psk")")
ping=40005ea7
# A ClientHello without a cookie, which is answered by a HelloVerifyRequest: record, handshake header,
# version and random, no session, no cookie, TLS_PSK_WITH_AES_128_CCM_8, no compression.
zeros=00000000000000000000000000000000
hello=16feff0000000000000000003601000 # ends in the middle of a byte
hello=${hello}02a000000000000002afefd$zeros${zeros}00000002c0a80100

check_match "the ping" ' 70005ea7$' "$(datagram 127.0.0.1:5683 $ping)"
check_match "the hello" ' 16fe' "$(datagram 127.0.0.1:5684 $hello)"

for seed in 1 2; do
    garbage 127.0.0.1:5683 $seed $ping >/dev/null
    garbage 127.0.0.1:5684 $seed $hello >/dev/null
done
check "no event came of it" 0 "$(event_count)"
kill -0 "$ENDPOINT_PID" || fail "the endpoint died"

mkfifo hold
exec 9<>hold
for i in 1 2; do
    stalled 127.0.0.1:5684 200 <hold >"stalled.$i" &
done
await "stalled handshakes" grep -q stalled stalled.1
await "stalled handshakes" grep -q stalled stalled.2
(($(metric seatrial_dtls_handshakes_open) >= 200)) || fail "open: $(metric seatrial_dtls_handshakes_open)"

started=$(now_ms)
check "a session beside them" 2.04 "$(post "${psk[@]}" coaps://127.0.0.1/v1/foo)"
check "a certificate beside them" 2.04 \
    "$(post -c "$DATA/device1.crt" -j "$DATA/device1.key" coaps://127.0.0.1/v1/foo)"
check "plain" 2.04 "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo)"
check_ms "all three" 0 8000 $(($(now_ms) - started))
check "ready" 200 "$(api GET /readyz)"
stop
