#!/bin/bash
# Who may call the HTTP API, what it tells of itself, and what it never tells.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start

# On loopback no token is needed; a browser's page is kept out.
check "loopback" 200 "$(registry GET /apps)"
for host in localhost localhost:8080 127.0.0.1 '[::1]:8080'; do
    check "Host: $host" 200 "$(registry GET /apps -H "Host: $host")"
done
for host in example.org 192.0.2.1 localhost.example.org 127.0.0.1.example.org; do
    check "Host: $host" 403 "$(registry GET /apps -H "Host: $host")"
done
check "no Host" 403 "$(registry GET /apps -H 'Host:' --http1.0)"
check "Origin" 403 "$(registry GET /apps -H 'Origin: http://localhost:8080')"
check "a page's POST" 403 "$(send_command device1 x -H 'Origin: https://example.org' | cut -d' ' -f1)"

check "metrics" 200 "$(api GET /metrics)"
check_match "their type" '^text/plain; version=0\.0\.4' "$(header Content-Type)"
grep -q '^# TYPE seatrial_events_total counter$' body || fail "no metrics: $(head -n 5 body)"
check "alive" 200 "$(api GET /livez)"
check "ready" 200 "$(api GET /readyz)"
check "HEAD" 200 "$(curl -sS -I -o body -w '%{http_code}' $API/livez)"

# No secret in the log or the metrics, whatever devices and operators do.
secret=keep-this-to-yourself
check "log in with a wrong password" 4.03 "$(post -O "4209,$(basic device1@example-app:$secret)" coap://127.0.0.1/v1/foo)"
check "a wrong token" 200 "$(registry GET /apps -H "Authorization: Bearer $secret")"
check "a broken document" 400 "$(registry POST /apps --json "{\"x\":\"$secret\"")"
check "a document with a bad credential" 400 "$(registry POST /apps/example-app/devices --json \
    "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"authentication\":{\"credentials\":[{\"pass\":\"$secret\"}]}}}")"
check "a wrong key" "" "$(post -B 2 -u device1@example-app -k $secret coaps://127.0.0.1/v1/foo)"
api GET /metrics >/dev/null
cp body metrics
stop
psk=$(cat "$DATA/device1.psk")
grep -v -E '^ +(coap-client-openssl|curl)|password `' "$LOG" >lines # what the demo says on purpose
for word in hey-rodney "${BASIC#Basic }" $secret "$psk" "$(basic "device1@example-app:$secret" | cut -d' ' -f2)"; do
    grep -F -- "$word" lines metrics && fail "a secret is told: $word"
done

# Any other address needs the token.
ip address add 192.0.2.1/32 dev lo
API=http://192.0.2.1:8080
start_with --http 192.0.2.1 --http 127.0.0.1 --coap 127.0.0.1
token=$(cat "$DATA/api-token")
check "token file" 600 "$(stat -c %a "$DATA/api-token")"
(( ${#token} >= 32 )) || fail "a short token: ${#token} characters"
check "without" 401 "$(registry GET /apps)"
check_match "it says how" '^Bearer' "$(header WWW-Authenticate)"
check "with" 200 "$(registry GET /apps -H "Authorization: Bearer $token")"
check "wrong" 403 "$(registry GET /apps -H "Authorization: Bearer ${token}x")"
check "in the query" 403 "$(registry GET "/apps?token=$token")"
check "two" 403 "$(registry GET /apps -H "Authorization: Bearer $token" -H "Authorization: Bearer $token")"
check "metrics without" 401 "$(api GET /metrics)"
check "health without" 200 "$(api GET /livez)"
check "readiness without" 200 "$(api GET /readyz)"
API=http://127.0.0.1:8080
check "loopback beside it" 200 "$(registry GET /apps)"
stop
grep -F -- "$token" "$LOG" && fail "the token is in the log"

# The same token after a restart; a file that others may read is refused.
start_with --http 192.0.2.1 --coap 127.0.0.1
check "the token stays" "$token" "$(cat "$DATA/api-token")"
stop
chmod 644 "$DATA/api-token"
status=0
"$ENDPOINT" --http 192.0.2.1 --coap 127.0.0.1 >out 2>err || status=$?
check "a token that others may read" 2 "$status"
check_match "it says which file" 'api-token' "$(cat err)"
