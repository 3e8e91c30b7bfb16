#!/bin/sh
# The reducer again.
awk -F '\t' '$1 != last || NR == 1 {if (NR > 1) print last "\t" total; last = $1; total = 0}
             {total += $2}
             END {if (NR > 0) print last "\t" total}'
