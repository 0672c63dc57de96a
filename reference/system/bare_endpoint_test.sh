#!/bin/bash
# --auth-url: an endpoint without a registry, and --backend-only as the service that it asks. Every form of
# credential with stock clients, what is revoked, and a service that is down, slow or talks nonsense.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

BACKEND=http://127.0.0.1:9080
BACKEND_PID=
COAPS=coaps://127.0.0.1/v1/temp
COAP=coap://127.0.0.1/v1/temp

# start_backend [OPTION...]
start_backend()
{
    mkfifo backend-ready
    "$ENDPOINT" --backend-only --demo --http 127.0.0.1:9080 --data "$DIR/backend" --ready-fd 3 \
        3>backend-ready >>backend.log 2>&1 &
    BACKEND_PID=$!
    local line=
    read -rt 30 line <backend-ready || true
    rm backend-ready
    check "the backend is ready" ready "$line"
}

stop_backend()
{
    kill -TERM "$BACKEND_PID"
    wait "$BACKEND_PID"
}

# backend METHOD PATH [OPTION OF curl...]: its registry API
backend()
{
    API=$BACKEND registry "$@"
}

start_bare()
{
    start_with --auth-url "$BACKEND" --auth-cache-time 1s --cert "$DIR/backend/server.crt" \
        --key "$DIR/backend/server.key" --retry-after 7s "$@"
}

# change DEVICE JQ-FILTER: of its document at the backend
change()
{
    check "reading $1" 200 "$(backend GET "/apps/example-app/devices/$1")"
    jq -c "$2" body >changed
    check "changing $1" 204 "$(backend PUT "/apps/example-app/devices/$1" --json @changed)"
}

publishes()
{
    [[ $(post "$@") == 2.04 ]]
}

# gets_no_session OPTION...: of a client that would give up after 3 seconds
gets_no_session()
{
    [[ -z $(post -B 3 "$@") ]]
}

is_refused()
{
    [[ $(post "$@") == 4.03 ]]
}

start_backend
start_bare
key=$(cat backend/device1.psk)
by_password=(-O "4209,$BASIC" -e 21 -t 50)
by_key=(-u device1@example-app -k "$key" -e 22 -t 50)
by_certificate=(-c "$DIR/backend/device1.crt" -j "$DIR/backend/device1.key" -e 23 -t 50)

# Each form of credential, and what of the answers is seen in the event.
check "a password over coap" 2.04 "$(post "${by_password[@]}" "$COAP")"
check "a password over coaps" 2.04 "$(post "${by_password[@]}" "$COAPS")"
check "a pre-shared key" 2.04 "$(post "${by_key[@]}" "$COAPS")"
check_event "who it was" .device '"device1"'
check_event "its uid is the backend's" .deviceuid "$(backend GET /apps/example-app/devices/device1 >/dev/null; jq -c .metadata.uid body)"
check "a certificate" 2.04 "$(post "${by_certificate[@]}" "$COAPS")"
check_event "who it was" .device '"device1"'
await_events 4
check "a wrong password" 4.03 "$(post -O "4209,$(basic device1@example-app:no)" -e 1 "$COAP")"
check "nobody" 4.03 "$(post -O "4209,$(basic nobody@example-app:no)" -e 1 "$COAP")"
check "no credentials" 4.03 "$(post -e 1 "$COAP")"
check "a wrong key" "" "$(post -u device1@example-app -k wrong -B 3 -e 1 "$COAPS")"
check "an unknown identity" "" "$(post -u nobody@example-app -k "$key" -B 3 -e 1 "$COAPS")"
check "a stranger's certificate" 4.03 "$(
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=x' -keyout x.key -out x.crt 2>/dev/null
    post -c x.crt -j x.key -e 1 "$COAPS")"
check "a key beside another device's password" 4.03 "$(post -u device1@example-app -k "$key" -O "4209,$(basic other@example-app:x)" -e 1 "$COAPS")"
check "a key beside its own name" 2.04 "$(post -u device1@example-app -k "$key" -e 1 "$COAPS?device=device1")"
check "events of refused ones" 5 "$(event_count)"

# Gateways and publish rules come from the service too.
check "a device behind" 201 "$(backend POST /apps/example-app/devices --json \
    '{"metadata":{"application":"example-app","name":"behind"},"spec":{"gatewaySelector":{"matchNames":["device1"]}}}')"
