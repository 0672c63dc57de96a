#!/usr/bin/env bash
# budget: 195, at least 60
# The suite proves itself: claims to kill a mutant hold.
# As many mutants as there is time for meet the whole catalogue (`--full`), those first for which that is longest ago.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

scenarios=scenarios
if [ "${NIGHT_SEED:-}" = blunt-case ]; then # the suite forgets to look at option 4210
  scenarios=$NIGHT_DIR/scenarios
  cp -r scenarios "$scenarios"
  sed -i 's/payload = "20", options = { \[4210\] = "set-temp" }/payload = "20"/' "$scenarios/cmd/wait.lua"
fi
last=$NIGHT_STATE/mutants
mkdir -p "$last"

# hunt NAME WORD...: what is not in order fails the stage; 1 when the time was over before
hunt() {
  local name=$1 log=$NIGHT_DIR/$1.txt code bad how mutant_name case_id
  shift
  timeout --kill-after=4 "$(left 8)" "$seatrial" mutants --scenarios "$scenarios" --out "$NIGHT_DIR/$name" "$@" \
    >"$log" 2>"$NIGHT_DIR/$name.log"
  code=$?
  [ $code -ne 124 ] && [ $code -ne 137 ] || return 1
  tail -1 "$log"
  [ $code -ne 0 ] || return 0
  bad=$(grep -E '^(killed elsewhere|SURVIVED|not judged|no case claims it) ' "$log" | head -1)
  read -r how mutant_name case_id < <(awk '{n = $1 == "SURVIVED" ? 1 : $1 == "no" ? 4 : 2
    how = $1; for (i = 2; i <= n; i++) how = how "_" $i; print how, $(n + 1), $(n + 2)}' <<<"$bad")
  wrong "mutant ${mutant_name:-?}: ${how//_/ } by ${case_id:-no case}" "$seatrial mutants ${mutant_name:-} --speed 5"
}

# A short budget has time for the claims of some; the seeded one among them.
names=()
if [ "$NIGHT_BUDGET_S" -lt 180 ]; then
  mapfile -t names < <("$endpoint" --mutant list | awk '{print $1}' | grep -E '^(option|command|ct)-')
fi
hunt claims --speed 5 "${names[@]}" || wrong "the claims were not judged within $((SECONDS)) s" "$seatrial mutants --speed 5"
figure "claims" "$(grep -c '^killed ' "$NIGHT_DIR/claims.txt")"

# One after the other: with some a run takes half a minute, with one that answers late for ever some minutes.
whole=0
while [ "$(left 30)" -gt 0 ] && [ $failed -eq 0 ]; do
  name=$("$endpoint" --mutant list | awk '{print $1}' | while read -r m; do
    echo "$(stat -c %Y "$last/$m" 2>/dev/null || echo 0) $m"
  done | sort -n | awk 'NR == 1 {print $2}')
  touch "$last/$name"
  hunt full --full --speed 20 "$name" || { echo "$name: the time was over first"; break; }
  cat "$NIGHT_DIR/full.txt" >>"$NIGHT_DIR/matrix.txt"
  whole=$((whole + 1))
done
figure "mutants against the whole catalogue" "$whole"
link "claims" claims.txt
[ $whole -eq 0 ] || link "kill matrix" matrix.txt
finish
