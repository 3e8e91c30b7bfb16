#!/usr/bin/env python3
"""Writes a thread of N tiny SQL steps in L layers, each reading two of the layer above: the shape on which dbt and SQLMesh were timed.

Usage: generate.py FOLDER [N=2000] [LAYERS=20]
"""
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
layers = int(sys.argv[3]) if len(sys.argv) > 3 else 20
per_layer = count // layers

lines = ["thread: generated", "about: many tiny steps", "steps:"]
for layer in range(layers):
    for i in range(per_layer):
        if layer == 0:
            query = f"select {i} as id, {i} * 2 as v, 'a{i}' as s"
        else:
            a, b = (f"m_{layer - 1:02d}_{j:04d}" for j in (i, (i + 1) % per_layer))
            query = f"select a.id, a.v + coalesce(b.v, 0) as v, a.s from {a} as a left join {b} as b on a.id = b.id"
        lines += [f"  - sql: m_{layer:02d}_{i:04d}", f"    query: {query}"]
folder.mkdir(parents=True, exist_ok=True)
(folder / "thread.yaml").write_text("\n".join(lines) + "\n")
print(f"{per_layer * layers} steps in {layers} layers: {folder}/thread.yaml")
