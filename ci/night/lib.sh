# What the stages of ci/nightly share: what they write for the front page, and what reads the reports of others.
# Sourced first by each. ci/nightly says in NIGHT_DIR where a stage writes, in NIGHT_STATE what is kept from
# night to night, in NIGHT_BUDGET_S how long it may take, in NIGHT_BASELINE what to compare with, and in
# SEATRIAL_MUTANT and NIGHT_SEED what is wrong on purpose (ci/night/seeds).
# shellcheck shell=bash disable=SC2034 # for the stages
set -u
export LC_ALL=C.UTF-8
: "${NIGHT_DIR:?is set by ci/nightly}" "${NIGHT_STATE:?}" "${NIGHT_BUDGET_S:?}"
bin=build/release
seatrial=$bin/conformance/seatrial
swarm=$bin/simulator/seatrial-swarm
endpoint=$bin/reference/seatrial-endpoint
mutant=(${SEATRIAL_MUTANT:+--mutant "$SEATRIAL_MUTANT"})
failed=0
skipped=77

# left [RESERVE]: seconds of the budget that are left, without a reserve for tidying up; never negative
left() {
  local s=$((NIGHT_BUDGET_S - SECONDS - ${1:-0}))
  echo $((s > 0 ? s : 0))
}

# What stands on the front page: a title and a file or folder, and a figure with its unit.
link() { printf '%s\t%s\n' "$1" "$2" >>"$NIGHT_DIR/links"; }
figure() { printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$NIGHT_DIR/figures"; }

# wrong HEADLINE COMMAND: the stage fails; the first one is its headline, and the command repeats it.
wrong() {
  echo "FAILED: $1"
  if [ $failed -eq 0 ]; then
    printf '%s\n' "$1" | tr '\n' ' ' | cut -c1-220 >"$NIGHT_DIR/headline"
    printf '%s\n' "$2" >"$NIGHT_DIR/repeat"
  fi
  failed=1
}

finish() { exit $failed; }

# skip WHY: what the stage needs is not here
skip() {
  printf '%s\n' "$1" >"$NIGHT_DIR/headline"
  exit $skipped
}

# sanitizer FILE...: the first thing that a sanitizer or valgrind says in logs, with the first of our functions
sanitizer() {
  local line
  line=$(grep -haom1 -E '(ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer): [a-z-]+( [a-z]+){0,3}|runtime error: .*' "$@" 2>/dev/null | head -1)
  [ -n "$line" ] || line=$(grep -haom1 -E '== (Invalid|Conditional|Use of|Syscall param|[0-9,]+ \([^)]*\) bytes|[0-9,]+ bytes in [0-9,]+ blocks are definitely).*' "$@" 2>/dev/null | head -1)
  [ -n "$line" ] || return 1
  line=${line#== }
  printf '%s in %s\n' "${line% on address}" "$(grep -haA40 -F -- "$line" "$@" 2>/dev/null | own_function)"
}

# The first function of ours in a stack: gcc and clang `#1 0x5 in f file.c:3`, valgrind `at 0x5: f (file.c:3)`
own_function() {
  sed -nE 's/.* in ([a-z_0-9]+) [^ ]*(reference|lib|simulator|conformance)\/([^ ]+\.[ch]:[0-9]+).*/\1 (\3)/p;
           s/.*(at|by) 0x[0-9A-F]+: ([a-z_0-9]+) \(([a-z_0-9]+\.[ch]:[0-9]+)\)$/\2 (\3)/p;
           s/.*(at|by) 0x[0-9A-F]+: ([a-z_0-9]+) \(in .*seatrial[^ ]*\)$/\2/p' |
    grep -vE '^(main|launch)|vg_replace' | head -1 | grep . || echo "unknown code"
}

# suite NAME WORD...: `seatrial run` with reports in NIGHT_DIR/NAME.*; its first failing case is the headline.
suite() {
  local name=$1 code out=$NIGHT_DIR/$1 first
  shift
  "$seatrial" run "${mutant[@]}" --out "$out" --report "json=$out.json,html=$out.html,junit=$out.xml" "$@" >"$out.log" 2>&1
  code=$?
  tail -1 "$out.log"
  [ -s "$out.html" ] && link "suite: $name" "$name.html"
  figure "$name: cases passed" "$(jq '[.cases[]? | select(.verdict == "PASS")] | length' "$out.json" 2>/dev/null || echo 0)"
  [ $code -eq 0 ] && return 0
  first=$(jq -r 'first(.cases[]? | select(.verdict | IN("FAIL", "ERROR", "STALE-WAIVER", "WARN"))) |
    "\(.id) \(.binding): \(.verdict): \(.reason)\t\(.id) --binding \(.binding)\t\(.seed)"' "$out.json" 2>/dev/null)
  if found=$(sanitizer "$out.log" "$out"/*.log "$out"/*/*.log); then
    first="$found"$'\t'"${first#*$'\t'}"
  fi
  [ -n "$first" ] || first="seatrial run ends with $code: $(grep -v '^$' "$out.log" | tail -1)"
  wrong "${first%%$'\t'*}" "$(repeat_case "$first" "$@")"
  return 1
}

# The command for one case, from a row of suite and its words.
repeat_case() {
  local row=$1 id seed words=()
  shift
  IFS=$'\t' read -r _ id seed <<<"$row"
  while [ $# -gt 0 ]; do
    case $1 in
      -t|--speed) words+=("$1" "$2"); shift ;;
      --strict) words+=("$1") ;;
    esac
    shift
  done
  echo "$seatrial run ${words[*]} ${mutant[*]} ${id:+$id --seed $seed}"
}

# tests NAME PRESET WORD...: ctest in what is left of the time, but for reserve_s; a test that is not reached fails
# nothing, and sets incomplete.
reserve_s=15 incomplete=false
tests() {
  local name=$1 preset=$2 log=$NIGHT_DIR/$1.log code first
  shift 2
  timeout --signal=INT --kill-after=10 "$(left $reserve_s)" ctest --preset "$preset" "$@" >"$log" 2>&1
  code=$?
  [ $code -ne 124 ] || incomplete=true
  link "tests: $name" "$name.log"
  figure "$name: tests passed" "$(grep -cE '^ *[0-9]+/[0-9]+ .* Passed ' "$log")"
  first=$(grep -E '^ *[0-9]+/[0-9]+ Test +#.*(\*\*\*|Failed|Timeout)' "$log" | grep -v Skipped | head -1)
  if [ -n "$first" ]; then
    first=$(sed -E 's/^.*Test +#[0-9]+: ([^ ]+) .*/\1/' <<<"$first")
    wrong "$preset: $first: $(sanitizer "$log" || first_failure "$first" "$log")" \
      "ctest --preset $preset -R '^$first\$' --output-on-failure"
  elif [ $code -ne 0 ] && [ $code -ne 124 ]; then
    wrong "$preset: ctest ends with $code: $(grep -v '^$' "$log" | tail -1)" "ctest --preset $preset"
  fi
}

# first_failure TEST LOG: what a failing test says first
first_failure() {
  local said
  said=$(awk -v t=": $1 " 'index($0, t) {on = 1} on' "$2" | said_wrong)
  printf '%s\n' "${said:-see its output}"
}

# The line that says what is wrong, of a test's output: of our scripts, of cmocka, of assert.
said_wrong() {
  grep -aE '^FAILED( at [^:]+:[0-9]+)?: |^ERROR: |^\[  ERROR   \] --- [^[]|: error: Failure|^wanted |Assertion|^[^:]+: [A-Z][a-z ]+ failed' |
    sed -E 's/^FAILED at [^:]*\/([^/:]+:[0-9]+): /\1: /; s/^(\[ +ERROR +\] --- |ERROR: )//' | grep . | head -1
}
