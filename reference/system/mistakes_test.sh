#!/bin/bash
# What an operator gets wrong ends with status 2 and one line that names it.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

# mistake WHAT PATTERN OPTION...: of the one line on stderr
mistake()
{
    local status=0
    timeout 20 "$ENDPOINT" "${@:3}" >out 2>said || status=$?
    grep -vE '^[0-9.]+ info ' said >err # what went well before
    check "status for $1 ($(cat err))" 2 "$status"
    check "lines for $1 ($(cat err))" 1 "$(wc -l <err)"
    check_match "text for $1" "$2" "$(cat err)"
    check "nothing on stdout for $1" "" "$(cat out)"
}

# correct OPTION...: --check-config takes it
correct()
{
    "$ENDPOINT" --check-config "$@" >out 2>err || fail "refused: $* ($(cat err))"
}

# Options, and a file of them.
mistake "an unknown option" 'no-such' --no-such
mistake "a value out of bounds" 'workers' --workers 65
mistake "a value that is none" 'max-ct' --max-ct soon
mistake "an argument" 'stray' stray
mistake "timers that contradict each other" 'empty-ack-delay' --ack-timeout 1s --empty-ack-delay 2s
mistake "an unknown sink" 'ftp:' --sink ftp:x
mistake "a descriptor that is not open" 'ready-fd: descriptor 99' --ready-fd 99
printf '# ours\ncoap = 127.0.0.1\nworkers = many\n' >bad.conf
mistake "a bad line in the file" 'bad\.conf:3: .*workers' --config bad.conf
mistake "a file that is not there" 'none\.conf' --config none.conf
printf 'coap = 127.0.0.1\nhttp = 127.0.0.1\nmax-ct = 30s\n' >good.conf
correct --config good.conf --data "$DIR/data"

# Ports in use, with and without a friendly neighbour.
start
elsewhere=()
for row in '--coap 5683' '--coaps 5684' '--http 8080'; do
    read -r option port <<<"$row"
    [[ $option == --coap ]] || elsewhere=(--coap 127.0.0.1:7000)
    mistake "$option in use" "127\.0\.0\.1:$port.*in use" --demo --data "$DIR/second" "${elsewhere[@]}" "$option" 127.0.0.1
done
mistake "a data folder in use" "$DATA" --coap 127.0.0.1:7000 --data "$DATA"
stop

# An address that this machine has not got.
mistake "a foreign address" '192\.0\.2\.1' --data "$DIR/second" --coap 192.0.2.1:5683

# Keys and certificates.
mistake "no certificate" 'server\.crt' --data "$DIR/third" --coaps 127.0.0.1
echo rubbish >rubbish.pem
mistake "a certificate that is none" 'rubbish\.pem' --data "$DIR/third" --coaps 127.0.0.1 --cert rubbish.pem \
    --key "$DATA/server.key"
mistake "a key that is none" 'rubbish\.pem' --data "$DIR/third" --coaps 127.0.0.1 --cert "$DATA/server.crt" \
    --key rubbish.pem
mistake "a key that is not there" 'none\.key' --data "$DIR/third" --coaps 127.0.0.1 --cert "$DATA/server.crt" \
    --key none.key
mistake "a key of another certificate" 'device1\.key' --data "$DIR/third" --coaps 127.0.0.1 \
    --cert "$DATA/server.crt" --key "$DATA/device1.key"

# Registries: a file that is merged in, and the store itself.
echo '{"applications":[{"metadata":{"name":"a"}}],"devices":[{"metadata":{"name":"d"}}]}' >broken.json
mistake "a device without an application" 'broken\.json: devices\[0\]' --data "$DIR/third" --coap 127.0.0.1 \
    --registry broken.json
echo '{"applications":' >torn.json
mistake "a registry file that is no JSON" 'torn\.json' --data "$DIR/third" --coap 127.0.0.1 --registry torn.json
mistake "a registry file that is not there" 'none\.json' --data "$DIR/third" --coap 127.0.0.1 --registry none.json
mkdir -m 700 fourth
head -c 8192 /dev/urandom >fourth/registry.db
mistake "a store that is none" 'fourth/registry\.db' --data "$DIR/fourth" --coap 127.0.0.1

# Where data cannot be.
: >file
mistake "a data folder that is a file" "$DIR/file" --data "$DIR/file" --coap 127.0.0.1
mistake "a sink in a folder that is not there" 'no-such/events' --data "$DIR/third" --coap 127.0.0.1 \
    --sink file:no-such/events
correct --data "$DIR/data" --coap 127.0.0.1 --sink file:here.ndjson
