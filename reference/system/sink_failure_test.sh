#!/bin/bash
# The disk is full: 5.03 with Max-Age, not ready, nothing half written; and all is well again with space.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

mkdir small
mount -t tmpfs -o size=1m tmpfs small
EVENTS=$DIR/small/events.ndjson
start_with --sink "file:$EVENTS" --coap 127.0.0.1 --http 127.0.0.1 --demo

acknowledged=0
publish()
{
    post -O "4209,$BASIC" -e "$(printf '%01000d' 7)" "coap://127.0.0.1/v1/foo$1" >got
    [[ $(cat got) != 2.04 ]] || acknowledged=$((acknowledged + 1))
}
ready_is()
{
    [[ $(api GET /readyz) == "$1" ]]
}
fails()
{
    publish ""
    [[ $(cat got) == 5.03 ]]
}

publish ""
check "before" 2.04 "$(cat got)"
check "ready" 200 "$(api GET /readyz)"
head -c 1m /dev/zero >small/fill 2>/dev/null || true
await "the disk is full" fails # what is left of the last page is written first
check "its text" 'Event sink not available, try again later' "$(text last)"
grep -qa 'c:5.03 .*Max-Age:5' last.log || fail "no Max-Age: $(grep -a c:5.03 last.log)"
publish "?ct=10"
check "with a wait" 5.03 "$(cat got)"
check "events on the disk" $acknowledged "$(cat small/events.ndjson* | jq -r .subject | grep -c foo)"
await "not ready" ready_is 503
check_match "why" 'sink' "$(cat body)"
check "still not ready" 503 "$(api GET /readyz)"
check "alive" 200 "$(api GET /livez)"

rm small/fill
await "ready again" ready_is 200
publish ""
check "after" 2.04 "$(cat got)"
stop
check "events in the end" $acknowledged "$(cat small/events.ndjson* | jq -r .subject | grep -c foo)"
