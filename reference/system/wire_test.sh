#!/bin/bash
# What the endpoint sends, as tshark reads it: well-formed CoAP with the codes, types, message IDs and
# tokens that belong to the requests, from the address that was asked.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/capture.sh
. "$TESTS/capture.sh"

start_with --coap :5683 --http 127.0.0.1 --demo --empty-ack-delay 200ms
capture_start

post -O "4209,$BASIC" -e '{"x":1}' -t 50 coap://127.0.0.1/v1/foo >/dev/null
post -O "4209,$BASIC" -N coap://127.0.0.1/v1/foo >/dev/null
post -O "4209,$BASIC" 'coap://[::1]/v1/foo?ct=1' >/dev/null
post -O "4209,$(basic device1@example-app:wrong)" coap://127.0.0.1/v1/foo >/dev/null
post -m get coap://127.0.0.1/.well-known/core >/dev/null
events=$(event_count)
client command -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=20' &
device=$!
await_events $((events + 1))
head -c 600 /dev/urandom >bytes
check "command" "202 1" "$(send_command device1 set -H 'Content-Type: application/octet-stream' --data-binary @bytes)"
wait "$device"

# exchange WHAT REQUEST ANSWER [ADDRESS]: hexadecimal; the answer comes from the address asked
exchange()
{
    local address=${4-127.0.0.1:5683}
    check "$1" "$address $3" "$(datagram "$address" "$2")"
}

# silent WHAT REQUEST: the next answer is that to a ping behind it
silent()
{
    check "$1" "127.0.0.1:5683 70005ea7" "$(datagram 127.0.0.1:5683 "-$2" 40005ea7)"
}

# Tokens of every length, and any message ID.
option_4209=ed0f5921$(hex "$BASIC")
for token in '' 01 0000 ffffff 01020304 0102030405 010203040506 01020304050607 0102030405060708; do
    length=$((${#token} / 2))
    exchange "token of $length bytes" "4${length}0200f$length${token}b2763103$(hex foo)$option_4209" \
        "6${length}4400f$length$token"
done
check "one message twice gets one answer twice" $'127.0.0.1:5683 61440300ab\n127.0.0.1:5683 61440300ab' \
    "$(datagram 127.0.0.1:5683 "$(request foo 0300)" "$(request foo 0300)")"
exchange "message ID ffff" "$(request foo ffff)" 6144ffffab

# From the address that was asked, though the socket listens on all.
for i in 1 2 3 99; do
    exchange "127.0.0.$i" "$(request foo 010$((i % 10)))" "6144010$((i % 10))ab" "127.0.0.$i:5683"
done
exchange "::1" "$(request foo 0200)" 61440200ab '[::1]:5683'

# What is no request.
exchange "ping" 40001234 70001234
exchange "empty message with a token" 4100123501 70001235
exchange "token length 9" 49021236010203040506070809 70001236
exchange "marker without payload" 40021237ff 70001237
exchange "option beyond the end" 40021238b5 70001238
exchange "response code in a CON" 40451239 70001239
exchange "reserved class" 4020123a 7000123a
silent "three bytes" 400212
silent "version 0" 0002123b
silent "ACK" 6044123c
silent "RST" 7000123d
silent "request in an ACK" "61$(request foo 123e | cut -c 3-)"
check_match "unknown critical option 9" '^127.0.0.1:5683 6082123fff' "$(datagram 127.0.0.1:5683 4002123f90)"

check "events of all these" "$((events + 1 + 9 + 1 + 1 + 4 + 1))" "$(event_count)"
capture_stop

own=udp.srcport==5683
check "malformed, or worse" "" "$(packets "$own && (_ws.malformed || _ws.expert.severity >= 8388608)")"
check "not CoAP" "" "$(packets "$own && !coap && udp.length > 8")"
check "not version 1" "" "$(packets "$own && coap.version != 1")"
check "critical options that no request asked for" "" "$(packets "$own && coap.opt.name && !(coap.code == 69)" coap.opt.name)"
packets "udp.port == 5683 && coap.code == 2" coap.token | sort -u >tokens
check "tokens in answers that no request had" "" \
    "$(packets "$own && coap.code > 32" coap.token | sort -u | comm -13 tokens -)"
check "message IDs of its own that came twice" "" "$(packets "$own && coap.type < 2" coap.mid | sort | uniq -d)"
check "codes" "$(printf '%s\n' 0 68 69 131 133 | sort)" \
    "$(packets "$own" coap.code | sort -u | grep -xE '0|68|69|131|133')"
check "the command's name" 1 "$(packets "$own && coap.code == 69" coap.opt.name coap.opt.unknown | grep -c .)"
stop
