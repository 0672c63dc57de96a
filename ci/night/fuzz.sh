#!/usr/bin/env bash
# budget: 720, at least 45
# Fuzz targets, those first that were fuzzed longest ago.
# The corpus of each is kept from night to night, and so is every input that it failed at,
# minimised: each night begins with those.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

kept=$NIGHT_STATE/fuzz
slot_s=$((NIGHT_BUDGET_S / 12 < 60 ? NIGHT_BUDGET_S / 12 : 60))
slot_s=$((slot_s < 5 ? 5 : slot_s))
limits=(-timeout=10 -rss_limit_mb=2048 -verbosity=0)
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1

# Programs, least recently fuzzed first.
due() {
  local program
  for program in build/fuzz/*/*_fuzz; do
    echo "$(stat -c %Y "$kept/${program##*/}/last" 2>/dev/null || echo 0) $program"
  done | sort -n | cut -d' ' -f2 | if [ -n "${SEATRIAL_MUTANT:-}" ]; then grep /pdu_fuzz; else cat; fi
}

# report PROGRAM INPUT LOG
report() {
  local name=${1##*/} why
  why=$(grep -aom1 -E 'SUMMARY: [A-Za-z]+: [a-zA-Z-]+' "$3" | sed -E 's/.*: //') # such as heap-buffer-overflow
  wrong "$name: ${why:-fails} in $(own_function <"$3"), $(wc -c <"$2") bytes" "$1 ${2}"
  link "$name: reproducer" "$(realpath --relative-to="$NIGHT_DIR" "$2")"
  link "$name: log" "$(realpath --relative-to="$NIGHT_DIR" "$3")"
}

# fuzz PROGRAM: a slot; 1 when it failed
fuzz() {
  local program=$1 name=${1##*/} dir seeds log input small
  dir=$kept/$name
  log=$NIGHT_DIR/$name.log
  seeds=$(dirname "${program#build/fuzz/}")/$name.corpus
  mkdir -p "$dir/corpus" "$dir/reproducers"
  touch "$dir/last"
  for input in "$dir"/reproducers/*; do # found by an earlier night
    [ -e "$input" ] || continue
    "$program" "${limits[@]}" "$input" >"$log" 2>&1 || return 1
  done
  [ -d "$seeds" ] || seeds=
  "$program" "${limits[@]}" -max_total_time="$slot_s" -print_final_stats=1 -artifact_prefix="$NIGHT_DIR/$name-" \
    "$dir/corpus" ${seeds:+"$seeds"} >"$log" 2>&1 && return 0
  for input in "$NIGHT_DIR/$name"-{crash,timeout,oom,leak}-*; do
    [ -e "$input" ] || continue
    small=$dir/reproducers/${input##*"$name-"}
    "$program" "${limits[@]}" -minimize_crash=1 -max_total_time=10 -exact_artifact_path="$small" "$input" >"$NIGHT_DIR/$name.minimize" 2>&1
    [ -s "$small" ] || cp "$input" "$small"
  done
  return 1
}

count=0 executions=0
mapfile -t programs < <(due)
while [ $count -lt ${#programs[@]} ] && [ "$(left $((slot_s + 25)))" -gt 0 ]; do
  batch=("${programs[@]:count:$(nproc)}") pids=()
  for program in "${batch[@]}"; do
    fuzz "$program" &
    pids+=($!)
  done
  for i in "${!batch[@]}"; do
    name=${batch[i]##*/}
    if ! wait "${pids[i]}"; then
      input=$(find "$kept/$name/reproducers" -type f -printf '%s %p\n' | sort -n | head -1 | cut -d' ' -f2)
      report "${batch[i]}" "${input:-/dev/null}" "$NIGHT_DIR/$name.log"
    fi
    executions=$((executions + $(sed -nE 's/^stat::number_of_executed_units: //p' "$NIGHT_DIR/$name.log" | tail -1 | grep . || echo 0)))
  done
  count=$((count + ${#batch[@]}))
  echo "$count of ${#programs[@]} targets"
done
# a corpus that has grown large is reduced to what covers as much
for program in "${programs[@]:0:count}"; do
  dir=$kept/${program##*/}
  if [ "$(find "$dir/corpus" -type f | wc -l)" -gt 3000 ] && [ "$(left 30)" -gt 20 ]; then
    rm -rf "$dir/merged"
    mkdir "$dir/merged"
    if timeout 20 "$program" -merge=1 "$dir/merged" "$dir/corpus" >/dev/null 2>&1; then
      rm -rf "$dir/corpus"
      mv "$dir/merged" "$dir/corpus"
    fi
    rm -rf "$dir/merged"
  fi
done
figure "targets" "$count of ${#programs[@]}"
figure "inputs tried" "$executions"
finish
