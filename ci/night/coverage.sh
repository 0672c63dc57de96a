#!/usr/bin/env bash
# budget: 240, at least 240
# Which lines the tests run.
# More than a point below the baseline is a failure; without a baseline, less than four fifths. Of the slow tests only
# those run that reach lines which no other test does, within seconds: brokers, adapters, what programs do as a whole.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

find build/coverage -name '*.gcda' -delete
reserve_s=65 # of gcovr, which leaves files here when it is ended
trap 'rm -f ./*.gcov' EXIT
if [ "${NIGHT_SEED:-}" = untested ]; then
  tests quick coverage -LE slow -E '^(conformance|simulator|system)/'
else
  tests quick coverage -LE slow
  $incomplete || tests wide coverage -L slow -R '^(lib|reference)/|^conformance/(options|runner|targets)_test$'
fi
if [ "$(left 5)" -eq 0 ] || ! timeout "$(left 5)" cmake --build build/coverage --target coverage >"$NIGHT_DIR/gcovr.log" 2>&1; then
  wrong "gcovr: $(tail -1 "$NIGHT_DIR/gcovr.log")" "cmake --workflow --preset coverage"
  finish
fi
cp build/coverage/coverage.txt "$NIGHT_DIR"
link "coverage" coverage.txt
lines=$(sed -nE 's/^lines: ([0-9.]+)%.*/\1/p' "$NIGHT_DIR/gcovr.log")
branches=$(sed -nE 's/^branches: ([0-9.]+)%.*/\1/p' "$NIGHT_DIR/gcovr.log")
figure "lines" "${lines:-0}" %
figure "branches" "${branches:-0}" %
if $incomplete; then # says nothing about what the tests leave out
  figure "judged" "no, the time was over before the tests"
  finish
fi
least=80
baseline=${NIGHT_BASELINE:-$NIGHT_STATE/baseline}
[ ! -s "$baseline/coverage" ] || least=$(awk '{print $1 - 1}' "$baseline/coverage")
if awk -v l="${lines:-0}" -v m="$least" 'BEGIN {exit l >= m}'; then
  wrong "coverage: tests run ${lines:-0} % of the lines, less than $least %" "cmake --workflow --preset coverage"
elif [ $failed -eq 0 ] && [ ! -s "$baseline/coverage" ] && [ -z "${NIGHT_SEED:-}" ]; then
  mkdir -p "$baseline"
  echo "$lines" >"$baseline/coverage"
fi
finish
