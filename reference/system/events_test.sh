#!/bin/bash
# What is on the disk after a publish: CloudEvents, attribute by attribute.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start_with --instance here --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo
application_uid=$(registry GET /apps/example-app >/dev/null && jq -r .metadata.uid body)
device_uid=$(registry GET /apps/example-app/devices/device1 >/dev/null && jq -r .metadata.uid body)

# publish [OPTION OF coap-client...]: to the channel `temperature`
publish()
{
    check "publish $*" 2.04 "$(post -O "4209,$BASIC" "$@" 'coap://127.0.0.1/v1/temperature')"
}

publish -e '{"t":21}' -t 50
event | jq -e . >/dev/null || fail "the event is not JSON: $(event)"
for row in \
    '.specversion "1.0"' \
    '.type "io.drogue.event.v1"' \
    '.source "drogue://example-app/device1"' \
    '.subject "temperature"' \
    '.datacontenttype "application/json"' \
    '.data {"t":21}' \
    'has("data_base64") false' \
    'has("dataschema") false' \
    '.application "example-app"' \
    ".applicationuid \"$application_uid\"" \
    '.device "device1"' \
    ".deviceuid \"$device_uid\"" \
    '.sender "device1"' \
    ".senderuid \"$device_uid\"" \
    '.instance "here"' \
    '.partitionkey "example%2Dapp/device1"'; do
    check_event "${row%% *}" "${row%% *}" "${row#* }"
done
check_match "time is RFC 3339" '^"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z"$' "$(event | jq .time)"
check "time is now" true "$(event | jq '(now - (.time | sub("\\.[0-9]+Z$"; "Z") | fromdate)) | . > -2 and . < 30')"

# JSON is copied, not rewritten: numbers beyond a double, order, a member given twice.
odd='{"z":123456789012345678901234567890,"a":1e999,"z":0.10000000000000000000001}'
publish -e "$odd" -t 50
[[ $(event) == *"\"data\":$odd"* ]] || fail "JSON was rewritten: $(event)"

# Content-Format decides the type; without it what parses is JSON.
publish -e 'grüße' -t 0
check_event "text" '[.datacontenttype, .data]' '["text/plain; charset=utf-8","grüße"]'
publish -e '<x/>' -t 41
check_event "xml" '[.datacontenttype, (.data // (.data_base64 | @base64d))]' '["application/xml","<x/>"]'
for format in '40 application/link-format' '42 application/octet-stream' '47 application/exi' '60 application/cbor' \
    '112 application/senml+cbor'; do
    printf '\x00\xff\x80\x0a' >bytes
    publish -f bytes -t "${format% *}"
    check_event "$format" '[.datacontenttype, .data_base64]' "[\"${format#* }\",\"AP+ACg==\"]"
done
publish -e '[{"n":"x","v":1}]' -t 110
check_event "senml+json" '[.datacontenttype, .data[0].n]' '["application/senml+json","x"]'
publish -e '42'
check_event "no format, JSON" '[.datacontenttype, .data]' '["application/json",42]'
publish -e 'not json'
check_event "no format, no JSON" '[.datacontenttype, .data_base64]' '["application/octet-stream","bm90IGpzb24="]'
publish
check_event "no payload" '[.datacontenttype, (.data_base64 // "")]' '["application/octet-stream",""]'

# Sizes survive byte by byte.
for size in 1 1023 1024; do
    head -c "$size" /dev/urandom >bytes
    check "$size bytes" 2.04 "$(post -O "4209,$BASIC" -t 42 -f bytes coap://127.0.0.1/v1/bytes)"
    check "$size bytes arrive" "$(sha256sum <bytes)" "$(event | jq -r .data_base64 | base64 -d | sha256sum)"
done

# A channel is any text.
check "channel" 2.04 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/%C3%BC%20%25%22%5C.%3F')"
check_event "arrives unchanged" .subject '"ü %\"\\.?"'

# A device with an odd name; and a gateway that speaks for it.
device_with_password 'my-dev #2' '{"gatewaySelector":{"matchNames":["device1"]}}'
check "odd name" 2.04 "$(post -O "4209,$(basic 'my-dev #2@example-app:my-dev #2-secret')" coap://127.0.0.1/v1/foo)"
check_event "source" '[.device, .source, .partitionkey]' \
    '["my-dev #2","drogue://example-app/my%2Ddev%20%232","example%2Dapp/my%2Ddev%20%232"]'
check "as=" 2.04 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?as=my-dev%20%232')"
check_event "device and sender" "[.device, .sender, .senderuid == \"$device_uid\", .deviceuid == .senderuid]" \
    '["my-dev #2","device1",true,false]'
device_with_password closed
events=$(event_count)
check "as= of a device that names no gateway" 4.03 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?as=closed')"
check "no event" "$events" "$(event_count)"

check "every id is unique" "$(event_count)" "$(jq -r .id "$EVENTS" | sort -u | wc -l)"
stop
