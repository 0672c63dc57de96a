# tools/bench swarm: the swarm beside what else could generate its load, and what it must show. The generator has one
# processor, what answers it another one, where there are two. Sourced by tools/bench.
# shellcheck shell=bash disable=SC2034,SC2154 # what the others set and use

measured=generator
only=plain,libcoap,npm,handshakes,memory,open,stall
counts=(1000 100000 1000000)
window=256 psk_devices=40000 x509_devices=6000 many=1000000 many_sessions=250000 open_time=10s stall_time=60s
fleet_devices=100000 fleet_time=3min budget=5min seed=1
swarm_on=()

quick() {
  counts=(1000 20000)
  psk_devices=2000 x509_devices=300 many=50000 many_sessions=3000 open_time=3s stall_time=12s
  fleet_devices=2000 fleet_time=60s budget=20s
}

# Which processors this process may use, one a line.
processors() {
  awk '/^Cpus_allowed_list/ {print $2}' /proc/self/status | tr ',' '\n' | while IFS=- read -r from to; do
    seq "$from" "${to:-$from}"
  done
}

share_processors() {
  local list
  mapfile -t list < <(processors)
  [ ${#list[@]} -gt 1 ] || { notes+=("one processor only: generator and responder share it"); return 0; }
  on_server=(taskset -c "${list[1]}")
  on_generator=(taskset -c "${list[0]}")
}

# --- a run of the swarm ----------------------------------------------------------------------------------

# run_swarm NAME ARGUMENT...: its reports go to $here/NAME. A broken SLO is no failure of the measurement; a run in
# which no publish was due is none of publishes.
run_swarm() {
  local name=$1 code
  shift
  rm -rf "${here:?}/$name"
  timeout 1200 "${swarm_on[@]}" "$swarm" "$@" --out "$here/$name" --no-tui --quiet --seed "$seed" \
    --credentials "$(dirname "$here")/credentials" >"$here/$name.out" 2>"$here/$name.log"
  code=$?
  [ $code -ne 4 ] || [ "$(number "$name" publish.intended)" = 0 ] || notes+=("$name: INVALID: $(why_invalid "$name")")
  case $code in 0|1|4) ;; *) die "seatrial-swarm $* failed with $code" ;; esac
}

why_invalid() {
  sed -n '/"invalid": \[/,/\]/p' "$here/$1/result.json" | sed -nE 's/^ *"(.*)"[],]*$/\1/p' | head -n 1
}

# On one processor against something that answers everything: no registry, no events.
run_alone() {
  swarm_on=("${on_generator[@]}")
  run_swarm "$@" --no-provision --no-events --workers 1
  swarm_on=()
}

# What result.json of a run says: a counter or another number; a percentile (p99, p999) of a histogram in ms; what
# the last second's row says.
number() { sed -nE "s/^ *\"$2\": ([-0-9.e+]+),?$/\1/p" "$here/$1/result.json" | head -n 1; }
percentile() {
  calc "$(sed -nE "s/^ *\"$2\": \{.*\"$3_us\": ([0-9]+).*/\1/p" "$here/$1/result.json" | head -n 1) / 1000"
}
last_row() {
  awk -F, -v name="$2" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) at = i} END {print $at}' \
    "$here/$1/seconds.csv"
}
# Mean of a column over the seconds in which it was not 0, but for the last of them where there are more.
rate_of() {
  awk -F, -v name="$2" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) at = i; next}
    $at > 0 {n++; sum += $at; last = $at}
    END {if (n > 1) {n--; sum -= last} print (n > 0 ? sum / n : 0)}' "$here/$1/seconds.csv"
}

check() {
  [ "$2" = true ] && return
  failures=$((failures + 1))
  notes+=("FAILED: $1")
}
is() { awk "BEGIN {exit !($1)}" && echo true || echo false; }

