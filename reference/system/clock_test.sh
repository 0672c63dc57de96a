#!/bin/bash
# labels: slow, alone
# The wall clock jumps, hours forwards and days backwards, while all runs: waits and sessions do not notice, events
# get the time that the clock shows, and keys and certificates are good exactly while it says so.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/session.sh
. "$TESTS/session.sh"

faketime=$(find /usr/lib -path '*/faketime/libfaketime.so.1' | head -n 1)
[[ -n $faketime ]] || fail "libfaketime is missing"
sanitizer=$(ldd "$ENDPOINT" | sed -nE 's/.*lib[at]san\.so[^ ]* => ([^ ]+) .*/\1:/p') # must come first

# jump SECONDS: the clock is so much ahead of the real one from now on
jump()
{
    printf '%+ds\n' "$1" >offset.new
    mv offset.new offset
}

# at SECONDS: that time from the real now on, as documents have it
at()
{
    date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ
}
HOUR=3600
DAY=$((24 * HOUR))

# The last one: otherwise this libfaketime lets timed waits on the monotonic clock end at once.
jump 0
START_ENV=("LD_PRELOAD=$sanitizer$faketime" "FAKETIME_TIMESTAMP_FILE=$DIR/offset" FAKETIME_NO_CACHE=1
    FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0)
start
START_ENV=()
PSK=$(cat "$DATA/device1.psk")

# A key that is good from an hour ago until in an hour, and one that is good in ten hours for an hour.
doc=$(jq -n --arg a "$(at -$HOUR)" --arg b "$(at $HOUR)" --arg c "$(at $((10 * HOUR)))" --arg d "$(at $((11 * HOUR)))" \
    '{metadata: {name: "brief", application: "example-app"}, spec: {authentication: {credentials: [
        {psk: {key: ("first" | @base64), validity: {notBefore: $a, notAfter: $b}}},
        {psk: {key: ("second" | @base64), validity: {notBefore: $c, notAfter: $d}}}]}}}')
check "a device whose keys change" 201 "$(registry POST /apps/example-app/devices --json "$doc")"
# A certificate of device1 that is good for half a day.
openssl ecparam -name prime256v1 -genkey -noout -out brief.key
subject=$(openssl x509 -in "$DATA/device1.crt" -noout -subject -nameopt RFC2253 | sed 's/^subject=//' | tr , '\n' | tac |
    sed 's/^/\//' | tr -d '\n')
openssl req -new -key brief.key -subj "$subject" -out brief.csr
LD_PRELOAD=$faketime FAKETIME="-$((DAY / 2))" openssl x509 -req -in brief.csr -CA "$DATA/demo-ca.crt" \
    -CAkey "$DATA/demo-ca.key" -CAcreateserial -days 1 -out brief.crt -extfile <(echo extendedKeyUsage=clientAuth) 2>/dev/null

# key WHAT WANTED KEY: a handshake of the device `brief`; WANTED is empty when it is refused
key()
{
    check "$1, key $3" "$2" "$(post -B 2 -u brief@example-app -k "$3" coaps://127.0.0.1/v1/foo)"
}
certificate()
{
    check "$1, certificate" "$2" "$(post -B 2 -c brief.crt -j brief.key coaps://127.0.0.1/v1/foo | grep -x 2.04 || true)"
}
# all_is_well WHAT SECONDS: what does not depend on the clock, at that time
all_is_well()
{
    local shown
    check "$1: password" 2.04 "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo)"
    shown=$(date -d "$(event | jq -r .time)" +%s)
    ((shown - $(date +%s) - $2 >= -30 && shown - $(date +%s) - $2 <= 30)) || fail "$1: the event says $(event | jq -r .time)"
    check "$1: a session" 2.04 "$(post -u device1@example-app -k "$PSK" coaps://127.0.0.1/v1/foo)"
    check "$1: ready" 200 "$(api GET /readyz)"
    check "$1: the registry takes a change" 201 "$(registry POST /apps --json "{\"metadata\": {\"name\": \"app$RANDOM$RANDOM\"}}")"
    say "$1: the session that lives" 6144MMMMab $publish
}

publish=4102MMMMabb2763103666f6f
session live -psk_identity device1@example-app -psk "$(printf %s "$PSK" | xxd -p -c 0)" -cipher PSK
all_is_well "before" 0
key "before" 2.04 first
key "before" "" second
certificate "before" 2.04

# A wait and a separate response over jumps both ways: they take the time they take.
started=$(now_ms)
client over -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=3' &
over=$!
await "the wait" metric_is seatrial_waits 1
jump $((10 * HOUR + 1800))
all_is_well "half a day ahead" $((10 * HOUR + 1800))
key "half a day ahead" "" first
key "half a day ahead" 2.04 second
certificate "half a day ahead" 2.04
jump $((-5 * DAY))
all_is_well "five days back" $((-5 * DAY))
wait $over
check "the wait" 2.04 "$(answer over)"
check_ms "it took its time" 2900 15000 $(($(now_ms) - started))
key "five days back" "" first
certificate "five days back" ""
jump $((2 * DAY))
all_is_well "two days ahead" $((2 * DAY))
key "two days ahead" "" first
key "two days ahead" "" second
certificate "two days ahead" ""
hang_up

# The key of a session that lives expires with it; back in its time it is good again.
jump 0
session brief -psk_identity brief@example-app -psk "$(printf first | xxd -p -c 0)" -cipher PSK
say "the key's time" 6144MMMMab $publish
jump $((2 * HOUR))
say "after it" "6183MMMMabff$(hex 'Authentication failed')" $publish
jump 0
say "in it again" 6144MMMMab $publish
hang_up

# A command after all of it, and a copy of a message is still a copy.
client waiter -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=30' &
waiter=$!
await "the wait" metric_is seatrial_waits 1
check "a command" '202 1' "$(send_command device1 set)"
wait $waiter
check "it came" '2.05 set' "$(answer waiter)"
events=$(event_count)
answers=$(datagram 127.0.0.1:5683 "$(request foo 7778)" "$(request foo 7778)")
check "two answers" 2 "$(wc -l <<<"$answers")"
check "one event" $((events + 1)) "$(event_count)"
stop
