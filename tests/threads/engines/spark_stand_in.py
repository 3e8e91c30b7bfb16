#!/usr/bin/env python3
"""Stands in for spark-submit: connects back as the driver does, and instead of running a query copies the first table that it reads,
or fails in the way that the query's text names."""
import json
import os
import shutil
import socket
import sys

host, port = sys.argv[-1].rsplit(":", 1)
connection = socket.create_connection((host, int(port)))
requests, answers = connection.makefile("r"), connection.makefile("w")


def say(answer):
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


say({"token": os.environ["FILROUGE_SPARK_TOKEN"]})
say({"ready": "0.0", "master": "none"})
for line in requests:
    request = json.loads(line)
    if "'is lost'" in request["sql"]:
        print("killed by somebody", flush=True)
        sys.exit(1)
    if "'divides'" in request["sql"]:
        say({"id": request["id"], "ok": False, "condition": "DIVIDE_BY_ZERO", "message": "[DIVIDE_BY_ZERO] Division by zero.\n== SQL =="})
        continue
    os.makedirs(request["folder"])
    if "'no end'" not in request["sql"]:
        open(request["folder"] + "/_SUCCESS", "w").close()
    shutil.copy(request["tables"][0]["files"][0], request["folder"] + "/part-00000-x.snappy.parquet")
    say({"id": request["id"], "progress": 0.5})
    say({"id": request["id"], "ok": True})
