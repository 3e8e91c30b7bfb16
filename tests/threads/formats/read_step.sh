#!/bin/sh
# read_step.sh FROM [KEY-LINE ...] > t.yaml: a thread of one read step.
printf 'thread: t\nsteps:\n  - read: t\n    from: %s\n' "$1"
shift
for key; do printf '    %s\n' "$key"; done
