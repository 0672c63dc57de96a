# What the measurements of tools/bench share: programs that are started and end with it, samples and their medians,
# the table, and what else the machine did. Sourced by tools/bench.
# shellcheck shell=bash disable=SC2034,SC2154 # what the others set and use

failures=0
declare -A pid port acked samples
notes=() rows=() fifos=()
# put before what serves and what generates load; empty: wherever the machine runs them
on_server=() on_generator=()

clean_up() {
  local name
  for name in "${!pid[@]}"; do
    kill "${pid[$name]}" 2>/dev/null && wait "${pid[$name]}" 2>/dev/null
  done
  rm -rf "$here"
}
clean_up_at_the_end() {
  trap clean_up EXIT
  trap 'exit 130' INT TERM
}

die() {
  printf 'tools/bench: %s\n' "$*" >&2
  tail -n 5 "$here"/*.log >&2 2>/dev/null
  exit 2
}

say() { printf '%s\n' "$*" >&2; }
wanted() { [[ ,$only, == *,$1,* ]]; }
calc() { awk "BEGIN {printf \"%.6g\", $1}"; }

# --- servers ---------------------------------------------------------------------------------------------

# start_endpoint NAME SINK: with one worker, so that the generator has a processor too.
start_endpoint() {
  local name=$1 data=$here/data-$1
  cp -r "$here/seed" "$data"
  mkfifo "$here/$name.ready"
  "$endpoint" ${SEATRIAL_MUTANT:+--mutant "$SEATRIAL_MUTANT"} --data "$data" --sink "$2" --sink-rotate 0 --workers 1 --demo \
    --coap 127.0.0.1:0 --coaps 127.0.0.1:0 --http 127.0.0.1:0 --ready-fd 3 \
    3>"$here/$name.ready" >"$here/$name.out" 2>"$here/$name.log" </dev/null &
  pid[$name]=$!
  read -r -t 60 _ <"$here/$name.ready" || die "the endpoint did not start"
  port[$name]=$(sed -nE 's/.*scheme=coap addr=.*:([0-9]+) .*/\1/p' "$here/$name.log")
  port[$name.dtls]=$(sed -nE 's/.*scheme=coaps addr=.*:([0-9]+) .*/\1/p' "$here/$name.log")
  port[$name.http]=$(sed -nE 's/.* api listening addr=.*:([0-9]+).*/\1/p' "$here/$name.log")
  pid[$name.dtls]=${pid[$name]}
  acked[$name]=0
}

# The demo data in $here/seed: the devices of every endpoint here, certificates; and the pre-shared key of its device.
make_seed() {
  mkdir "$here/seed"
  start_endpoint seed-maker null:
  stop seed-maker
  rm -r "$here/seed"
  mv "$here/data-seed-maker" "$here/seed"
  key=$(cat "$here/seed/device1.psk")
}

# start_part NAME PROGRAM ARGUMENT...: of tools/benchmark; its first line says that it is ready.
start_part() {
  local name=$1 fd
  shift
  rm -f "$here/$name.in" "$here/$name.out"
  mkfifo "$here/$name.in"
  exec {fd}<>"$here/$name.in"
  fifos+=("$fd")
  "${on_server[@]}" "$bin/$1" "${@:2}" <&"$fd" >"$here/$name.out" 2>"$here/$name.log" &
  pid[$name]=$!
}

# first_line NAME SECONDS: what a part says first.
first_line() {
  local name=$1 tries=$(($2 * 10)) line
  while ! line=$(head -n 1 "$here/$name.out" 2>/dev/null) || [ -z "$line" ]; do
    if ! kill -0 "${pid[$name]}" 2>/dev/null || [ $((tries--)) -eq 0 ]; then
      die "$name did not start"
    fi
    sleep 0.1
  done
  echo "$line"
}

