#!/usr/bin/env python3
"""hdfs.py LIB --filrouge BINARY [--kills 50] [--only NAME]: the store on a real HDFS (see hadoop.py for LIB), tried hard:

    kills       a run is killed at a random moment; what is there then is whole, the next run completes it, and the rows are those of a run
                on a local disk
    datanode    the only DataNode is killed in the middle of a run: a clear failure and no version that is not whole; with the DataNode back
                the next run goes on
    spare       one of two DataNodes is killed in the middle of a run, with a replication of two
    namenode    the NameNode is killed and started again in the middle of a run
    two         two runs at once, of two machines (two copies): the second waits, --no-wait is refused, both see all
    quota       a folder with a quota: a clear failure, and gc makes room
    large       a table of several blocks, and what it costs
Run it in a network of its own: unshare --net bash -c 'ip link set lo up; exec python3 tests/cluster/hdfs.py ...'
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from hadoop import Hadoop  # noqa: E402

THREAD = """thread: places
steps:
  - read: places
    from: places.csv
    on_bad_row: reject
  - check: places
    expect:
      - unique: [id]
  - sql: regions
    query: SELECT region, count(*) AS n, sum(size) AS size FROM places GROUP BY ALL ORDER BY region
  - sql: large
    query: SELECT * FROM places WHERE size > 500
  - sql: joined
    query: SELECT l.id, l.size, r.n FROM large l JOIN regions r USING (region)
  - chart: by_region
    query: SELECT region, size FROM regions
    mark: bar
    x: region
    y: size
"""
LARGE = """thread: large
steps:
  - sql: numbers
    query: SELECT i AS id, hash(i) AS h FROM range(10000000) t(i)
