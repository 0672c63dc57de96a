#!/bin/bash
# A command of the HTTP API reaches the devices that wait for it, and nobody else, and not later.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

# More workers than this machine may have processors: a command finds waits of all of them.
start_with --workers 4 --coap 127.0.0.1 --coap '[::1]' --coaps 127.0.0.1 --coaps '[::1]' --http 127.0.0.1 --demo
psk=(-u device1@example-app -k "$(cat "$DATA/device1.psk")")
certificate=(-c "$DATA/device1.crt" -j "$DATA/device1.key")

# waiting NAME [OPTION OF coap-client...] URL: in the background, until its event is on the disk. Its
# process is in DEVICE.
waiting()
{
    local events
    events=$(event_count)
    client "$@" &
    DEVICE=$!
    await_events $((events + 1))
}

# Over each binding; the event being visible is enough for the command not to be lost.
for row in "plain coap://127.0.0.1 -O 4209,$BASIC" "plain-six coap://[::1] -O 4209,$BASIC" \
    "basic coaps://127.0.0.1 -O 4209,$BASIC" "psk coaps://127.0.0.1 ${psk[*]}" \
    "x509 coaps://[::1] ${certificate[*]}"; do
    read -r name url options <<<"$row"
    # shellcheck disable=SC2206 # words but for `Basic` and its value
    words=(${options/Basic /Basic~})
    waiting "$name" "${words[@]/Basic~/Basic }" "$url/v1/foo?ct=20"
    check "command to $name" "202 1" "$(send_command device1 "set-$name" --json '{"target": 21}')"
    check "the API's body" "" "$(cat body)"
    wait "$DEVICE"
    check "$name" "2.05 set-$name" "$(answer "$name")"
    check "payload for $name" '{"target": 21}' "$(cat "$name.payload")"
done

# Any payload, any name.
head -c 700 /dev/urandom >bytes
waiting binary "${psk[@]}" 'coaps://127.0.0.1/v1/foo?ct=20'
check "binary command" "202 1" "$(send_command device1 'gr%C3%BC%C3%9Fe%2F%20x' \
    -H 'Content-Type: application/octet-stream' --data-binary @bytes)"
wait "$DEVICE"
check "its name" "2.05 grüße/ x" "$(answer binary | sed 's/\\x20/ /')"
cmp bytes binary.payload || fail "a binary payload was changed"
waiting empty -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=20'
check "command without a payload" "202 1" "$(send_command device1 reboot)"
wait "$DEVICE"
check "its answer" "2.05 reboot" "$(answer empty)"
check "no payload" "" "$(cat empty.payload)"

# Nobody waits: 202 all the same, and the command does not come later.
check "nobody waits" "202 0" "$(send_command device1 lost)"
check "it does not come later" 2.04 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=1')"
check "no wait, no command" 2.04 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=0')"

# Another device of the same name elsewhere, and another device of the same application, get nothing.
device_with_password other
waiting other -O "4209,$(basic other@example-app:other-secret)" 'coap://127.0.0.1/v1/foo?ct=2'
check "command to another device" "202 0" "$(send_command device1 not-yours)"
wait "$DEVICE"
check "it was not theirs" 2.04 "$(answer other)"

# All waits of a device receive it.
waiting first -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=20'
first=$DEVICE
waiting second "${psk[@]}" 'coaps://127.0.0.1/v1/foo?ct=20'
check "two waiters" "202 2" "$(send_command device1 both --data-binary x)"
wait "$first" "$DEVICE"
check "the first" "2.05 both" "$(answer first)"
check "the second" "2.05 both" "$(answer second)"

# So do fifty, each with a session of its own, wherever the workers have them. Each is told its port:
# libcoap sets SO_REUSEADDR, and then Linux gives one ephemeral port to two sockets now and then.
events=$(event_count)
crowd=()
for i in {1..50}; do
    client "crowd.$i" -p $((20000 + i)) "${psk[@]}" 'coaps://127.0.0.1/v1/foo?ct=20' &
    crowd+=($!)
done
await_events $((events + 50))
check "fifty waiters" "202 50" "$(send_command device1 all --data-binary x)"
wait "${crowd[@]}"
for i in {1..50}; do
    check "waiter $i" "2.05 all" "$(answer "crowd.$i")"
done

# A gateway that waits for another device; without `as` it gets its own only.
device_with_password behind '{"gatewaySelector":{"matchNames":["device1"]}}'
waiting gateway "${psk[@]}" 'coaps://127.0.0.1/v1/foo?ct=20&as=behind'
check "for the gateway itself" "202 0" "$(send_command device1 not-for-behind)"
check "for the device behind" "202 1" "$(send_command behind open --data-binary y)"
wait "$DEVICE"
check "the gateway" "2.05 open" "$(answer gateway)"
check "its event is of the device behind" '["behind","device1"]' "$(event | jq -c '[.device, .sender]')"

# A client that ended its session waits no more.
waiting gone "${psk[@]}" 'coaps://127.0.0.1/v1/foo?ct=60'
kill -TERM "$DEVICE"
wait "$DEVICE" || true
await "no wait is left" metric_is seatrial_waits 0
check "nobody is there" "202 0" "$(send_command device1 too-late)"

# What is wrong with a call.
check "no command" 400 "$(api POST /api/command/v1alpha1/apps/example-app/devices/device1)"
check "unknown device" "406 " "$(send_command nobody x)"
check "JSON that is not" "406 " "$(send_command device1 x --json '{')"
check "too large" 413 "$(head -c 70000 /dev/zero | api POST \
    '/api/command/v1alpha1/apps/example-app/devices/device1?command=x' --data-binary @-)"
check "another method" 405 "$(api GET '/api/command/v1alpha1/apps/example-app/devices/device1?command=x')"

stop
