#!/usr/bin/env bash
# budget: 150, at least 45
# clang's analyzer, which follows paths through functions; files that it saw longest ago first.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

kept=$NIGHT_STATE/analyzed
build=build/analyze
mkdir -p "$kept"
cmake --preset analyze >"$NIGHT_DIR/configure.log" 2>&1 || { wrong "the preset analyze cannot be configured" "cmake --preset analyze"; finish; }

# Our sources but for tests, those that have changed since they were seen or were seen longest ago first.
due() {
  local file seen
  git ls-files '*.c' | grep -vE '_(test[a-z]*|fuzz)\.c$|^tools/' | while read -r file; do
    seen=$(stat -c %Y "$kept/${file//\//-}" 2>/dev/null || echo 0)
    [ "$file" -ot "$kept/${file//\//-}" ] || seen=0
    echo "$seen $file"
  done | sort -n | cut -d' ' -f2
}

# analyze FILE: its findings stay in its log
analyze() {
  local mark=$kept/${1//\//-} log=$NIGHT_DIR/${1//\//-}.log
  if clang-tidy -p "$build" --quiet --warnings-as-errors='*' "$1" >"$log" 2>/dev/null; then
    rm "$log"
    touch "$mark"
  else
    rm -f "$mark" # again the next night
  fi
}

mapfile -t files < <(due)
count=0
while [ $count -lt ${#files[@]} ] && [ "$(left 30)" -gt 0 ]; do
  for file in "${files[@]:count:$(nproc)}"; do
    analyze "$file" &
    count=$((count + 1))
  done
  wait
done
figure "files" "$count of ${#files[@]}"
for log in "$NIGHT_DIR"/*.c.log; do
  [ -e "$log" ] || continue
  link "${log##*/}" "${log##*/}"
  wrong "$(grep -m1 -oE '[^/ ]+\.[ch]:[0-9]+:[0-9]+: (error|warning): .*' "$log" || head -1 "$log")" "cmake --workflow --preset analyze"
done
finish