check "as" 2.04 "$(post "${by_password[@]}" "$COAP?as=behind")"
check_event "as whom" '[.device, .sender]' '["behind","device1"]'
check "as nobody" 4.03 "$(post "${by_password[@]}" "$COAP?as=nobody")"
check "as, with a key" 2.04 "$(post "${by_key[@]}" "$COAPS?as=behind")"
check "reading the application" 200 "$(backend GET /apps/example-app)"
jq -c '.spec.publish = {rules: [{when: {isChannel: "secret"}, then: [{reject: "not here"}]}]}' body >changed
check "changing it" 204 "$(backend PUT /apps/example-app --json @changed)"
rule_counts()
{
    [[ $(post "${by_password[@]}" "${COAP%temp}secret") == 4.06 ]]
}
await "the rule" rule_counts
check "its reason" "not here" "$(text last)"

# A command comes over our own API, which has no names to check.
client waiter "${by_key[@]}" "$COAPS?ct=20" &
await "the wait" metric_is seatrial_waits 1
check "the command is taken" "202 1" "$(send_command device1 set -d on)"
wait $!
check "the command" "2.05 set" "$(answer waiter)"
check "there is no registry here" 404 "$(registry GET /apps)"

# What is revoked ends within the time of the cache, also in a session that lives on.
change device1 '.spec.core.disabled = true'
await "the password is refused" is_refused "${by_password[@]}" "$COAP"
await "the certificate is refused" is_refused "${by_certificate[@]}" "$COAPS"
await "the key is refused" gets_no_session "${by_key[@]}" "$COAPS"
change device1 '.spec.core.disabled = false'
await "the password is good again" publishes "${by_password[@]}" "$COAP"
await "the key is good again" publishes "${by_key[@]}" "$COAPS"

# The service is down: 5.03 with Max-Age, a handshake fails; and all is well when it is back.
stop_backend
is_unavailable()
{
    [[ $(post "${by_password[@]}" "$COAP") == 5.03 ]]
}
await "5.03" is_unavailable
check_match "it says what is missing" "Authentication not available" "$(text last)"
check_match "and when to come again" 'Max-Age:7' "$(cat last.log)"
await "a handshake fails" gets_no_session "${by_key[@]}" "$COAPS"
check_match "failures are counted" '^[1-9]' "$(metric 'seatrial_auth_service_total{outcome="failed"}')"
start_backend
await "it publishes again" publishes "${by_password[@]}" "$COAP"
await "with the key" publishes "${by_key[@]}" "$COAPS"
stop_backend
stop
check "the log tells no secrets" 0 "$(grep -cE "hey-rodney|$key" "$LOG" || true)"

# service ANSWER: on the backend's port, answers every question with status 200 and this body; empty: never
service()
{
    cat >service.py <<END
import http.server, threading
class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = b'$1'
        if not body:
            threading.Event().wait()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *ignored):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", 9080), Service).serve_forever()
END
    python3 service.py &
    BACKEND_PID=$!
    await "the service" curl -sS http://127.0.0.1:9080/
}

no_service()
{
    kill -KILL "$BACKEND_PID"
    wait "$BACKEND_PID" 2>/dev/null || true
}

# A service that takes questions and never answers, and one that talks nonsense.
service ''
start_bare --auth-timeout 1s
began=$(now_ms)
check "a slow service" 5.03 "$(post "${by_password[@]}" "$COAP")"
check_ms "it waits for the timeout" 900 5000 $(($(now_ms) - began))
check "a handshake meanwhile" "" "$(post -B 5 "${by_key[@]}" "$COAPS")"
check "somebody else is served" 4.03 "$(post -e 1 "$COAP")"
no_service
service '{"outcome":"maybe"}'
says_nonsense()
{
    is_unavailable
    grep -q 'the body is no answer' "$LOG"
}
await "nonsense is no verdict" says_nonsense
no_service
stop

# What cannot be meant is said.
for words in "--auth-url ftp://x" "--auth-url http://127.0.0.1 --demo" "--auth-url http://127.0.0.1 --backend-only"; do
    status=0
    # shellcheck disable=SC2086 # words
    "$ENDPOINT" $words 2>err || status=$?
    check "status of $words" 2 "$status"
    check_match "complaint about $words" 'auth-url' "$(cat err)"
done
