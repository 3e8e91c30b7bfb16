#!/usr/bin/env bash
# kill_worker.sh SIGNAL COMMAND...: runs COMMAND and ends the worker that has computed for half a second with SIGNAL.
# The command's output comes when it has ended; its exit code is this script's.
signal=$1
shift
"$@" > out.txt 2>&1 &
owner=$!
busy() {  # the child of the owner with more than 50 ticks of CPU time, if there is one
  for child in $(cat /proc/$owner/task/*/children 2>/dev/null); do
    ticks=$(awk '{print $14 + $15}' "/proc/$child/stat" 2>/dev/null)
    [ "${ticks:-0}" -gt 50 ] && echo "$child" && return
  done
}
worker=
while [ -z "$worker" ] && kill -0 $owner 2>/dev/null; do
  worker=$(busy)
  sleep 0.05
done
[ -n "$worker" ] && kill "-$signal" "$worker"
wait $owner
code=$?
cat out.txt
exit $code
