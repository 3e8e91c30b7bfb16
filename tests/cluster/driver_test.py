#!/usr/bin/env python3
"""The script that filrouge gives to spark-submit, with a stand-in for PySpark: no Spark is needed. What is tried is its side of the
protocol, and when it makes a view anew.

  tests/cluster/driver_test.py
"""
import json
import os
import runpy
import socket
import sys
import tempfile
import threading
import types
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent.parent / "src/engines/spark_driver.py"
made = []  # (name of a view, its files, its schema), in order


class Frame:
    def __init__(self, schema, files=()):
        self.schema, self.files = schema, files

    def createOrReplaceTempView(self, name):
        made.append((name, self.files, self.schema))


class Written:
    def mode(self, _):
        return self

    def parquet(self, folder):
        os.makedirs(folder.removeprefix("file://"))


class Refused(Exception):
    def getCondition(self):
        return "DIVIDE_BY_ZERO"


class Session:
    """Of pyspark.sql.SparkSession what the script calls."""

    version = "4.3.0"

    def __init__(self, schema=None):
        self.given, self.read, self.builder = schema, self, self
        tracker = types.SimpleNamespace(getActiveJobsIds=list)
        self.sparkContext = types.SimpleNamespace(master="none", setLogLevel=str, statusTracker=lambda: tracker)

    def appName(self, _):
        return self

    def config(self, *_):
        return self

    def getOrCreate(self):
        return self

    def schema(self, schema):
        return Session(schema)

    def parquet(self, *files):
        return Frame(self.given, files)

    def createDataFrame(self, _, schema):
        return Frame(schema)

    def sql(self, text):
        if text == "divide":
            raise Refused("[DIVIDE_BY_ZERO] Division by zero.")
        return types.SimpleNamespace(write=Written())

    def stop(self):
        pass


class Driver:
    """The script in a thread of its own, and the connection to it."""

    def __init__(self):
        for name, members in {"py4j": {}, "py4j.protocol": {"Py4JJavaError": type("Java", (Exception,), {}), "Py4JNetworkError": type("Net", (Exception,), {})},
                              "pyspark": {}, "pyspark.sql": {"SparkSession": Session()}}.items():
            sys.modules[name] = types.SimpleNamespace(**members)
        listener = socket.create_server(("127.0.0.1", 0))
        sys.argv = [str(SCRIPT), f"127.0.0.1:{listener.getsockname()[1]}"]
        os.environ["FILROUGE_SPARK_TOKEN"] = "a token"
        self.thread = threading.Thread(target=runpy.run_path, args=(str(SCRIPT),), kwargs={"run_name": "driver"}, daemon=True)
        self.thread.start()
        self.connection = listener.accept()[0]
        self.lines = self.connection.makefile("rw")
        assert json.loads(self.lines.readline()) == {"token": "a token"}
        assert json.loads(self.lines.readline()) == {"ready": "4.3.0", "master": "none"}
        self.asked = 0

    def ask(self, **request):
        self.asked += 1
        self.lines.write(json.dumps({"id": self.asked, **request}) + "\n")
        self.lines.flush()
        answer = json.loads(self.lines.readline())
        assert answer.pop("id") == self.asked
        return answer

    def end(self):
        self.lines.close()
        self.connection.close()
        self.thread.join(20)
        assert not self.thread.is_alive(), "it goes on when nobody is left who asks"


def views_of(driver, folder, *tables, sql="SELECT 1"):
    """The views that a query over these tables makes anew: {name: (files, schema)}."""
    made.clear()
    answer = driver.ask(op="materialise", sql=sql, folder=str(folder / f"result-{driver.asked}"),
                        tables=[{"name": name, "files": [str(file) for file in files], "schema": schema} for name, files, schema in tables])
    assert answer == {"ok": True}, answer
    return {name: ([file.removeprefix("file://") for file in files], schema) for name, files, schema in made}


def kept_views(driver, folder):
    file, other = folder / "a.parquet", folder / "b.parquet"
    file.write_text("one")
    other.write_text("two")
    both = [("t", [file], "`x` INT"), ("u", [other], "`y` INT")]
    assert views_of(driver, folder, *both) == {"`t`": ([str(file)], "`x` INT"), "`u`": ([str(other)], "`y` INT")}
    assert views_of(driver, folder, *both) == {}
    assert views_of(driver, folder, both[1]) == {}
    yield "a view is kept while its files and its schema are the same"

    assert views_of(driver, folder, ("t", [other], "`x` INT")) == {"`t`": ([str(other)], "`x` INT")}
    assert views_of(driver, folder, *both) == {"`t`": ([str(file)], "`x` INT")}
    assert views_of(driver, folder, ("t", [file, other], "`x` INT")) == {"`t`": ([str(file), str(other)], "`x` INT")}
    assert list(views_of(driver, folder, ("t", [file], "`x` INT"))) == ["`t`"]
    assert views_of(driver, folder, ("t", [file], "`x` BIGINT")) == {"`t`": ([str(file)], "`x` BIGINT")}
    assert views_of(driver, folder, ("t", [], "`x` BIGINT")) == {"`t`": ([], "`x` BIGINT")}
    assert views_of(driver, folder, ("t", [], "`x` BIGINT")) == {}
    yield "other files, more of them, another schema and an empty table get another view"

    stamp = other.stat()
    again = folder / "again"
    again.write_text("owt")  # as long, and as old
    os.utime(again, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    again.rename(other)
    assert list(views_of(driver, folder, both[1])) == ["`u`"]
    other.write_text("longer")
    assert list(views_of(driver, folder, both[1])) == ["`u`"]
    other.unlink()
    assert list(views_of(driver, folder, both[1])) == ["`u`"] == list(views_of(driver, folder, both[1]))
    yield "another file at the same path gets another view, and so does one that is gone"

    assert list(views_of(driver, folder, ("a`b", [file], "`x` INT"))) == ["`a``b`"]
    yield "names are quoted"


def errors(driver):
    made.clear()
    assert driver.ask(op="materialise", sql="divide", folder="/nowhere", tables=[]) == \
        {"ok": False, "condition": "DIVIDE_BY_ZERO", "message": "[DIVIDE_BY_ZERO] Division by zero."}
    assert driver.ask(op="nothing")["condition"] == "KeyError"
    yield "what fails is an answer, and the next request is served"


def main():
    driver = Driver()
    with tempfile.TemporaryDirectory() as folder:
        for line in kept_views(driver, Path(folder)):
            print("ok  ", line)
        for line in errors(driver):
            print("ok  ", line)
    driver.end()
    print("ok   it ends with the connection")


if __name__ == "__main__":
    main()
