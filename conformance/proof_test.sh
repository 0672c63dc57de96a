#!/usr/bin/env bash
# The suite proves itself: its files load, ledger and catalogue fit (a MUST without a case, a case of no row, an id
# that is gone fail), and each mutant of the reference endpoint is killed by the case that claims it, where it says.
# labels: slow
set -u
# shellcheck source=conformance/want.sh
. conformance/want.sh

# changed FILE SED-COMMAND: a catalogue of its own with one file changed
changed() {
  rm -rf "$dir/scenarios"
  cp -r scenarios "$dir/scenarios"
  sed -i "$2" "$dir/scenarios/$1"
}

want 0 "requirements are well-formed" "$seatrial" check
want 0 " 0 open; " "$seatrial" lint
changed msg/format.lua 's/id = "MSG-001"/id = "MSG-901"/'
want 2 "MSG-001: in catalogue.lock, and gone; ids are permanent" "$seatrial" lint --scenarios "$dir/scenarios"
changed requirements/rob.lua 's/id = "ROB-05"/id = "ROB-15"/'
want 2 "ROB-15: no case" "$seatrial" lint --scenarios "$dir/scenarios"
changed rsp/rules.lua 's/refs = { "RSP-04", "EVT-01" }/refs = { "rfc7252\/5" }/'
want 2 "RSP-102: stands for no row of the ledger" "$seatrial" lint --scenarios "$dir/scenarios"
changed rsp/rules.lua 's/mutant = "rules-ignored"/mutant = "rules-forgotten"/'
want 2 'there is no mutant "rules-forgotten"' "$seatrial" lint --scenarios "$dir/scenarios"
changed rob/load.lua 's/id = "ROB-001", rev = 1, level = "MUST"/id = "ROB-001", rev = 1, level = "SHOULD"/'
want 2 "ROB-001: level or references differ from catalogue.lock" "$seatrial" lint --scenarios "$dir/scenarios"

want 0 " 0 claims or mutants not in order, 0 not judged" \
  "${faster[@]}" "$seatrial" mutants --speed 5 --out "$dir/mutants"

exit $((failures > 0))
