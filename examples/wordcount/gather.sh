#!/bin/sh
# The reducer of the index again.
awk -F '\t' '$1 != last || NR == 1 {if (NR > 1) print last "\t" n "\t" places; last = $1; n = 0; places = ""}
             {places = places (n++ > 0 ? " " : "") $2}
             END {if (NR > 0) print last "\t" n "\t" places}'
