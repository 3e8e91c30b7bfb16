#!/usr/bin/env python3
"""What happens to a step when a part of a real cluster breaks: the right result or a clear failure, never a mixed version.

  tests/cluster/kills.py --filrouge BINARY [--only NAME] [--copies 6] [options of standalone.py]

Each case starts from the same store, breaks something while the step runs, and then: `verify` is clean, a version that is there has the
content that this machine computes, `run` again completes with that content, and neither a driver nor an executor is left.
"""
import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import score
import standalone
import threads

MEANWHILE_S = 900  # a loaded machine
PARTS = "*/parts/part-*.parquet"


def wait_until(what, holds):
    until = time.monotonic() + MEANWHILE_S
    while time.monotonic() < until:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise threads.Failed(f"did not come: {what}")


def java_with(*words):
    """Ids of Java processes with all these words in their command line."""
    found = []
    for line in subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout.splitlines()[1:]:
        pid, _, command = line.strip().partition(" ")
        if "java" in command.split()[0] and all(word in command for word in words):
            found.append(int(pid))
    return found


class Case:
    """One store, one step that runs on the cluster, and what breaks."""

    def __init__(self, thread, spark, step):
        self.thread, self.spark, self.step, self.run = thread, spark, step, None

    def driver(self):
        return java_with("org.apache.spark.deploy.SparkSubmit", self.spark.master)

    def written(self, run, pattern):
        """Waits until the step has written such a file; Failed where the run ends before."""
        def there():
            if run.poll() is not None:
                raise threads.Failed(f"the run ended before anything could break: {run.communicate()[0]}")
            return list((self.thread.folder / "broken/tmp").glob(pattern))
        wait_until(pattern, there)

    def begin(self):
        shutil.rmtree(self.thread.folder / "broken", ignore_errors=True)
        shutil.copytree(self.thread.folder / "before", self.thread.folder / "broken")
        self.run = self.thread.start("run", self.step, "--store", "broken", "--engine", "spark")
        return self.run

    def close(self):
        if self.run and self.run.poll() is None:
            self.run.kill()
            self.run.communicate()

    def end(self, run):
        said, _ = run.communicate(timeout=MEANWHILE_S)
        return run.returncode, said

    def judge(self, name, code, said, wanted, may_fail):
        """Yields a line when all is as it must be."""
        there = list((self.thread.folder / "broken/tables" / self.step).glob("*/receipt.json"))
        if code == 0:
            assert self.thread.content(self.step, "broken") == wanted, f"{name}: another result"
        else:
            assert may_fail and code == 1, f"{name}: exit code {code}\n{said}"
            assert "error[FR03" in said, f"{name}: no clear failure\n{said}"
            assert not there, f"{name}: it failed, and there is a version"
        self.thread.do("verify", "--store", "broken")
        self.thread.do("run", self.step, "--store", "broken", "--engine", "spark")
        assert self.thread.content(self.step, "broken") == wanted, f"{name}: another result after the second run"
        self.thread.do("verify", "--store", "broken")
        wait_until("the end of all executors", lambda: not self.spark.executors() and not self.driver())
        what = "the right result" if code == 0 else next(line for line in said.splitlines() if "error[" in line)[:150]
        return f"{name}: {what}; run again: the right result"


def kill_executor(case, wanted):
    run = case.begin()
    case.written(run, PARTS)
    os.kill(case.spark.executors()[0], signal.SIGKILL)
    yield case.judge("an executor killed during map", *case.end(run), wanted, may_fail=True)


def kill_worker_daemon(case, wanted):
    run = case.begin()
    case.written(run, PARTS)
    daemon = case.spark.daemons[-1]
    os.kill(daemon.pid, signal.SIGKILL)
    code, said = case.end(run)
    daemon.wait()
    case.spark.daemons.remove(daemon)
    case.spark.start_worker(2)
    wait_until("two Workers", lambda: case.spark.alive() >= 2)
    yield case.judge("a Worker daemon killed during map", code, said, wanted, may_fail=True)


def kill_driver_in_map(case, wanted):
    run = case.begin()
    case.written(run, PARTS)
    for pid in case.driver():
        os.kill(pid, signal.SIGKILL)
    yield case.judge("the driver killed during map", *case.end(run), wanted, may_fail=True)


def kill_filrouge(case, wanted):
    run = case.begin()
    case.written(run, PARTS)
    run.kill()
    run.communicate()
    assert not list((case.thread.folder / "broken/tables" / case.step).glob("*")), "there is a version"
    wait_until("the end of driver and executors", lambda: not case.driver() and not case.spark.executors())
    yield case.judge("filrouge itself killed during map", 1, "error[FR0332]: it says nothing more, and no version is there", wanted, may_fail=True)


def kill_driver_in_materialise(case, wanted):
    run = case.begin()
    case.written(run, "*/spark/_temporary/**/*.parquet")
    for pid in case.driver():
        os.kill(pid, signal.SIGKILL)
    yield case.judge("the driver killed during materialise", *case.end(run), wanted, may_fail=True)


def with_worker(case, script):
    """The cluster's worker is this shell script for one run."""
    program = case.thread.folder / "worker.sh"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    engines = case.thread.folder / "engines.yaml"
    text = engines.read_text()
    engines.write_text(text + f"  worker: {program}\n")
    done = case.end(case.begin())
    engines.write_text(text)
    return done


def worker_exits(case, wanted):
    yield case.judge("a worker that always exits 1", *with_worker(case, "echo broken >&2\nexit 1\n"), wanted, may_fail=True)


def worker_exits_once(case, wanted):
    flag = case.thread.folder / "tried"
    script = f'if mkdir {flag} 2>/dev/null; then sed 1q | {case.thread.filrouge} "$@" >/dev/null; exit 1; fi\nexec {case.thread.filrouge} "$@"\n'
    yield case.judge("a worker that wrote its part and then exits 1, once", *with_worker(case, script), wanted, may_fail=False)


def silent_worker(case, wanted):
    yield case.judge("a worker that says nothing", *with_worker(case, "cat > /dev/null\n"), wanted, may_fail=True)


MAP = [kill_executor, kill_worker_daemon, kill_driver_in_map, kill_filrouge, worker_exits, worker_exits_once, silent_worker]
MATERIALISE = [kill_driver_in_materialise]


def checks(options, spark, folder):
    thread = score.make_thread(options, spark, folder / "many")
    engines = thread.folder / "engines.yaml"
    engines.write_text(engines.read_text() + "  part_rows: 131072\n")
    text = (thread.folder / "thread.yaml").read_text()
    (thread.folder / "thread.yaml").write_text(text + "  - sql: sorted\n    query: SELECT * FROM many WHERE distance > 100\n")
    for step, cases in (("scored", MAP), ("sorted", MATERIALISE)):
        shutil.rmtree(thread.folder / "here", ignore_errors=True)
        shutil.copytree(thread.folder / "before", thread.folder / "here")
        words = [] if step == "scored" else ["--engine", "spark"]
        thread.do("run", step, "--store", "here", *words)
        wanted = thread.content(step, "here")
        for case in cases:
            if options.only in case.__name__:
                with contextlib.closing(Case(thread, spark, step)) as broken:
                    yield from case(broken, wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--only", default="", help="part of the names of cases")
    parser.add_argument("--copies", type=int, default=6)
    standalone.add_options(parser)
    options = parser.parse_args()
    options.reasons, options.trees = 3, 40
    with standalone.cluster(options) as spark, tempfile.TemporaryDirectory() as folder:
        threads.finish(checks(options, spark, Path(folder)))


if __name__ == "__main__":
    main()
