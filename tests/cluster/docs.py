#!/usr/bin/env python3
"""The commands of docs/cluster.md, "From nothing to a cluster of one's own", typed one after the other into one shell.

  tests/cluster/docs.py --filrouge BINARY [--page docs/cluster.md]

Needs a network (PySpark comes from PyPI) and port 7077 of 127.0.0.1; ten minutes are plenty. Exit code 0: each command ended with 0 and
`prove` found everything equal; 1: not; 77: the port is taken. What was started ends with the script.
"""
import argparse
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


def commands(page):
    block = re.search(r"^```console\n(.*?)^```", page.read_text(), re.M | re.S)
    return [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--page", type=Path, default=ROOT / "docs/cluster.md")
    options = parser.parse_args()
    with socket.socket() as port:
        if port.connect_ex(("127.0.0.1", 7077)) == 0:
            print("skipped: something listens at port 7077")
            sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "PYSPARK_"))}
        (Path(folder) / "bin").mkdir()
        (Path(folder) / "bin/filrouge").symlink_to(options.filrouge.resolve())
        environment["PATH"] = f"{folder}/bin:{environment['PATH']}"
        environment["FILROUGE_DEPS"] = str(ROOT / ".deps")
        shell = subprocess.Popen(["bash"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 start_new_session=True)
        failed, said = False, ""
        try:
            for command in commands(options.page):
                began = time.monotonic()
                said, code = typed(shell, command)
                print(f"$ {command}\n{said.rstrip()}\n  [{time.monotonic() - began:.1f} s, exit {code}]", flush=True)
                if code != 0:
                    failed = True
                    break
        finally:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    if failed or "DIFFERENT" in said or "equal on duckdb and spark" not in said:
        print("FAIL")
        sys.exit(1)
    print(f"ok   {len(commands(options.page))} commands of {options.page.name}")


if __name__ == "__main__":
    main()
