#!/usr/bin/env bash
# demo.sh FILROUGE FOLDER: what `make demo` shows. FOLDER is made from the flights example once; a second demo finds it as it
# was left, and so has nothing to do.
set -euo pipefail
filrouge=$(realpath "$1")
folder=$2

step() { printf '\n$ %s\n' "$*"; }

if [[ ! -e $folder/thread.yaml ]]; then
  mkdir -p "$(dirname "$folder")"
  (cd "$(dirname "$folder")" && step filrouge new "$(basename "$folder")" --example flights &&
    "$filrouge" new "$(basename "$folder")" --example flights)
fi
cd "$folder"
step cd "$folder"
step filrouge run && "$filrouge" run
step filrouge trace departures.plane_age && "$filrouge" trace departures.plane_age
step filrouge show late --limit 0 && "$filrouge" show late --limit 0
step filrouge trace scored.late && "$filrouge" trace scored.late
printf '\nThe charts are here:\n'
find "$PWD/charts" -name '*.svg' | sort | sed 's/^/  /'
printf 'Change thread.yaml and run it again; docs/guide.md goes on from here.\n'
