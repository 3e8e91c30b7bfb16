#!/usr/bin/env bash
# try.sh FORMAT SCRIPT [KEY: VALUE ...]: a thread with one run step whose program is SCRIPT (Python, or anything with a first line #!),
# run with the options in $OPTIONS; its name, age: VARCHAR and BIGINT.
format=$1 script=$2
shift 2
case $script in '#!'*) printf '%b' "$script" > program ;; *) printf '#!/usr/bin/env python3\n%b\n' "$script" > program ;; esac
chmod +x program
{
  printf 'thread: t\nsteps:\n  - run: made\n    program: ./program\n    format: %s\n    columns: {name: VARCHAR, age: BIGINT}\n' "$format"
  printf '    %s\n' "$@"
} > thread.yaml
filrouge run $OPTIONS