"""
QUESTION = "SELECT count(*) AS a, sum(id) AS b, sum(size) AS c, sum(n) AS d FROM joined"


class Case:
    """A thread in a folder, a store on HDFS, and a machine: its copies of stores."""

    def __init__(self, filrouge: Path, namenode: str, folder: Path, store: str, machine: str = "here",
                 thread: str = THREAD):
        self.filrouge, self.folder, self.machine = filrouge, folder, machine
        self.store = f"webhdfs://{namenode}{store}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "thread.yaml").write_text(thread)
        if not (folder / "places.csv").exists():
            rows = "".join(f"{i},region {i % 17},{i * 7919 % 1000}\n" for i in range(20000))
            (folder / "places.csv").write_text("id,region,size\n" + rows + "wrong,row\n")

    def start(self, *words: str) -> subprocess.Popen:
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder.parent / f"cache-{self.machine}")}
        return subprocess.Popen([self.filrouge, *words, "--store", self.store], cwd=self.folder, env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def run(self, *words: str, expect=(0,)) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=600)
        if process.returncode not in expect:
            raise AssertionError(f"filrouge {' '.join(words)} in {self.folder} on {self.store}: exit {process.returncode}\n{out}{err}")
        return out + err

    def rows(self) -> list:
        return json.loads(self.run("ask", QUESTION, "--json", "--quiet"))["rows"]


class Harness:
    def __init__(self, options, hadoop: Hadoop, folder: Path):
        self.options, self.hadoop, self.folder = options, hadoop, folder
        self.random = random.Random(options.seed)
        local = Case(options.filrouge, hadoop.namenode, folder / "local", "/unused")
        local.store = str(folder / "local" / "store")
        local.run("run")
        self.expected = local.rows()

    def case(self, name: str, machine: str = "here") -> Case:
        return Case(self.options.filrouge, self.hadoop.namenode, self.folder / name, f"/tests/{name}", machine)

    def finish(self, case: Case):
        """Whatever happened: what is there is whole, and a run completes it."""
        case.run("verify")
        case.run("run")
        case.run("verify")
        assert case.rows() == self.expected, f"{case.folder}: other rows than on a local disk"
        said = case.run("run")
        assert "nothing to do" in said, said

    def kills(self) -> str:
        first = self.case("whole")
        begin = time.monotonic()
        first.run("run")
        length = time.monotonic() - begin
        counts: dict[int, int] = {}
        for number in range(self.options.kills):
            case = self.case(f"kill{number}")
            process = case.start("run")
            time.sleep(self.random.uniform(0.02, 1.1 * length))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            # what HDFS has then, seen by another machine
            other = Case(self.options.filrouge, self.hadoop.namenode, case.folder, f"/tests/kill{number}", f"there{number}")
            other.run("verify")
            built = json.loads(case.run("run", "--json", "--quiet"))
            reused = sum(step["action"] == "reused" for step in built["steps"])
            counts[reused] = counts.get(reused, 0) + 1
            self.finish(case)
        return f"{self.options.kills} kills, a run takes {length:.1f} s; versions found by the next run: {dict(sorted(counts.items()))}"

    def datanode(self) -> str:
        case, told = self.case("datanode"), set()
        for attempt in range(5):
            case = self.case(f"datanode{attempt}")
            process = case.start("run")
            time.sleep(self.random.uniform(0.1, 0.8))
            self.hadoop.stop("datanode0", signal.SIGKILL)
            out, err = process.communicate(timeout=600)
            assert process.returncode in (0, 1, 5), (process.returncode, out, err)
            if process.returncode:
                assert "FR0530" in err, err
            told.add(process.returncode)
            self.hadoop.start_datanode(0)
            self.hadoop.wait_until_ready()
            self.finish(case)
        return f"5 times without a DataNode: exit codes {sorted(told)}"

    def spare(self) -> str:
        codes = []
        with Hadoop(self.options.lib, self.folder / "hadoop-two", datanodes=2, replication=2, first_port=29000) as two:
            for attempt in range(4):
                case = Case(self.options.filrouge, two.namenode, self.folder / f"spare{attempt}", f"/tests/spare{attempt}")
                process = case.start("run")
                time.sleep(self.random.uniform(0.1, 0.8))
                two.stop(f"datanode{attempt % 2}", signal.SIGKILL)
                out, err = process.communicate(timeout=600)
                assert process.returncode == 0 or "FR0530" in err, err
                codes.append(process.returncode)
                # All DataNodes here have one address, so which one is to be avoided cannot be said: until the NameNode knows.
                time.sleep(25 if process.returncode else 0)
                self.finish(case)  # with one of them
                two.start_datanode(attempt % 2)
                two.wait_until_ready()
        return f"exit codes {codes}"

    def namenode(self) -> str:
        case = self.case("namenode")
        process = case.start("run")
        time.sleep(0.4)
        self.hadoop.stop("namenode", signal.SIGKILL)
        self.hadoop.start_namenode()
        out, err = process.communicate(timeout=600)
        assert process.returncode in (0, 1, 5), (process.returncode, out, err)
        self.hadoop.wait_until_ready()
        self.finish(case)
        return f"exit code {process.returncode} while it was away"

    def two(self) -> str:
        here, there = self.case("two"), self.case("two", "there")
        runs = [here.start("run"), there.start("run")]
        time.sleep(0.3)
        refused = self.case("two", "third").start("run", "--no-wait")
        texts = ["".join(process.communicate(timeout=600)) for process in runs]
        assert [process.returncode for process in runs] == [0, 0], texts
        said = "".join(refused.communicate(timeout=600))
        assert any("waits for `" in text for text in texts), texts
        assert refused.returncode == 0 or (refused.returncode == 5 and "error[FR" in said), said
        for case in (here, there):
            self.finish(case)
        # One of them made everything, and both see that it did.
        runs = [json.loads(case.run("history", "--json", "--quiet"))["runs"] for case in (here, there)]
        built = [sum(run["built"] for run in of_machine) for of_machine in runs]
        assert built == [6, 6], f"{built} steps built in {runs}"
        for case in (here, there, self.case("two", "later")):
            assert case.rows() == self.expected, case.machine
        return f"waited: {sum('waits for' in text for text in texts)}; 6 steps built once, seen by both; --no-wait: exit {refused.returncode}"

    def quota(self) -> str:
        case = self.case("quota")
        java = self.hadoop.java("org.apache.hadoop.hdfs.tools.DFSAdmin", "-setQuota", "25", "/tests/quota")
        make = f"http://{self.hadoop.namenode}/webhdfs/v1/tests/quota?op=MKDIRS&user.name={os.environ.get('USER', 'root')}"
        urllib.request.urlopen(urllib.request.Request(make, method="PUT"))
        subprocess.run(java, env=self.hadoop.environment(), check=True, capture_output=True)
        text = case.run("run", expect=(1, 5))
        assert "FR0532" in text, text
        clear = self.hadoop.java("org.apache.hadoop.hdfs.tools.DFSAdmin", "-clrQuota", "/tests/quota")
        subprocess.run(clear, env=self.hadoop.environment(), check=True, capture_output=True)
        self.finish(case)
        return "refused clearly"

    def large(self) -> str:
        texts = []
        for kind in ("hdfs", "local"):
            here, there = (Case(self.options.filrouge, self.hadoop.namenode, self.folder / f"large-{kind}", "/tests/large", machine, LARGE)
                           for machine in ("here", "there"))
            if kind == "local":
                here.store = there.store = str(here.folder / "store")
            times = []
            for case, *words in (here, "run"), (here, "verify"), (there, "ask", "SELECT count(*) FROM numbers"):
                begin = time.monotonic()
                case.run(*words)
                times.append(time.monotonic() - begin)
            texts.append("{}: run {:.1f} s, verify {:.1f} s, first question on another machine {:.1f} s".format(kind, *times))
        return "; ".join(texts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lib", type=Path)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="kills,datanode,spare,namenode,two,quota,large")
    options = parser.parse_args()
    options.filrouge = options.filrouge.absolute()
    failed = 0
    with tempfile.TemporaryDirectory() as folder, Hadoop(options.lib, Path(folder) / "hadoop") as hadoop:
        harness = Harness(options, hadoop, Path(folder) / "work")
        for name in options.only.split(","):
            begin = time.monotonic()
            try:
                print(f"ok    {name}: {getattr(harness, name)()} ({time.monotonic() - begin:.0f} s)", flush=True)
            except AssertionError as problem:
                failed += 1
                print(f"FAIL  {name}: {problem}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
