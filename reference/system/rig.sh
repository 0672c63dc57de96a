# What every system test starts from: a network of its own, a running endpoint, and clients for it.
# Sourced first; the script then runs again inside a new network namespace, where the default ports
# are free and a capture sees nothing but the test. Read the functions in this order: check, await,
# start, the clients.
# shellcheck shell=bash

set -euo pipefail

: "${SEATRIAL_BIN:?the folder of seatrial-endpoint and the helper programs of reference/system}"
SEATRIAL_BIN=$(realpath "$SEATRIAL_BIN")
ENDPOINT=$SEATRIAL_BIN/seatrial-endpoint
PATH=$SEATRIAL_BIN/system:$PATH
if [[ -z ${RIG_INSIDE-} ]]; then
    own_network=(unshare --net --mount)
    [[ $(id -u) == 0 ]] || own_network=(unshare --user --map-root-user --net --mount)
    if ! "${own_network[@]}" true; then
        echo "system tests need a network namespace (unshare --net --mount): run them as root, or allow user namespaces" >&2
        exit 1
    fi
    RIG_INSIDE=1 exec "${own_network[@]}" bash "$0" "$@"
fi
ip link set lo up

# shellcheck disable=SC2034 # for the scripts
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DIR=$(mktemp -d)
LOG=$DIR/endpoint.log
DATA=$DIR/seatrial-data
EVENTS=$DATA/events.ndjson
ENDPOINT_PID=
START_ENV=()
API=http://127.0.0.1:8080
BASIC='Basic ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5' # device1@example-app:hey-rodney
cd "$DIR"
mkfifo pause
exec {PAUSE}<>pause # nobody writes here: reading from it with a time limit is how a poll pauses

# Ends what the script has started and forgotten, shows the log of a failure, tidies up.
rig_end()
{
    local status=$? pid
    trap - EXIT
    for pid in $(jobs -p); do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [[ $status != 0 && -e $LOG ]]; then
        echo "--- log of the endpoint ---" >&2
        tail -n 100 "$LOG" >&2
    fi
    cd /
    umount -q "$DIR"/* 2>/dev/null || true # what a test has mounted there
    rm -rf "$DIR"
    exit "$status"
}
trap rig_end EXIT
trap 'echo "FAILED at ${BASH_SOURCE[0]}:$LINENO: $BASH_COMMAND" >&2' ERR
set -o errtrace

fail()
{
    trap - ERR
    local level=1
    until [[ ${BASH_SOURCE[level]} == *_test.sh ]]; do
        level=$((level + 1))
    done
    echo "FAILED at ${BASH_SOURCE[level]}:${BASH_LINENO[level - 1]}: $*" >&2
    exit 1
}

# check WHAT WANTED GOT
check()
{
    [[ $3 == "$2" ]] || fail "$1"$'\n'"  wanted: $2"$'\n'"  got:    $3"
}

# check_match WHAT PATTERN GOT: an extended regular expression
check_match()
{
    [[ $3 =~ $2 ]] || fail "$1"$'\n'"  wanted: $2"$'\n'"  got:    $3"
}

now_ms()
{
    local us=${EPOCHREALTIME/[.,]/}
    echo $((us / 1000))
}

# check_ms WHAT LEAST MOST GOT
check_ms()
{
    (($2 <= $4 && $4 <= $3)) || fail "$1: wanted $2..$3 ms, got $4 ms"
}

# await WHAT COMMAND...: until the command succeeds, at most 20 seconds
await()
{
    await_ms 20000 "$@"
}

# await_long: the same for much work, at most 100 seconds
await_long()
{
    await_ms 100000 "$@"
}

await_ms()
{
    local what=$2 end_ms=$(($(now_ms) + $1))
    shift 2
    until "$@" >/dev/null 2>&1; do
        (($(now_ms) < end_ms)) || fail "in vain awaited: $what"
        read -rt 0.02 -u "$PAUSE" || true
    done
}

# --- the endpoint -----------------------------------------------------------------------------------

# The newcomer's endpoint: no options at all. Returns when devices can connect.
start()
{
    start_with --
}

# start_with OPTION...: START_ENV, an array of NAME=VALUE, is added to its environment
start_with()
{
    [[ $1 != -- ]] || shift
    mkfifo ready
    env "${START_ENV[@]}" "$ENDPOINT" --ready-fd 3 ${SEATRIAL_MUTANT:+--mutant "$SEATRIAL_MUTANT"} "$@" 3>ready >>"$LOG" 2>&1 &
    ENDPOINT_PID=$!
    local line=
    read -rt 30 line <ready || true
    rm ready
    [[ $line == ready ]] || fail "the endpoint is not ready: $*"
}

# stop: SIGTERM; the endpoint must end well within its 5 seconds
stop()
{
    local started status=0
    started=$(now_ms)
    kill -TERM "$ENDPOINT_PID"
    wait "$ENDPOINT_PID" || status=$?
    check "exit status after SIGTERM" 0 "$status"
    check_ms "time from SIGTERM to the end" 0 7000 $(($(now_ms) - started))
    ENDPOINT_PID=
}

# crash: the process is gone as with a power switch, only the kernel survives
crash()
{
    kill -KILL "$ENDPOINT_PID"
    wait "$ENDPOINT_PID" 2>/dev/null || true
    ENDPOINT_PID=
}

event_count()
{
    if [[ -e $EVENTS ]]; then
        wc -l <"$EVENTS"
    else
        echo 0
    fi
}

has_events()
{
    (($(event_count) >= $1))
}

await_events()
{
    await "$1 events in $EVENTS" has_events "$1"
}

# The newest event
event()
{
    tail -n 1 "$EVENTS"
}

# check_event WHAT JQ-FILTER WANTED: of the newest event, as compact JSON
check_event()
{
    check "$1" "$3" "$(event | jq -c "$2")"
}

# metric NAME: the value of a row such as seatrial_events_total{outcome="confirmed"}
metric()
{
    curl -sS "$API/metrics" | awk -v name="$1" '$1 == name { print $2 }'
}

metric_is()
{
    [[ $(metric "$1") == "$2" ]]
}

# request CHANNEL MESSAGE-ID [QUERY [HEADER]]: a POST with BASIC and token ab, in hexadecimal. QUERY is empty
# or one Uri-Query; HEADER is 41 for CON (the default), 51 for NON.
request()
{
    printf '%s02%sabb27631' "${4-41}" "$2"
    option 0 "$1"
    if [[ -n ${3-} ]]; then
        option 4 "$3"
        printf 'ed0f55' # 4209 - 15 = 269 + 0x0f55
    else
        printf 'ed0f59' # 4209 - 11 = 269 + 0x0f59
    fi
    printf '%02x%s' $((${#BASIC} - 13)) "$(hex "$BASIC")"
}

# option DELTA TEXT: of up to 12 bytes
option()
{
    local value
    value=$(hex "$2")
    ((${#value} <= 24)) || fail "too long for this function: $2"
    printf '%x%x%s' "$1" $((${#value} / 2)) "$value"
}

hex()
{
    printf '%s' "$1" | xxd -p -c 0
}

# --- clients ----------------------------------------------------------------------------------------

# client NAME [OPTION OF coap-client...] URL: becomes a device that sends one request and waits 20 seconds
# for the answer; to be put into the background. Its log goes to NAME.log, the payload of a success to
# NAME.payload.
client()
{
    local name=$1
    shift
    : >"$name.payload"
    exec "${CLIENT-coap-client-openssl}" -m post -B 20 -v 7 -o "$name.payload" "$@" >"$name.log" 2>&1
}

# ask: the same, waited for
ask()
{
    (client "$@")
}

# answer NAME: what that client got, as `CODE`, or `2.05 COMMAND` with the text of option 4210
answer()
{
    local response
    response=$(grep -aE '^v:1 t:[A-Z]+ c:[245]\.' "$1.log" | tail -n 1 || true)
    sed -nE 's/^v:1 t:[A-Z]+ c:([0-9.]+) .*/\1/p' <<<"$response" | tr -d '\n'
    printf '%b' "$(sed -nE 's/.*[[ ]4210:([^], ]*).*/ \1/p' <<<"$response")"
}

