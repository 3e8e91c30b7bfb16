#!/usr/bin/env python3
"""Mapper of the inverted index: lines `file TAB line TAB text` in, `word TAB file:line` out, once a line."""
import re
import sys

word = re.compile(r"[a-z]+")
for row in sys.stdin:
    file, line, text = row.rstrip("\n").split("\t")
    for found in sorted(set(word.findall(text.lower()))):
        print(found, f"{file}:{line}", sep="\t")
