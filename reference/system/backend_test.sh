#!/bin/bash
# --backend-only: what an endpoint process of Drogue Cloud asks for, asked with curl. Every answer is compared
# letter for letter with the contract, after the values that nobody can know have been taken out.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

# question CALL JSON: the answer, without times, uids and versions
question()
{
    check "status of $1 $2" 200 "$(api POST "/api/v1/$1" --json "$2")"
    jq -c 'walk(if type == "object" then del(.creationTimestamp, .uid, .resourceVersion, .generation,
        .lastTransitionTime) else . end)' body
}

# refusal STATUS CALL JSON
refusal()
{
    check "status of $2 $3" "$1" "$(api POST "/api/v1/$2" --json "$3")"
    jq -r .error body
}

put()
{
    check "making $2" 201 "$(registry POST "$1" --json "$2")"
}

cert_json()
{
    openssl x509 -in "$1" -outform DER | od -An -v -tu1 | tr -s ' \n' ',' | sed 's/^,/[/; s/,$/]/'
}

start_with --backend-only
check "it serves no devices" "" "$(ss -Hlnu)"
put /apps '{"metadata":{"name":"app1"},"spec":{"publish":{"rules":[{"then":["drop"]}]}}}'
put /apps/app1/devices '{"metadata":{"application":"app1","name":"dev1"},"spec":{"authentication":{"credentials":[
    {"pass":"pw"},{"user":{"username":"u","password":"up"}},{"psk":{"key":"c2VjcmV0"}}]}}}'
put /apps/app1/devices '{"metadata":{"application":"app1","name":"dev2"},"spec":{"core":{"disabled":true},
    "gatewaySelector":{"matchNames":["dev1"]},"authentication":{"credentials":[{"pass":"pw"}]}}}'
put /apps/app1/devices '{"metadata":{"application":"app1","name":"dev3"},"spec":{"gatewaySelector":{"matchNames":["dev1"]}}}'

app='{"metadata":{"name":"app1"},"spec":{"publish":{"rules":[{"then":["drop"]}]}},"status":{"publish":{"valid":{"rules":1}},"conditions":[{"type":"KafkaReady","status":"True"}]}}'
device='{"metadata":{"application":"app1","name":"dev1"}}'
pass="{\"outcome\":{\"pass\":{\"application\":$app,\"device\":$device}}}"

check "a password" "$pass" "$(question auth '{"application":"app1","device":"dev1","credential":{"pass":"pw"}}')"
check "a user" "$pass" \
    "$(question auth '{"application":"app1","device":"dev1","credential":{"user":{"username":"u","password":"up"}}}')"
check "another password" '{"outcome":"fail"}' "$(question auth '{"application":"app1","device":"dev1","credential":{"pass":"no"}}')"
check "a disabled device" '{"outcome":"fail"}' "$(question auth '{"application":"app1","device":"dev2","credential":{"pass":"pw"}}')"
check "a key" "{\"outcome\":{\"Found\":{\"app\":$app,\"device\":$device,\"key\":{\"key\":\"c2VjcmV0\"}}}}" \
    "$(question keys '{"application":"app1","device":"dev1"}')"
check "no key" '{"outcome":"NotFound"}' "$(question keys '{"application":"app1","device":"dev3"}')"
check "a gateway" \
    '{"outcome":{"pass":{"as":{"metadata":{"application":"app1","name":"dev3"},"spec":{"gatewaySelector":{"matchNames":["dev1"]}}}}}}' \
    "$(question authorize_as '{"application":"app1","device":"dev1","as":"dev3"}')"
check "no gateway" '{"outcome":"fail"}' "$(question authorize_as '{"application":"app1","device":"dev3","as":"dev1"}')"
check "as, beside a credential" dev3 \
    "$(question auth '{"application":"app1","device":"dev1","credential":{"pass":"pw"},"as":"dev3"}' | jq -r .outcome.pass.as.metadata.name)"

# Other statuses carry Drogue Cloud's error body.
check "no credential" BadRequest "$(refusal 400 auth '{"application":"app1","device":"dev1"}')"
check "no JSON" BadRequest "$(refusal 400 keys '{')"
check "GET" MethodNotAllowed "$(api GET /api/v1/keys >/dev/null; jq -r .error body)"
check "commands are not for this program" 404 "$(api POST '/api/command/v1alpha1/apps/app1/devices/dev1?command=x')"

# A certificate goes in and out as numbers.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/O=X/CN=CA' -keyout ca.key -out ca.crt -days 30 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/O=X/CN=dev' -keyout dev.key -out dev.csr 2>/dev/null
openssl x509 -req -in dev.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out dev.crt -extfile <(echo basicConstraints=CA:FALSE) 2>/dev/null
put /apps "$(jq -n --arg ca "$(base64 -w 0 ca.crt)" '{metadata: {name: "certs"}, spec: {trustAnchors: {anchors: [{certificate: $ca}]}}}')"
put /apps/certs/devices '{"metadata":{"application":"certs","name":"thing"},"spec":{"alias":["O=X, CN=dev"]}}'
chain="{\"application\":\"O=X, CN=CA\",\"device\":\"O=X, CN=dev\",\"credential\":{\"cert\":[$(cert_json dev.crt)]}}"
both="{\"application\":\"O=X, CN=CA\",\"device\":\"O=X, CN=dev\",\"credential\":{\"cert\":[$(cert_json dev.crt),$(cert_json ca.crt)]}}"
check "a certificate" thing "$(question auth "$chain" | jq -r .outcome.pass.device.metadata.name)"
check "with its anchor" thing "$(question auth "$both" | jq -r .outcome.pass.device.metadata.name)"

# Health, and an end as it should be.
check "ready" 200 "$(api GET /readyz)"
check "answers are counted" true "$( (($(metric 'seatrial_authentications_total{outcome="pass"}') > 5)) && echo true)"
kill -HUP "$ENDPOINT_PID"
await "the reload" grep -q reloaded "$LOG"
stop

# With the quirks of the original, from the same registry.
start_with --backend-only --drogue-quirks
check "a disabled device passes" dev2 \
    "$(question auth '{"application":"app1","device":"dev2","credential":{"pass":"pw"}}' | jq -r .outcome.pass.device.metadata.name)"
check "a certificate with its anchor does not" '{"outcome":"fail"}' "$(question auth "$both")"
check "alone it does" thing "$(question auth "$chain" | jq -r .outcome.pass.device.metadata.name)"
stop

# What cannot be meant is said.
for words in "--drogue-quirks" "--backend-only --coap 127.0.0.1"; do
    status=0
    # shellcheck disable=SC2086 # words
    "$ENDPOINT" $words 2>err || status=$?
    check "status of $words" 2 "$status"
    check_match "complaint about $words" 'backend-only' "$(cat err)"
done
