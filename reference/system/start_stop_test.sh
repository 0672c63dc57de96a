#!/bin/bash
# Start and end: readiness, draining, the data folder, what a second start finds.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/session.sh
. "$TESTS/session.sh"

# To a service manager.
notify_listen notify >notified &
await "the listener" test -S notify
START_ENV=("NOTIFY_SOCKET=$DIR/notify")
start
START_ENV=()
await "READY=1" grep -qx READY=1 notified

# Everything belongs to its owner.
check "folder" 700 "$(stat -c %a "$DATA")"
check "files others may read" "" "$(find "$DATA" -type f -perm /077)"
for file in events.ndjson demo-ca.crt demo-ca.key server.crt server.key device1.crt device1.key device1.psk; do
    [[ -f $DATA/$file ]] || fail "$file is missing: $(ls "$DATA")"
done

# What to type next is on the screen, and works as it stands.
grep -E '^ +coap-client-openssl' "$LOG" | grep -v 'ct=30' >examples
check "commands that it tells to type" 4 "$(wc -l <examples)"
while read -r example; do
    events=$(event_count)
    bash -c "$example" >said 2>&1
    check "events after: $example" $((events + 1)) "$(event_count)"
done <examples

# SIGTERM: devices that wait are answered, their events are on the disk.
events=$(event_count)
client plain -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=60' &
plain=$!
client secure -u device1@example-app -k "$(cat "$DATA/device1.psk")" 'coaps://127.0.0.1/v1/foo?ct=60' &
secure=$!
await_events $((events + 2))
await "both wait" metric_is seatrial_waits 2
stop
wait "$plain" "$secure"
check "the plain device" 2.04 "$(answer plain)"
check "the device with a session" 2.04 "$(answer secure)"
await "STOPPING=1" grep -qx STOPPING=1 notified

# A device that never acknowledges its answer, an open HTTP connection and an open session do not hold the
# end up; the session is closed by the endpoint.
start_with --empty-ack-delay 10ms --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo --drain 1s
exec {IDLE}<>/dev/tcp/127.0.0.1/8080
session open -psk_identity device1@example-app -psk "$(hex "$(cat "$DATA/device1.psk")")" -cipher PSK
say "a session" 7000MMMM 4000MMMM
check_match "its empty ACK" ' 60001234$' "$(datagram 127.0.0.1:5683 "$(request foo 1234 ct=60)")"
events=$((events + 3))
stop
check "the end of the session" "" "$(timeout 10 cat <&"$SESSION_OUT" | xxd -p)"
hang_up
exec {IDLE}<&-

# A second start finds what the first one left.
files=$(cd "$DATA" && sha256sum ./*.crt ./*.key ./*.psk)
start
check "keys and certificates" "$files" "$(cd "$DATA" && sha256sum ./*.crt ./*.key ./*.psk)"
check "events are appended" 2.04 "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo)"
check "events" $((events + 1)) "$(event_count)"

# SIGINT, as Control-C gives, ends it the same way.
kill -INT "$ENDPOINT_PID"
status=0
wait "$ENDPOINT_PID" || status=$?
check "exit status after SIGINT" 0 "$status"

# The commands that print something.
"$ENDPOINT" --help >help
grep -q -- --ready-fd help || fail "--help does not tell of --ready-fd"
check_match "version" '^seatrial-endpoint [0-9]+\.' "$("$ENDPOINT" --version)"
