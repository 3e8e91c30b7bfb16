#!/usr/bin/env bash
# Formats our C++; with --check, only says what is not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=-i
[[ ${1:-} == --check ]] && mode='--dry-run -Werror'
find src tests bench \( -name '*.cpp' -o -name '*.h' \) -print0 2>/dev/null | xargs -0 -r clang-format $mode
