#!/usr/bin/env python3
"""The flights example up to its charts on a real cluster of two Workers, and its proof.

  tests/cluster/flights.py --filrouge BINARY [--short] [options of standalone.py]

`run --engine spark` builds everything, `prove` says equal for every sql step, `verify` finds nothing, and no process is left.
`--short` (ctest cluster.spark) leaves the charts out. Exit code 77: skipped, with the reason.
"""
import subprocess
import time

import threads


def checks(options, spark, folder):
    thread = threads.flights(options.filrouge.resolve(), folder / "late", spark)
    wanted = ["+departures"] if options.short else []
    thread.do("run", *wanted, "--engine", "spark")
    version = thread.receipt("departures")
    assert version["engine"].startswith("spark "), version["engine"]
    yield f"departures: {version['tables'][0]['rows']:,} rows by {version['engine']}"
    said = thread.do("run", *wanted, "--engine", "spark")
    assert "nothing to do" in said, said
    yield "a second run has nothing to do"
    proof = thread.json("prove", "--engines", "duckdb,spark")
    different = [step["name"] for step in proof["steps"] if not step["equal"]]
    assert proof["steps"] and not different, f"different: {different}"
    yield "equal on both: " + ", ".join(step["name"] for step in proof["steps"])
    thread.do("verify")
    yield "verify is clean"
    until = time.monotonic() + 10
    while spark.executors() and time.monotonic() < until:
        time.sleep(0.1)
    assert not spark.executors(), "executors are left"
    left = subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True).stdout.split()
    assert not left, f"processes are left: {left}"
    yield "no driver and no executor is left"


def more(parser):
    parser.add_argument("--short", action="store_true")


if __name__ == "__main__":
    threads.main(__doc__, checks, more)
