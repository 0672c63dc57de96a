#!/usr/bin/env bash
# budget: 60, at least 45
# Versions of node-coap, the clients of the documentation's readers, as devices of the endpoint.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

versions=(1.5.0 1.4.2 1.3.0 1.2.2 1.0.11)
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then skip "node or npm is missing: run ci/setup"; fi
had=0
for version in "${versions[@]}"; do
  [ "$(left 10)" -gt 0 ] || break
  into=$NIGHT_STATE/npm/$version log=$NIGHT_DIR/coap-$version.log
  if [ ! -d "$into/node_modules/coap" ]; then
    mkdir -p "$into"
    echo '{"private": true}' >"$into/package.json"
    if ! npm install --prefix "$into" --ignore-scripts --no-audit --no-fund --loglevel=error "coap@$version" >"$log" 2>&1; then
      echo "coap $version: cannot be had: $(tail -1 "$log")"
      rm -rf "$into"
      continue
    fi
  fi
  had=$((had + 1))
  if ! NODE_PATH=$into/node_modules SEATRIAL_BIN=$bin/reference timeout "$(left 2)" bash reference/system/node_client_test.sh >"$log" 2>&1; then
    link "coap $version" "coap-$version.log"
    wrong "npm's coap $version: $(said_wrong <"$log")" \
      "${mutant[*]:+SEATRIAL_MUTANT=$SEATRIAL_MUTANT }NODE_PATH=$into/node_modules SEATRIAL_BIN=$bin/reference bash reference/system/node_client_test.sh"
  fi
done
figure "versions" "$had of ${#versions[@]}"
[ $had -gt 0 ] || skip "no version of npm's coap can be had: no network"
finish
