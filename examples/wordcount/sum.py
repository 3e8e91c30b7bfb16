#!/usr/bin/env python3
"""Reducer and combiner of the word count: lines `word TAB n` sorted by word in, the sum for each word out."""
import sys

out = sys.stdout.buffer
last, total = None, 0
for line in sys.stdin.buffer:
    word, n = line.rstrip(b"\n").split(b"\t")
    if word != last:
        if last is not None:
            out.write(b"%s\t%d\n" % (last, total))
        last, total = word, 0
    total += int(n)
if last is not None:
    out.write(b"%s\t%d\n" % (last, total))
