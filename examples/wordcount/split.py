#!/usr/bin/env python3
"""Mapper of the word count: lines of text in, `word TAB 1` out, one line for each word."""
import re
import sys

word = re.compile(rb"[a-z]+")
out = sys.stdout.buffer
for line in sys.stdin.buffer:
    out.writelines(found + b"\t1\n" for found in word.findall(line.lower()))
