#!/usr/bin/env bash
# budget: 75, at least 75
# The whole catalogue at twenty times the speed; a warning fails it.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

suite scaled -t reference --speed 20 --strict
finish
