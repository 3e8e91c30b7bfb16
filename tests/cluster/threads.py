"""What the scripts of this folder have in common: a thread in a temporary folder, and filrouge run in it."""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import standalone

ROOT = Path(__file__).resolve().parent.parent.parent


class Failed(Exception):
    """A step of the test did not do what it was to do."""


class Thread:
    """A folder with thread.yaml and the cluster's engines.yaml."""

    def __init__(self, filrouge, folder, text, spark=None):
        self.filrouge, self.folder = Path(filrouge).resolve(), Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "thread.yaml").write_text(text)
        if spark:
            shutil.copy(spark.engines, self.folder / "engines.yaml")

    def start(self, *words, **options):
        return subprocess.Popen([self.filrouge, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, **options)

    def do(self, *words, code=0, timeout=900):
        """What it prints; Failed where it ends with another exit code."""
        began = time.monotonic()
        done = subprocess.run([self.filrouge, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout)
        print(f"$ filrouge {' '.join(map(str, words))}   ({time.monotonic() - began:.1f} s, exit {done.returncode})", flush=True)
        if code is not None and done.returncode != code:
            raise Failed(f"filrouge {' '.join(map(str, words))} ended with {done.returncode}, not {code}:\n{done.stdout[-3000:]}")
        return done.stdout

    def json(self, *words, code=0):
        return json.loads(self.do(*words, "--json", code=code))

    def receipt(self, name, store=".filrouge"):
        """What the store keeps of the newest version of a table."""
        newest = max((self.folder / store / "tables" / name).glob("*/receipt.json"), key=lambda file: file.stat().st_mtime)
        return json.loads(newest.read_text())

    def content(self, name, store=".filrouge"):
        """Rows and column hashes: equal = the same rows in the same order, bit for bit."""
        return [(table["rows"], table["column_hashes"]) for table in self.receipt(name, store)["tables"]]


def flights(filrouge, folder, spark, with_model=False):
    """The example, up to its model unless that is wanted."""
    folder = Path(folder)
    subprocess.run([filrouge, "new", folder.name, "--example", "flights"], cwd=folder.parent, check=True, capture_output=True)
    file = folder / "thread.yaml"
    text = file.read_text()
    return Thread(filrouge, folder, text if with_model else text[: text.index("  # What is learned from it")], spark)


def finish(checks):
    """Runs the checks (a function that yields lines) and ends the script: 0, or 1 with what failed."""
    try:
        for line in checks:
            print(f"ok   {line}", flush=True)
    except (Failed, AssertionError) as failure:
        print(f"FAIL {failure}")
        sys.exit(1)


def main(about, checks, more=None):
    """A script that runs `checks(options, cluster, folder)` on a cluster of its own. `more(parser)` adds options."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    if more:
        more(parser)
    standalone.add_options(parser)
    options = parser.parse_args()
    with standalone.cluster(options) as spark, tempfile.TemporaryDirectory() as folder:
        finish(checks(options, spark, Path(folder)))
