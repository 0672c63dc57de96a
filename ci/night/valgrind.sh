#!/usr/bin/env bash
# budget: 75, at least 75
# Endpoint and swarm under valgrind.
# The endpoint against a part of the suite, the swarm's smoke against an endpoint as it is.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

grind=(valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --fair-sched=yes --error-exitcode=99)
under=$(printf '"%s", ' "${grind[@]}" "--log-file=$NIGHT_DIR/endpoint.%p.log" "$PWD/$endpoint")
sed "s|\"seatrial-endpoint\",|$under|" scenarios/targets/reference.lua >"$NIGHT_DIR/valgrind.lua"
cases=(EVT-001 EVT-002 'BLK-00*' 'AUTH-00*' CMD-002 'RSP-00*')
suite endpoint -t "$NIGHT_DIR/valgrind.lua" -j 4 --time-slack 10 "${cases[@]}"
if found=$(sanitizer "$NIGHT_DIR"/endpoint.*.log); then
  failed=0 # what valgrind sees explains what the suite may have seen
  wrong "endpoint: $found" "$seatrial run -t $NIGHT_DIR/valgrind.lua ${mutant[*]} ${cases[*]}"
fi
[ ${#mutant[@]} -gt 0 ] && finish
"${grind[@]}" --log-file="$NIGHT_DIR/swarm.%p.log" "$swarm" -t swarm -p smoke --devices 30 --rate 10/s --duration 6s \
  --max-lag 10s --max-steal 100 --slo 'event.lost == 0' --no-tui --out "$NIGHT_DIR/swarm" >"$NIGHT_DIR/swarm.log" 2>&1
code=$?
link "swarm under valgrind" swarm.log
if found=$(sanitizer "$NIGHT_DIR"/swarm.*.log); then
  wrong "swarm: $found" "${grind[*]} $swarm -t swarm -p smoke --devices 30"
elif [ $code -ne 0 ] && [ $code -ne 4 ]; then
  wrong "swarm under valgrind ends with $code: $(tail -1 "$NIGHT_DIR/swarm.log")" "${grind[*]} $swarm -t swarm -p smoke --devices 30"
fi
finish
