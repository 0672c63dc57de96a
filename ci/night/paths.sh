#!/usr/bin/env bash
# budget: 60, at least 45
# Events and commands over MQTT, Kafka and a file in place of HTTP: families AUTH, CMD and EVT.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

for path in mqtt kafka file; do
  suite "$path" -t "reference-$path" --speed 10 --strict @auth @cmd @evt || break
done
finish
