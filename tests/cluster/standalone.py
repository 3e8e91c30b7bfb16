#!/usr/bin/env python3
"""A real Spark cluster on this machine: a Master and two Workers on loopback, for as long as a command runs.

  tests/cluster/standalone.py [--spark HOME] [--workers 2] [--cores 1] [--memory 1g] -- COMMAND ...

HOME is a Spark 4.3, by default $SPARK_HOME or .deps/spark, where `tools/fetch.sh --spark` puts one; Java 17 is there. COMMAND finds in its
environment SPARK_MASTER (spark://127.0.0.1:PORT), SPARK_SUBMIT (a program) and ENGINES_YAML (a file to copy beside a thread.yaml), and its
exit code is that of this script; 77 = no Spark or no Java, and why. All JVMs end with it: they are one process group, which is killed.
Other scripts here use it as a module: `with cluster(options) as spark: ...`
"""
import argparse
import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPPED = 77
READY_S = 480  # a loaded machine


class Missing(Exception):
    """Why there can be no cluster here."""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def die_with_parent():
    """In a child: a session of its own, that is killed when this script is."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def check(home):
    """Missing where there is no Spark at `home`, or no Java."""
    if not (home / "bin/spark-submit").exists():
        raise Missing(f"no Spark at {home} (`tools/fetch.sh --spark` fetches one)")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise Missing("no Java (on Debian: openjdk-17-jre-headless)")


class Cluster:
    def __init__(self, home, folder, workers=2, cores=1, memory="1g"):
        self.home, self.folder, self.workers, self.cores, self.memory = home.absolute(), Path(folder), workers, cores, memory
        check(self.home)
        self.port, self.web = free_ports(2)
        self.master, self.group, self.daemons = f"spark://127.0.0.1:{self.port}", None, []
        self.environment = {**os.environ, "SPARK_HOME": str(self.home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
        self.folder.mkdir(parents=True, exist_ok=True)
        self.submit = self.folder / "spark-submit"
        self.submit.write_text(f'#!/bin/sh\nexport SPARK_HOME={self.home} PYSPARK_PYTHON={sys.executable}\nexec {self.home}/bin/spark-submit "$@"\n')
        self.submit.chmod(0o755)
        self.engines = self.folder / "engines.yaml"
        self.engines.write_text(
            f"spark:\n  kind: spark\n  submit: {self.submit}\n  master: {self.master}\n"
            f"  conf: {{spark.driver.memory: 1g, spark.executor.memory: {memory}, spark.ui.enabled: \"false\", spark.sql.shuffle.partitions: 4}}\n")

    def start_daemon(self, name, *words):
        log = open(self.folder / f"{name}.log", "w")
        group = self.group or 0
        daemon = subprocess.Popen([f"{self.home}/bin/spark-class", *words], env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, process_group=group, preexec_fn=die_with_parent, cwd=self.folder)
        self.group = self.group or daemon.pid
        self.daemons.append(daemon)
        return daemon

    def start_worker(self, number):
        return self.start_daemon(f"worker{number}", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0",
                                 "--cores", str(self.cores), "--memory", self.memory, "--work-dir", str(self.folder / f"work{number}"), self.master)

    def alive(self):
        """The number of Workers that the Master knows."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/json/", timeout=2) as page:
                return sum(worker["state"] == "ALIVE" for worker in json.load(page)["workers"])
        except (OSError, ValueError):
            return 0

    def wait_for_workers(self, count):
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            if self.alive() >= count:
                return
            dead = [daemon for daemon in self.daemons if daemon.poll() is not None]
            if dead:
                break
            time.sleep(0.2)
        logs = "\n".join((self.folder / name).read_text()[-500:] for name in ("master.log", "worker1.log") if (self.folder / name).exists())
        raise RuntimeError(f"the cluster did not come up in {READY_S} s:\n{logs}")

    def start(self):
        self.start_daemon("master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(self.port),
                          "--webui-port", str(self.web))
        for number in range(1, self.workers + 1):
            self.start_worker(number)
        self.wait_for_workers(self.workers)

    def processes(self):
        """What still lives of the cluster: ids of processes in its group."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if entry.name.isdigit() and int(fields[2]) == self.group and fields[0] != "Z":
                    found.append(int(entry.name))
        return found

    def executors(self):
        """Ids of the executors' processes."""
        found = []
        for pid in self.processes():
            with contextlib.suppress(OSError):
                if b"CoarseGrainedExecutorBackend" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found

    def stop(self):
        if not self.group:
            return
        for daemon in self.daemons:
            daemon.terminate()
        until = time.monotonic() + 10
        while self.processes() and time.monotonic() < until:
            for daemon in self.daemons:
                daemon.poll()
            time.sleep(0.1)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        for daemon in self.daemons:
            daemon.wait()


def add_options(parser):
    parser.add_argument("--spark", type=Path, default=Path(os.environ.get("SPARK_HOME") or Path(os.environ.get("FILROUGE_DEPS", ROOT / ".deps")) / "spark"), help="SPARK_HOME")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=1, help="of each Worker")
    parser.add_argument("--memory", default="1g", help="of each Worker and executor")


@contextlib.contextmanager
def cluster(options):
    """Up for the length of the block; ends the script with 77, and why, where there can be none."""
    with tempfile.TemporaryDirectory(prefix="spark-") as folder:
        try:
            spark = Cluster(options.spark, folder, options.workers, options.cores, options.memory)
        except Missing as why:
            print(f"skipped: {why}")
            sys.exit(SKIPPED)
        try:
            spark.start()
            yield spark
        finally:
            spark.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    with cluster(options) as spark:
        environment = {**os.environ, "SPARK_MASTER": spark.master, "SPARK_SUBMIT": str(spark.submit), "ENGINES_YAML": str(spark.engines)}
        sys.exit(subprocess.run(options.command, env=environment).returncode)


if __name__ == "__main__":
    main()
