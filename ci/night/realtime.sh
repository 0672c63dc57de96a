#!/usr/bin/env bash
# budget: 345, at least 40
# The whole catalogue on a real clock, and beside it with the original's deviations, which its waivers expect.
# Each takes five minutes, mostly waiting; with less time only what waits for no timeouts.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

words=()
if [ "$NIGHT_BUDGET_S" -lt 330 ] || [ ${#mutant[@]} -gt 0 ]; then
  words=(@evt @url @opt)
  echo "only ${words[*]}"
fi
original=()
if [ ${#words[@]} -eq 0 ]; then
  (
    suite original -t drogue-mutant --speed 2 --waivers scenarios/waivers/drogue-cloud-0.11.lua --backend \
      'seatrial-endpoint --backend-only --drogue-quirks --demo --http 127.0.0.1:{backend_port} --data {dir}/backend'
    finish
  ) &
  original+=($!)
fi
suite realtime -t reference --strict "${words[@]}"
[ ${#original[@]} -eq 0 ] || wait "${original[0]}" || failed=1
finish
