#!/bin/bash
# labels: slow, alone
# One device that floods, guesses passwords, sends garbage, or begins thousands of handshakes delays the others
# only a little (ROB-01, TLS-05), loses nothing that was acknowledged, and takes bounded memory.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/session.sh
. "$TESTS/session.sh"

# A ClientHello without a cookie, which is answered by a HelloVerifyRequest: see robustness_test.sh
zeros=00000000000000000000000000000000
hello=16feff0000000000000000003601000 # ends in the middle of a byte
hello=${hello}02a000000000000002afefd$zeros${zeros}00000002c0a80100
garbage=()

most_ms=10000 # that a request of others may take: what the full queue of a socket lost is repeated after 2 s, then 4 s
rss_kib()
{
    awk '/^VmRSS:/ { print $2 }' "/proc/$ENDPOINT_PID/status"
}

# check_rss WHAT MOST-MIB-MORE KIB-BEFORE; a sanitizer's memory says nothing about ours
check_rss()
{
    local more=$(((($(rss_kib) - $3)) / 1024))
    echo "$1: $more MiB more"
    if ! grep -qE 'lib[at]san' "/proc/$ENDPOINT_PID/maps"; then
        ((more <= $2)) || fail "$1: memory grew by $more MiB"
    fi
}

# others WHAT: devices on every transport are served
others()
{
    local started longest
    longest=$(steady 127.0.0.1:5683 "$(request others 0000)" 61440000ab 30)
    echo "$1: longest and middle request: $longest ms"
    check_ms "$1: the longest request" 0 $most_ms "${longest% *}"
    started=$(now_ms)
    check "$1: pre-shared key" 2.04 "$(post "${psk[@]}" coaps://127.0.0.1/v1/foo)"
    check "$1: certificate" 2.04 \
        "$(post -c "$DATA/device1.crt" -j "$DATA/device1.key" coaps://127.0.0.1/v1/foo)"
    check_ms "$1: two handshakes" 0 $((2 * most_ms)) $(($(now_ms) - started))
    check "$1: ready" 200 "$(api GET /readyz)"
}

# endless COMMAND: with another seed each time, until there is the file `enough`
endless()
{
    local seed=0 ping=40005ea7
    [[ $2 != *5684 ]] || ping=$hello
    while [[ ! -e enough ]] && "$@" $((++seed)) "$ping" >/dev/null; do :; done
}

# begin NAME COMMAND...: floods in the background; end_flood stops it and gives its last line
begin()
{
    local name=$1
    shift
    "$@" >"$name.flood" 2>&1 &
    FLOOD=$!
}

end_flood()
{
    kill -TERM "$FLOOD"
    wait "$FLOOD" || true
}

start_with --peer-rate 20000 --coap 127.0.0.1 --coaps 127.0.0.1 --http 127.0.0.1 --demo
# a sanitizer's speed says nothing about ours either
if grep -qE 'lib[at]san' "/proc/$ENDPOINT_PID/maps"; then
    most_ms=60000
fi
psk=(-u device1@example-app -k "$(cat "$DATA/device1.psk")")
others "before"
device_with_password flooder
# bcrypt of `hashed1-secret`, cost 10: 60 ms and more for each guess
# shellcheck disable=SC2016
hash='$2b$10$zEMevCyNFoiUwS4G8rY.vuiGGYtk9lDblltQLgQpb1Bk5IxxW1xS.'
for name in hashed1 hashed2; do
    doc=$(jq -n --arg name $name --arg hash "$hash" '{metadata: {name: $name, application: "example-app"},
        spec: {authentication: {credentials: [{pass: {"bcrypt": $hash}}]}}}')
    check "creating $name" 201 "$(registry POST /apps/example-app/devices --json "$doc")"
done

# Guesses, each another: they do not even delay other devices that have a hash to verify by more than the
# guess before them. Of the flooder one at a time is verified, the rest is refused.
hashed()
{
    post -O "4209,$(basic hashed1@example-app:hashed1-secret)" coap://127.0.0.1/v1/foo
}
before_kib=$(rss_kib)
guess="Basic $(printf 'hashed2@example-app:-' | base64 -w 0)NNNNNNNN"
begin guesses flood 127.0.0.1:5683 "$(BASIC=$guess request guess 0000)"
await "the flood" grep -q flooding guesses.flood
others "flood of guesses"
started=$(now_ms)
check "a hash to verify, flood of guesses" 2.04 "$(hashed)"
check_ms "a hash to verify, flood of guesses" 0 $most_ms $(($(now_ms) - started))
end_flood
check "guesses that were right" 0 "$(tail -n 1 guesses.flood | cut -d' ' -f2)"
check_rss "flood of guesses" 200 "$before_kib"
echo "flood of guesses: $(tail -n 1 guesses.flood), verified: $(metric seatrial_password_hashes_total)"

# Garbage of all lengths on both ports, without end.
before_kib=$(rss_kib)
for port in 5683 5684; do
    endless garbage 127.0.0.1:$port &
    garbage+=($!)
done
malformed()
{
    (($(metric "$1") >= $2))
}
await_long "garbage" malformed seatrial_malformed_total 2000
await_long "garbage" malformed seatrial_dtls_datagrams_dropped_total 2000
others "garbage"
touch enough
wait "${garbage[@]}"
check_rss "garbage" 100 "$before_kib"
check "events of garbage" 0 "$(jq -r .subject "$EVENTS" | grep -cvE '^(others|foo)$' || true)"

# 10 000 handshakes that stand still: more than may be open.
session live -psk_identity device1@example-app -psk "$(tr -d '\n' <"$DATA/device1.psk" | xxd -p -c 0)" -cipher PSK
publish=4102MMMMabb2763103666f6f
say "a session before" 6144MMMMab $publish
mkfifo hold
exec 9<>hold
before_kib=$(rss_kib)
for i in 1 2 3 4; do
    stalled 127.0.0.1:5684 2500 <hold >"stalled.$i" &
done
others "while handshakes begin"
for i in 1 2 3 4; do
    await_long "stalled handshakes" grep -q stalled stalled.$i
done
open=$(metric seatrial_dtls_handshakes_open)
answered=$(cat stalled.* | awk '{sum += $2} END {print sum}')
echo "handshakes open: $open of $answered that were answered"
((answered > 5000)) || fail "of 10 000 handshakes only $answered were answered"
((open <= 4096)) || fail "more handshakes than may be: $open"
others "10 000 handshakes"
say "the session still lives" 6144MMMMab $publish
check_rss "10 000 handshakes" 700 "$before_kib"
hang_up

# A device that publishes as fast as it can. Every 2.04 is an event, and no event comes from nothing.
before_kib=$(rss_kib)
begin publish flood 127.0.0.1:5683 "$(BASIC=$(basic flooder@example-app:flooder-secret) request flood 0000)"
await "the flood" grep -q flooding publish.flood
others "flood of publishes"
end_flood
check_rss "flood of publishes" 400 "$before_kib"
read -r sent good _ bad < <(tail -n 1 publish.flood)
echo "flood: $sent sent, $good published, $bad refused for load"
stop
flooded=$(grep -c '"subject":"flood"' "$EVENTS")
((flooded >= good)) || fail "of $good acknowledged events $flooded are there"
((flooded <= sent)) || fail "of $sent requests $flooded events came"
check "events that came twice" "" "$(jq -r .id "$EVENTS" | sort | uniq -d)"
