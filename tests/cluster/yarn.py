#!/usr/bin/env python3
"""yarn.py LIB --filrouge BINARY [--only NAME,..]: map and reduce on a real YARN with two NodeManagers (see hadoop.py for LIB):

    words       the example wordcount, computed here and again there: the same rows in the same order, bit for bit
    edges       tests/threads/hadoop, with all that is particular about lines, keys and parts
    doctor      finds nothing to mend
    store       the same with the store on the same HDFS
    fails       a mapper that ends with exit code 1: its words are shown, and the application's name
    killed      the application is killed by somebody
    interrupted filrouge is: the application is killed, the staging folder gone
    limit       a step takes longer than --step-timeout: the error names step and limit, and all is gone as after an interruption
    node        the NodeManager of a running task is killed: the other one does it again
    score       part by part, on the store's disk, and explain
    program     a step that gets its table at once: it runs here, as plan says
    spark       the example flights on a Spark whose master is this YARN, and its proof (Spark: tools/fetch.sh --spark)
    all         a thread with sql, score and explain there, and its proof
    large       200 MB of made text (--bytes), and what it costs; not part of the rest: --only large
Run it in a network of its own: unshare --net bash -c 'ip link set lo up; exec python3 tests/cluster/yarn.py ...'
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent))
from hadoop import Hadoop  # noqa: E402
from threads import ROOT, Failed, Thread, flights  # noqa: E402

ENGINES = "yarn: {{kind: hadoop, home: {home}, shared: true, part_rows: 2000, conf: {{mapreduce.job.jvm.numtasks: 1}}}}\n"
SLOW = """thread: slow
steps:
  - read: text
    from: data.txt
    format: text
  - run: slow
    from: text
    take: text
    map: [sh, -c, 'sleep {seconds}; cat']
    reduce: cat
    part: 20B
    columns: {{word: VARCHAR, rest: VARCHAR}}
    on_bad_row: reject
"""
MODEL = """  - learn: line
    from: {table}
    predict: y
    method: linear
    split: random
    because: rows are independent
  - explain: line
    contributions: true
  - score: scored
    from: {table}
    model: line
"""
SCORE = """thread: scores
steps:
  - sql: rows
    query: SELECT i AS x, i % 7 AS z, (i * 7919) % 101 + 5 * (i % 7) AS y FROM range(5000) t(i)
""" + MODEL.format(table="rows")

PROGRAM = """thread: program
steps:
  - sql: rows
    query: SELECT 'a' || i AS name FROM range(5) t(i)
  - run: upper
    from: rows
    program: tr a-z A-Z
    columns: {NAME: VARCHAR}
"""
ALL = """thread: all
steps:
  - read: rows
    from: data.txt
    format: csv
  - sql: shaped
    query: SELECT x, x % 7 AS z, y, CAST((x * 31) % 11 AS DOUBLE) / 3 AS third FROM rows WHERE x <> 13
""" + MODEL.format(table="shaped") + """\
  - sql: far
    query: SELECT z, count(*) AS n, sum(x) AS x, max(abs(y - prediction)) AS far FROM scored GROUP BY z ORDER BY z
