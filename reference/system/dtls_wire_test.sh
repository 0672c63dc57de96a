#!/bin/bash
# DTLS as other programs see it: version, cookie, suites, and what is in the records.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/session.sh
. "$TESTS/session.sh"
# shellcheck source=reference/system/capture.sh
. "$TESTS/capture.sh"

start
psk=(-psk_identity device1@example-app -psk "$(hex "$(cat "$DATA/device1.psk")")")
# shellcheck disable=SC2034 # by its name
certificate=(-cert "$DATA/device1.crt" -key "$DATA/device1.key")
publish=4102MMMMabb2763103666f6f
TSHARK_OPTIONS=(-o "dtls.psk:$(hex "$(cat "$DATA/device1.psk")")" -d "udp.port==5684,dtls")
capture_start

# Each suite that a constrained device may be built for, alone.
for row in 'PSK-AES128-CCM8 psk' 'PSK-AES128-GCM-SHA256 psk' 'ECDHE-ECDSA-AES128-CCM8 certificate' \
    'ECDHE-ECDSA-AES128-GCM-SHA256 certificate'; do
    read -r suite credential <<<"$row"
    declare -n options=$credential
    session "$suite" "${options[@]}" -cipher "$suite" -groups P-256
    say "$suite" 6144MMMMab $publish
    hang_up
done

# Who asks to resume a session gets one of his own identity, by a handshake.
for row in psk certificate; do
    declare -n options=$row
    events=$(event_count)
    session "$row-before" "${options[@]}" -sess_out sess
    say "session of $row" 6144MMMMab $publish
    hang_up
    [[ ! -e sess ]] || options+=(-sess_in sess)
    session "$row-after" "${options[@]}"
    say "session of $row again" 6144MMMMab $publish
    hang_up
    check "events" $((events + 2)) "$(event_count)"
    rm -f sess
done

# suite_refused WHAT OPTION...: no handshake; s_client says why
suite_refused()
{
    local status=0
    : | timeout 20 openssl s_client -connect 127.0.0.1:5684 "${@:2}" >refused 2>&1 || status=$?
    check "$1: status" 1 "$status"
    grep -q 'alert' refused || fail "$1: no alert: $(cat refused)"
}
suite_refused "DTLS 1.0" -dtls1 -cipher ALL:@SECLEVEL=0 "${psk[@]}"
suite_refused "an unknown identity" -dtls1_2 -psk_identity nobody@example-app -psk 00 -cipher PSK
suite_refused "CBC only" -dtls1_2 "${psk[@]}" -cipher PSK-AES128-CBC-SHA256
suite_refused "no encryption" -dtls1_2 "${psk[@]}" -cipher PSK-NULL-SHA256:@SECLEVEL=0

# A device whose authority is unknown gets no session of its certificate, and publishes nothing.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout own.key -out own.crt -days 1 \
    -subj '/O=example-app/CN=device1' 2>/dev/null
check_match "self-signed" '^(4\.03)?$' "$(post -B 2 -c own.crt -j own.key coaps://127.0.0.1/v1/foo)"

capture_stop
own=udp.srcport==5684
check "malformed" "" "$(packets "$own && _ws.malformed")"
check "not DTLS" "" "$(packets "$own && !dtls")"
check "version that it chooses" 0xfefd "$(packets "$own && dtls.handshake.type == 2" dtls.handshake.version | sort -u)"
check "suites that it chooses" "$(printf '%s\n' 0x00a8 0xc02b 0xc0a8 0xc0ae)" \
    "$(packets "$own && dtls.handshake.type == 2" dtls.handshake.ciphersuite | sort -u | grep -v 0xc0ac)"
check "a ServerHello without HelloVerifyRequest before" "" "$(comm -23 \
    <(packets "$own && dtls.handshake.type == 2" udp.dstport | sort -u) \
    <(packets "$own && dtls.handshake.type == 3" udp.dstport | sort -u))"
check "extended master secret (23) is not offered" "" \
    "$(packets "$own && dtls.handshake.type == 2 && !(dtls.handshake.extension.type == 23)")"
check "datagrams of a handshake above the MTU" "" "$(packets "$own && udp.length > 1208")"
(($(packets "$own && coap.code == 68" | wc -l) >= 2)) || fail "tshark finds no 2.04 inside the records"
stop
