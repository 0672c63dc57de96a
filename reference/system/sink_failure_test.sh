#!/bin/bash
# The disk takes no more: 5.03 with Max-Age, not ready, and all is well again when it does.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

start
check "before" 2.04 "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo)"
check "ready" 200 "$(api GET /readyz)"
# Every event, also in files that were rotated away
subjects()
{
    cat "$DATA"/events.ndjson* | jq -r .subject | sort
}

# No file of this process may have more than a byte: like a full disk, but nobody else suffers.
prlimit --pid "$ENDPOINT_PID" --fsize=1:
check "disk full" 5.03 "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/foo)"
check "its text" 'Event sink not available, try again later' "$(text last)"
grep -qa 'c:5.03 .*Max-Age:5' last.log || fail "no Max-Age: $(grep -a c:5.03 last.log)"
check "disk full, with a wait" 5.03 "$(post -O "4209,$BASIC" 'coap://127.0.0.1/v1/foo?ct=10')"
check "nothing was written" foo "$(subjects)"
not_ready()
{
    [[ $(api GET /readyz) == 503 ]]
}
await "not ready" not_ready
check_match "why" 'sink' "$(cat body)"
check "alive" 200 "$(api GET /livez)"

prlimit --pid "$ENDPOINT_PID" --fsize=unlimited:
ready()
{
    [[ $(api GET /readyz) == 200 ]]
}
await "ready again" ready
check "after" 2.04 "$(post -O "4209,$BASIC" coap://127.0.0.1/v1/bar)"
stop
check "events in all files" $'bar\nfoo' "$(subjects)"
