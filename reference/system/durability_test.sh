#!/bin/bash
# kill -9 in the middle of the traffic: every acknowledged event is on the disk, and no line is torn.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

DEVICES=4
REQUESTS=300
template=$(request CCCCC MMMM)

# device ROUND N: publishes to the channels RN001, RN002 ... as fast as it is answered; the message ID is the
# same number
device()
{
    local messages=() number id message
    for ((number = ${1}${2}000 + 1; number <= ${1}${2}000 + REQUESTS; number++)); do
        printf -v id '%04x' $number
        message=${template/MMMM/$id}
        messages+=("${message/4343434343/3${number:0:1}3${number:1:1}3${number:2:1}3${number:3:1}3${number:4:1}}")
    done
    exec datagram 127.0.0.1:5683 "${messages[@]}" >"answers.$1.$2" 2>/dev/null
}

answers_reached()
{
    (($(cat answers."$1".* | wc -l) >= $2))
}

# acknowledged ROUND N: the channels of the requests answered with 2.04
acknowledged()
{
    local answer
    while read -r _ answer; do
        check "answer to device $2" "6144${answer:4:4}ab" "$answer"
        echo $((16#${answer:4:4}))
    done <"answers.$1.$2"
}

for round in 1 2 3 4 5 6; do
    start
    devices=()
    for ((n = 1; n <= DEVICES; n++)); do
        : >"answers.$round.$n"
        device $round "$n" &
        devices+=($!)
    done
    await "traffic in round $round" answers_reached $round $((RANDOM % 400 + 50))
    crash
    kill "${devices[@]}" 2>/dev/null || true
    wait "${devices[@]}" || true
    for ((n = 1; n <= DEVICES; n++)); do
        acknowledged $round "$n" >>expected
    done
done

# The next start repairs what was torn.
start
jq -c . "$EVENTS" >/dev/null || fail "a line of $EVENTS is no JSON"
jq -r .subject "$EVENTS" | sort >present
sort expected >wanted
check "acknowledged events that are missing" "" "$(comm -13 present wanted)"
check "events that came twice" "" "$(uniq -d present)"
check "events that nobody published" "" "$(grep -vE '^[1-6][1-4][0-9]{3}$' present || true)"
echo "$(wc -l <wanted) acknowledged, $(wc -l <present) present"
stop
