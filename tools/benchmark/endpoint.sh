# tools/bench endpoint: the endpoint beside a raw UDP responder and the least DTLS server that OpenSSL allows.
# Sourced by tools/bench.
# shellcheck shell=bash disable=SC2034,SC2154 # what the others set and use

measured=server
only=plain,durable,handshakes,stall,waits,memory
waits=100000 sessions=10000 peers=100000 burst=1000

quick() { waits=2000 sessions=200 peers=10000 burst=200; }

# load FIGURE SERVER PROGRAM ARGUMENT...: one measurement: samples FIGURE.rate, .cpu_us (of the server, an
# operation) and .busy (the server's share of a processor).
load() {
  local figure=$1 server=$2 before used done_key=answered done_count seconds
  shift 2
  [ "$1" = bench_coap_load ] || done_key="done"
  before=$(ticks "$server")
  timeout 100 "$bin/$1" --to "127.0.0.1:${port[$server]}" "${@:2}" >"$here/load.out" 2>"$here/load.log" ||
    die "$1 ${*:2} failed"
  used=$(($(ticks "$server") - before))
  done_count=$(field load "$done_key")
  seconds=$(field load seconds)
  [ "$done_count" -gt 0 ] || die "$figure: nothing was answered"
  sample "$figure.rate" "$(field load rate_per_s)"
  sample "$figure.cpu_us" "$(calc "$used / $hz * 1e6 / $done_count")"
  sample "$figure.busy" "$(calc "$used / $hz / $seconds")"
  [ "$done_key" = "done" ] && sample "$figure.p99_ms" "$(field load p99_ms)"
  [ "$done_key" = answered ] && acked[$server]=$((${acked[$server]:-0} + $(field load success)))
  count_trouble "$figure"
}

# What is compared is measured one right after the other: the machine's speed drifts within a round.
round() {
  local psk=(--psk "$key") x509=(--cert "$here/seed/device1.crt" --key "$here/seed/device1.key") t=(--time "$time")
  if wanted plain || wanted waits; then
    load plain null bench_coap_load --peers 1000 "${t[@]}"
  fi
  ! wanted waits || load beside-waits waits bench_coap_load --peers 1000 "${t[@]}"
  if wanted plain; then
    load plain-many null bench_coap_load --peers "$peers" "${t[@]}"
    load raw raw bench_coap_load --peers "$peers" "${t[@]}"
  fi
  if wanted durable; then
    load deep null bench_coap_load --peers "$peers" --window 4096 "${t[@]}"
    load durable file bench_coap_load --peers "$peers" --window 4096 "${t[@]}"
  fi
  if wanted handshakes; then
    load psk null.dtls bench_dtls_load "${psk[@]}" "${t[@]}"
    load psk-limit dtls bench_dtls_load "${psk[@]}" "${t[@]}"
    load x509 null.dtls bench_dtls_load "${x509[@]}" "${t[@]}"
    load x509-limit dtls bench_dtls_load "${x509[@]}" "${t[@]}"
  fi
  if wanted stall; then
    load burst null.dtls bench_dtls_load "${psk[@]}" --window "$burst" --burst "${t[@]}"
    load stalled null.dtls bench_dtls_load "${psk[@]}" --window "$burst" --burst --stall "${t[@]}"
  fi
}

# Devices that wait for the whole run; what one costs.
hold_waits() {
  local before after held
  load warm waits bench_coap_load --count 20000 --time 30s
  before=$(rss_kb waits)
  start_part holder bench_wait_load --to "127.0.0.1:${port[waits]}" --count "$waits" --rate 20000 --ct 10min --hold
  first_line holder 60 >/dev/null
  after=$(rss_kb waits)
  held=$(metric waits seatrial_waits)
  [ "$held" -eq "$waits" ] || notes+=("only $held of $waits waits were held")
  sample wait-bytes "$(calc "($after - $before) * 1024 / $held")"
}

# Half of what the endpoint can do goes on while waits come and end.
measure_expiry() {
  local rate seconds background
  rate=$(calc "int($(median plain.rate) / 2)")
  seconds=$((waits / 10000 + 17))
  "$bin/bench_coap_load" --to "127.0.0.1:${port[null]}" --peers 100000 --rate "$rate" --time "${seconds}s" \
    --window 4096 >"$here/half.out" 2>"$here/half.log" &
  background=$!
  timeout 120 "$bin/bench_wait_load" --to "127.0.0.1:${port[null]}" --count "$waits" --rate 10000 --ct 12s \
    >"$here/expiry.out" 2>"$here/expiry.log" || die "bench_wait_load failed"
  wait "$background" || die "bench_coap_load failed"
  acked[null]=$((acked[null] + $(field half success) + $(field expiry success)))
  sample expiry "$(field expiry error_p99_ms)"
  [ "$(field expiry success)" -eq "$waits" ] ||
    notes+=("expiry: $(field expiry success) of $waits waits were answered 2.04")
}

