#!/usr/bin/env python3
"""An ordinary program: a table as CSV on standard input, another one on standard output."""
import csv
import sys
from collections import defaultdict

words, letters = defaultdict(int), defaultdict(int)
for row in csv.DictReader(sys.stdin):
    n = int(row["n"])
    words[len(row["word"])] += n
    letters[len(row["word"])] += n * len(row["word"])
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["length", "words", "letters"])
for length in sorted(words):
    out.writerow([length, words[length], letters[length]])
