#!/bin/sh
# flip.sh FILE BYTE: changes one byte of the file, and not its size.
set -e
printf 'X' | dd of="$(ls $1 | head -1)" bs=1 seek="$2" conv=notrunc status=none
