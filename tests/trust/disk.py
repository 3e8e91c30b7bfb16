#!/usr/bin/env python3
"""A run that will not fit says so before it starts, on a disk of 1.2 MB. And gc works where only 200 kB are left.

Needs the right to mount; else it is skipped. Seen to fail without say_if_it_will_not_fit() in commands/run.cpp.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import cases
import tiny
from errors import can_mount


def check(program, folder):
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", disk], check=True)
    try:
        ours = tiny.Tiny(folder / "case", program).write(1)
        store = str(disk / "store")
        fits = ours.run("run", "trips", "long", "--store", store)
        assert fits.returncode == 0 and "this run writes about" not in fits.stderr, fits.stderr
        ours.write(2).must("run", "trips", "long", "--store", store)
        (ours.folder / "trips.csv").write_text(tiny.rows(3, 90_000))
        large = ours.run("run", "trips", "--store", store, "--json")
        large = ours.run("run", "trips", "--store", store)
        first = large.stderr.splitlines()[0]
        assert "this run writes about" in first and "gc --dry-run" in first, large.stderr
        # All but full: gc still works, and gives something back.
        try:
            with open(disk / "ballast", "wb", buffering=0) as ballast:
                while ballast.write(bytes(4096)):
                    pass
        except OSError:
            pass
        os.truncate(disk / "ballast", (disk / "ballast").stat().st_size - 200_000)
        freed = ours.run("gc", "--keep", "1", "--store", store)
        assert freed.returncode == 0 and "removed" in freed.stderr, freed.stderr + freed.stdout
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filrouge", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    if not can_mount():
        cases.skip("no right to mount a small disk")
    with tempfile.TemporaryDirectory() as folder:
        check(arguments.filrouge.resolve(), pathlib.Path(folder))
    print("says so, and gc makes room")
    return 0


if __name__ == "__main__":
    sys.exit(main())
