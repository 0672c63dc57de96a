#!/usr/bin/env bash
# labels: slow
# Handshakes of the swarm with the reference endpoint, over sockets: with each suite all succeed, and every
# session that was taken over from its SSL object carries a message and its answer. The same addresses come
# again with each suite, so that devices begin anew where the endpoint has a session of theirs.
set -eu
endpoint=$SEATRIAL_BIN/../reference/seatrial-endpoint
load=$SEATRIAL_BIN/../tools/benchmark/bench_handshake_load
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; wait; rm -rf "$dir"' EXIT
fail() {
  echo "$*" >&2
  cat "$dir/log" >&2
  exit 1
}

mkfifo "$dir/ready"
"$endpoint" --data "$dir/data" --sink null: --demo --coap 127.0.0.1:0 --coaps 127.0.0.1:0 --http 127.0.0.1:0 \
  --ready-fd 3 3>"$dir/ready" >/dev/null 2>"$dir/log" </dev/null &
pid=$!
read -r -t 60 _ <"$dir/ready" || fail 'the endpoint did not start'
port=$(sed -nE 's/.*scheme=coaps addr=.*:([0-9]+) .*/\1/p' "$dir/log")

# meet COUNT SUITE OPTION...
meet() {
  local count=$1 suite=$2 got
  shift 2
  got=$("$load" --to "127.0.0.1:$port" --count "$count" --publish --time 120s --suite "$suite" "$@")
  for part in '"done":'"$count," '"failed":0,' '"answered":'"$count}"; do
    [[ $got == *"$part"* ]] || fail "$suite: no $part in $got"
  done
}
psk=(--psk "$(cat "$dir/data/device1.psk")")
x509=(--cert "$dir/data/device1.crt" --key "$dir/data/device1.key")
meet 500 TLS_PSK_WITH_AES_128_CCM_8 "${psk[@]}"
meet 500 TLS_PSK_WITH_AES_128_GCM_SHA256 "${psk[@]}"
meet 50 TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 "${x509[@]}"
meet 50 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 "${x509[@]}"
