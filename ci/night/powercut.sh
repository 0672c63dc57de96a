#!/usr/bin/env bash
# budget: 60, at least 45
# Power cuts at every moment of the sink's and the endpoint's life.
# Again and again: what was acknowledged is there.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

rounds=0 longest=0
while began=$SECONDS; [ $failed -eq 0 ] && [ "$(left 5)" -gt $longest ]; do
  for command in "$bin/reference/powercut/endpoint_powercut_test $endpoint $bin/reference/powercut/powercut.so" \
    "$bin/reference/powercut/sink_powercut_test"; do
    log=$NIGHT_DIR/cuts.log
    # shellcheck disable=SC2086 # its words
    if ! timeout "$(left 2)" $command >"$log" 2>&1 && [ "$(left 3)" -gt 0 ]; then
      link "${command%% *}" cuts.log
      wrong "lost at a power cut: $(said_wrong <"$log")" "${mutant[*]:+SEATRIAL_MUTANT=$SEATRIAL_MUTANT }$command"
      break
    fi
  done
  rounds=$((rounds + 1))
  longest=$((SECONDS - began > longest ? SECONDS - began : longest))
done
figure "rounds" "$rounds"
finish
