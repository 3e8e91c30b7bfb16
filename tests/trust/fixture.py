#!/usr/bin/env python3
"""Stores of every format there was, opened by today's program.

tests/trust/fixtures/NAME.tar.xz holds a thread of three steps with its store. The test unpacks each and looks, as a reader
first: the rows, the history and what is current are what they were; `verify` finds nothing; then a run completes, and
`verify` finds nothing again. `--make NAME` makes one with the given program: do that whenever the format changes, before the change.

Seen to fail without write_missing_records() in Store::open(), and without the views in Catalog::upgrade().
"""
import argparse
import io
import json
import pathlib
import sys
import tarfile
import tempfile

import tiny

HERE = pathlib.Path(__file__).parent / "fixtures"
THREAD = """\
thread: fixture
steps:
  - read: trips
    from: trips.csv
  - sql: long
    query: SELECT id, km FROM trips WHERE km > 3 ORDER BY id
  - check: long
    expect:
      - unique: [id]
"""
ROWS = "id,km,note\n1,2,a\n2,5,b\n3,9,c\nx\n"


def make(program, name):
    with tempfile.TemporaryDirectory() as base:
        ours = tiny.Tiny(pathlib.Path(base) / "case", program)
        ours.folder.mkdir()
        (ours.folder / "trips.csv").write_text(ROWS)
        (ours.folder / "thread.yaml").write_text(THREAD)
        ours.must("run", "--quiet")
        (ours.folder / "trips.csv").write_text(ROWS.replace("9", "8"))
        ours.must("run", "--quiet")
        for left in ("cache.db", "lock"):
            (ours.store / left).unlink()
        HERE.mkdir(exist_ok=True)
        with tarfile.open(HERE / f"{name}.tar.xz", "w:xz") as tar:
            for path in sorted(ours.folder.rglob("*")):
                if path.is_file() and "scratch" not in path.parts:
                    entry = tarfile.TarInfo(str(path.relative_to(ours.folder)))
                    entry.size = path.stat().st_size
                    tar.addfile(entry, io.BytesIO(path.read_bytes()))
    print(f"{name}: {(HERE / (name + '.tar.xz')).stat().st_size} bytes")


def check(program, packed, folder):
    with tarfile.open(packed) as tar:
        tar.extractall(folder)
    ours = tiny.Tiny(folder, program)
    rows = json.loads(ours.must("ask", "SELECT id, km FROM long ORDER BY id", "--json").stdout)["rows"]
    assert [[str(v) for v in (r.values() if isinstance(r, dict) else r)] for r in rows] == [["2", "5"], ["3", "8"]], rows
    runs = json.loads(ours.must("history", "--json").stdout)["runs"]
    assert len(runs) == 2, runs
    assert json.loads(ours.must("verify", "--json").stdout)["findings"] == []
    current = tiny.current_keys(ours)
    ours.must("run", "trips")  # a writer brings the store to today's format
    assert json.loads(ours.must("verify", "--json").stdout)["findings"] == []
    ours.must("run", "--repair")
    assert json.loads(ours.must("verify", "--json").stdout)["findings"] == []
    assert set(current) == set(tiny.current_keys(ours)) == {"read trips", "sql long", "check long"}, current
    assert len(json.loads(ours.must("history", "--json").stdout)["runs"]) >= 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", required=True, type=pathlib.Path)
    parser.add_argument("--make", metavar="NAME")
    arguments = parser.parse_args()
    if arguments.make:
        return make(arguments.filrouge.resolve(), arguments.make)
    fixtures = sorted(HERE.glob("*.tar.xz"))
    assert fixtures, "no fixture"
    for packed in fixtures:
        with tempfile.TemporaryDirectory() as folder:
            check(arguments.filrouge.resolve(), packed, pathlib.Path(folder))
        print(f"{packed.name}: opens")
    return 0


if __name__ == "__main__":
    sys.exit(main())
