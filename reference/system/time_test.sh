#!/bin/bash
# On a clock that runs twenty times faster: long waits end in time, and certificates expire.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/session.sh
. "$TESTS/session.sh"

faketime=$(find /usr/lib -path '*/faketime/libfaketime.so.1' | head -n 1)
[[ -n $faketime ]] || fail "libfaketime is missing"
sanitizer=$(ldd "$ENDPOINT" | sed -nE 's/.*lib[at]san\.so[^ ]* => ([^ ]+) .*/\1:/p') # must come first
speed=20

# A certificate of device1 that is good for 80 s from now on, 4 s of this clock.
good_s=80
openssl ecparam -name prime256v1 -genkey -noout -out brief.key
start
subject=$(openssl x509 -in "$DATA/device1.crt" -noout -subject -nameopt RFC2253 | sed 's/^subject=//' | tr , '\n' | tac | sed 's/^/\//' | tr -d '\n')
openssl req -new -key brief.key -subj "$subject" -out brief.csr
stop
LD_PRELOAD=$faketime FAKETIME="-$((86400 - good_s))" openssl x509 -req -in brief.csr -CA "$DATA/demo-ca.crt" \
    -CAkey "$DATA/demo-ca.key" -CAcreateserial -days 1 -out brief.crt -extfile <(echo extendedKeyUsage=clientAuth) 2>/dev/null

START_ENV=("LD_PRELOAD=$sanitizer$faketime" "FAKETIME=+0 x$speed")
start

# The certificate is good, and then it is not, for new sessions and those that live.
publish=4102MMMMabb2763103666f6f
session live -cert brief.crt -key brief.key
say "a session before" 6144MMMMab $publish
expired()
{
    [[ $(post -B 2 -c brief.crt -j brief.key coaps://127.0.0.1/v1/foo) != 2.04 ]]
}
await "the end of the certificate" expired
say "the live session" "6183MMMMabff$(hex 'Authentication failed')" $publish
hang_up
check "the demo's certificate" 2.04 "$(post -c "$DATA/device1.crt" -j "$DATA/device1.key" coaps://127.0.0.1/v1/foo)"

# wait_of N URL [OPTION OF coap-client...]: with ct=N it takes N seconds of the endpoint's clock
wait_of()
{
    local started
    started=$(now_ms)
    check "ct=$1" 2.04 "$(post "${@:3}" "$2?ct=$1")"
    check_ms "time of ct=$1" $(($1 * 1000 / speed - 20)) $(($1 * 1000 / speed + 5000)) $(($(now_ms) - started))
}
wait_of 30 coap://127.0.0.1/v1/foo -O "4209,$BASIC"
wait_of 30 coaps://127.0.0.1/v1/foo -u device1@example-app -k "$(cat "$DATA/device1.psk")"
wait_of 30 coap://127.0.0.1/v1/foo -N -O "4209,$BASIC"
check "what came back for NON" "NON 2.04" "$(messages_received last)"

# Beyond --max-ct a wait is shortened; beyond --exchange-lifetime a message ID is a new message; beyond
# --dtls-idle a session is closed.
stop
start_with --max-ct 20s --exchange-lifetime 20s --dtls-idle 20s --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo
started=$(now_ms)
check "ct=9999" 2.04 "$(post -N -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=9999')"
check_ms "its time" $((20000 / speed - 20)) $((20000 / speed + 5000)) $(($(now_ms) - started))

events=$(event_count)
same=$(request foo 0001)
datagram 127.0.0.1:5683 "$same" "$same" "$(request foo 0002 ct=20 51)" "$same" | cut -d' ' -f2 >answers
check "answers to one message, at once and later" 61440001ab "$(sed '3d' answers | sort -u)"
check "events: the message, the wait, and the message when it is new again" $((events + 3)) "$(event_count)"

session idle -psk_identity device1@example-app -psk "$(hex "$(cat "$DATA/device1.psk")")" -cipher PSK
say "a session" 6144MMMMab $publish
check "sessions" 1 "$(metric seatrial_dtls_sessions)"
await "the end of the idle session" metric_is seatrial_dtls_sessions 0
check "nothing more but the end" "" "$(timeout 10 cat <&"$SESSION_OUT" | xxd -p)"
hang_up

# A separate response that nobody acknowledges is repeated four times, unchanged, and then given up.
datagram 127.0.0.1:5683 "$(request foo 1234 ct=2)" + + + + + | cut -d' ' -f2 >answers
check "first the empty ACK" 60001234 "$(head -n 1 answers)"
check_match "then a CON 2.04 with the token" '^4144....ab$' "$(sed -n 2p answers)"
check "then its copies" 1 "$(tail -n 5 answers | sort -u | wc -l)"
check "copies" 4 "$(metric seatrial_retransmissions_total)"
stop
