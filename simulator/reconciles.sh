# shellcheck shell=bash
# For tests with brokers: runs of a few seconds that must come out even.
set -u
swarm=$SEATRIAL_BIN/seatrial-swarm
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_CACHE_HOME=$dir # certificates
failures=0

cat >"$dir/fleet.lua" <<'END'
return {
  summary = "all credentials, and waits", devices = 60, period = "1 s", arrival = "poisson", connect = "1 s",
  classes = {
    basic = { weight = 2, credential = "basic", ct = { 4, 5 }, ct_part = 0.3 },
    psk = { weight = 1, credential = "psk", ct = { 4, 5 }, ct_part = 0.3 },
  },
  stages = { { hold = "3 s" } },
  commands = { rate = 10 },
}
END

# counts NAME: what the run counted
counts() { jq -r --arg name "$1" '.counters[$name] // 0' "$dir/out/result.json"; }

# run TARGET [OPTION...]
run() {
  rm -rf "$dir/out"
  "$swarm" -t "$1" -p "$dir/fleet.lua" --no-tui --max-lag 10s --max-steal 100 --out "$dir/out" "${@:2}" >"$dir/printed" 2>&1
  code=$?
}

# wrong WHAT: says so, with what the run said
wrong() {
  echo "FAILED: $1 (exit code $code)"
  tail -15 "$dir/printed"
  failures=$((failures + 1))
}

# reconciles TARGET [OPTION...]: every acknowledged publish has its event, and no decided command is lost
reconciles() {
  run "$@"
  [ "$code" -eq 0 ] || wrong "$1 does not come out even"
  [ -f "$dir/out/result.json" ] || return
  [ "$(counts publish.acknowledged)" -gt 30 ] || wrong "$1: $(counts publish.acknowledged) acknowledged publishes"
  [ "$(counts event.delivered)" = "$(counts publish.acknowledged)" ] || wrong "$1: $(counts event.delivered) events"
  [ "$(counts command.delivered)" -gt 0 ] || wrong "$1: no command came"
  [ "$(counts command.lost)" = 0 ] || wrong "$1: $(counts command.lost) commands lost"
}
