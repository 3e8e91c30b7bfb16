#!/usr/bin/env python3
"""tidy.py [FILE.cpp ...]: clang-tidy with the checks of .clang-tidy over all of src/, or over the files named.

A file that was clean is not looked at again until it, a header of ours that it includes, or the checks change: what is clean is
remembered, by a hash of all that, in ~/.cache/filrouge-tidy. gcc's precompiled header is not for clang, so there is a build folder of
its own, with the same header precompiled by clang: it halves the time. Exit code: 0 clean, 1 not, 5 no clang.
"""
import concurrent.futures
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PCH = ROOT / "build/tidy/clang.pch"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "filrouge-tidy"
NOISE = re.compile(r"^(\d+ warnings?( and \d+ errors?)? generated|Suppressed|Use -header)")


def newest(program: str) -> str:
    """The newest version that is there: clang-tidy-14, as Debian calls it."""
    found = [name for name in (f"{program}-{number}" for number in range(30, 13, -1)) if shutil.which(name)]
    if not found:
        print("tidy: run tools/setup.sh --checks", file=sys.stderr)
        sys.exit(5)
    return found[0]


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


def key_of(file: Path, checks: bytes) -> str:
    digest = hashlib.sha256(checks)
    for part in [file, *sorted(headers_of(file))]:
        digest.update(str(part.relative_to(ROOT)).encode() + b"\0" + part.read_bytes() + b"\0")
    return digest.hexdigest()


def look_at(file: Path, key: str, tidy: str) -> bool:
    command = [tidy, "-p", ROOT / "build/tidy", "--quiet", "--warnings-as-errors=*", "--extra-arg=-include-pch", f"--extra-arg={PCH}",
               "--extra-arg=-Wno-unknown-warning-option", file]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = "\n".join(line for line in done.stdout.splitlines() if line and not NOISE.match(line))
    if said:
        print(said, flush=True)
    if done.returncode == 0:
        (CACHE / key).touch()
    return done.returncode == 0


def main() -> int:
    clang, tidy = newest("clang++"), newest("clang-tidy")
    version = subprocess.run([tidy, "--version"], capture_output=True, check=True).stdout
    checks = version + (ROOT / ".clang-tidy").read_bytes() + (ROOT / "src/base/pch.h").read_bytes()
    files = [Path(name).resolve() for name in sys.argv[1:]] or sorted((ROOT / "src").rglob("*.cpp"))
    CACHE.mkdir(parents=True, exist_ok=True)
    keys = {file: key_of(file, checks) for file in files}
    changed = [file for file in files if not (CACHE / keys[file]).exists()]
    if changed:
        subprocess.run(["cmake", "--preset", "tidy", "--log-level=WARNING"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([clang, "-std=c++20", "-O0", "-x", "c++-header", ROOT / "src/base/pch.h", "-o", PCH], check=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        clean = list(pool.map(lambda file: look_at(file, keys[file], tidy), changed))
    print(f"tidy: {len(files) - clean.count(False)} of {len(files)} files are clean, {len(changed)} were looked at")
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main())
