#!/usr/bin/env python3
import csv, sys
least = int(sys.argv[1])
greeting = open("words.txt").read().strip()
out = csv.writer(sys.stdout)
out.writerow(["note", "name", "age"])
for row in csv.DictReader(sys.stdin):
    if int(row["age"]) >= least:
        out.writerow([row["note"], greeting + " " + row["name"], int(row["age"]) + 1])
