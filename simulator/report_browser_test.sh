#!/usr/bin/env bash
# labels: slow
# A browser shows the page of a run, in light and in dark, without anything from outside. Skipped
# (77) where there is no Chromium.
set -eu
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$browser" ] || exit 77
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$SEATRIAL_BIN/report_html_test" "$dir"

# look OUTPUT-OPTION [OPTION...]: the browser's own words go to $dir/log
look() {
  HOME=$dir timeout 120 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars \
    --user-data-dir="$dir/profile" --host-resolver-rules='MAP * ~NOTFOUND' --enable-logging=stderr \
    --window-size=1280,2000 "$@" "file://$dir/run.html" 2>>"$dir/log"
}
fail() {
  echo "$*" >&2
  exit 1
}

look --dump-dom >"$dir/dom"
for what in '<figure>' '<svg class="plot"' '</table>' '<path class="line'; do
  written=$(grep -o -F -- "$what" "$dir/run.html" | wc -l)
  shown=$(grep -o -F -- "$what" "$dir/dom" | wc -l)
  [ "$written" -gt 0 ] && [ "$written" -eq "$shown" ] || fail "$what: $written written, $shown shown"
done
if grep -E 'CONSOLE|Refused|net::ERR' "$dir/log"; then
  fail 'the browser complains'
fi
look --screenshot="$dir/light.png" >/dev/null
look --screenshot="$dir/dark.png" --blink-settings=preferredColorScheme=0 >/dev/null
for picture in light dark; do # an empty page is some 10 kB
  [ "$(wc -c <"$dir/$picture.png")" -gt 60000 ] || fail "$picture: nearly nothing is shown"
done
! cmp -s "$dir/light.png" "$dir/dark.png" || fail 'dark looks as light does'
