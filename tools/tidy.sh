#!/usr/bin/env bash
# tidy.sh [FILE.cpp ...]: clang-tidy with the checks of .clang-tidy over all of src/, or over the files named. gcc's precompiled
# header is not for clang, so it has a build folder of its own, with the same header precompiled by clang: it halves the time.
set -euo pipefail
cd "$(dirname "$0")/.."
clang=$(compgen -c clang++- | grep -xE 'clang\+\+-[0-9]+' | sort -V | tail -n 1) ||
  { echo "tidy: run tools/setup.sh --checks" >&2; exit 5; }
tidy=clang-tidy-${clang#clang++-}

cmake --preset tidy --log-level=WARNING >/dev/null
pch=build/tidy/clang.pch
"$clang" -std=c++20 -O0 -x c++-header src/base/pch.h -o "$pch"

files=("$@")
(($#)) || mapfile -t files < <(find src -name '*.cpp' | sort)
printf '%s\0' "${files[@]}" |
  xargs -0 -n 3 -P "$(nproc)" "$tidy" -p build/tidy --quiet --warnings-as-errors='*' \
    --extra-arg=-include-pch --extra-arg="$PWD/$pch" --extra-arg=-Wno-unknown-warning-option \
    2> >(grep -vE '^[0-9]+ warnings?( and [0-9]+ errors?)? generated|^Suppressed|^Use -header' >&2)
echo "tidy: ${#files[@]} files are clean"
