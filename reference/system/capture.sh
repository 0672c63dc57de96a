# A capture of everything that passes on lo, read by tshark. Sourced after rig.sh.
# shellcheck shell=bash

CAPTURE=$DIR/capture.pcapng

# packets FILTER [FIELD...]: the fields of the packets that match, tab-separated
packets()
{
    local fields=(-e frame.number) field
    [[ $# == 1 ]] || fields=()
    for field in "${@:2}"; do
        fields+=(-e "$field")
    done
    tshark -r "$CAPTURE" -n "${TSHARK_OPTIONS[@]}" -Y "$1" -T fields "${fields[@]}" 2>tshark.err || cat tshark.err
}
TSHARK_OPTIONS=()

# A datagram to a port where nobody listens tells how far the capture is.
mark()
{
    datagram 127.0.0.1:9 "-$(hex "mark $1")"
    grep -qa "mark $1" "$CAPTURE"
}

capture_start()
{
    tshark -i lo -n -q -w "$CAPTURE" >tshark.log 2>&1 &
    TSHARK_PID=$!
    await "the capture" mark begin
}

capture_stop()
{
    await "the end of the capture" mark end
    kill -INT "$TSHARK_PID"
    wait "$TSHARK_PID" || true
}
