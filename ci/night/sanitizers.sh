#!/usr/bin/env bash
# budget: 240, at least 75
# Suite and tests under AddressSanitizer, UBSan and ThreadSanitizer.
# The endpoint answers the suite, then the tests run in an order of chance, as far as the time goes.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:halt_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1
sed "s|\"seatrial-endpoint\",|\"$PWD/build/asan/reference/seatrial-endpoint\",|" scenarios/targets/reference.lua >"$NIGHT_DIR/asan.lua"
suite endpoint-asan -t "$NIGHT_DIR/asan.lua" --time-slack 3 @evt @blk @url @opt
[ ${#mutant[@]} -gt 0 ] && finish
budget=$NIGHT_BUDGET_S
NIGHT_BUDGET_S=$((SECONDS + (budget - SECONDS) * 3 / 5))
tests asan asan-whole --schedule-random
NIGHT_BUDGET_S=$budget
tests tsan tsan --schedule-random
finish
