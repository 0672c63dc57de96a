#!/bin/bash
# `seatrial-endpoint registry`: for people, with the endpoint running or not.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

# cli STATUS WORD...: its output goes to the file out, its complaint to the file err
cli()
{
    local status=0
    "$ENDPOINT" registry "${@:2}" >out 2>err || status=$?
    check "status of registry ${*:2} ($(cat err))" "$1" "$status"
    (($1 == 0)) || check "lines of complaint about ${*:2}" 1 "$(wc -l <err)"
}

# A folder without a registry, and one that the endpoint has made and left.
cli 2 list
check_match "it says what to do" '--data' "$(cat err)"
start
stop
cli 0 list
check_match "applications" example-app "$(cat out)"

# Everything that a device needs, while nothing runs.
cli 0 create app shop
cli 1 create app shop
cli 0 create device shop scale
cli 0 set password shop scale --password first --bcrypt
cli 0 add psk shop scale --key open-sesame
cli 0 issue certificate shop scale --out "$DIR"
certificate=(-c "$(ls "$DIR"/scale*.crt)" -j "$(ls "$DIR"/scale*.key)")
cli 0 list shop
check_match "devices" scale "$(cat out)"
cli 0 list shop --json
check "devices as documents" '["scale"]' "$(jq -c 'map(.metadata.name)' out)"
cli 0 show shop scale
check "the password is not stored" false "$(jq -c '.spec.authentication | tojson | contains("first")' out)"

password=(-O "4209,$(basic scale@shop:first)")
psk=(-u scale@shop -k open-sesame)
start
check "password" 2.04 "$(post "${password[@]}" coap://127.0.0.1/v1/foo)"
check "PSK" 2.04 "$(post "${psk[@]}" coaps://127.0.0.1/v1/foo)"
check "certificate" 2.04 "$(post "${certificate[@]}" coaps://127.0.0.1/v1/foo)"
check_event "of the device" '[.application, .device]' '["shop","scale"]'

# While the endpoint runs: in force within a second.
answers()
{
    [[ $(post "${@:2}") == "$1" ]]
}
cli 0 set password shop scale --password second
await "the new password" answers 2.04 -O "4209,$(basic scale@shop:second)" coap://127.0.0.1/v1/foo
check "the old password" 4.03 "$(post "${password[@]}" coap://127.0.0.1/v1/foo)"
cli 0 disable shop scale
await "the device is refused" answers 4.03 -O "4209,$(basic scale@shop:second)" coap://127.0.0.1/v1/foo
cli 0 enable shop scale
await "the device is served" answers 2.04 "${psk[@]}" coaps://127.0.0.1/v1/foo
cli 0 create app harbour
cli 0 create device harbour crane
cli 0 issue certificate harbour crane --out "$DIR"
await "a certificate of a new authority" answers 2.04 -c "$DIR/crane.crt" -j "$DIR/crane.key" coaps://127.0.0.1/v1/foo
cli 0 create device shop till
cli 0 add gateway shop till scale
await "a gateway" answers 2.04 "${psk[@]}" 'coaps://127.0.0.1/v1/foo?as=till'
check_event "for the device behind" '[.device, .sender]' '["till","scale"]'
cli 0 remove gateway shop till scale
await "it is none any more" answers 4.03 "${psk[@]}" 'coaps://127.0.0.1/v1/foo?as=till'
check "the HTTP API sees it" 200 "$(registry GET /apps/shop/devices/till)"

# Out and in again, elsewhere.
cli 0 export all.json
check "the export is for its owner only" 600 "$(stat -c %a all.json)"
cli 0 delete shop
await "the application is gone" answers 4.03 -O "4209,$(basic scale@shop:second)" coap://127.0.0.1/v1/foo
cli 0 import all.json
await "and back" answers 2.04 -O "4209,$(basic scale@shop:second)" coap://127.0.0.1/v1/foo
stop
start_with --data "$DIR/other" --registry all.json --coap 127.0.0.1
check "a registry merged in at the start" 2.04 \
    "$(post -O "4209,$(basic scale@shop:second)" coap://127.0.0.1/v1/foo)"
stop

# What cannot be done.
cli 1 show shop nobody
cli 1 create device no-app d
cli 2 create nothing
cli 2 create device shop
cli 2 import none.json
cli 2 list --data "$DIR/nowhere"
