#!/usr/bin/env bash
# The reference endpoint, bare, with the deviations of the original: the waivers expect exactly those, also when the
# target is to be treated gently. Here some of the catalogue; with `all` as argument, as the night runs it, all of it.
# labels: slow
set -u
# shellcheck source=conformance/want.sh
. conformance/want.sh
[ -x "$SEATRIAL_BIN/../tools/kafka/seatrial-kafka" ] || { echo "built without Kafka"; exit 77; }
# the shell that starts --backend stands still with a sanitizer's runtime beside libfaketime; proof_test has each mutant
! ldd "$seatrial" | grep -q 'lib[at]san' || { echo "not with a sanitizer"; exit 77; }

cases=(URL-001 EVT-002 URL-005 URL-201 AUTH-122 AUTH-20[2-4] AUTH-304 RSP-005 EVT-007 MSG-001 OPT-001 BLK-02\* TLS-001)
[ "${1-}" != all ] || cases=()
run=("$seatrial" run --speed 2 --waivers scenarios/waivers/drogue-cloud-0.11.lua
  --backend 'seatrial-endpoint --backend-only --drogue-quirks --demo --http 127.0.0.1:{backend_port} --data {dir}/backend')

# nothing but PASS, WAIVED, and what a broker or a missing feature does not allow
want 0 " WAIVED" "${run[@]}" -t drogue-mutant --out "$dir/out" "${cases[@]}"
! grep -qE '^[0-9].* WARN' "$dir/printed" || { echo "a warning that no waiver expects"; failures=$((failures + 1)); }
sed 's/gentle = false/gentle = true/' scenarios/targets/drogue-mutant.lua >"$dir/gentle.lua"
want 0 " WAIVED" "${run[@]}" -t "$dir/gentle.lua" --out "$dir/out" "${cases[@]}"

# without the deviations each waiver is stale
sed 's/, "--mutant", "drogue-0.11"//' scenarios/targets/drogue-mutant.lua >"$dir/clean.lua"
want 1 "STALE-WAIVER" "${run[@]}" -t "$dir/clean.lua" --out "$dir/out" URL-005 MSG-001
exit $((failures > 0))
