#!/bin/bash
# labels: alone
# Devices that vanish: waiters that never acknowledge their command, and sessions that nobody closes. Others are
# not delayed, repetition ends, and everything is given back.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start_with --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo --ack-timeout 100ms --empty-ack-delay 50ms \
    --dtls-idle 2s --max-exchanges 64 --workers 2

device_with_password silent
# silent N: its request with message ID N, for a port may come twice
silent()
{
    BASIC=$(basic silent@example-app:silent-secret) request silent "$(printf '%04x' "$1")" ct=20
}

# Each waits from a port of its own, and is gone after the empty ACK.
WAITERS=20
for ((i = 0; i < WAITERS; i++)); do
    check_match "waiter $i" ' 60' "$(datagram 127.0.0.1:5683 "$(silent "$i")")"
done
await "all wait" metric_is seatrial_waits $WAITERS
check "the command is taken" "202 $WAITERS" "$(send_command silent wake -d up)"
started=$(now_ms)
longest=$(steady 127.0.0.1:5683 "$(request others 0000)" 61440000ab 50)
check_ms "others, while responses are repeated" 0 2000 "${longest% *}"
check "another waiter" '2.04' "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=1')"

# Four repetitions of each at 100 ms, doubling; then they are given up.
await "all repetitions" metric_is seatrial_retransmissions_total $((4 * WAITERS))
check_ms "repetitions" 1000 20000 $(($(now_ms) - started))

# As many as there is room for: the next is refused, not the ones before, and later there is room again.
# Ports, and with them both workers, are tried by chance, so often that one worker alone is not taken for both.
exchanges_free()
{
    local i
    for ((i = 0; i < 16; i++)); do
        [[ $(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=0') == 2.04 ]] || return
    done
}
await "room" exchanges_free
refused=0
for ((i = 0; i < 70; i++)); do
    answer=$(datagram 127.0.0.1:5683 "$(silent $((100 + i)))")
    [[ $answer != *' 61a3'* ]] || refused=$((refused + 1))
done
((refused >= 6)) || fail "with room for 64 requests only $refused of 70 were refused"
((refused < 70)) || fail "all were refused"
check "commands for those that are in" "202 $((70 - refused))" "$(send_command silent wake)"
await "room again" exchanges_free

# A session whose device has vanished ends by itself; one that waits does not.
client waits -u device1@example-app -k "$(cat "$DATA/device1.psk")" 'coaps://127.0.0.1/v1/foo?ct=10' &
waits=$!
openssl s_client -dtls1_2 -connect 127.0.0.1:5684 -quiet -cipher PSK -psk_identity device1@example-app \
    -psk "$(tr -d '\n' <"$DATA/device1.psk" | xxd -p -c 0)" <pause >/dev/null 2>&1 &
vanishing=$!
await "two sessions" metric_is 'seatrial_dtls_handshakes_total{outcome="done"}' 2
{
    kill -KILL $vanishing
    wait $vanishing || true
} 2>/dev/null
await "one session" metric_is seatrial_dtls_sessions 1
wait $waits
check "the one that waited" 2.04 "$(answer waits)"
await "no session" metric_is seatrial_dtls_sessions 0
stop
