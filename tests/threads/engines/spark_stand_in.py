#!/usr/bin/env python3
"""Stands in for spark-submit: connects back as the driver does, and instead of running a query copies the first table that it reads,
or fails in the way that the query's text names. Workers of parts are real ones: each part is a process, as a task of Spark would start it;
the setting `trouble` makes it lose one, or try one twice."""
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys

if sys.argv[1:] == ["--version"]:
    sys.exit(print("Welcome to\n   version 4.3.0\n\nUsing Scala version 2.13.17, OpenJDK 64-Bit Server VM, 17.0.15"))

host, port = sys.argv[-1].rsplit(":", 1)
connection = socket.create_connection((host, int(port)))
requests, answers = connection.makefile("r"), connection.makefile("w")
trouble = next((word.partition("=")[2] for word in sys.argv if word.startswith("trouble=")), "")


def say(answer):
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def receipts(request):
    program, scratch = request["worker"] or request["program"], request["scratch"]
    command = f"{shlex.quote(program)} worker {shlex.quote(scratch)} parts"
    tasks = [[f"{part} {request['file']}\n"] for part in range(request["parts"])]
    if trouble == "lost":
        tasks.pop()
    if trouble == "twice":  # of a task that was tried twice Spark takes one receipt
        subprocess.run(["bash", "-c", command], input=tasks[0][0], text=True, stdout=subprocess.DEVNULL)
    return [line for task in tasks
            for line in subprocess.run(["bash", "-c", command], input="".join(task), text=True, capture_output=True).stdout.splitlines()]


def answer(request):
    if request["op"] == "place":
        return {"ok": True, "slots": 2, "python": "3.0", "master": "none"}
    if request["op"] == "map":
        return {"ok": True, "receipts": receipts(request)}
    if "'is lost'" in request["sql"]:
        print("killed by somebody", flush=True)
        sys.exit(1)
    if "'divides'" in request["sql"]:
        return {"ok": False, "condition": "DIVIDE_BY_ZERO", "message": "[DIVIDE_BY_ZERO] Division by zero.\n== SQL =="}
    os.makedirs(request["folder"])
    if "'no end'" not in request["sql"]:
        open(request["folder"] + "/_SUCCESS", "w").close()
    shutil.copy(request["tables"][0]["files"][0], request["folder"] + "/part-00000-x.snappy.parquet")
    say({"id": request["id"], "progress": 0.5})
    return {"ok": True}


say({"token": os.environ["FILROUGE_SPARK_TOKEN"]})
say({"ready": "0.0", "master": "none"})
for line in requests:
    request = json.loads(line)
    say({"id": request["id"], **answer(request)})
