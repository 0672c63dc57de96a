#!/usr/bin/env bash
# The HTML report in a browser, offline: the matrix, a failure with its ladder, the filter. 77 (skipped) where there is
# no chromium.
# labels: slow
set -u
chromium=$(command -v chromium || command -v chromium-browser) || { echo "skipped: chromium is not installed"; exit 77; }
seatrial=$SEATRIAL_BIN/seatrial
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

fail() { echo "$*"; failures=$((failures + 1)); }
has() { grep -qE -- "$1" "$dir/dom" || fail "the page lacks $2"; }
browse() { # FILE ARGUMENT...
  local file=$1
  shift
  timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$dir/profile" \
    --host-resolver-rules='MAP * ~NOTFOUND' --window-size=1400,1600 "$@" "file://$file" 2>"$dir/said"
}

"$seatrial" run -t reference --mutant command-code-changed --skip-sanity --out "$dir/out" --report "html=$dir/r.html" \
  CMD-002 EVT-001 >"$dir/printed" 2>&1
browse "$dir/r.html" --dump-dom >"$dir/dom"
if ! [ -s "$dir/dom" ]; then
  echo "skipped: chromium does not start here: $(tail -1 "$dir/said")"
  exit 77
fi
has '<details id="CMD-002\.coap\.0\.0" open' "a failure that is open"
has 'class="bad"><title>FAIL code: expected' "the verdict in the ladder"
has '<line class="arrow sent" x1="330" y1="[0-9]+" x2="800"' "an arrow from device to target"
has '<tr class="case bad"><td>CMD-002</td><td>MUST</td><td title="[0-9.]+ s"><a href="#CMD-002\.coap\.0\.0">' "the failed case in the matrix"
has '<tr class="case"><td>EVT-001</td>' "the good case in the matrix"
grep -qiE '(src|href)="?(https?:)?//' "$dir/r.html" && fail "the page wants something of the network"

# the filter hides the case that passed, and its requirement
sed 's|</script></body>|bad.checked=true;filter()</script></body>|' "$dir/r.html" >"$dir/filtered.html"
browse "$dir/filtered.html" --dump-dom >"$dir/dom"
has '<tr class="case none"><td>EVT-001</td>' "a filter that hides what passed"
has '<tr class="case bad"><td>CMD-002</td>' "the failed case behind the filter"
has '<tr class="row none"><td>EVT-02</td>' "a filter that hides what no case is left of"

browse "$dir/r.html" --hide-scrollbars --screenshot="$dir/page.png" >/dev/null
[ "$(stat -c %s "$dir/page.png" 2>/dev/null || echo 0)" -gt 20000 ] || fail "the page is empty when drawn"

exit $((failures > 0))
