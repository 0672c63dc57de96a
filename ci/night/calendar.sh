#!/usr/bin/env bash
# budget: 90, at least 90
# Days on which clocks go wrong, and credentials that expire.
# Suite and endpoint live on a leap day, over the end of 32-bit time, over the turn of a year; then the endpoint's
# clock jumps, hours forwards and days back, during waits.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

library=$(find /usr/lib /usr/local/lib -path '*faketime/libfaketime.so.1' 2>/dev/null | head -1)
[ -n "$library" ] || skip "libfaketime is missing: run ci/setup"

# on NAME DATE CASE...: the suite's and the endpoint's clock shows DATE, and goes on from there
on() {
  local name=$1 offset
  offset=$(($(date -d "$2" +%s) - $(date +%s)))
  shift 2
  LD_PRELOAD=$library FAKETIME="$(printf '%+ds' $offset)" suite "$name" -t reference --time-slack 2 "$@" ||
    printf 'LD_PRELOAD=%s FAKETIME=%+ds %s\n' "$library" $offset "$(cat "$NIGHT_DIR/repeat")" >"$NIGHT_DIR/repeat.new"
  [ ! -e "$NIGHT_DIR/repeat.new" ] || mv "$NIGHT_DIR/repeat.new" "$NIGHT_DIR/repeat"
}
cases=(@auth 'EVT-0*' 'CMD-00*')
on leap-day '2028-02-29 23:59:55Z' "${cases[@]}"
on year-2038 '2038-01-19 03:14:05Z' "${cases[@]}"
on new-year '2026-12-31 23:59:55Z' "${cases[@]}"

# The endpoint alone is elsewhere in time: its clock jumps, or runs.
for test in clock time; do
  log=$NIGHT_DIR/$test.log
  if ! SEATRIAL_BIN=$bin/reference timeout "$(left 2)" bash "reference/system/${test}_test.sh" >"$log" 2>&1; then
    link "${test}_test" "$test.log"
    wrong "${test}_test: $(said_wrong <"$log")" "${mutant[*]:+SEATRIAL_MUTANT=$SEATRIAL_MUTANT }SEATRIAL_BIN=$bin/reference bash reference/system/${test}_test.sh"
  fi
done
finish
