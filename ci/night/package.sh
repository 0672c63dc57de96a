#!/usr/bin/env bash
# budget: 105, at least 90
# The Debian package, built and checked.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

command -v ccache >/dev/null && export CMAKE_C_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
ci/package >"$NIGHT_DIR/package.log" 2>&1 ||
  wrong "$(grep -m1 '^ci/package: FAILED' "$NIGHT_DIR/package.log" || tail -1 "$NIGHT_DIR/package.log")" ci/package
link "ci/package" package.log
finish
