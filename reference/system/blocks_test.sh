#!/bin/bash
# Payloads beyond one datagram, by coap-client's own block-wise transfer (RFC 7959), both ways.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start_with --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo --max-payload 64KiB
psk=(-u device1@example-app -k "$(cat "$DATA/device1.psk")")

# Up, in blocks of several sizes: one event, byte for byte.
for row in '1025 1024' '20000 1024' '5000 64' '65536 512'; do
    read -r size block <<<"$row"
    head -c "$size" /dev/urandom >bytes
    for url in coap://127.0.0.1 coaps://127.0.0.1; do
        events=$(event_count)
        check "$size bytes to $url" 2.04 "$(post -O "4209,$BASIC" -b "$block" -t 42 -f bytes "$url/v1/large")"
        check "one event" $((events + 1)) "$(event_count)"
        check "its bytes" "$(sha256sum <bytes)" "$(event | jq -r .data_base64 | base64 -d | sha256sum)"
    done
done

events=$(event_count)
head -c 70000 /dev/zero >bytes
check "more than --max-payload" 4.13 "$(post -O "4209,$BASIC" -b 1024 -t 42 -f bytes coap://127.0.0.1/v1/large)"
check "a wrong password" 4.03 \
    "$(post -O "4209,$(basic device1@example-app:wrong)" -b 64 -t 42 -f <(head -c 500 bytes) coap://127.0.0.1/v1/large)"
check "no event" "$events" "$(event_count)"

# Down: a command larger than a datagram, delivered once.
head -c 6000 /dev/urandom >large
for row in "plain coap://127.0.0.1 -O 4209,$BASIC" "psk coaps://127.0.0.1 ${psk[*]}"; do
    read -r name url option value <<<"$row"
    events=$(event_count)
    # shellcheck disable=SC2086 # the words of psk; the value of 4209 is one
    if [[ $option == -O ]]; then
        client "$name" -O "$value" "$url/v1/foo?ct=20" &
    else
        client "$name" $option $value "$url/v1/foo?ct=20" &
    fi
    device=$!
    await_events $((events + 1))
    check "command to $name" "202 1" \
        "$(send_command device1 update -H 'Content-Type: application/octet-stream' --data-binary @large)"
    wait "$device"
    check "$name" "2.05 update" "$(answer "$name")"
    cmp large "$name.payload" || fail "$name got another payload"
    check "no block but the first published" $((events + 1)) "$(event_count)"
done
stop