# What the generator counted against what the responder did: nothing is acknowledged that was not answered, nothing
# answered that was not sent.
check_counts() {
  local what=$1 sent=$2 acknowledged=$3 answered
  answered=$(field limit answered)
  check "$what: $sent sent, $answered answered, $acknowledged acknowledged" \
    "$(is "$acknowledged > 0 && $acknowledged <= $answered && $answered <= $sent")"
  [ "$acknowledged" -eq "$sent" ] || notes+=("$what: $((sent - acknowledged)) of $sent datagrams were lost")
}

# --- measurements ----------------------------------------------------------------------------------------

# plain_swarm FIGURE DEVICES WINDOW
plain_swarm() {
  start_limit limit bench_coap_limit
  run_alone plain -t "coap://127.0.0.1:${port[limit]}" -p tools/benchmark/plain.lua --devices "$2" \
    --window "$3" --duration "$time"
  stop limit
  sample "$1.rate" "$(number plain rate)"
  sample "$1.cpu_us" "$(calc "$(number plain own_cpu_s) * 1e6 / $(number plain publish.acknowledged)")"
  check_counts "$1" "$(number plain datagram.sent)" "$(number plain publish.acknowledged)"
  check "$1: publishes sent and their copies are not the datagrams sent" "$(is "$(number plain publish.sent) + \
    $(number plain retransmission) == $(number plain datagram.sent)")"
}

# plain_peer FIGURE COMMAND...: with the port in place of PORT.
plain_peer() {
  local figure=$1
  shift
  start_limit limit bench_coap_limit
  timeout 100 "${on_generator[@]}" "${@//PORT/${port[limit]}}" >"$here/load.out" 2>"$here/load.log" ||
    die "$* failed"
  stop limit
  sample "$figure.rate" "$(field load rate_per_s)"
  sample "$figure.cpu_us" "$(calc "$(field load cpu_s) * 1e6 / $(field load rate_per_s) / $(field load seconds)")"
  check_counts "$figure" "$(field load sent)" "$(field load success)"
}

# npm's coap, fetched as for the tests of the endpoint.
fetch_node() {
  local folder
  folder=$(cd "$dir" && pwd)/node
  if bash reference/system/node/install.sh "$folder" >"$here/npm.log" 2>&1; then
    export NODE_PATH=$folder/node_modules
    has_node=true
  else
    notes+=("npm's coap is left out: $(tail -n 1 "$here/npm.log")")
  fi
}

seconds_of() { sed -E 's/ms$/ * 0.001/; s/min$/ * 60/; s/s$//' <<<"$1" | { read -r text; calc "$text"; }; }

# handshakes_swarm FIGURE PROFILE DEVICES: a responder that knows the swarm's devices.
handshakes_swarm() {
  start_limit limit bench_dtls_limit --cert "$here/seed/server.crt" --key "$here/seed/server.key" --take-over \
    --seed "$seed" --credentials "$(dirname "$here")/credentials"
  run_alone "$1" -t "coaps://127.0.0.1:${port[limit]}" -p "tools/benchmark/$2.lua" --devices "$3" --duration 2s \
    --max-handshakes 64
  stop limit
  sample "$1.rate" "$(rate_of "$1" handshake.completed)"
  sample "$1.cpu_us" "$(calc "$(number "$1" own_cpu_s) * 1e6 / $(number "$1" handshake.completed)")"
  check "$1: $(number "$1" handshake.completed) of $3 handshakes completed" \
    "$(is "$(number "$1" handshake.completed) == $3")"
}

# handshakes_limit FIGURE COUNT ARGUMENT...
handshakes_limit() {
  local figure=$1 count=$2
  shift 2
  start_limit limit bench_dtls_limit --cert "$here/seed/server.crt" --key "$here/seed/server.key" --take-over \
    --ca "$here/seed/demo-ca.crt" --psk "$key"
  timeout 100 "${on_generator[@]}" "$bin/bench_dtls_load" --to "127.0.0.1:${port[limit]}" --window 64 --time 90s \
    --count "$count" "$@" >"$here/load.out" 2>"$here/load.log" || die "bench_dtls_load failed"
  stop limit
  sample "$figure.rate" "$(field load rate_per_s)"
  sample "$figure.cpu_us" "$(calc "$(field load cpu_s) * 1e6 / $(field load rate_per_s) / $(field load seconds)")"
  count_trouble "$figure"
}