# text NAME: the diagnostic payload of the answer to that client
text()
{
    grep -aE '^v:1 t:[A-Z]+ c:[45]\.' "$1.log" | tail -n 1 | sed -nE "s/.* :: '(.*)'\$/\1/p"
}

# post [OPTION OF coap-client...] URL: ask, and print the answer
post()
{
    ask last "$@"
    answer last
}

# The form in which the client saw message number N with this pattern: `ACK 0.00`, `CON 2.05`
messages_received()
{
    grep -aA1 ' received ' "$1.log" | sed -nE 's/^v:1 t:([A-Z]+) c:([0-9.]+) .*/\1 \2/p'
}

# api METHOD PATH [OPTION OF curl...]: prints the status; the body is left in the file body
api()
{
    local method=$1 path=$2
    shift 2
    curl -sS --max-time 20 -o body -D header -w '%{http_code}' -X "$method" "$@" "$API$path"
}

registry()
{
    local method=$1 path=$2
    shift 2
    api "$method" "/api/registry/v1alpha1$path" "$@"
}

# send_command DEVICE NAME [OPTION OF curl...]: prints `STATUS TAKEN`
send_command()
{
    local device=$1 name=$2
    shift 2
    api POST "/api/command/v1alpha1/apps/example-app/devices/$device?command=$name" "$@"
    echo " $(header X-Seatrial-Taken)"
}

# header NAME: of the last answer to api
header()
{
    sed -nE "s/^$1: (.*)\r$/\1/Ip" header
}

# device_with_password NAME [MORE OF spec]: creates it in example-app, password is NAME-secret
device_with_password()
{
    local doc
    doc=$(jq -n --arg name "$1" --argjson more "${2-{\}}" '{metadata: {name: $name, application: "example-app"},
        spec: ({authentication: {credentials: [{pass: ($name + "-secret")}]}} + $more)}')
    check "creating $1" 201 "$(registry POST /apps/example-app/devices --json "$doc")"
}

# basic USER:PASSWORD: value of option 4209
basic()
{
    printf 'Basic %s' "$(printf '%s' "$1" | base64 -w 0)"
}
