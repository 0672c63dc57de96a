#!/bin/bash
# The registry over HTTP, and that a change is in force for the next request of a device.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start
doc='{"metadata":{"name":"second-app","labels":{"room":"kitchen"}},"spec":{}}'
check "create" 201 "$(registry POST /apps --json "$doc")"
check "where it is" /api/registry/v1alpha1/apps/second-app "$(header Location)"
check "again" 409 "$(registry POST /apps --json "$doc")"
check "its error" Conflict "$(jq -r .error body)"
check "get" 200 "$(registry GET /apps/second-app)"
check "name" second-app "$(jq -r .metadata.name body)"
check "a uid, a version, a generation, a time" true \
    "$(jq '.metadata | has("uid") and has("resourceVersion") and has("generation") and has("creationTimestamp")' body)"
check "list" 200 "$(registry GET /apps)"
check "names" '["example-app","second-app"]' "$(jq -c 'map(.metadata.name) | sort' body)"
check "list by label" 200 "$(registry GET '/apps?labels=room%3Dkitchen')"
check "names" '["second-app"]' "$(jq -c 'map(.metadata.name)' body)"
check "list by bad label" 400 "$(registry GET '/apps?labels=%3D%3D%3D')"
check "page" 200 "$(registry GET '/apps?limit=1&offset=1')"
check "one entry" 1 "$(jq length body)"
check "not there" 404 "$(registry GET /apps/no-app)"
check "its error" NotFound "$(jq -r .error body)"

# Optimistic locking.
check "read before a change" 200 "$(registry GET /apps/second-app)"
jq -c '.metadata.labels.room = "hall"' body >new
cp new stale
check "update" 204 "$(registry PUT /apps/second-app --json @new)"
check "update of what was read before" 409 "$(registry PUT /apps/second-app --json @stale)"
check "path and document differ" 400 "$(registry PUT /apps/second-app --json '{"metadata":{"name":"x"}}')"
check "update of nothing" 404 "$(registry PUT /apps/no-app --json '{"metadata":{"name":"no-app"}}')"
check "delete with a stale precondition" 409 \
    "$(registry DELETE /apps/second-app --json '{"preconditions":{"resourceVersion":"stale"}}')"
check "delete" 204 "$(registry DELETE /apps/second-app)"
check "it is gone" 404 "$(registry GET /apps/second-app)"

# What cannot be taken.
check "no JSON" 400 "$(registry POST /apps --json '{"metadata":')"
check "no name" 400 "$(registry POST /apps --json '{"metadata":{}}')"
check "bad name" 400 "$(registry POST /apps --json '{"metadata":{"name":"UPPER case"}}')"
check "device of no application" 404 \
    "$(registry POST /apps/no-app/devices --json '{"metadata":{"name":"d","application":"no-app"}}')"
head -c 70000 /dev/zero | tr '\0' ' ' >large
check "too large" 413 "$(registry POST /apps --data-binary @large -H 'Content-Type: application/json')"
check "unknown path" 404 "$(api GET /api/registry/v2/apps)"
check "unknown method" 405 "$(registry PATCH /apps)"

# A device with a name that needs encoding.
device_with_password 'a/b #1'
check "get by encoded name" 200 "$(registry GET /apps/example-app/devices/a%2Fb%20%231)"
check "delete by encoded name" 204 "$(registry DELETE /apps/example-app/devices/a%2Fb%20%231)"

# edit DEVICE JQ-FILTER: changes the device as a client would, read and written back
edit()
{
    check "read $1" 200 "$(registry GET "/apps/example-app/devices/$1")"
    jq -c "$2" body >new
    check "write $1" 204 "$(registry PUT "/apps/example-app/devices/$1" --json @new)"
}

# publish PASSWORD: the answer to dev
publish()
{
    post -O "4209,$(basic "dev@example-app:$1")" coap://127.0.0.1/v1/foo
}

# Every change counts for the next request.
device_with_password dev
check "created" 2.04 "$(publish dev-secret)"
edit dev '.spec.authentication.credentials[0].pass = "new"'
check "the old password" 4.03 "$(publish dev-secret)"
check "the new password" 2.04 "$(publish new)"
edit dev '.spec.authentication.credentials[0].pass = {"sha512":"'"$(openssl passwd -6 hashed)"'"}'
check "a hashed password" 2.04 "$(publish hashed)"
check "and again, remembered" 2.04 "$(publish hashed)"
check "another one" 4.03 "$(publish new)"
edit dev '.spec.core.disabled = true'
check "disabled device" 4.03 "$(publish hashed)"
edit dev '.spec.core.disabled = false'
check "enabled device" 2.04 "$(publish hashed)"
check "read the application" 200 "$(registry GET /apps/example-app)"
jq -c '.spec.core.disabled = true' body >new
check "disable it" 204 "$(registry PUT /apps/example-app --json @new)"
check "disabled application" 4.03 "$(publish hashed)"
check "read the application" 200 "$(registry GET /apps/example-app)"
jq -c '.spec.core.disabled = false' body >new
check "enable it" 204 "$(registry PUT /apps/example-app --json @new)"
check "enabled application" 2.04 "$(publish hashed)"
check "delete" 204 "$(registry DELETE /apps/example-app/devices/dev)"
check "deleted device" 4.03 "$(publish hashed)"

# What was changed is there after a restart.
device_with_password kept
stop
start
check "after a restart" 2.04 "$(post -O "4209,$(basic kept@example-app:kept-secret)" coap://127.0.0.1/v1/foo)"
check "delete the application" 204 "$(registry DELETE /apps/example-app)"
check "its devices went too" 4.03 "$(post -O "4209,$(basic kept@example-app:kept-secret)" coap://127.0.0.1/v1/foo)"
stop
