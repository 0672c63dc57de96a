#!/usr/bin/env bash
# What goes wrong around the suite: a target that is silent, floods, answers from elsewhere, is not there or talks
# nonsense; adapters that die, hang or print rubbish; a full disk; scripts without bounds; a dead broker. Each has its
# verdict and its exit code, and ends in time.
# labels: slow
set -u
seatrial=$SEATRIAL_BIN/seatrial
chaos=$(cd "$(dirname "$0")/fixtures/chaos" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# want CODE TEXT COMMAND...
want() {
  local code=$1 text=$2 got began=$SECONDS
  shift 2
  "$@" >"$dir/printed" 2>&1
  got=$?
  if [ "$got" -ne "$code" ] || ! grep -qF -- "$text" "$dir/printed" || [ $((SECONDS - began)) -gt 60 ]; then
    echo "wanted exit code $code and \"$text\" within a minute, got $got in $((SECONDS - began)) s: ${*#"$seatrial"}"
    head -60 "$dir/printed" | cut -c1-300 | sed 's/^/    /'
    failures=$((failures + 1))
  fi
}

# later: as want, beside what follows, because it waits for most of its time. It gets copies of all files.
laters=()
later() {
  local own
  own=$(mktemp -d "$dir/later.XXXXXX")
  cp "$dir"/*.lua "$own"
  (
    set -- "${@//"$dir"/$own}"
    dir=$own failures=0
    want "$@"
    exit "$failures"
  ) &
  laters+=($!)
}

# case_file NAME BODY [FIELDS]
case_file() {
  printf 'case { id = "T-001", rev = 1, level = "MUST", refs = { "URL-01" }, title = "t", bindings = "coap",\n%s\n  run = function(c)\n%s\nend }\n' \
    "${3-}" "$2" >"$dir/$1.lua"
}

case_file good 'c:device():post("/v1/temp", { payload = "x" }):expect { code = "2.04" }'
case_file event 'c:device():post("/v1/temp", { payload = "x" }):expect { code = "2.04" } c:await_event { data = "x" }'
case_file secure 'c:device { auth = "psk" }:handshake { timeout = "3 s" }:expect {}' '  needs = { "auth.psk" },'
case_file large 'local s = ("x"):rep(1 << 30) c:device():post("/v1/temp", { payload = s }):expect { code = "2.04" }'
case_file grows 'local all = {} while true do all[#all + 1] = ("x"):rep(1 << 20) .. #all end'
case_file deep 'local function f(n) return f(n + 1) + 1 end f(1)'
case_file pattern '(("a"):rep(40) .. "b"):find(("a?"):rep(40) .. ("a"):rep(40) .. "c")' '  timeout = "10 s",'
case_file kills 'local dev = c:device() dev:post("/v1/temp", { payload = "die", timeout = "2 s" }):expect { code = "2.04" }'
case_file waits 'c:device():post("/v1/temp", { query = { ct = 60 }, timeout = "70 s" }):expect { code = "2.04" }'

# target MODE: a target file for target.py
target() {
  cat >"$dir/target.lua" <<END
return {
  name = "$1", coap = "coap://127.0.0.1:{coap_port}", coaps = "coaps://127.0.0.1:{coap_port}",
  features = { "auth.basic", "auth.psk" },
  registry = { static = { { application = "a", device = "d", password = "p", psk = "k" } } },
  start = { exec = { "$chaos/target.py", "$1", "{coap_port}" }, ready = "coap" },
}
END
}

# adapter MODE: the reference endpoint with another registry
adapter() {
  sed "s|registry = .*|registry = { exec = { \"$chaos/adapter.py\", \"$1\" } },|" scenarios/targets/reference.lua >"$dir/target.lua"
}

run=("$seatrial" run -t "$dir/target.lua" --out "$dir/out" --seed 7f)

# --- the target
target silent
later 3 "is not answered 30 s after the start" "${run[@]}" "$dir/good.lua"
target good
want 0 "1 PASS" "${run[@]}" "$dir/good.lua"
target mute
later 3 "failed the sanity check at the start" "${run[@]}" "$dir/good.lua"
target port
want 1 "source    expected datagrams from where the request went" "${run[@]}" --skip-sanity "$dir/good.lua"
target flood
want 0 "1 PASS" "${run[@]}" --skip-sanity "$dir/good.lua"
target garbage
want 1 "1 FAIL" "${run[@]}" --skip-sanity "$dir/good.lua"
want 1 "handshake expected a DTLS session" "${run[@]}" --skip-sanity "$dir/secure.lua"
target dies
later 1 "the target stopped answering during T-001.coap; it was started again" "${run[@]}" "$dir/kills.lua"
sed 's/  start = .*//; s/{coap_port}/9/' "$dir/target.lua" >"$dir/away.lua" # nothing listens there: ICMP
later 3 "failed the sanity check at the start" "$seatrial" run -t "$dir/away.lua" --out "$dir/out" "$dir/good.lua"

# --- adapters
adapter dies
want 4 "the adapter's program has ended" "${run[@]}" --skip-sanity "$dir/good.lua"
adapter rubbish
want 4 "to standard error): Hello!" "${run[@]}" --skip-sanity "$dir/good.lua"
adapter other
want 4 "answered a request that nobody made" "${run[@]}" --skip-sanity "$dir/good.lua"
adapter endless
want 4 "writes a line without an end" "${run[@]}" --skip-sanity "$dir/good.lua"
adapter mute
later 4 "the adapter's program did not answer the greeting" "${run[@]}" --skip-sanity "$dir/good.lua"
sed "s|registry = .*|registry = { exec = { \"$dir/no-such-program\" } },|" scenarios/targets/reference.lua >"$dir/target.lua"
want 2 "no-such-program cannot be started: No such file or directory" "${run[@]}" --skip-sanity "$dir/good.lua"

# --- scripts
target good
want 4 "not enough memory" "${run[@]}" --skip-sanity "$dir/large.lua"
want 4 "not enough memory" "${run[@]}" --skip-sanity "$dir/grows.lua"
want 4 "stack overflow" "${run[@]}" --skip-sanity "$dir/deep.lua"
later 4 "1 ERROR" "${run[@]}" --skip-sanity "$dir/pattern.lua"

# --- the disk: reports and stream that cannot be written fail the run, not the target
want 4 "/dev/full: No space left on device" "${run[@]}" "$dir/good.lua" --report json=/dev/full
want 2 "results.jsonl" "${run[@]}" "$dir/good.lua" --out /proc/self
small() { # in 16 KiB
  unshare -rm bash -c 'mount -t tmpfs -o size=16k tmpfs "$1" && shift && "$@"' bash "$dir/small" "$@"
}
mkdir -p "$dir/small"
if small true 2>/dev/null; then
  for i in $(seq 40); do
    printf 'case { id = "T-%03d", rev = 1, level = "MUST", refs = { "URL-01" }, title = "%0200d", bindings = "coap", run = function(c) c:expect("x", 1, 1) end }\n' "$i" "$i"
  done >"$dir/many.lua"
  want 4 "not all results could be written" small "$seatrial" run -t "$dir/target.lua" --skip-sanity --out "$dir/small/out" "$dir/many.lua"
  grep -q "40 PASS" "$dir/printed" || { echo "a full disk changed verdicts"; failures=$((failures + 1)); }
fi

# --- the broker dies while a case waits
mkfifo "$dir/trace"
"$seatrial" run -t reference --out "$dir/out" --trace "$dir/waits.lua" >"$dir/trace" 2>&1 &
pid=$!
exec 3<"$dir/trace"
while read -r -u 3 line && [[ $line != *"ct=60"* ]]; do :; done
for child in $(pgrep -P "$pid"); do
  [ "$(cat "/proc/$child/comm" 2>/dev/null)" = seatrial-broker ] && kill -KILL "$child"
done
cat <&3 >"$dir/printed"
wait "$pid"
code=$?
if [ "$code" -ne 4 ] || ! grep -q "broker" "$dir/printed"; then
  echo "a dead broker: wanted exit code 4, got $code"
  tail -20 "$dir/printed"
  failures=$((failures + 1))
fi

# --- what stands beside the target
sed 's|name = "reference"|name = "beside {backend_url}"|' scenarios/targets/reference.lua >"$dir/target.lua"
want 0 "beside http://127.0.0.1:" "${run[@]}" "$dir/event.lua" --backend "python3 -m http.server {backend_port} --bind 127.0.0.1 --directory '$dir'"
want 0 "beside http://192.0.2.1:8080" "${run[@]}" "$dir/event.lua" --backend http://192.0.2.1:8080
want 3 "--backend: the program ended with status 1 before it was ready" "${run[@]}" "$dir/event.lua" --backend false
later 4 "the backend (--backend) has ended" "${run[@]}" "$dir/waits.lua" \
  --backend "timeout 4 python3 -m http.server {backend_port} --bind 127.0.0.1 --directory '$dir'"
want 2 '"{backend_url}" has no value here' "${run[@]}" "$dir/event.lua"

for pid in "${laters[@]}"; do
  wait "$pid" || failures=$((failures + 1))
done
exit $((failures > 0))
