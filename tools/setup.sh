#!/usr/bin/env bash
# Installs the Debian packages that building and testing need, and only those that are missing: a second run asks dpkg and
# is done. `--checks` adds the tools of the format and tidy checks; `--java` is for Spark's Java, where there is none, and no other.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache mold        # build
  git python3 python3-pip unzip            # fetch and test
  libfmt-dev nlohmann-json3-dev            # headers only: compiled into the program
  libyaml-dev libsqlite3-dev libssl-dev libminizip-dev libxxhash-dev   # linked statically, as are the next three
  zlib1g-dev libdeflate-dev libzstd-dev
  libeigen3-dev                            # headers only: linear models
  libgtest-dev
  libcurl4                                 # opened at run time, when a read step names a URL
  librsvg2-2                               # opened at run time, when a chart is asked for as PNG
  libgomp1                                 # LightGBM's threads; opened when a model is trained
  ca-certificates
)
[[ ${1:-} == --checks ]] && packages+=(clang-format clang-19 clang-tidy-19)

java_is_new_enough() { # Spark 4 needs 17
  local version
  version=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1) || return 1
  [[ $version =~ \"([0-9]+) ]] && ((BASH_REMATCH[1] >= 17))
}

go_is_new_enough() { # Debian's 1.19 will do, and so will any other
  local version
  version=$(go env GOVERSION 2>/dev/null) || return 1
  [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 19))
}
if [[ ${1:-} == --java ]]; then
  java_is_new_enough && exit 0
  packages=(openjdk-17-jre-headless)
else
  go_is_new_enough || packages+=(golang-go)
fi

installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
  sed -n 's/^installed //p') || true
missing=()
for package in "${packages[@]}"; do
  grep -qxF "$package" <<<"$installed" || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID)); then
  command -v sudo >/dev/null || {
    echo "setup: these Debian packages are missing, and neither root nor sudo is there to install them: ${missing[*]}" >&2
    exit 5
  }
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"; }
install() { apt install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null; }
# Package lists may be absent or old; they cost seconds, so they are renewed only when that may help.
[[ -n $(find /var/lib/apt/lists -name '*_Packages*' -print -quit 2>/dev/null) ]] && install 2>/dev/null && exit 0
apt update </dev/null
install || {
  echo "setup: apt-get could not install ${missing[*]}" >&2
  exit 5
}
