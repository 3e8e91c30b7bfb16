#!/usr/bin/env bash
# needs_only_libc.sh BINARY: fails when it asks the loader for more than libc and its parts.
set -euo pipefail
others=$(readelf --dynamic "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
  grep -vE '^(libc|libm|libdl|libpthread|librt|libresolv|ld-linux-x86-64|libasan|libubsan|libtsan)\.so' || true)
[[ -z $others ]] || { echo "$1 needs at start: $others" >&2; exit 1; }
