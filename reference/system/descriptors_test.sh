#!/bin/bash
# Descriptors run out: whoever uses them up on the API keeps no device from publishing, and all is well again when
# they are given back.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

# Too few for the API: it says so, and does not start.
for few in 20 30; do
    status=0
    prlimit --nofile=$few:$few "$ENDPOINT" --coap 127.0.0.1 --http 127.0.0.1 --workers 1 >out 2>err || status=$?
    check "$few descriptors" 2 "$status"
    check_match "it says what to do" 'descriptors.*ulimit -n' "$(cat err)"
done

# Enough for some connections, but not for as many as the options allow.
limit=100
START_ENV=(prlimit "--nofile=$limit:$limit")
start_with --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo --api-max-connections 1000 --api-timeout 1h \
    --sink-rotate 4KiB --workers 2
check "it says that it has taken fewer" 1 "$(grep -c 'fewer-connections' "$LOG")"
psk=(-u device1@example-app -k "$(cat "$DATA/device1.psk")")
open_files()
{
    find "/proc/$ENDPOINT_PID/fd" -type l | wc -l
}

idle=$(open_files)
connections=()
for ((i = 0; i < 2 * limit; i++)); do
    exec {connection}<>/dev/tcp/127.0.0.1/8080
    connections+=("$connection")
done
many()
{
    (($(open_files) > idle + 10))
}
await "connections" many

# Devices do not notice.
cpu_ticks()
{
    awk '{ print $14 + $15 }' "/proc/$ENDPOINT_PID/stat"
}
before=$(cpu_ticks)
longest=$(steady 127.0.0.1:5683 "$(request others 0000)" 61440000ab 100)
check_ms "plain CoAP" 0 2000 "${longest% *}"
check "pre-shared key" 2.04 "$(post "${psk[@]}" coaps://127.0.0.1/v1/foo)"
check "certificate" 2.04 "$(post -c "$DATA/device1.crt" -j "$DATA/device1.key" coaps://127.0.0.1/v1/foo)"
check "a wait" 2.04 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=2')"
used=$(($(cpu_ticks) - before))
echo "processor time meanwhile: $used ticks; descriptors: $idle, then $(open_files) of $limit"
((used < 100)) || fail "it is busy with nothing: $used ticks"
(($(open_files) < limit)) || fail "no descriptor is left"
check "events, also in the files that were rotated" 103 "$(cat "$EVENTS"* | wc -l)"
(($(find "$DATA" -name 'events.ndjson*' | wc -l) > 5)) || fail "the file was not rotated"

# Given back.
for connection in "${connections[@]}"; do
    exec {connection}>&-
done
answers()
{
    [[ $(curl -sS --max-time 2 -o /dev/null -w '%{http_code}' $API/readyz) == 200 ]]
}
await "the API answers again" answers
check "a command" '202 0' "$(send_command device1 x)"
stop
