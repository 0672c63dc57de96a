#!/bin/bash
# The log as JSON: every line is, whatever devices send; and who makes noise fills no disk.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

endpoint=(--log-format json --log-level debug --coap 127.0.0.1 --no-demo)

# A name that is cut, since it is longer than a line may be.
start_with "${endpoint[@]}"
control=$(printf '\x01%.0s' {1..250})
check "a long name" 4.03 "$(post -O "4209,$(basic "$control@$control:secret")" coap://127.0.0.1/v1/foo)"
stop
start_with "${endpoint[@]}"

# A name with everything that needs quoting: it is refused, and told in the log.
name=$'quote" back\\slash tab\t control\x01 equals= ü'
check "an odd name" 4.03 "$(post -O "4209,$(basic "$name@app:secret")" coap://127.0.0.1/v1/foo)"
check "an odd schema" 4.03 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?data_schema=%22%5C%0A')"

for i in {1..400}; do
    messages+=("$(printf '4102%04x01b2763103666f6f' "$i")")
done
datagram 127.0.0.1:5683 "${messages[@]}" >answers
check "answers" 400 "$(grep -c ' 6183' answers)"
stop

jq -c . "$LOG" >lines || fail "a line is no JSON: $(head -c 2000 "$LOG")"
check "lines without time, level, area or event" "" \
    "$(jq -c 'select((has("at") and has("level") and has("area") and has("event")) | not)' "$LOG")"
refused=$(jq -c 'select(.area == "auth")' "$LOG" | wc -l)
((1 <= refused && refused <= 100)) || fail "of 402 refusals $refused are in the log"
grep -F secret "$LOG" && fail "a password is in the log"
check "the odd name, read back" "$name" \
    "$(jq -r 'select(.reason == "unknown-application") | .device' "$LOG" | tail -n 1)"
check "exit" "stopping" "$(jq -r 'select(.area == "program") | .event' "$LOG" | tail -n 1)"
