# shellcheck shell=bash disable=SC2034 # what the tests use
# For tests of the program: $seatrial, a folder $dir of one's own, and want.
seatrial=$SEATRIAL_BIN/seatrial
[ -x "$SEATRIAL_BIN/../reference/seatrial-endpoint" ] || { echo "seatrial-endpoint is not built"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
# With --speed: the runtime of a sanitizer must be preloaded before libfaketime.
faster=(env LD_PRELOAD="$(ldd "$seatrial" | awk '/lib[at]san/ { print $3 }')")

# want CODE WHAT COMMAND...: the exit code, and a text in what is printed
want() {
  local code=$1 text=$2 got
  shift 2
  "$@" >"$dir/printed" 2>&1
  got=$?
  if [ "$got" -ne "$code" ] || ! grep -qF -- "$text" "$dir/printed"; then
    echo "wanted exit code $code and \"$text\", got $got: ${*#"$seatrial"}"
    grep -v '^killed  ' "$dir/printed" | sed 's/^/    /'
    failures=$((failures + 1))
  fi
}
