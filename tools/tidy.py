#!/usr/bin/env python3
"""tidy.py [FILE.cpp ...]: clang-tidy with the checks of .clang-tidy over all of src/, or over the files named.

A file that was found clean is not looked at again until it, a header of ours that it includes, or the checks change: tools/tidy.clean,
which is committed, has a hash of all that for each clean file, so that a fresh clone looks only at what nobody looked at. `--forget`
begins anew. gcc's precompiled header is not for clang, so there is a build folder of its own, with the same header precompiled by
clang: it halves the time. Exit code: 0 clean, 1 not, 5 no clang.
"""
import concurrent.futures
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PCH = ROOT / "build/tidy/clang.pch"
CLEAN = ROOT / "tools/tidy.clean"
VERSION = 19  # the first of Debian 12 that compiles all that g++ 12 does here; another one finds other things
NOISE = re.compile(r"^(\d+ warnings?( and \d+ errors?)? generated|Suppressed|Use -header)")


@functools.cache
def headers_of(file: Path) -> frozenset[Path]:
    """Our own headers that the file includes, directly or not."""
    found: set[Path] = set()
    for name in re.findall(r'^#include "([^"]+)"', file.read_text(), re.M):
        for header in (ROOT / "src" / name, file.parent / name):
            if header.is_file():
                found |= {header} | headers_of(header)
                break
    return frozenset(found)


def key_of(file: Path) -> str:
    digest = hashlib.sha256(str(VERSION).encode())
    for part in [ROOT / ".clang-tidy", ROOT / "src/base/pch.h", file, *sorted(headers_of(file))]:
        digest.update(str(part.relative_to(ROOT)).encode() + b"\0" + part.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def look_at(file: Path) -> bool:
    command = [f"clang-tidy-{VERSION}", "-p", ROOT / "build/tidy", "--quiet", "--warnings-as-errors=*", "--extra-arg=-include-pch",
               f"--extra-arg={PCH}", "--extra-arg=-Wno-unknown-warning-option",
               "--extra-arg=-Wno-deprecated-declarations", file]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = "\n".join(line for line in done.stdout.splitlines() if line and not NOISE.match(line))
    if said:
        print(said, flush=True)
    return done.returncode == 0


def look_at_all(files: list[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file with whether it is clean, as they come."""
    if not files:
        return
    if not shutil.which(f"clang-tidy-{VERSION}") or not shutil.which(f"clang++-{VERSION}"):
        print("tidy: run tools/setup.sh --checks", file=sys.stderr)
        sys.exit(5)
    subprocess.run(["cmake", "--preset", "tidy", "--log-level=WARNING"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([f"clang++-{VERSION}", "-std=c++20", "-O0", "-x", "c++-header", ROOT / "src/base/pch.h", "-o", PCH], check=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(files, pool.map(look_at, files))


def main() -> int:
    names = [name for name in sys.argv[1:] if name != "--forget"]
    known = set() if "--forget" in sys.argv or not CLEAN.exists() else set(CLEAN.read_text().splitlines())
    everything = sorted((ROOT / "src").rglob("*.cpp"))
    lines = {file: f"{key_of(file)} {file.relative_to(ROOT)}" for file in everything}
    files = [Path(name).resolve() for name in names] or everything
    changed = [file for file in files if lines[file] not in known]
    clean = 0
    for file, is_clean in look_at_all(changed):
        clean += is_clean
        known |= {lines[file]} if is_clean else set()
        CLEAN.write_text("".join(line + "\n" for line in lines.values() if line in known))  # kept when this is interrupted
    print(f"tidy: {len(files) - len(changed) + clean} of {len(files)} files are clean, {len(changed)} were looked at")
    return 0 if clean == len(changed) else 1


if __name__ == "__main__":
    sys.exit(main())
