#!/usr/bin/env bash
# budget: 345, at least 40
# The whole catalogue on a real clock.
# It takes 292 s, mostly waiting; with less time only what waits for no timeouts.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

words=()
if [ "$NIGHT_BUDGET_S" -lt 330 ] || [ ${#mutant[@]} -gt 0 ]; then
  words=(@evt @url @opt)
  echo "only ${words[*]}"
fi
suite realtime -t reference --strict "${words[@]}"
finish