"""


def wait_for(what, seconds=400):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.3)
    raise Failed("waited in vain")


class Checks:
    def __init__(self, options, hadoop: Hadoop, folder: Path):
        self.options, self.hadoop, self.folder = options, hadoop, folder

    def thread(self, name: str, text: str, data: str = "") -> Thread:
        thread = Thread(self.options.filrouge, self.folder / name, text)
        (thread.folder / "engines.yaml").write_text(ENGINES.format(home=self.hadoop.home))
        if data:
            (thread.folder / "data.txt").write_text(data)
        return thread

    def example(self, name: str) -> Thread:
        subprocess.run([self.options.filrouge, "new", name, "--example", "wordcount"], cwd=self.folder, check=True, capture_output=True)
        return self.thread(name, (self.folder / name / "thread.yaml").read_text())

    def applications(self) -> list:
        apps = self.hadoop.ask(f"127.0.0.1:{self.hadoop.port + 88}/ws/v1/cluster/apps")["apps"] or {"app": []}
        return sorted(apps["app"], key=lambda app: app["startedTime"])

    def staged(self) -> list:
        user = self.hadoop.environment()["HADOOP_USER_NAME"]
        path = f"{self.hadoop.namenode}/webhdfs/v1/user/{user}/.filrouge?op=LISTSTATUS&user.name={user}"
        return [entry["pathSuffix"] for entry in self.hadoop.ask(path)["FileStatuses"]["FileStatus"]]

    def started(self, thread: Thread, *words: str):
        """A run, and its application once it is there."""
        before = len(self.applications())
        run = thread.start(*words)
        try:
            app = wait_for(lambda: [app for app in self.applications()[before:] if app["state"] == "RUNNING"])[0]
        except Failed:
            run.kill()
            raise
        return run, app["id"]

    def state(self, application: str) -> str:
        return next(app["state"] for app in self.applications() if app["id"] == application)

    # ---- the checks ----

    def words(self) -> str:
        thread = self.example("words")
        thread.do("run", "+words", "+places")
        thread.do("run", "words", "places", "--again", "--engine", "yarn")
        thread.do("run", "+places", "--store", "other", "--engine", "yarn")
        receipt = thread.receipt("places", "other")
        assert receipt["engine"].startswith("hadoop "), receipt["engine"]
        assert thread.content("places") == thread.content("places", "other")
        assert not self.staged(), self.staged()
        return f"the same; places by {receipt['engine']} in {receipt['seconds']:.0f} s"

    def edges(self) -> str:
        case = ROOT / "tests/threads/hadoop"
        thread = self.thread("edges", (case / "thread.yaml").read_text(), (case / "data.txt").read_text())
        thread.do("run")
        steps = ["fields", "parts", "pairs", "longer_key", "first", "nothing"]
        thread.do("run", *steps, "--again", "--engine", "yarn")
        return f"{len(steps)} steps the same"

    def doctor(self) -> str:
        said = self.thread("doctor", SLOW.format(seconds=0), "a\n").json("doctor", "--engine", "yarn")
        return "; ".join(f"{check['what']}: {check['found']}" for check in said["checks"][-7:])

    def store(self) -> str:
        thread = self.example("remote")
        store = f"webhdfs://{self.hadoop.namenode}/tests/words"
        thread.do("run", "+words", "--store", store, "--engine", "yarn")
        thread.do("verify", "--store", store)
        thread.do("run", "words", "--store", store, "--again", "--engine", "duckdb")
        return "the same"

    def fails(self) -> str:
        thread = self.thread("fails", SLOW.format(seconds=0).replace("sleep 0; cat", "echo no such luck >&2; exit 3"), "a\n")
        said = thread.do("run", "--engine", "yarn", code=1)
        assert "FR0442" in said and "no such luck" in said and "exit code 3" in said and "application_" in said, said
        assert not self.staged(), self.staged()
        return next(line for line in said.splitlines() if "FR0442" in line)

    def killed(self) -> str:
        thread = self.thread("killed", SLOW.format(seconds=60), "a\n")
        run, application = self.started(thread, "run", "--engine", "yarn")
        subprocess.run([self.hadoop.home / "bin/yarn", "application", "-kill", application], env=self.hadoop.environment(), check=True, capture_output=True)
        said, _ = run.communicate(timeout=600)
        assert run.returncode == 1 and "FR0335" in said and application in said and "was killed" in said, said
        return next(line for line in said.splitlines() if "FR0335" in line)

    def interrupted(self) -> str:
        thread = self.thread("interrupted", SLOW.format(seconds=60), "a\n")
        run, application = self.started(thread, "run", "--engine", "yarn")
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=600)
        began = time.monotonic()
        wait_for(lambda: self.state(application) == "KILLED")
        wait_for(lambda: not self.staged())
        return f"exit {run.returncode}, application killed and its folder gone after {time.monotonic() - began:.0f} s"

    def limit(self) -> str:
        thread = self.thread("limit", SLOW.format(seconds=9876), "a\n")
        limit = 180  # a loaded machine takes a minute to begin
        began = time.monotonic()
        run, application = self.started(thread, "run", "--engine", "yarn", "--step-timeout", f"{limit}s")
        wait_for(lambda: self.tasks("9876"))
        said, _ = run.communicate(timeout=limit + 400)
        took = time.monotonic() - began
        assert run.returncode == 1 and "FR0702" in said and "- run: slow" in said and "it did not end within 3 min 0 s" in said, said
        assert not list((thread.folder / ".filrouge/tables/slow").glob("*/receipt.json")), "it was ended, and there is a version"
        began = time.monotonic()
        wait_for(lambda: self.state(application) == "KILLED")
        wait_for(lambda: not self.staged())
        wait_for(lambda: not self.tasks("9876"))
        file = thread.folder / "thread.yaml"
        file.write_text(file.read_text().replace("9876", "0"))
        thread.do("run", "--engine", "yarn", "--step-timeout", "600s")
        thread.do("verify")
        first = next(line for line in said.splitlines() if "FR0702" in line)
        return f"ended after {took:.0f} s; application killed, its processes and folder gone after {time.monotonic() - began:.0f} s: {first}"

    def tasks(self, word: str) -> list:
        """Ids of the processes of programs with this word in their command."""
        return subprocess.run(["pgrep", "-f", f"sleep {word}"], capture_output=True, text=True).stdout.split()

    def node(self) -> str:
        thread = self.thread("node", SLOW.format(seconds=15), "".join(f"word{i} {i}\n" for i in range(9)))
        thread.do("run")
        run, application = self.started(thread, "run", "slow", "--again", "--engine", "yarn")
        time.sleep(12)
        self.hadoop.stop("nodemanager0", signal.SIGKILL)
        said, _ = run.communicate(timeout=600)
        self.hadoop.start_nodemanager(0)
        self.hadoop.wait_until_ready()
        assert run.returncode == 0 or "FR0335" in said, said
        again = thread.do("run", "slow", "--again", "--engine", "yarn") if run.returncode else said
        return f"exit {run.returncode}; {again.strip().splitlines()[-1].strip()}"

    def score(self) -> str:
        thread = self.thread("score", SCORE)
        thread.do("run")
        said = thread.do("plan", "--store", "other", "--engine", "yarn")
        assert "on yarn: explain line; on yarn in parts: scored" in said, said
        thread.do("run", "--store", "other", "--engine", "yarn")
        for table in ("scored", "line.importance"):
            receipt = thread.receipt(table, "other")
            assert receipt["engine"].startswith("hadoop "), receipt["engine"]
            assert thread.content(table) == thread.content(table, "other"), table
        thread.do("verify", "--store", "other")
        return f"score of 5,000 rows in 3 parts and explain by {receipt['engine']}, the last {self.applications()[-1]['id']}: the same, bit for bit"

    def program(self) -> str:
        thread = self.thread("program", PROGRAM)
        before = len(self.applications())
        said = thread.do("plan", "--engine", "yarn")
        assert "upper runs here: a `program` gets the whole table at once" in said, said
        thread.do("run", "--engine", "yarn")
        receipt = thread.receipt("upper")
        assert receipt["engine"].startswith("duckdb "), receipt["engine"]
        assert len(self.applications()) == before, self.applications()
        return f"by {receipt['engine']}"

    def spark_on_yarn(self, home: Path) -> SimpleNamespace:
        submit, engines = self.folder / "spark-submit", self.folder / "spark.yaml"
        submit.write_text(f'#!/bin/sh\nexport SPARK_HOME={home} PYSPARK_PYTHON={sys.executable}\nexec {home}/bin/spark-submit "$@"\n')
        submit.chmod(0o755)
        engines.write_text(f"spark:\n  kind: spark\n  submit: {submit}\n  master: yarn\n  conf: {{spark.yarn.jars: 'local:{home}/jars/*', "
                           "spark.driver.memory: 1g, spark.executor.memory: 1g, spark.executor.instances: 1, spark.yarn.am.memory: 512m, "
                           "spark.ui.enabled: 'false', spark.sql.shuffle.partitions: 4}\n")
        return SimpleNamespace(engines=engines)

    def spark(self) -> str:
        home = Path(os.environ.get("SPARK_HOME") or Path(os.environ.get("FILROUGE_DEPS", ROOT / ".deps")) / "spark").resolve()
        thread = flights(self.options.filrouge, self.folder / "late", self.spark_on_yarn(home))
        os.environ["HADOOP_CONF_DIR"] = str(self.hadoop.conf)
        thread.do("run", "+departures", "--engine", "spark")
        version = thread.receipt("departures")
        proof = thread.json("prove", "--engines", "duckdb,spark")
        different = [step["name"] for step in proof["steps"] if not step["equal"]]
        assert proof["steps"] and not different, f"different: {different}"
        return f"{version['tables'][0]['rows']:,} rows by {version['engine']}; equal on both: " + ", ".join(step["name"] for step in proof["steps"])

    def all(self) -> str:
        home = Path(os.environ.get("SPARK_HOME") or Path(os.environ.get("FILROUGE_DEPS", ROOT / ".deps")) / "spark").resolve()
        rows = "".join(f"{i},{(i * 7919) % 101 + 5 * (i % 7)}\n" for i in range(5000))
        thread = self.thread("all", ALL, "x,y\n" + rows)
        engines = self.spark_on_yarn(home).engines.read_text() + "  part_rows: 2000\n"
        (thread.folder / "engines.yaml").write_text(engines)
        os.environ["HADOOP_CONF_DIR"] = str(self.hadoop.conf)
        thread.do("run", "--store", "here")
        thread.do("run", "--engine", "spark")
        for table in ("shaped", "scored", "line.importance", "far"):
            receipt = thread.receipt(table)
            assert receipt["engine"].startswith("spark "), receipt["engine"]
            assert thread.content(table) == thread.content(table, "here"), table
        application = self.applications()[-1]
        assert application["applicationType"] == "SPARK", application
        wait_for(lambda: self.state(application["id"]) == "FINISHED")
        proof = thread.json("prove", "--engines", "duckdb,spark", "--store", "here")
        assert [step["name"] for step in proof["steps"] if step["equal"]] == ["shaped", "far"], proof
        thread.do("verify")
        assert not list(self.folder.glob("all/.filrouge/tmp/*")), "something is left in tmp"
        return f"sql, explain, score by {receipt['engine']} in {application['id']} as here; equal: shaped, far"

    def large(self) -> str:
        thread = self.example("large")
        source = random.Random(1)
        vocabulary = ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 9))) for _ in range(50_000)]
        weights = [1 / (i + 1) for i in range(len(vocabulary))]
        with open(thread.folder / "texts/made.txt", "w") as text:
            while text.tell() < self.options.bytes:
                words = source.choices(vocabulary, weights, k=120_000)
                text.write("\n".join(" ".join(words[i:i + 12]) for i in range(0, len(words), 12)) + "\n")
        for name in ("split", "sum"):
            subprocess.run(["g++", "-O2", "-o", name, f"{name}.cpp"], cwd=thread.folder, check=True)
        file = thread.folder / "thread.yaml"
        file.write_text(file.read_text().replace("./split.py", "./split").replace("./sum.py", "./sum"))
        thread.do("run", "+words")
        here = thread.receipt("words")
        thread.do("run", "+words", "--store", "other", "--engine", "yarn")
        there = thread.receipt("words", "other")
        assert thread.content("words") == thread.content("words", "other")
        told = [f"{where} {r['seconds']:.1f} s, {r['cpu_seconds']:.1f} CPU s" for where, r in (("here", here), ("on YARN", there))]
        return f"{self.options.bytes:,} bytes, {there['details']['parts']} mappers: {'; '.join(told)}; load {os.getloadavg()[0]:.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lib", type=Path)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--bytes", type=int, default=200_000_000)
    parser.add_argument("--only", default="words,edges,doctor,store,fails,killed,interrupted,limit,node,score,program,spark,all")
    options = parser.parse_args()
    options.filrouge = options.filrouge.absolute()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="yarn-") as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"  # no copy of another HDFS at this address
        with Hadoop(options.lib, Path(folder) / "hadoop", yarn=2) as hadoop:
            checks = Checks(options, hadoop, Path(folder))
            for name in options.only.split(","):
                began = time.monotonic()
                try:
                    print(f"ok    {name}: {getattr(checks, name)()} ({time.monotonic() - began:.0f} s)", flush=True)
                except (Failed, AssertionError, subprocess.SubprocessError) as problem:
                    failed += 1
                    print(f"FAIL  {name}: {problem}", flush=True)
            if failed:
                kept = Path(tempfile.gettempdir()) / "yarn-logs"
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(Path(folder) / "hadoop/logs", kept)
                print(f"the daemons' logs: {kept}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
