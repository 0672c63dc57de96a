#!/usr/bin/env bash
# budget: 75, at least 75
# The whole catalogue at twenty times the speed, and thousands of faulty datagrams; a warning fails it.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

suite scaled -t reference --speed 20 --strict
suite fuzzed -t reference --speed 20 --strict -j 1 --fuzz 3000 ROB-111 ROB-112
finish
