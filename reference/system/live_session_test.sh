#!/bin/bash
# A DTLS session that lives on while the registry changes: every request is authenticated anew.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/session.sh
. "$TESTS/session.sh"

start

# CON POST /v1/foo with token ab, with and without a password. The answers: ACK 2.04; ACK 4.03 with its text.
with_password=$(request foo MMMM)
publish=4102MMMMabb2763103666f6f
published=6144MMMMab
refused=6183MMMMabff$(hex 'Authentication failed')

# edit PATH JQ-FILTER: changes a document of the registry
edit()
{
    check "read $1" 200 "$(registry GET "$1")"
    jq -c "$2" body >new
    check "write $1" 204 "$(registry PUT "$1" --json @new)"
}
device=/apps/example-app/devices/device1

session psk -psk_identity device1@example-app -psk "$(xxd -p -c 0 <"$DATA/device1.psk" | sed 's/0a$//')" -cipher PSK
say "PSK session" $published $publish
say "the same session again" $published $publish
say "CoAP ping" 7000MMMM 4000MMMM
edit $device '.spec.core.disabled = true'
say "device disabled" "$refused" $publish
edit $device '.spec.core.disabled = false'
say "device enabled" $published $publish
edit /apps/example-app '.spec.core.disabled = true'
say "application disabled" "$refused" $publish
edit /apps/example-app '.spec.core.disabled = false'
say "application enabled" $published $publish
edit $device '.spec.authentication.credentials |= map(if .psk then .psk.key = "b3RoZXI=" else . end)'
say "another key" "$refused" $publish
hang_up

session x509 -cert "$DATA/device1.crt" -key "$DATA/device1.key"
say "X.509 session" $published $publish
anchors=$(registry GET /apps/example-app >/dev/null && jq -c .spec.trustAnchors body)
edit /apps/example-app 'del(.spec.trustAnchors)'
say "trust anchor removed" "$refused" $publish
edit /apps/example-app ".spec.trustAnchors = $anchors"
say "trust anchor back" $published $publish
edit $device 'del(.spec.alias)'
say "alias removed" "$refused" $publish
hang_up

# With a password in option 4209: CON POST /v1/foo, no certificate, no key.
session password -cipher ECDHE-ECDSA-AES128-CCM8
say "password session" $published "$with_password"
say "without the option" "$refused" $publish
edit $device '.spec.authentication.credentials |= map(if .pass then .pass = "new" else . end)'
say "password changed" "$refused" "$with_password"
check "delete the device" 204 "$(registry DELETE $device)"
say "deleted device" "$refused" "$with_password"
hang_up

stop