start_limit() {
  local line
  start_part "$@"
  line=$(first_line "$1" 10)
  port[$1]=${line#ready }
}

stop() {
  kill "${pid[$1]}" && wait "${pid[$1]}"
  unset "pid[$1]" "pid[$1.dtls]"
}

ticks() { awk '{sub(/.*\) /, ""); print $12 + $13}' "/proc/${pid[$1]}/stat"; }
rss_kb() { awk '/^VmRSS/ {print $2}' "/proc/${pid[$1]}/status"; }
metric() {
  curl -sS --max-time 10 "http://127.0.0.1:${port[$1.http]}/metrics" | awk -v name="$2" '$1 == name {print $2}'
}

# --- measurements ----------------------------------------------------------------------------------------

field() { sed -nE "s/.*\"$2\":([-0-9.]+).*/\1/p" "$here/$1.out"; }
sample() { samples[$1]="${samples[$1]:-} $2"; }
median() { tr ' ' '\n' <<<"${samples[$1]:-}" | awk NF | sort -g | awk '{v[NR] = $1} END {print NR ? v[int((NR + 1) / 2)] : 0}'; }

# What a load program says went wrong in its last run.
count_trouble() {
  local lost failed
  lost=$(field load lost)
  failed=$(field load failed)
  [ "${lost:-0}" -eq 0 ] || notes+=("$1: $lost datagrams were lost, so a queue was measured too")
  [ "${failed:-0}" -eq 0 ] || notes+=("$1: $failed handshakes failed")
}

# --- the table -------------------------------------------------------------------------------------------

# Median of a/b of each round.
ratio() {
  samples[ratio]=$(paste -d' ' <(tr ' ' '\n' <<<"${samples[$1]}" | awk NF) <(tr ' ' '\n' <<<"${samples[$2]}" | awk NF) |
    awk '{printf(" %.4f", $2 > 0 ? $1 / $2 : 0)}')
  median ratio
}

# row TITLE VALUE LIMIT RATIO WANTED JUDGED: WANTED is >=N or <=N
row() {
  local met
  met=$(awk -v r="$4" -v w="$5" 'BEGIN {n = substr(w, 3) + 0; print (w ~ /^>/ ? r >= n : r <= n) ? "met" : "NOT MET"}')
  rows+=("$1|$2|$3|$4|$5|$met|$6")
}

# rates TITLE FIGURE LIMIT WANTED
rates() {
  local by_rate by_cpu judged ratio
  by_rate=$(ratio "$2.rate" "$3.rate")
  by_cpu=$(ratio "$3.cpu_us" "$2.cpu_us")
  judged=rate ratio=$by_rate
  if awk -v b="$(median "$3.busy")" 'BEGIN {exit b >= 0.85}'; then
    judged="processor time; by rate $by_rate"
    ratio=$by_cpu
  else
    judged="rate; by processor time $by_cpu"
  fi
  row "$1" "$(calc "int($(median "$2.rate"))")/s, $(median "$2.cpu_us") us" \
    "$(calc "int($(median "$3.rate"))")/s, $(median "$3.cpu_us") us" "$ratio" "$4" "$judged"
}

print_table() {
  local title value limit ratio want met judged
  printf '%-46s %-24s %-24s %7s %6s  %s\n' figure value limit ratio wanted ''
  for r in "${rows[@]}"; do
    IFS='|' read -r title value limit ratio want met judged <<<"$r"
    printf '%-46s %-24s %-24s %7.3f %6s  %s (%s)\n' "$title" "$value" "$limit" "$ratio" "$want" "$met" "$judged"
  done
  printf '\ntimes in us are processor time of the %s for one operation\n' "$measured"
  [ ${#notes[@]} -eq 0 ] || printf '%s\n' "${notes[@]}"
}

print_json() {
  local title value limit ratio want met judged name separator=''
  printf '{"rows":['
  for r in "${rows[@]}"; do
    IFS='|' read -r title value limit ratio want met judged <<<"$r"
    printf '%s\n{"figure":"%s","value":"%s","limit":"%s","ratio":%s,"wanted":"%s","met":%s,"judged":"%s"}' \
      "$separator" "$title" "$value" "$limit" "$ratio" "$want" "$([ "$met" = met ] && echo true || echo false)" "$judged"
    separator=,
  done
  printf '],\n"samples":{'
  separator=''
  for name in "${!samples[@]}"; do
    printf '%s\n"%s":[%s]' "$separator" "$name" "$(sed 's/^ *//; s/ /,/g' <<<"${samples[$name]}")"
    separator=,
  done
  printf '},\n"notes":['
  separator=''
  for name in "${notes[@]}"; do
    printf '%s\n"%s"' "$separator" "$name"
    separator=,
  done
  printf ']}\n'
}

# --- the machine -----------------------------------------------------------------------------------------

# Ticks of all processors: total, idle, stolen.
machine() { awk '/^cpu / {print $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9, $5 + $6, $9}' /proc/stat; }
own() { awk '{sub(/.*\) /, ""); print $12 + $13 + $14 + $15}' "/proc/$$/stat"; }

# What others took while we measured; the servers have ended, so that our children are counted.
judge_machine() {
  local total=$1 idle=$2 stolen=$3 now
  read -ra now <<<"$(machine)"
  total=$((now[0] - total)) idle=$((now[1] - idle)) stolen=$((now[2] - stolen))
  notes+=("$(awk -v t="$total" -v i="$idle" -v s="$stolen" -v o="$(own)" 'BEGIN {
    other = (t - i - s - o) / t
    if (other < 0) other = 0
    printf("machine: %d%% idle, %.1f%% stolen, %.1f%% used by other programs%s", 100 * i / t, 100 * s / t, 100 * other,
      other > 0.1 || s / t > 0.02 ? ": THE MACHINE WAS NOT QUIET, rates and latencies are noise" : "")}')")
}
