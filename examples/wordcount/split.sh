#!/bin/sh
# The mapper again, of tools that every machine has.
tr A-Z a-z | tr -cs a-z '\n' | awk 'NF {print $1 "\t1"}'
