#!/bin/bash
# SIGHUP: what can change changes at once, what cannot is named, a broken file changes nothing, and
# sessions and waits live on.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/session.sh
. "$TESTS/session.sh"

ip address add 192.0.2.1/32 dev lo # beyond loopback, where the API wants its token

# make_identity NAME: NAME.crt and NAME.key, a server's certificate with that name
make_identity()
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" \
        -subj "/CN=$1" -days 1 2>/dev/null
}

# settings OPTION=VALUE...: the configuration file
settings()
{
    {
        echo "coap = 127.0.0.1"
        echo "coaps = 127.0.0.1"
        echo "http = 127.0.0.1"
        echo "http = 192.0.2.1"
        echo "cert = server.crt"
        echo "key = server.key"
        printf '%s\n' "$@"
    } >endpoint.conf
}

# reloads: sends SIGHUP and waits until the endpoint is ready again
reloads()
{
    local before
    before=$(grep -c READY=1 notified)
    kill -HUP "$ENDPOINT_PID"
    await "READY=1 after SIGHUP" ready_again "$before"
}

ready_again()
{
    (($(grep -c READY=1 notified) > $1))
}

# said PATTERN: how many lines of the log match
said()
{
    grep -cE -- "$1" "$LOG" || true
}

# The name in the certificate that a new handshake sees
server_name()
{
    openssl s_client -dtls1_2 -connect 127.0.0.1:5684 </dev/null 2>/dev/null | openssl x509 -noout -subject |
        sed 's/.*CN = //'
}

notify_listen notify >notified &
await "the listener" test -S notify
make_identity first
make_identity second
cp first.crt server.crt
cp first.key server.key
settings
START_ENV=("NOTIFY_SOCKET=$DIR/notify")
start_with --config endpoint.conf --demo
START_ENV=()
await "READY=1" grep -qx READY=1 notified

# A session and a wait that will see it all.
publish=4102MMMMabb2763103666f6f
session live -psk_identity device1@example-app -psk "$(tr -d '\n' <"$DATA/device1.psk" | xxd -p -c 0)" \
    -cipher PSK
say "a session before" 6144MMMMab $publish
client waiter -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=60' &
waiter=$!
await "the wait" metric_is seatrial_waits 1
check "the first identity" first "$(server_name)"

# Certificate, max-ct, log level and format, all at once.
cp second.crt server.crt
cp second.key server.key
settings "max-ct = 1s" "log-level = warn" "log-format = json"
reloads
check_match "to the service manager" 'RELOADING=1.MONOTONIC_USEC=[0-9]+.READY=1' "$(tail -n 3 notified | tr '\n' ' ')"
check "the second identity" second "$(server_name)"
started=$(now_ms)
check "a new wait" 2.04 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=30')"
check_ms "is as short as it may be now" 900 5000 $(($(now_ms) - started))
say "the session lives" 6144MMMMab $publish
check "the old wait" '202 1' "$(send_command device1 late)"
wait "$waiter"
check "it lived on" '2.05 late' "$(answer waiter)"

# What needs a restart is named, and the rest applies. Now the log is JSON, and only warnings are in it.
settings "max-ct = 2s" "workers = 7" "dedup-entries = 4096" "log-format = json" "log-level = warn"
infos=$(said '"info"| info ')
reloads
for option in workers dedup-entries; do
    check "$option is named" 1 "$(said "\"option-not-changed\".*\"option\":\"$option\"")"
done
check "no other is" 2 "$(said option-not-changed)"
check "lines below the level" "$infos" "$(said '"info"| info ')"

# What is broken changes nothing; one line says why. broken WHAT PATTERN
broken()
{
    local before
    before=$(said reload-failed)
    reloads
    check "$1: lines" $((before + 1)) "$(said reload-failed)"
    check_match "$1" "$2" "$(grep reload-failed "$LOG" | tail -n 1)"
    check "$1: identity" second "$(server_name)"
    check "$1: service" 2.04 "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo)"
}
settings "max-ct = soon"
broken "a value that is none" 'endpoint.conf:7: max-ct'
settings "mx-ct = 1s"
broken "an option that is none" 'endpoint.conf:7: .*mx-ct'
rm endpoint.conf
broken "no file" 'endpoint.conf: No such file'
settings "log-level = warn" "log-format = logfmt"
cp first.key server.key
broken "a key of another certificate" 'server.key: it does not belong to the certificate'
check "the format of before" 1 "$(grep -c '^{.*server.key' "$LOG")"
echo torn >server.crt
broken "a torn certificate" 'server.crt: there is no PEM block'
cp second.crt server.crt
cp second.key server.key
echo short >"$DATA/api-token"
broken "a short token" 'api-token.*fewer than 32'

# Another token: the old one is refused from now on.
API=http://192.0.2.1:8080
token=0123456789abcdef0123456789abcdef
echo $token >"$DATA/api-token"
check "not yet" 403 "$(registry GET /apps -H "Authorization: Bearer $token")"
settings "retry-after = 77s"
reloads
check "the new token" 200 "$(registry GET /apps -H "Authorization: Bearer $token")"
API=http://127.0.0.1:8080

# retry-after, seen at a full disk
prlimit --pid "$ENDPOINT_PID" --fsize=1:
check "disk full" 5.03 "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo)"
grep -qa 'c:5.03 .*Max-Age:77' last.log || fail "another Max-Age: $(grep -a c:5.03 last.log)"
prlimit --pid "$ENDPOINT_PID" --fsize=unlimited:

# Many reloads beside traffic: no answer is lost.
client steady -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=3' &
steady=$!
for i in 1 2 3 4 5 6 7 8; do
    settings "max-ct = ${i}min" "retry-after = ${i}s"
    identity=first
    ((i % 2 == 0)) || identity=second
    cp $identity.crt server.crt
    cp $identity.key server.key
    kill -HUP "$ENDPOINT_PID"
    check "handshake $i" 2.04 "$(post -u device1@example-app -k "$(cat "$DATA/device1.psk")" coaps://127.0.0.1/v1/foo)"
done
wait $steady
check "beside it" 2.04 "$(answer steady)"
say "the session still lives" 6144MMMMab $publish
hang_up
stop
