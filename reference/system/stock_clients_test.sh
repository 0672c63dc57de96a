#!/bin/bash
# libcoap's coap-client, as a newcomer has it, publishes over every binding.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start

# The example of Drogue Cloud's documentation, letter by letter but for the host and the program's name.
coap-client-openssl -m post coaps://localhost:5684/v1/foo -O 4209,"Basic ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5" \
    >said 2>&1
check "the documented example says nothing" "" "$(cat said)"
check "events after it" 1 "$(event_count)"
check_event "its subject and device" '[.subject, .application, .device]' '["foo","example-app","device1"]'

# Both addresses, both ports, with a password.
password=(-O "4209,$BASIC")
for client in coap-client-openssl coap-client-notls; do
    for host in 127.0.0.1 '[::1]' localhost; do
        check "$client coap://$host" 2.04 "$(CLIENT=$client post "${password[@]}" -e hello "coap://$host/v1/plain")"
        check_event "its subject" .subject '"plain"'
    done
done
for host in 127.0.0.1 '[::1]' localhost; do
    check "coaps://$host" 2.04 "$(post "${password[@]}" -e hello "coaps://$host/v1/secure")"
    check_event "its subject" .subject '"secure"'
done

# A success has no payload, and the answer to a quick request is piggy-backed.
post "${password[@]}" coap://127.0.0.1/v1/foo >answer
check "one piggy-backed answer" "ACK 2.04" "$(messages_received last)"
check "no payload" "" "$(cat last.payload)"

# A pre-shared key needs no option 4209.
psk=(-u device1@example-app -k "$(cat "$DATA/device1.psk")")
check "PSK" 2.04 "$(post "${psk[@]}" -e '{"x":1}' coaps://127.0.0.1/v1/psk)"
check_event "of device1" '[.subject, .device, .data]' '["psk","device1",{"x":1}]'
check "PSK and its own password" 2.04 "$(post "${psk[@]}" "${password[@]}" coaps://127.0.0.1/v1/psk)"

# A certificate, with the server's checked against the demo's authority.
certificate=(-c "$DATA/device1.crt" -j "$DATA/device1.key" -C "$DATA/demo-ca.crt")
check "X.509" 2.04 "$(post "${certificate[@]}" -e cert coaps://localhost/v1/cert)"
check_event "of device1" '[.subject, .device, .sender]' '["cert","device1","device1"]'

# Non-confirmable: one response, no acknowledgement.
check "NON" 2.04 "$(post -N "${password[@]}" coap://127.0.0.1/v1/non)"
check "what came back for NON" "NON 2.04" "$(messages_received last)"
check "NON over DTLS" 2.04 "$(post -N "${psk[@]}" coaps://127.0.0.1/v1/non)"

# Parameters: split by the client at `&` into an option each, and joined in one option.
user=(-O "4209,$(basic device1:hey-rodney)")
check "split query" 2.04 \
    "$(post "${user[@]}" 'coap://127.0.0.1/v1/split?application=example-app&data_schema=urn:x:y&unknown=1')"
check_event "dataschema" .dataschema '"urn:x:y"'
check "joined query" 2.04 \
    "$(post "${user[@]}" -O "15,application=example-app&data_schema=urn:x:z" coap://127.0.0.1/v1/joined)"
check_event "dataschema" .dataschema '"urn:x:z"'
check "percent-encoded query" 2.04 \
    "$(post "${user[@]}" 'coap://127.0.0.1/v1/encoded?application=example%2Dapp&data_schema=urn%3Ax%3Aq')"
check_event "dataschema" .dataschema '"urn:x:q"'
check "a schema that is no absolute URI is left out" 2.04 \
    "$(post "${user[@]}" 'coap://127.0.0.1/v1/foo?application=example-app&data_schema=application%2Foctet-stream')"
check_event "no dataschema" 'has("dataschema")' false
check "a sub-path" 2.04 "$(post "${password[@]}" coap://127.0.0.1/v1/foo/bar/baz)"
check_event "the channel alone is the subject" .subject '"foo"'

published=$(event_count)

# refused CODE TEXT [OPTION OF coap-client...] URL
refused()
{
    check "code for ${*: -1}" "$1" "$(post "${@:3}")"
    check "text for ${*: -1}" "$2" "$(text last)"
}

refused 4.03 'Authentication failed' -O "4209,$(basic device1@example-app:wrong)" coap://127.0.0.1/v1/foo
refused 4.03 'Authentication failed' -O "4209,$(basic nobody@example-app:hey-rodney)" coap://127.0.0.1/v1/foo
refused 4.03 'Authentication failed' -O "4209,$(basic device1@no-app:hey-rodney)" coap://127.0.0.1/v1/foo
refused 4.03 'Authentication failed' coap://127.0.0.1/v1/foo
refused 4.03 'Authentication failed' coaps://127.0.0.1/v1/foo
refused 4.03 'Authentication failed' "${psk[@]}" 'coaps://127.0.0.1/v1/foo?device=other'
refused 4.03 'Authentication failed' "${psk[@]}" -O "4209,$(basic device1@example-app:wrong)" coaps://127.0.0.1/v1/foo
refused 4.00 'Parameter ct must be a whole number of seconds' "${password[@]}" 'coap://127.0.0.1/v1/foo?ct=soon'
refused 4.00 'Path must be /v1/{channel}' "${password[@]}" coap://127.0.0.1/v2/foo
refused 4.05 'Only POST publishes' -m get "${password[@]}" coap://127.0.0.1/v1/foo
refused 4.05 'Only POST publishes' -m put "${password[@]}" coap://127.0.0.1/v1/foo
refused 4.06 'Payload is not JSON' "${password[@]}" -t 50 -e '{"x":' coap://127.0.0.1/v1/foo
check "a refused request leaves no event" "$published" "$(event_count)"

# A wrong key gives no session, and harms nobody.
check "wrong PSK" "" "$(post -B 2 -u device1@example-app -k wrong coaps://127.0.0.1/v1/foo)"
check "unknown identity" "" "$(post -B 2 -u nobody@example-app -k x coaps://127.0.0.1/v1/foo)"
check "the next device" 2.04 "$(post "${psk[@]}" coaps://127.0.0.1/v1/foo)"

stop
