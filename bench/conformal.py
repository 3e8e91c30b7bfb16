#!/usr/bin/env python3
"""Whether `interval:` of a score step holds the truth as often as it says, on rows that `learn` never saw.

Usage: conformal.py FILROUGE DATA [--method auto] [--coverage 90]
DATA is the folder of the shared data sets. Each set is read, a third of its rows (by hash) is kept away from `learn`, scored, and
counted in SQL. Prints a line for each set and the largest distance from what was promised, in points.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

# name: file, target, task, what is selected (the target with it)
SETS = {
    "diamonds": ("tables/diamonds.csv.gz", "price", "regress", 'carat, cut, color, clarity, depth, "table", price'),
    "vic_elec": ("tables/vic_elec.csv.gz", "Demand", "regress", "Temperature, Holiday, hour(Time::TIMESTAMP) AS hour, Demand"),
    "storms": ("tables/storms.csv.gz", "wind", "regress", "month, hour, lat, long, status, pressure, wind"),
    "dataCar": ("tables/dataCar.parquet", "veh_value", "regress", "veh_body, veh_age, gender, area, agecat, veh_value"),
    "bank": ("fairness/bank-full.csv.gz", "y", "classify", "*"),
    "churn": ("tables/wa_churn.csv.gz", "churn", "classify", "*"),
}
THREAD = """thread: conformal
steps:
  - read: source
    from: {file}
    null: NA
  - sql: everything
    query: SELECT {select}, hash(source_row) % 3 AS part FROM (SELECT *, row_number() OVER () AS source_row FROM source)
  - sql: known
    query: SELECT * EXCLUDE (part{drop}) FROM everything WHERE part > 0 AND {target} IS NOT NULL
  - sql: fresh
    query: SELECT * EXCLUDE (part{drop}) FROM everything WHERE part = 0 AND {target} IS NOT NULL
  - learn: m
    from: known
    predict: {target}
    task: {task}
    method: {method}
    budget: quick
    allow_leak: {{rows: "rows that are equal are common in these tables"}}
  - score: s
    from: fresh
    model: m
    interval: {coverage}%
  - sql: counted
    query: SELECT count(*) AS n, avg({inside}::INT) AS share, {width} AS width FROM s
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("filrouge", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--method", default="auto")
    parser.add_argument("--coverage", type=int, default=90)
    options = parser.parse_args()
    worst = 0.0
    for name, (file, target, task, select) in SETS.items():
        regress = task == "regress"
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "thread.yaml").write_text(THREAD.format(
                file=(options.data / file).resolve(), target=target, task=task, select=select, method=options.method,
                drop=", source_row" if select == "*" else "", coverage=options.coverage,
                inside=f"({target} BETWEEN lower AND upper)" if regress else f"list_contains(classes, {target}::VARCHAR)",
                width="avg(upper - lower)" if regress else "avg(len(classes))"))
            program = options.filrouge.resolve()
            subprocess.run([program, "run", "--quiet"], cwd=folder, check=True)
            answer = subprocess.run([program, "ask", "FROM counted", "--json"], cwd=folder, check=True, capture_output=True)
            rows, share, width = json.loads(answer.stdout)["rows"][0]
        apart = 100 * share - options.coverage
        worst = max(worst, abs(apart))
        print(f"{name:10} {rows:6} rows  {100 * share:6.2f} % inside ({apart:+.2f})  mean {'width' if regress else 'classes'} {width:.4g}", flush=True)
    print(f"farthest from {options.coverage} %: {worst:.2f} points")


if __name__ == "__main__":
    main()
