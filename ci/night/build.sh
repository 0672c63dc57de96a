#!/usr/bin/env bash
# budget: 300, at least 300
# Programs and tests of every kind that the other stages need.
# NIGHT_STAGES names those.
# shellcheck source=ci/night/lib.sh
. ci/night/lib.sh

command -v ccache >/dev/null && export CMAKE_C_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
presets=(release)
for stage in $NIGHT_STAGES; do
  case $stage in
    sanitizers) presets+=(asan tsan) ;;
    fuzz|coverage) presets+=("$stage") ;;
  esac
done
for preset in "${presets[@]}"; do
  more=()
  # lines for valgrind; the code stays as it is
  [ "$preset" != release ] || more=(-DCMAKE_C_FLAGS=-g)
  began=$SECONDS
  if ! { cmake --preset "$preset" "${more[@]}" && cmake --build --preset "$preset" --parallel "$(nproc)"; } >"$NIGHT_DIR/$preset.log" 2>&1; then
    link "build: $preset" "$preset.log"
    wrong "$preset: $(grep -m1 -E 'error:|warning:|FAILED:|CMake Error' "$NIGHT_DIR/$preset.log" || tail -1 "$NIGHT_DIR/$preset.log")" \
      "cmake --preset $preset && cmake --build --preset $preset"
  fi
  figure "$preset" $((SECONDS - began)) s
done
finish