round() {
  local count
  for count in "${counts[@]}"; do
    if wanted plain || { [ "$count" = 1000 ] && wanted npm; }; then
      plain_swarm "swarm-$count" "$count" "$window"
    fi
    ! wanted plain ||
      plain_peer "raw-$count" "$bin/bench_coap_load" --to 127.0.0.1:PORT --peers "$count" --window "$window" \
        --time "$time"
  done
  if wanted libcoap; then # each session with the one request in flight that NSTART allows (RFC 7252 4.7)
    plain_swarm swarm-sessions 1000 1000
    plain_peer libcoap "$bin/bench_libcoap_load" --to 127.0.0.1:PORT --peers 1000 --window 1000 --time "$time"
  fi
  ! $has_node ||
    plain_peer npm node tools/benchmark/node_load.js PORT 1000 "$window" "$(seconds_of "$time")"
  wanted handshakes || return 0
  handshakes_swarm psk psk "$psk_devices"
  handshakes_limit psk-limit "$psk_devices" --psk "$key"
  handshakes_swarm x509 x509 "$x509_devices"
  handshakes_limit x509-limit "$x509_devices" --cert "$here/seed/device1.crt" --key "$here/seed/device1.key"
}

# hold NAME PROFILE SCHEME DEVICES SECONDS: RSS with so many devices that have all published once, in bytes.
hold() {
  run_alone "$1" -t "$3://127.0.0.1:${port[limit]}" -p "tools/benchmark/$2.lua" --devices "$4" --window "$window" \
    --duration "$5s" --max-handshakes 64
  [ "$1" = probe ] || [ "$(number "$1" publish.acknowledged)" -ge "$4" ] ||
    notes+=("$1: only $(number "$1" publish.acknowledged) of $4 devices had their turn")
  [ "$1" = probe ] || [ "$(last_row "$1" connected)" -ge "$4" ] ||
    notes+=("$1: $(last_row "$1" connected) of $4 devices were connected")
  sample "$1.bytes" "$(number "$1" own_memory_bytes)"
}

# How long a closed loop needs for `count` devices at the rate of a run, with a reserve.
long_enough() { calc "int($2 / $(number "$1" rate) * 1.5) + 3"; }

measure_memory() {
  start_limit limit bench_coap_limit
  hold few plain coap 1000 2
  hold many plain coap "$many" "$(long_enough few "$many")"
  stop limit
  start_limit limit bench_dtls_limit --cert "$here/seed/server.crt" --key "$here/seed/server.key" --take-over \
    --seed "$seed"
  hold probe sessions coaps 1000000 2 # in two seconds hardly any has its turn: how fast does it go?
  hold few-sessions sessions coaps 1000 2
  hold many-sessions sessions coaps "$many_sessions" "$(long_enough probe "$many_sessions")"
  stop limit
}

# Half of the most that a responder answers, in an open loop.
measure_open() {
  local rate
  start_limit limit bench_coap_limit
  run_alone most -t "coap://127.0.0.1:${port[limit]}" -p tools/benchmark/plain.lua --devices 100000 \
    --window "$window" --duration "$time"
  rate=$(calc "int($(number most rate) / 2)")
  run_alone open -t "coap://127.0.0.1:${port[limit]}" -p tools/benchmark/plain.lua --devices 100000 --rate "$rate" \
    --duration "$open_time"
  stop limit
  sample open.rate "$rate"
  sample open.lag_ms "$(percentile open schedule_lag p99)"
}

