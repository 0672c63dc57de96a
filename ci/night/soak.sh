#!/usr/bin/env bash
# budget: 720, at least 110
# A mixed fleet at half of what the endpoint carries: nothing lost, memory does not grow.
# The bound of memory: over the second half of the time, by its slope, 4 MiB, 4 bytes a publish and 8 KiB a handshake
# (slope.py). What lives as long as a message ID or a session that nobody uses is kept for 20 s, so that it ends in
# time; rings have as many places as are passed within a minute; sessions are few and each is replaced every 100 s, so
# that the allocator's pages of all of them have been used soon.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

# target ENTRIES: with room for so many message IDs
target() {
  sed -E 's/"--dedup-entries", "[0-9]+"/"--dedup-entries", "'"$1"'", "--exchange-lifetime", "20s"/
    s/"--max-exchanges", "[0-9]+"/"--max-exchanges", "131072"/
    s/"--dtls-idle", "1h"/"--dtls-idle", "20s"/; s/DTLS_IDLE = "1 h"/DTLS_IDLE = "20 s"/' scenarios/targets/swarm.lua >"$NIGHT_DIR/soak.lua"
}
target 1048576
common=(--no-tui --max-lag 10s --max-steal 100 "${mutant[@]}")

# Closed loop: as much as it carries now.
"$swarm" -t "$NIGHT_DIR/soak.lua" -p capacity --devices 400 --window 64 --duration 5s "${common[@]}" --slo 'error_rate < 1%' \
  --out "$NIGHT_DIR/carries" >"$NIGHT_DIR/carries.log" 2>&1
carries=$(jq '.counters["publish.acknowledged"] / 5 | floor' "$NIGHT_DIR/carries/result.json" 2>/dev/null || echo 0)
[ "$carries" -ge 20 ] || wrong "soak: the endpoint carries $carries publishes/s: $(tail -1 "$NIGHT_DIR/carries.log")" \
  "$swarm -t $NIGHT_DIR/soak.lua -p capacity --window 64"
[ $failed -eq 0 ] || finish
duration=$(left 40)
# its events take 500 bytes each, and may take a third of the disk
disk=$(($(df --output=avail -B1 "$NIGHT_DIR" | tail -1) / 3 / 500 / (duration + 1)))
rate=$((carries / 2 < disk ? carries / 2 : disk))
figure "half capacity" "$rate" publishes/s
target $((rate * 40)) # twice what live at a time
cat >"$NIGHT_DIR/profile.lua" <<'LUA'
-- the classes of scenarios/swarm/soak.lua, with waits and sessions that fit into minutes
return {
  summary = "A mixed fleet at half capacity that changes addresses, resumes and reconnects now and then",
  devices = 1000, period = "1 s", arrival = "jitter", jitter = 0.3, connect = "10 s",
  classes = {
    basic = { weight = 90, credential = "basic", ct = { 2, 8 }, ct_part = 0.05, payload = { 100, 600 }, rebind = 0.001 },
    psk = { weight = 8, credential = "psk", ct = { 2, 8 }, ct_part = 0.05, resume = 0.8, reconnect = 0.01 },
    x509 = { weight = 2, credential = "x509", resume = 0.8, reconnect = 0.01 },
  },
  stages = { { soak = "10 min" } },
  commands = { rate = 5 },
  slo = "error_rate < 0.1%; event.lost == 0; event.duplicated == 0; command.misdelivered == 0",
}
LUA
devices=$((rate < 200 ? 200 : rate)) # each publishes once a second
repeat="$swarm -t $NIGHT_DIR/soak.lua -p $NIGHT_DIR/profile.lua --devices $devices --rate $rate/s --duration ${duration}s ${mutant[*]}"
"$swarm" -t "$NIGHT_DIR/soak.lua" -p "$NIGHT_DIR/profile.lua" --devices $devices --rate "$rate/s" --duration "${duration}s" "${common[@]}" \
  --out "$NIGHT_DIR/soak" >"$NIGHT_DIR/soak.log" 2>&1
code=$?
link "soak" soak/report.html
python3 ci/night/slope.py "$NIGHT_DIR/soak/result.json" >"$NIGHT_DIR/slope" 2>"$NIGHT_DIR/slope.log"
case $? in
  0) ;;
  1) wrong "$(sed -n 1p "$NIGHT_DIR/slope")" "$repeat" ;;
  *) wrong "soak: no memory was seen: $(tail -1 "$NIGHT_DIR/slope.log")" "$repeat" ;;
esac
figure "memory" "$(sed -n 2p "$NIGHT_DIR/slope")" 'B/publish'
[ $code -eq 0 ] || wrong "soak: $(grep -aE 'BROKEN|INVALID|lost|not ' "$NIGHT_DIR/soak.log" | tail -1)" "$repeat"
find "$NIGHT_DIR" -name events.ndjson -delete
finish
