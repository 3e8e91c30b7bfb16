#!/usr/bin/env python3
"""Reducer of the inverted index: lines `word TAB place` sorted by word in, each word with all its places out."""
import sys
from itertools import groupby

pairs = (line.rstrip("\n").split("\t") for line in sys.stdin)
for word, group in groupby(pairs, key=lambda pair: pair[0]):
    places = [place for _, place in group]
    print(word, len(places), " ".join(places), sep="\t")