# An endpoint that stands still for a second, once: who counts from the intended time sees it, who does not, does not.
measure_stall() {
  run_swarm stall -t swarm -p tools/benchmark/plain.lua --endpoint "$endpoint" --mutant stall-once --devices 64 \
    --rate 6400 --duration "$stall_time"
  sample stall.corrected_ms "$(percentile stall publish p999)"
  sample stall.uncorrected_ms "$(percentile stall publish_uncorrected p999)"
  check "an endpoint that stands still for a second is not seen: publish p99.9 $(median stall.corrected_ms) ms" \
    "$(is "$(median stall.corrected_ms) > 500")"
}

# fleet NAME PROFILE
fleet() {
  run_swarm "$1" -t swarm -p "$2" --endpoint "$endpoint" --devices "$fleet_devices" --duration "$fleet_time"
  local counter text=''
  for counter in publish.acknowledged event.{delivered,lost,duplicated,misattributed,undecided,unchecked} \
    command.{sent,delivered,lost,misdelivered,late,undecided} impair.lost impair.duplicated; do
    text+=" $counter $(number "$1" "$counter"),"
  done
  notes+=("$1:${text%,}")
}

measure_fleet() {
  fleet fleet steady
  sed '/^return {/a\  impairment = { out = { loss = 0.05, duplicate = 0.01 }, back = { loss = 0.05, duplicate = 0.01 } },' \
    scenarios/swarm/steady.lua >"$here/lossy.lua"
  fleet lossy-fleet "$here/lossy.lua"
  check "lossy-fleet: nothing was lost" "$(is "$(number lossy-fleet impair.lost) > 0")"
}

# What capacity.json says; null is much.
capacity_number() {
  sed -nE "s/^ *\"$1\": ([-0-9.e+]+|null),?$/\1/p" "$here/capacity/capacity.json" | head -n 1 | sed 's/null/1e99/'
}

# What an endpoint carries on a processor of its own; where both share one, the generator is late before it breaks.
capacity_once() {
  local begin=$SECONDS
  rm -rf "$here/capacity"
  printf '#!/bin/sh\nexec %s "%s" "$@" --workers 1\n' "${on_server[*]}" "$(realpath "$endpoint")" >"$here/own-processor"
  chmod +x "$here/own-processor"
  timeout 1200 "${on_generator[@]}" "$swarm" capacity -t swarm -p capacity --endpoint "$here/own-processor" --workers 1 \
    --budget "$budget" --out "$here/capacity" --no-tui >"$here/capacity.out" 2>"$here/capacity.log"
  [ -f "$here/capacity/capacity.json" ] || die "seatrial-swarm capacity failed"
  sample capacity.seconds $((SECONDS - begin))
  sample capacity.value "$(capacity_number capacity)"
  sample capacity.low "$(capacity_number low)"
  sample capacity.high "$(capacity_number high)"
  notes+=("$(grep -m 1 CAPACITY "$here/capacity.out"), in $((SECONDS - begin)) s")
}

# The three are within 20 % of each other, or each is in the interval of the others: 1, else 0.
capacities_agree() {
  paste <(tr ' ' '\n' <<<"${samples[capacity.value]}" | awk NF) <(tr ' ' '\n' <<<"${samples[capacity.low]}" | awk NF) \
    <(tr ' ' '\n' <<<"${samples[capacity.high]}" | awk NF) | awk '
    {value[NR] = $1; low[NR] = $2; high[NR] = $3; if ($1 > most) most = $1; if (NR == 1 || $1 < least) least = $1}
    END {
      inside = 1
      for (i = 1; i <= NR; i++) for (k = 1; k <= NR; k++) if (value[i] < low[k] || value[i] > high[k]) inside = 0
      print (least > 0 && (most <= 1.2 * least || inside))
    }'
}

measure_capacity() {
  local i
  for i in 1 2 3; do
    say "capacity $i of 3"
    capacity_once
  done
}

measure() {
  share_processors
  has_node=false
  ! wanted npm || fetch_node
  for ((i = 1; i <= rounds; i++)); do
    wanted plain || wanted libcoap || wanted npm || wanted handshakes || break
    say "round $i of $rounds"
    round
  done
  for what in memory open stall fleet capacity; do
    ! wanted $what || { say "$what"; "measure_$what"; }
  done
}

