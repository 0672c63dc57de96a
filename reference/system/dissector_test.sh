#!/bin/bash
# tools/wireshark/drogue.lua reads what passes between stock clients and the endpoint: who, where, how long it
# waits, and which command ended which wait; plain and inside DTLS; passwords never.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"
# shellcheck source=reference/system/capture.sh
. "$TESTS/capture.sh"

start
key=$(cat "$DATA/device1.psk")
TSHARK_OPTIONS=(-2 -X "lua_script:$TESTS/../../tools/wireshark/drogue.lua" -o "dtls.psk:$(hex "$key")")
capture_start

# waits NAME OPTION...: a device that waits until it gets the command NAME
waits()
{
    local name=$1
    shift
    client "$name" -O "4209,$BASIC" "$@" &
    await "the wait" metric_is seatrial_waits 1
    check "the command is taken" "202 1" "$(send_command device1 "$name" -d on)"
    wait $!
    check "the answer" "2.05 $name" "$(answer "$name")"
}

waits plain 'coap://127.0.0.1/v1/temp?ct=20&data_schema=urn:x:y'
waits hidden -u device1@example-app -k "$key" 'coaps://127.0.0.1/v1/secret?ct=20'
check "nobody comes" 2.04 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/void?ct=1')"
check "an application without this device" 4.03 "$(post -O "4209,$(basic user:pa:ss)" 'coap://127.0.0.1/v1/a%20b?application=x&as=y')"
check "no credential" 4.03 "$(post -O '4209,Bearer x' 'coap://127.0.0.1/v1/bearer')"
check "a bad ct" 4.00 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/odd?ct=soon')"
capture_stop

# fields FILTER FIELD...: of packets that match, `|` between them
fields()
{
    packets "$@" | tr '\t' '|'
}

check "a request in full" 'Basic|device1@example-app|temp|20|urn:x:y' \
    "$(fields 'drogue.channel == "temp"' drogue.scheme drogue.user drogue.channel drogue.ct drogue.data_schema)"
check "parameters and a password with a colon" 'user|a b|x|y' \
    "$(fields 'drogue.as' drogue.user drogue.channel drogue.application drogue.as)"
check "commands, plain and inside DTLS" 'plain hidden' "$(fields drogue.command drogue.command | xargs)"
check "the packets of commands" "$(fields drogue.command frame.number)" "$(fields drogue.command_in drogue.command_in)"
check "the packets of their requests" "$(fields drogue.command_in frame.number)" "$(fields drogue.command drogue.request_in)"
check "a wait in vain is answered, without a command" '|1' \
    "$(fields 'drogue.channel == "void"' drogue.command_in drogue.ct)"
check_match "how long it took" '^1\.[0-9]+$' \
    "$(fields "frame.number == $(fields 'drogue.channel == "void"' drogue.answered_in)" drogue.waited)"
check "another scheme is marked" bearer "$(fields drogue.bad_authorization drogue.channel)"
check "a bad ct is marked" odd "$(fields drogue.bad_ct drogue.channel)"
packets drogue _ws.col.Info >list
check_match "the list of packets says it too" '\[device1@example-app channel temp ct=20\]' "$(cat list)"
tshark -r "$CAPTURE" -n "${TSHARK_OPTIONS[@]}" -Y drogue -O drogue 2>/dev/null >tree
check "no password is shown" 0 "$(grep -cE 'hey-rodney|pa:ss' tree || true)"
check "the script has no faults" "" "$(grep -iE 'lua.*error' tree tshark.err || true)"

# Cut and broken messages do no harm.
rm "$CAPTURE"
capture_start
# A minus: nobody waits for an answer.
for message in 48020001ab 44020001 4402000161626364bb 4402000161626364ed0f 4402000161626364ff 4402000161626364d00f \
    4402000161626364ed0f4401 60000001 42020001aabbb276; do
    datagram 127.0.0.1:5683 "-$message"
done
capture_stop
packets coap frame.number >/dev/null
check "broken messages" "" "$(grep -iE 'lua|error' tshark.err || true)"
