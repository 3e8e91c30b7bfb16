#!/usr/bin/env python3
"""SHAP values by other programs, of a model like that of bench_trees on the same rows: rows a second, to stand beside bench_trees.

Usage: shap_peers.py ROWS.csv [--rows 2000] [--threads 2] WAY...
ROWS.csv is what flights_rows.py wrote; where its header has no `:CODES` (sed '1s/:[0-9]*//g'), categories are plain numbers, and fasttreeshap
can take part: it does not know splits by sets of categories. WAY: contrib (LightGBM's pred_contrib), treeexplainer (shap), fast_v1, fast_v2
(fasttreeshap; its C code needs numpy 1, so an environment of its own). One JSON line each; `difference`: the largest one to pred_contrib.
"""
import argparse
import json
import os
import time

import lightgbm as lgb
import numpy as np
import pandas as pd

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("ways", nargs="+")
parser.add_argument("--rows", type=int, default=2000)
parser.add_argument("--threads", type=int, default=2)
a = parser.parse_args()
frame = pd.read_csv(a.file)
y, x = frame.iloc[:, 0], frame.iloc[:, 1:].to_numpy("float64")
categories = [i - 1 for i, name in enumerate(frame.columns) if ":" in name]
cut = len(x) * 8 // 10
model = lgb.train(dict(objective="binary", num_leaves=63, learning_rate=0.1, num_threads=a.threads, seed=1, deterministic=True, verbose=-1),
                  lgb.Dataset(x[:cut], y[:cut], categorical_feature=categories), 200)
test = np.ascontiguousarray(x[cut:cut + a.rows])
expected = model.predict(test, pred_contrib=True, num_threads=a.threads)[:, :-1]


def explainer(way):
    if way == "contrib":
        return lambda: model.predict(test, pred_contrib=True, num_threads=a.threads)[:, :-1]
    if way == "treeexplainer":
        import shap
        made = shap.TreeExplainer(model)
        return lambda: made.shap_values(test)
    import fasttreeshap
    made = fasttreeshap.TreeExplainer(model, algorithm=way.removeprefix("fast_"), n_jobs=a.threads)
    return lambda: made.shap_values(test, check_additivity=False)


for way in a.ways:
    run = explainer(way)
    wall, processor = time.perf_counter(), time.process_time()
    values = run()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    values = np.asarray(values[1] if isinstance(values, list) else values)
    values = values[:, :, 1] if values.ndim == 3 else values
    print(json.dumps(dict(way=way, categories=len(categories), rows=len(test), wall=round(wall, 2), cpu=round(processor, 2),
                          rows_a_second=round(len(test) / wall), difference=float(np.abs(values - expected).max()),
                          load=round(os.getloadavg()[0], 1))), flush=True)
