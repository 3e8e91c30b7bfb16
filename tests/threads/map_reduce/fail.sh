#!/usr/bin/env bash
# fail.sh MAP REDUCE [KEY: VALUE]: a thread with one step of these two, run.
{
  printf 'thread: fail\nsteps:\n  - read: text\n    from: data.txt\n    format: text\n'
  printf '  - run: failing\n    from: text\n    take: text\n    map: %s\n    reduce: %s\n' "$1" "$2"
  printf '    columns: {word: VARCHAR, n: BIGINT}\n'
  [ $# -gt 2 ] && printf '    %s\n' "$3"
} > thread.yaml
filrouge run --jobs 1
