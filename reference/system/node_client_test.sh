#!/bin/bash
# node-coap, a client that shares no code with us or libcoap: publishes, uploads in blocks, waits, is refused.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

export NODE_PATH=${NODE_PATH-$SEATRIAL_BIN/system/node/node_modules}

# device NAME JQ-FILTER...: the request of client.js beyond path and password; its answer goes to NAME.json
device()
{
    node "$TESTS/node/client.js" "$(jq -nc --arg basic "$BASIC" "{path: \"/v1/foo\", basic: \$basic} + $2")" >"$1.json"
}

# answered WHAT WANTED REQUEST: the answer as `CODE COMMAND PAYLOAD`
answered()
{
    device last "$3"
    check "$1" "$2" "$(jq -r '"\(.code) \(.command) \(.payload)"' last.json)"
}

start
answered "CON" '2.04 null ' '{payload: "hello"}'
check_event "its data" .data_base64 '"aGVsbG8="'
answered "NON" '2.04 null ' '{payload: "[1, 2]", con: false, format: "application/json"}'
check_event "its data" .data '[1,2]'
check_event "its type" .datacontenttype '"application/json"'
answered "a query in several options" '2.04 null ' \
    "{basic: \"$(basic device1:hey-rodney)\", path: \"/v1/foo/bar\", query: \"application=example-app&data_schema=urn:a&x=y\"}"
check_event "its schema" .dataschema '"urn:a"'
check_event "its device" .device '"device1"'
check_event "its channel" .subject '"foo"'

# Refused, with the code and a reason.
answered "a wrong password" '4.03 null Authentication failed' "{basic: \"$(basic device1@example-app:wrong)\"}"
answered "no password" '4.03 null Authentication failed' '{basic: null}'
answered "no JSON" '4.06 null Payload is not JSON' '{payload: "{", format: "application/json"}'
device last '{query: "ct=soon"}'
check "a bad ct" '"4.00"' "$(jq .code last.json)"
(($(jq .bytes last.json) > 0)) || fail "no reason for a bad ct"
check "events" 3 "$(event_count)"

# Uploads in blocks of 16, 512 and 1024 bytes: one event each, whole.
for upload in '0 100' '5 5000' '6 65000' '6 1048576'; do
    read -r szx bytes <<<"$upload"
    answered "$bytes bytes in blocks of SZX $szx" '2.04 null ' "{bytes: $bytes, block: $szx}"
    check_event "length of the data" '.data_base64 | length' $(((bytes + 2) / 3 * 4))
    check "the data" "$(jq -r .sent last.json)  -" "$(event | jq -r .data_base64 | base64 -d | sha256sum)"
done
check "events" 7 "$(event_count)"
answered "beyond the limit" '4.13 null Payload is larger than this endpoint takes' '{bytes: 1048577, block: 6}'
check "events" 7 "$(event_count)"

# A wait, with and without a command, and a command that needs blocks.
answered "a wait without a command" '2.04 null ' '{query: "ct=1"}'
waits=0
for con in true false; do
    device waiter "{query: \"ct=60\", con: $con}" &
    waiter=$!
    await "the wait" metric_is seatrial_waits 1
    check "the command" '202 1' "$(send_command device1 set -d on)"
    wait $waiter
    check "a command for con=$con" '2.05 set on' "$(jq -r '"\(.code) \(.command) \(.payload)"' waiter.json)"
    await "the end of the wait" metric_is seatrial_waits 0
    waits=$((waits + 1))
done
device waiter '{query: "ct=60"}' &
waiter=$!
await "the wait" metric_is seatrial_waits 1
check "a large command" '202 1' "$(send_command device1 load --data-binary @<(head -c 5000 /dev/zero | tr '\0' z))"
wait $waiter
check "a large command arrives whole" '2.05 load 5000' "$(jq -r '"\(.code) \(.command) \(.bytes)"' waiter.json)"
check "events" $((8 + waits + 1)) "$(event_count)"
stop
