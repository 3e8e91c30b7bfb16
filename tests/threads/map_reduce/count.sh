#!/bin/sh
# Lines in the order in which they come, with their number.
awk '{gsub("\t", "_"); print $0 "\t" NR}'
