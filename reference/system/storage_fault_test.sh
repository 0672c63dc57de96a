#!/bin/bash
# What is under the data goes away: the folder of the events, space for the registry, the registry's lock. Devices
# are told, or do not notice; nothing that was acknowledged is lost.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

mkdir events small
mount -t tmpfs -o size=2m tmpfs small
EVENTS=$DIR/events/events.ndjson
start_with --data small/data --sink "file:$EVENTS" --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo
PSK=$(cat small/data/device1.psk)

published=0
# publish WANTED WHAT
publish()
{
    check "$2" "$1" "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo)"
    [[ $1 != 2.04 ]] || published=$((published + 1))
}
published_again()
{
    [[ $(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo) == 2.04 ]] && published=$((published + 1))
}
ready_is()
{
    [[ $(api GET /readyz) == "$1" ]]
}

# The folder of the events is removed with all that is in it. What cannot be written is not acknowledged.
publish 2.04 "before"
cp -r events away
rm -r events
publish 5.03 "no folder"
check "its text" 'Event sink not available, try again later' "$(text last)"
grep -qa 'c:5.03 .*Max-Age:5' last.log || fail "no Max-Age: $(grep -a c:5.03 last.log)"
await "not ready" ready_is 503
check "alive" 200 "$(api GET /livez)"
check "a wait" 5.03 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=10')"
check "handshakes go on" 5.03 "$(post -u device1@example-app -k "$PSK" coaps://127.0.0.1/v1/foo)"

# A folder that nobody may write to, then one that is as before.
mkdir events
mount -t tmpfs -o ro,size=64k tmpfs events
publish 5.03 "a folder that cannot be written to"
umount events
await "published again" published_again
await "ready again" ready_is 200
check "all events" "$published" "$(cat away/* events/* | jq -r .id | sort -u | wc -l)"
publish 2.04 "and goes on"
check "in the same file" 1 "$(find events -name 'events.ndjson' | wc -l)"

# The registry's disk is full: what manages is told, devices do not notice.
dd if=/dev/zero of=small/fill bs=1k status=none 2>/dev/null || true
# enough that the write-ahead log must grow
doc=$(jq -n --arg text "$(printf '%060000d' 0)" '{metadata: {name: "big", application: "example-app"}, spec: {text: $text}}')
check "a device, disk full" 503 "$(registry POST /apps/example-app/devices --json "$doc")"
check_match "why" 'full' "$(cat body)"
check "the registry can be read" 200 "$(registry GET /apps/example-app/devices/device1)"
check "nothing of the device" 404 "$(registry GET /apps/example-app/devices/big)"
publish 2.04 "registry's disk full"
check "a new session" 2.04 "$(post -u device1@example-app -k "$PSK" coaps://127.0.0.1/v1/foo)"
check "a command" '202 0' "$(send_command device1 x)"
rm small/fill
check "with space" 201 "$(registry POST /apps/example-app/devices --json "$doc")"
check "the device" 200 "$(registry GET /apps/example-app/devices/big)"

# Another process holds the registry's lock for seconds: a change waits for it, devices do not.
lock()
{
    mkfifo lock.in lock.out
    sqlite3 small/data/registry.db <lock.in >lock.out &
    exec {LOCK}>lock.in {LOCKED}<lock.out
    printf 'BEGIN IMMEDIATE;\nSELECT 1;\n' >&"$LOCK"
    read -r _ <&"$LOCKED"
}
unlock()
{
    printf 'ROLLBACK;\n.quit\n' >&"$LOCK"
    exec {LOCK}>&- {LOCKED}<&-
    rm lock.in lock.out
}
create()
{
    registry POST /apps/example-app/devices --json \
        "{\"metadata\": {\"name\": \"$1\", \"application\": \"example-app\"}}" >"$1.status"
}
devices_are_served()
{
    local longest
    longest=$(steady 127.0.0.1:5683 "$(request others 0000)" 61440000ab 200)
    check_ms "publishes, $1" 0 1000 "${longest% *}"
    check "a session, $1" 2.04 "$(post -u device1@example-app -k "$PSK" coaps://127.0.0.1/v1/foo)"
    check "a wait, $1" 2.04 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=1')"
}
lock
create waits &
change=$!
devices_are_served "registry locked"
unlock
wait $change
check "the change that waited" 201 "$(cat waits.status)"

# Longer than anybody waits for.
lock
started=$(now_ms)
create late
check "a change, locked for too long" 503 "$(cat late.status)"
check_ms "it was not hasty" 3000 19000 $(($(now_ms) - started))
check_match "why" 'locked' "$(cat body)"
devices_are_served "registry locked for long"
unlock
create late
check "afterwards" 201 "$(cat late.status)"
stop
