"""The Spark side of the engine `spark`: runs under spark-submit, connects back to the worker that started it, and answers
one JSON request per line, one at a time, until the connection closes.

  -> {"id": 1, "op": "materialise", "sql": "..", "folder": "/..", "tables": [{"name", "files": [..], "schema": "`x` INT, .."}]}
     {"id": 2, "op": "map", "file": "/..", "parts": 9, "program": "/../filrouge", "worker": "", "scratch": "/.."}: run/map_work.h
  <- {"id": 1, "progress": 0.4} any number of times, then {"id": 1, "ok": true} or {"id": 1, "ok": false, "condition", "message"}

It needs nothing but pyspark. The token that proves who connects comes by the environment, so that it stands in no list of processes.
"""
import json
import os
import shlex
import socket
import sys
import threading

from py4j.protocol import Py4JJavaError, Py4JNetworkError
from pyspark.sql import SparkSession

SETTINGS = {  # what makes Spark and DuckDB agree; docs/cluster.md
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.legacy.charVarcharAsString": "false",
    "spark.sql.parquet.compression.codec": "snappy",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.caseSensitive": "false",
}


class Driver:
    def __init__(self, spark, answers):
        self.spark, self.answers, self.lock, self.sent = spark, answers, threading.Lock(), set()
        self.attached = {}  # by table: what its view was made of

    def say(self, answer):
        with self.lock:
            self.answers.write(json.dumps(answer) + "\n")
            self.answers.flush()

    def attach(self, tables):
        """Views are kept from one request to the next, for Spark looks at each file to make one (0.05 to 0.2 s a step).
        A version's files never change; a path at which another file lies now gets a new view nevertheless."""
        for table in tables:
            made_of = (table["schema"], [identity(file) for file in table["files"]])
            if self.attached.get(table["name"]) == made_of:
                continue
            self.attached.pop(table["name"], None)
            if table["files"]:
                frame = self.spark.read.schema(table["schema"]).parquet(*map(on_disk, table["files"]))
            else:
                frame = self.spark.createDataFrame([], table["schema"])
            frame.createOrReplaceTempView("`" + table["name"].replace("`", "``") + "`")
            self.attached[table["name"]] = made_of

    def materialise(self, request):
        self.attach(request["tables"])
        self.spark.sql(request["sql"]).write.mode("errorifexists").parquet(on_disk(request["folder"]))
        return {}

    def place(self, request):
        context = self.spark.sparkContext
        return {"slots": max(1, context.defaultParallelism), "python": sys.version.split()[0], "master": context.master}

    def map(self, request):
        """Runs filrouge's own worker, one task for each part, and gives back the lines that it writes."""
        lines = ", ".join(f"({part}, {quoted(str(part) + ' ' + request['file'])})" for part in range(request["parts"]))
        self.spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
        try:
            frame = self.spark.sql(
                f"SELECT TRANSFORM(line) USING {quoted(self.worker_command(request))} AS (receipt STRING) FROM "
                f"(SELECT /*+ REPARTITION_BY_RANGE({request['parts']}, part) */ part, line FROM VALUES {lines} AS t(part, line))")
            return {"receipts": [row.receipt for row in frame.collect()]}
        finally:
            self.spark.conf.unset("spark.sql.adaptive.coalescePartitions.enabled")

    def worker_command(self, request):
        """The worker as a shell runs it in a task: from where it is installed, or sent to each executor's working folder."""
        context = self.spark.sparkContext
        if request["worker"]:
            return f"{shell(request['worker'])} worker . parts"
        if context.master.startswith("local"):  # the task's working folder is the user's
            return f"{shell(request['program'])} worker {shell(request['scratch'])} parts"
        if request["program"] not in self.sent:
            context.addFile(request["program"])
            self.sent.add(request["program"])
        return f"{shell('./' + os.path.basename(request['program']))} worker . parts"

    def describe(self, request):
        self.attach(request["tables"])
        return {"columns": [[f.name, f.dataType.simpleString()] for f in self.spark.sql(request["sql"]).schema.fields]}

    def tick(self, request_id, done):
        """Tells every half second how many of the tasks of the running jobs are done."""
        tracker = self.spark.sparkContext.statusTracker()
        while not done.wait(0.5):
            tasks = finished = 0
            for job in tracker.getActiveJobsIds():
                info = tracker.getJobInfo(job)
                for stage in info.stageIds if info else []:
                    found = tracker.getStageInfo(stage)
                    if found:
                        tasks, finished = tasks + found.numTasks, finished + found.numCompletedTasks
            if tasks:
                self.say({"id": request_id, "progress": finished / tasks})

    def answer(self, request):
        done = threading.Event()
        ticker = threading.Thread(target=self.tick, args=(request["id"], done), daemon=True)
        ticker.start()
        try:
            answer = {"ok": True, **{"materialise": self.materialise, "map": self.map, "place": self.place, "describe": self.describe}[request["op"]](request)}
        except (ConnectionError, Py4JNetworkError) as error:  # the JVM is gone, and this process with it
            print(f"its JVM ended: {error}", flush=True)
            os._exit(1)
        except Exception as error:  # whatever it is belongs to the step that asked
            answer = {"ok": False, "condition": condition_of(error), "message": message_of(error)[:4000]}
        done.set()
        ticker.join()
        self.say({"id": request["id"], **answer})


def on_disk(path):
    """Where Hadoop's configuration is there, as on YARN, a path without a scheme would be one on HDFS."""
    return "file://" + path


def identity(path):
    """Which file lies there now; one that cannot be looked at is equal to none, so that Spark says what is wrong with it."""
    try:
        found = os.stat(path)
    except OSError:
        return object()
    return (path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def shell(word):
    return shlex.quote(word)


def condition_of(error):
    for name in ("getCondition", "getErrorClass"):
        try:
            found = getattr(error, name)()
        except Exception:
            continue
        if found:
            return found
    return type(error).__name__


def message_of(error):
    """Of what failed in Java the reason: the first line names a method of Python's bridge, the second how often a task was tried."""
    text = str(error)
    if isinstance(error, Py4JJavaError):
        text = text.partition("\n")[2].lstrip(": ") or text
        text = text.partition("most recent failure: ")[2] or text
    return text


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer just after a progress waits 40 ms
    requests, answers = connection.makefile("r"), connection.makefile("w")
    answers.write(json.dumps({"token": os.environ.pop("FILROUGE_SPARK_TOKEN", "")}) + "\n")
    answers.flush()
    builder = SparkSession.builder.appName("filrouge")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    driver = Driver(spark, answers)
    driver.say({"ready": spark.version, "master": spark.sparkContext.master})
    for line in requests:
        driver.answer(json.loads(line))
    spark.stop()


main()