# What a peer and an idle session cost, each in an endpoint of its own.
measure_memory() {
  local before
  start_endpoint memory null:
  load warm memory bench_coap_load --count 20000 --time 30s
  before=$(rss_kb memory)
  load peers memory bench_coap_load --peers 100000 --count 100000 --time 60s
  sample peer-bytes "$(calc "($(rss_kb memory) - $before) * 1024 / 100000 - 64")"
  load warm-dtls memory.dtls bench_dtls_load --psk "$key" --count 100 --abandon --keep 0 --time 30s
  before=$(rss_kb memory)
  load idle memory.dtls bench_dtls_load --psk "$key" --count "$sessions" --abandon --keep 0 --time 90s
  sleep 8 # the endpoint frees the buffers of sessions that have been idle for five seconds
  [ "$(metric memory seatrial_dtls_sessions)" -eq $((sessions + 100)) ] || notes+=("not every session was kept")
  sample session-kb "$(calc "($(rss_kb memory) - $before) / $sessions")"
  load warm-dtls memory.dtls bench_dtls_load --cert "$here/seed/device1.crt" --key "$here/seed/device1.key" \
    --count 100 --abandon --keep 0 --time 30s
  before=$(rss_kb memory)
  load idle memory.dtls bench_dtls_load --cert "$here/seed/device1.crt" --key "$here/seed/device1.key" \
    --count $((sessions / 5)) --abandon --keep 0 --time 90s
  sleep 8
  sample session-x509-kb "$(calc "($(rss_kb memory) - $before) / ($sessions / 5)")"
  stop memory
}

# Every acknowledged publish is one event, in the counter and in the file.
check_events() {
  local name confirmed lines
  for name in null file; do
    [ -n "${pid[$name]:-}" ] || continue
    confirmed=$(metric "$name" 'seatrial_events_total{outcome="confirmed"}')
    [ "$confirmed" -ge "${acked[$name]}" ] || {
      failures=$((failures + 1))
      notes+=("FAILED: $name: ${acked[$name]} publishes were acknowledged, $confirmed events confirmed")
    }
    notes+=("$name: ${acked[$name]} acknowledged, $confirmed confirmed")
  done
  [ -n "${pid[file]:-}" ] || return 0
  lines=$(wc -l <"$here/events.ndjson")
  notes+=("file: $lines events in the file")
  [ "$lines" -ge "${acked[file]}" ] || {
    failures=$((failures + 1))
    notes+=("FAILED: file: ${acked[file]} publishes were acknowledged, $lines events are in the file")
  }
}

make_rows() {
  if wanted plain; then
    rates "plain, $peers peers : 1000 peers" plain-many plain '>=0.8'
    rates "plain, $peers peers : raw responder" plain-many raw '>=0.6'
  fi
  ! wanted durable || rates 'durable file : null, 4096 in flight' durable deep '>=0.6'
  if wanted handshakes; then
    rates 'handshakes PSK : OpenSSL alone' psk psk-limit '>=0.8'
    rates 'handshakes X.509 : OpenSSL alone' x509 x509-limit '>=0.9'
  fi
  ! wanted stall || row "$burst at once: p99 with one stalled : without" "$(median stalled.p99_ms) ms" \
    "$(median burst.p99_ms) ms" "$(ratio stalled.p99_ms burst.p99_ms)" '<=1.2' time
  if wanted waits; then
    rates "beside $waits waits : none" beside-waits plain '>=0.9'
    row 'expiry error p99 at half load' "$(median expiry) ms" '50 ms' "$(calc "$(median expiry) / 50")" '<=1' time
    row 'memory of a wait' "$(median wait-bytes) B" '512 B' "$(calc "$(median wait-bytes) / 512")" '<=1' RSS
  fi
  wanted memory || return 0
  row 'memory of a plain peer' "$(median peer-bytes) B" '512 B' "$(calc "$(median peer-bytes) / 512")" '<=1' \
    'RSS without its 64 B of duplicate detection'
  row 'memory of an idle session, PSK' "$(median session-kb) KB" '60 KB' "$(calc "$(median session-kb) / 60")" '<=1' RSS
  row 'memory of an idle session, X.509' "$(median session-x509-kb) KB" '60 KB' \
    "$(calc "$(median session-x509-kb) / 60")" '<=1' RSS
}

measure() {
  "$bin/bench_disk" --dir "$here" >"$here/disk.out" || die "bench_disk failed"
  notes+=("disk: fdatasync p50 $(field disk fdatasync_p50_ms) ms, p99 $(field disk fdatasync_p99_ms) ms")
  start_endpoint null null:
  ! wanted durable || start_endpoint file "file:$here/events.ndjson"
  start_limit raw bench_coap_limit
  start_limit dtls bench_dtls_limit --cert "$here/seed/server.crt" --key "$here/seed/server.key" \
    --ca "$here/seed/demo-ca.crt" --psk "$key"
  if wanted waits; then
    start_endpoint waits null:
    hold_waits
  fi
  for ((i = 1; i <= rounds; i++)); do
    say "round $i of $rounds"
    round
  done
  ! wanted waits || { say "expiry"; measure_expiry; }
  ! wanted memory || { say "memory"; measure_memory; }
  check_events
}
