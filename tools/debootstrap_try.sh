#!/usr/bin/env bash
# Tries the README's two commands as a newcomer would: makes a bare Debian 12 root with debootstrap, with git and make and nothing
# else, clones this repository (what is committed) into it and runs `make demo`, `make demo` again, and `make test` in a chroot.
#
#   debootstrap_try.sh [--keep] [MAKE_TARGET ...]        (root; debootstrap installed; about 10 minutes and 4 GB under TMPDIR)
#
# How this machine reaches Debian's mirror and the package registries (apt's settings, proxies, certificates, pip's, npm's and go's
# settings) is carried over. Mounts are made in a namespace of their own, so nothing stays behind but the folder, which is removed.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)

if [[ ${FILROUGE_TRY_INSIDE:-} != 1 ]]; then
  ((EUID == 0)) || { echo "debootstrap_try: needs root" >&2; exit 5; }
  command -v debootstrap >/dev/null || { echo "debootstrap_try: needs debootstrap: apt-get install debootstrap" >&2; exit 5; }
  FILROUGE_TRY_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi

keep=
[[ ${1:-} == --keep ]] && keep=1 && shift
targets=("$@")
(($#)) || targets=(demo demo test)

root=$(mktemp -d "${TMPDIR:-/tmp}/filrouge-bare-XXXXXX")
log=$root.log
clean_up() {
  for place in dev/pts dev proc sys; do
    mountpoint -q "$root/$place" && umount -l "$root/$place"
  done
  # --one-file-system: should a mount have survived, the host's files under it are not touched.
  [[ $keep ]] && echo "kept: $root" || rm -rf --one-file-system "$root"
  rm -f "$log"
}
trap clean_up EXIT

mirror() { # the first one that this machine's own apt uses for Debian
  { sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources
    sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list; } 2>/dev/null |
    grep -m 1 '/debian/\?$'
}

timed() { # WHAT COMMAND...: prints how long it took, and the end of what it said if it failed
  local what=$1 begun=$SECONDS
  shift
  if "$@" >"$log" 2>&1 </dev/null; then
    printf '%-28s %4d s\n' "$what" $((SECONDS - begun))
  else
    printf '%-28s %4d s  FAILED\n' "$what" $((SECONDS - begun))
    tail -n 60 "$log"
    exit 1
  fi
}

carry_over() {
  local file
  for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt /etc/pip.conf /etc/npmrc "$HOME/.config/pip/pip.conf" \
    "$HOME/.config/go/env" /etc/apt/apt.conf $(grep -lE 'Proxy|Acquire::(http|https|Check)' /etc/apt/apt.conf.d/* 2>/dev/null); do
    [[ -f $file ]] || continue
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
  cp -R /usr/local/share/ca-certificates "$root/usr/local/share/" 2>/dev/null || true
}

in_root() { # COMMAND...: in the chroot, with nothing of this machine's environment but how to reach the registries
  local kept=() name
  while read -r name; do kept+=("$name=${!name}"); done < <(compgen -e |
    grep -iE '^(https?|no|all)_proxy$|^(PIP|NPM_CONFIG|SSL|REQUESTS_CA|CURL_CA|NODE_EXTRA_CA|GIT_SSL)_|^(GOPROXY|GOSUMDB|GONOSUMDB|GOFLAGS)$' |
    grep -v '^PIP_FIND_LINKS$')
  env -i HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${kept[@]}" \
    chroot "$root" /bin/bash -c "$*"
}

timed "bare Debian 12" debootstrap --variant=minbase --include=git,make,ca-certificates bookworm "$root" "$(mirror)"
carry_over
for place in proc sys dev; do mount --rbind "/$place" "$root/$place"; done
in_root 'update-ca-certificates' >/dev/null 2>&1 || true
git clone --quiet --no-local "file://$repository" "$root/srv/filrouge"

# With shared data beside the clone, the tests that want it run too.
[[ -d $repository/../shared ]] && cp -RL "$repository/../shared" "$root/srv/shared"

for target in "${targets[@]}"; do
  timed "make $target" in_root "cd /srv/filrouge && make $target"
  tail -n 12 "$log" | sed 's/^/    /'
done
