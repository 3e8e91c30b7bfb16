#!/usr/bin/env bash
# kill.sh SIGNAL worker|owner COMMAND...: runs COMMAND; when one of its workers has computed for a second and a half,
# sends SIGNAL to it, or to its owner. The command's output comes when it has ended; its exit code is this script's.
signal=$1 whom=$2
shift 2
"$@" > out.txt 2>&1 &
owner=$!
busy() {  # the process below the owner with more than 150 ticks of CPU time, if there is one
  for child in $(cat /proc/$owner/task/*/children 2>/dev/null); do
    for process in $child $(cat /proc/$child/task/*/children 2>/dev/null); do
      ticks=$(awk '{print $14 + $15}' "/proc/$process/stat" 2>/dev/null)
      [ "${ticks:-0}" -gt 150 ] && echo "$process" && return
    done
  done
}
worker=
while [ -z "$worker" ] && kill -0 $owner 2>/dev/null; do
  worker=$(busy)
  sleep 0.05
done
[ "$whom" = owner ] && worker=$owner
[ -n "$worker" ] && kill "-$signal" "$worker"
wait $owner
code=$?
cat out.txt
exit $code
