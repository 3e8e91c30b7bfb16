#!/usr/bin/env python3
"""The commands of docs/cluster.md, "From nothing to a cluster of one's own" and "On one machine, to try it", typed one after the other into one shell
for each.

  tests/cluster/docs.py --filrouge BINARY [--page docs/cluster.md] [--only spark|hadoop]

Needs a network (PySpark comes from PyPI, Hadoop by Maven), port 7077 of 127.0.0.1 and the right to make a network namespace; ten minutes are plenty.
Exit code 0: each command ended with 0, `prove` found everything equal, and YARN computed what this machine computes; 1: not; 77: the port is taken.
What was started ends with the script.
"""
import argparse
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPPED = 77
MARK = "==ended with=="


def commands(page, title):
    """The lines to type of the first console block under a title."""
    block = re.search(rf"^## {re.escape(title)}$.*?^```console\n(.*?)^```", page.read_text(), re.M | re.S)
    return [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]


def proved(_, said):
    return "DIFFERENT" not in said and "equal on duckdb and spark" in said


def by_hadoop(folder, _):
    """The tables were made on YARN; a command of the page has compared them with what this machine makes."""
    made = [json.loads(file.read_text())["engine"] for name in ("words", "places") for file in folder.glob(f"words/.filrouge/tables/{name}/*/receipt.json")]
    return len(made) == 2 and all(engine.startswith("hadoop ") for engine in made)


# what --only takes: the title in the page, and whether all is as it must be, given the folder and what the last command said
SHELLS = {"spark": ("From nothing to a cluster of one's own", proved), "hadoop": ("On one machine, to try it", by_hadoop)}


def typed(shell, command):
    """What a command prints, and its exit code."""
    shell.stdin.write(f"{command}\necho '{MARK}'$?\n")
    shell.stdin.flush()
    said = []
    for line in shell.stdout:
        before, mark, code = line.partition(MARK)
        said.append(before)
        if mark:
            return "".join(said), int(code)
    return "".join(said), -1


def environment_in(folder, filrouge):
    """Of a machine that has filrouge, the folder tests/ and nothing that leads to a cluster."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "PYSPARK_", "HADOOP_"))}
    (folder / "bin").mkdir()
    (folder / "bin/filrouge").symlink_to(filrouge.resolve())
    (folder / "tests").symlink_to(ROOT / "tests")
    return {**kept, "PATH": f"{folder}/bin:{kept['PATH']}", "FILROUGE_DEPS": str(ROOT / ".deps"), "XDG_CACHE_HOME": f"{folder}/cache"}


def children_of(pid):
    """Ids of a process and all that descend from it."""
    found = [pid]
    for line in subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True).stdout.split():
        found += children_of(int(line))
    return found


def end(shell):
    """Also what has a group of its own, such as what runs in a network namespace."""
    for pid in children_of(shell.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(shell.pid, signal.SIGKILL)
    shell.wait()


def types(options, title, is_right):
    """Whether all commands under a title do what the page says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shell = subprocess.Popen(["bash"], cwd=folder, env=environment_in(folder, options.filrouge), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, start_new_session=True)
        said = ""
        try:
            for command in commands(options.page, title):
                began = time.monotonic()
                said, code = typed(shell, command)
                print(f"$ {command}\n{said.rstrip()}\n  [{time.monotonic() - began:.1f} s, exit {code}]", flush=True)
                if code != 0:
                    return False
            return is_right(folder, said)
        finally:
            end(shell)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--page", type=Path, default=ROOT / "docs/cluster.md")
    parser.add_argument("--only", choices=SHELLS, help="one of them")
    options = parser.parse_args()
    with socket.socket() as port:
        if options.only != "hadoop" and port.connect_ex(("127.0.0.1", 7077)) == 0:
            print("skipped: something listens at port 7077")
            sys.exit(SKIPPED)
    failed = False
    for name, (title, is_right) in SHELLS.items():
        if options.only not in (None, name):
            continue
        right = types(options, title, is_right)
        print(f"{'ok  ' if right else 'FAIL'} {len(commands(options.page, title))} commands of {options.page.name}, {title}", flush=True)
        failed = failed or not right
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