# --- the table -------------------------------------------------------------------------------------------

# both TITLE FIGURE LIMIT WANTED: a row by processor time, and one by rate.
both() {
  local value limit
  value="$(calc "int($(median "$2.rate"))")/s, $(median "$2.cpu_us") us"
  limit="$(calc "int($(median "$3.rate"))")/s, $(median "$3.cpu_us") us"
  row "$1" "$value" "$limit" "$(ratio "$3.cpu_us" "$2.cpu_us")" "$4" 'processor time'
  row "$1" "$value" "$limit" "$(ratio "$2.rate" "$3.rate")" "$4" rate
}

# at_most TITLE VALUE UNIT MOST JUDGED, at_least: against a fixed figure.
at_most() { row "$1" "$2 $3" "$4 $3" "$(calc "$2 / $4")" '<=1' "$5"; }
at_least() { row "$1" "$2 $3" "$4 $3" "$(calc "$2 / $4")" '>=1' "$5"; }

# none TITLE NAME COUNTER: what must not have happened.
none() { row "$1" "$(number "$2" "$3")" 0 "$(number "$2" "$3")" '<=0' count; }

fleet_rows() {
  local counter
  for counter in event.lost event.duplicated event.misattributed command.misdelivered; do
    none "$1: $counter" "$1" "$counter"
  done
  row "$1: events an acknowledged publish" "$(number "$1" events_per_ack)" 'exactly 1' \
    "$(calc "$(number "$1" events_per_ack) == 1")" '>=1' count
}

make_rows() {
  local count
  for count in "${counts[@]}"; do
    ! wanted plain || both "plain, $count devices : raw sender" "swarm-$count" "raw-$count" '>=0.75'
  done
  ! wanted libcoap || both 'plain, 1000 sessions, all in flight : libcoap' swarm-sessions libcoap '>=2.5'
  [ -z "${samples[npm.rate]:-}" ] || both "plain, 1000 devices : npm's coap" swarm-1000 npm '>=8'
  if wanted handshakes; then
    both 'handshakes PSK : OpenSSL alone' psk psk-limit '>=0.85'
    both 'handshakes X.509 : OpenSSL alone' x509 x509-limit '>=0.85'
  fi
  if wanted memory; then
    at_most "memory of a plain device, of $many" \
      "$(calc "($(median many.bytes) - $(median few.bytes)) / ($many - 1000)")" B 128 RSS
    at_most "memory of a device with a session, of $many_sessions" \
      "$(calc "($(median many-sessions.bytes) - $(median few-sessions.bytes)) / ($many_sessions - 1000)")" B 256 RSS
  fi
  ! wanted open || at_most "schedule lag p99, open loop at $(median open.rate)/s" "$(median open.lag_ms)" ms 2 time
  if wanted stall; then
    at_least 'one stall of a second: publish p99.9' "$(median stall.corrected_ms)" ms 500 'from the intended time'
    at_most 'the same, as others count' "$(median stall.uncorrected_ms)" ms 50 'from the sending'
  fi
  if wanted fleet; then
    fleet_rows fleet
    if [ "$(number fleet wait.expired)" -gt 0 ]; then
      at_most "fleet: ct expiry error p99" "$(percentile fleet ct_error p99)" ms 100 time
    else
      notes+=("fleet: commands ended every wait, so none says how exact waits end")
    fi
    fleet_rows lossy-fleet
  fi
  wanted capacity || return 0
  at_most 'capacity: the longest of three searches' "$(tr ' ' '\n' <<<"${samples[capacity.seconds]}" | sort -g | tail -n 1)" \
    s 300 time
  row 'capacity: the three searches agree' "${samples[capacity.value]# }" 'within 20 %' "$(capacities_agree)" '>=1' \
    'or inside each other'"'"'s interval'
}
