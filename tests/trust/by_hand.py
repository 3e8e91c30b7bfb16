#!/usr/bin/env python3
"""The ten ways of docs/store.md to break a store by hand, typed as they stand there: after each the store is whole again.

    by_hand.py --filrouge BINARY

After each section `verify` finds nothing, `run` has nothing left to do, tmp/ is empty, and the table is the one that was there before.
The example is flights without its model, whose learning takes longer than all of this.

Seen to fail without `impl->empty_tmp()` in Store::open() (killed in the middle), and without ignoring SIGXFSZ (no room).
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASK = ["ask", "SELECT count(*) AS rows, sum(hash(d)) AS content FROM departures d", "--csv"]
# What a section must have said, besides what it does: the code or word that its comments promise.
SAYS = {"a wrong bit in a table": "FR0516", "the catalog overwritten": "FR0512", "rubbish in the store": "extra",
        "a receipt that says something else": "does not say what the catalog says", "the record of a run damaged": "runs/000000001.json",
        "no room: no file may be larger than 20 kB": "File too large"}


def sections():
    page = (ROOT / "docs/store.md").read_text()
    block = re.search(r"## Break it and watch\n.*?```sh\n(.*?)```", page, re.S)[1]
    for part in block.strip().split("\n\n"):
        title, commands = part.split("\n", 1)
        yield title.removeprefix("# "), commands


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=pathlib.Path, required=True)
    program = parser.parse_args().filrouge.resolve()
    failed = 0
    with tempfile.TemporaryDirectory() as base:
        (pathlib.Path(base) / "bin").mkdir()
        (pathlib.Path(base) / "bin/filrouge").symlink_to(program)
        environment = {**os.environ, "PATH": f"{base}/bin:{os.environ['PATH']}", "NO_COLOR": "1"}

        def do(*words, **more):
            return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, **more)

        assert do("filrouge", "new", "late", "--example", "flights", cwd=base).returncode == 0
        late = pathlib.Path(base) / "late"
        thread = (late / "thread.yaml").read_text()
        (late / "thread.yaml").write_text(thread[:thread.index("  - learn: late")])
        done = do("filrouge", "run", cwd=late)
        assert done.returncode == 0, done.stderr
        before = do("filrouge", *ASK, cwd=late).stdout
        number = 0
        for number, (title, commands) in enumerate(sections(), 1):
            said = do("bash", "-c", commands, cwd=late)
            problems = []
            if SAYS.get(title, "") not in said.stdout + said.stderr:
                problems.append(f"did not say {SAYS[title]!r}")
            if do("filrouge", "verify", cwd=late).returncode != 0:
                problems.append("verify finds something")
            after = do("filrouge", "run", cwd=late)
            if after.returncode != 0 or "nothing to do" not in after.stderr:
                problems.append(f"run has something to do: {after.stderr}")
            if do("filrouge", *ASK, cwd=late).stdout != before:
                problems.append("another table than before")
            if os.listdir(late / ".filrouge/tmp"):
                problems.append("something is left in tmp/")
            if problems:
                failed += 1
                print(f"FAILED {title}: {'; '.join(problems)}\n{said.stdout}{said.stderr}")
        if set(SAYS) - {title for title, _ in sections()}:
            failed += 1
            print(f"FAILED: sections that the page does not have: {set(SAYS) - {title for title, _ in sections()}}")
    print(f"{number} ways to break it, {failed} failed")
    return 1 if failed or number < 10 else 0


sys.exit(main())
