#!/usr/bin/env bash
# What the swarm says of events and commands is true: the reference endpoint is right in everything, and
# where it deviates on purpose (--mutant) the swarm says in what, and in nothing else.
# labels: slow
set -u
swarm=$SEATRIAL_BIN/seatrial-swarm
[ -x "$SEATRIAL_BIN/../reference/seatrial-endpoint" ] || { echo "seatrial-endpoint is not built"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_CACHE_HOME=$dir # certificates
failures=0

# All credentials, gateways, uploads and commands in blocks, waits, a bad network; and who must be refused.
cat >"$dir/fleet.lua" <<'END'
local ct = { 1, 3 }
return {
  summary = "of everything some", devices = 300, period = "3 s", arrival = "poisson", connect = "1 s",
  classes = {
    basic = { weight = 40, credential = "basic", ct = ct, ct_part = 0.5 },
    psk = { weight = 20, credential = "psk", ct = ct, ct_part = 0.5, reconnect = 0.1 },
    x509 = { weight = 10, credential = "x509", ct = ct, ct_part = 0.5 },
    gateway = { weight = 10, credential = "basic", gateway = true, ct = ct, ct_part = 0.5 },
    up = { weight = 10, credential = "basic", content = "octets", payload = { 97, 2000 }, block = 512 },
    down = { weight = 5, credential = "basic", ct = ct, ct_part = 1, download = 3000 },
    wrong = { weight = 5, credential = "wrong-password" },
  },
  stages = { { hold = "6 s" } },
  commands = { rate = 20, payload = 200 },
  impairment = { out = { duplicate = 0.05 }, back = { duplicate = 0.05 } },
}
END

# counts NAME: what the run counted
counts() { jq -r --arg name "$1" '.counters[$name] // 0' "$dir/out/result.json"; }

# run WHAT [OPTION...]
run() {
  what=$1
  shift
  rm -rf "$dir/out"
  "$swarm" -t swarm -p "$dir/fleet.lua" --no-tui --out "$dir/out" "$@" >"$dir/printed" 2>&1 && return
  [ -f "$dir/out/result.json" ] && return
  echo "$what: no result"
  tail -5 "$dir/printed"
  exit 1
}

# holds TEST: an arithmetic condition; names of counters are written with _ for the dot
holds() {
  local name expression=$1
  while read -r name; do
    expression=${expression//$name/$(counts "${name/_/.}")}
  done < <(grep -oE '[a-z]+_[a-z_]+' <<<"$1" | sort -ur)
  if ! ((expression)); then
    echo "$what: $1 does not hold: $expression"
    failures=$((failures + 1))
  fi
}

right='event_lost + event_duplicated + event_misattributed + event_disordered + event_refused + event_stray + event_unchecked'

run "the reference"
holds 'publish_acknowledged > 200'
holds 'event_delivered == publish_acknowledged'
holds "($right) == 0"
holds 'hostile_refused > 0 && hostile_accepted == 0'
holds 'command_delivered > 20'
holds 'command_sent == command_delivered + command_undecided'
holds 'command_lost + command_late + command_misdelivered + command_duplicated + command_failed == 0'
holds 'block_sent > 0 && block_received > 0 && impair_duplicated > 0'

run "event-lost" --mutant event-lost
holds 'event_lost == publish_acknowledged && event_delivered == 0'

run "event-twice" --mutant event-twice
holds 'event_duplicated == publish_acknowledged && event_lost == 0 && event_misattributed == 0'

run "event-application-missing" --mutant event-application-missing
holds 'event_misattributed == publish_acknowledged && event_delivered == 0 && event_lost == 0'

run "con-copy-processed-twice" --mutant con-copy-processed-twice
holds 'event_duplicated > 0 && event_lost == 0 && event_misattributed == 0'

run "password-unchecked" --mutant password-unchecked
holds 'event_refused > 0 && hostile_accepted > 0 && event_lost == 0'

run "command-to-any-device" --mutant command-to-any-device
holds 'command_misdelivered > 0'
holds "($right) == 0"

run "command-unwaited-refused" --mutant command-unwaited-refused # its waits are sent to in time
holds 'command_delivered > 20 && command_lost == 0'

[ "$failures" -eq 0 ]
