#!/usr/bin/env bash
# A target file that is wrong is told as such: by line and field, with what to do, and with the exit code that it has;
# nobody is judged by it. {broker_port} is a port where nothing listens.
# labels: slow
set -u
# shellcheck source=conformance/want.sh
. conformance/want.sh
swarm=$SEATRIAL_BIN/../simulator/seatrial-swarm
good=scenarios/targets/reference-file.lua

# wrong CODE TEXT SED COMMAND...: what a command says of the target file that SED has spoilt
wrong() {
  local code=$1 text=$2 spoil=$3
  shift 3
  sed "$spoil" "$good" >"$dir/t.lua"
  cmp -s "$good" "$dir/t.lua" && { echo "sed $spoil: changes nothing"; failures=$((failures + 1)); }
  want "$code" "$text" "$@" -t "$dir/t.lua"
}
run=("$seatrial" run URL-001 --out "$dir/out")
load=("$swarm" -p smoke --devices 20 --duration 1s --out "$dir/swarm")

wrong 2 't.lua:6: features: unknown feature "auth.pks", did you mean "auth.psk"?' 's/auth.psk/auth.pks/' "${run[@]}"
wrong 2 't.lua:20: start.exec: unknown placeholder "{http_prt}", did you mean "{http_port}"?' \
  's/"127.0.0.1:{http_port}"/"127.0.0.1:{http_prt}"/' "$seatrial" doctor
wrong 2 't.lua:18: tls.ca: ' 's/demo-ca.crt/none.crt/' "${run[@]}"
wrong 2 't.lua:18: tls.ca: ' 's/demo-ca.crt/none.crt/' "${load[@]}"
wrong 2 't.lua:20: start.exec: my-endpoint cannot be started: No such file' 's/"seatrial-endpoint"/"my-endpoint"/' "${run[@]}"
wrong 3 'did you mean --max-ct?' 's/--max-ct/--mx-ct/' "$seatrial" doctor # the program's own words
wrong 3 't.lua:5: coaps: ' 's/coaps:\/\/127.0.0.1:{coaps_port}/coaps:\/\/127.0.0.1:{broker_port}/' "${run[@]}"
wrong 3 't.lua:5: coaps: ' 's/coaps:\/\/127.0.0.1:{coaps_port}/coaps:\/\/127.0.0.1:{broker_port}/' "${load[@]}"
wrong 3 't.lua:18: tls.server_name: a known-good publish failed (we refused: hostname mismatch)' \
  's/"localhost"/"elsewhere"/' "$seatrial" doctor
wrong 4 't.lua:15: registry.drogue.url: no answer from ' \
  's/^  registry = .*/  registry = { drogue = { url = "http:\/\/127.0.0.1:{broker_port}" } },/' "$seatrial" doctor
wrong 4 't.lua:15: registry.drogue.url: no answer from ' \
  's/^  registry = .*/  registry = { drogue = { url = "http:\/\/127.0.0.1:{broker_port}" } },/' "${run[@]}"
wrong 4 't.lua:17: events.file: ' 's/events.ndjson"/other.ndjson"/' "$seatrial" doctor
wrong 3 't.lua:17: events.file: ' 's/events.ndjson"/other.ndjson"/' "${run[@]}"
wrong 1 't.lua:17: events.file: not one event came' 's/events.ndjson"/other.ndjson"/' "${load[@]}" --rate 50/s --max-lag 10s
exit $((failures > 0))
