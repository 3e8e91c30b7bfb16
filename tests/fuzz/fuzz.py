#!/usr/bin/env python3
"""Feeds mutated bytes to the readers of thread.yaml, the workers' protocol, model files, the catalog, CSV and packed files (libFuzzer).

  tests/fuzz/fuzz.py [--seconds 600] [--only TARGET] [--keep]

Builds the preset `fuzz` (clang 16 or newer: tools/setup.sh --fuzz), makes seeds from the examples and from runs of golden threads, lets
every target run for so many CPU seconds, and keeps what it learned, minimised, in build/fuzz/corpus/TARGET for the next time. Exit code
1 when a target crashed, hung, leaked or broke a promise; the input is then in build/fuzz/crashes, and the command printed shows it
again. --keep takes a small part of what was learned, spread over what the target can do, into tests/fuzz/corpus: what ctest replays.
"""
import argparse
import contextlib
import gzip
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/fuzz"
KEPT = ROOT / "tests/fuzz/corpus"
TARGETS = ["thread", "protocol", "model", "catalog", "csv", "unpack"]
LONGEST = {"thread": 2048, "csv": 600, "unpack": 2048, "protocol": 6000, "model": 6000, "catalog": 24000}  # bytes of an input
KEPT_BYTES, KEPT_FILES = 60_000, 120  # of a target's inputs in tests/fuzz/corpus


def build(targets):
    subprocess.run(["cmake", "--preset", "fuzz", "--log-level=WARNING"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "--quiet", "-C", BUILD, *[f"fuzz_{name}" for name in targets]], check=True)


def stores(filrouge: Path, work: Path):
    """Stores of golden threads that any machine can run."""
    for case in ("learn", "clusters", "anomaly", "reuse", "expectations"):
        folder = work / case
        shutil.copytree(ROOT / "tests/threads" / case, folder)
        if (folder / "thread.yaml").exists():
            subprocess.run([filrouge, "run", "--quiet"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if (folder / ".filrouge").exists():
            yield folder / ".filrouge"


def seeds_of_store(store: Path, add):
    label = store.parent.name
    small = store / "small.db"
    with contextlib.closing(sqlite3.connect(store / "catalog.db")) as catalog:
        catalog.execute("PRAGMA journal_mode = DELETE")
        catalog.execute("PRAGMA page_size = 512")  # inputs of 20 kB, not of 60
        catalog.execute(f"VACUUM INTO '{small}'")
        for (packed,) in catalog.execute("SELECT packed FROM versions"):
            add("catalog", f"{label}-{len(packed)}", packed[:-32])
    add("catalog", label, small.read_bytes())
    for path in store.rglob("receipt.json"):
        receipt = json.loads(path.read_text())
        name = f"{label}-{path.parent.name[:8]}-{path.parent.parent.name}"
        add("protocol", name, b"\1" + path.read_bytes())
        add("protocol", name + "-result", b"\0" + json.dumps({"tables": receipt.get("tables", []), "summary": ""}).encode())
    for path in [*store.rglob("member-*"), *store.rglob("model.json")]:
        for kind in range(6):
            text = path.read_bytes()
            if path.name == "model.json":
                text = json.dumps(json.loads(text).get("features", {})).encode()
            add("model", f"{label}-{path.name}-{kind}", bytes([kind]) + text)


def seeds_of_tables(add):
    """CSV of several shapes; the same packed in every way."""
    texts = [b"a,b,c\n1,2,x\n3,4,y\n", b"a;b\r\n\"1;2\";3\r\n\"x\ny\";4\r\n", b"a\tb\n1\t\\\"2\n", b"title\n\nid,day\n1,2024-01-02\n2,\n",
             b"'a'|'b''c'\n'1'|'2'\n", "ä,ö\n1,€\n".encode(), b"a,b\n\"1,2\n3,4\n\"5\",6\n", b"x\n1\n\n2\n"]
    for number, text in enumerate(texts):
        add("csv", f"csv-{number}", bytes([number * 37 % 256]) + text)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED) as file:
            file.writestr("data.csv", text * 3)
            file.writestr("folder/more.csv", text)
        for kind, data in enumerate([text, b"\xef\xbb\xbf" + text, gzip.compress(text * 5), gzip.compress(text) + gzip.compress(text),
                                     packed.getvalue(), b"\xff\xfe" + text.decode(errors="replace").encode("utf-16-le")]):
            add("unpack", f"packed-{number}-{kind}", bytes([number]) + data)
        if shutil.which("zstd"):
            add("unpack", f"zstd-{number}", b"\0" + subprocess.run(["zstd", "-c"], input=text * 5, capture_output=True).stdout)


def seeds(filrouge: Path, corpus: Path):
    def add(target: str, name: str, data: bytes):
        if len(data) < 200_000:
            (corpus / target / name.replace("/", "_")).write_bytes(data)

    for name in TARGETS:
        (corpus / name).mkdir(parents=True, exist_ok=True)
        for path in (KEPT / name).glob("*"):
            add(name, path.name, path.read_bytes())
    for path in [*ROOT.glob("examples/*/thread.yaml"), *ROOT.glob("tests/threads/**/*.yaml"), *ROOT.glob("bench/**/*.yaml")]:
        add("thread", str(path.relative_to(ROOT)), path.read_bytes())
    seeds_of_tables(add)
    with tempfile.TemporaryDirectory() as work:
        for store in stores(filrouge, Path(work)):
            seeds_of_store(store, add)


def run(name: str, seconds: int, corpus: Path) -> bool:
    crashes = BUILD / "crashes"
    crashes.mkdir(exist_ok=True)
    program = BUILD / "tests/fuzz" / f"fuzz_{name}"
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1:handle_sigill=1")
    used, executed, covered = 0.0, 0, "?"
    while used < seconds:  # libFuzzer counts seconds of the clock, of which other work takes its share
        command = [program, f"-max_total_time={max(5, int(seconds - used))}", f"-max_len={LONGEST[name]}", "-timeout=60",
                   "-report_slow_units=30", "-rss_limit_mb=2000", f"-artifact_prefix={crashes}/{name}-", "-print_final_stats=1", corpus / name]
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, env=environment)
            _, status, usage = os.wait4(child.pid, 0)
            said.seek(0)
            lines = said.read().splitlines()
        used += usage.ru_utime + usage.ru_stime
        executed += sum(int(line.split()[-1]) for line in lines if "number_of_executed_units" in line)
        covered = next((line.split("cov: ")[1].split()[0] for line in reversed(lines) if "cov: " in line), covered)
        if status != 0 and not only_waited(program, lines, environment):
            break
        status = 0
    print(f"{name:9} {executed:,} inputs in {used:.0f} CPU s, {covered} places reached: {'ok' if status == 0 else 'FAILED'}", flush=True)
    if status != 0:
        print("\n".join(lines[-40:]))
        print(f"  replay: {program} {crashes}/{name}-*")
        return False
    minimise(name, program, corpus, environment)
    return True


def only_waited(program, lines, environment) -> bool:
    """libFuzzer's clock ran out because the machine did something else: the same input is done within 20 CPU seconds."""
    written = next((line.split("written to ")[1] for line in lines if "Test unit written to" in line), None)
    if not written or not any("libFuzzer: timeout" in line for line in lines):
        return False
    again = subprocess.run(["prlimit", "--cpu=20", program, "-timeout=3600", written], capture_output=True, env=environment)
    if again.returncode == 0:
        os.unlink(written)
    return again.returncode == 0


def minimise(name, program, corpus, environment):
    small = corpus.parent / "minimised" / name
    shutil.rmtree(small, ignore_errors=True)
    small.mkdir(parents=True)
    subprocess.run([program, "-merge=1", "-use_value_profile=0", small, corpus / name], capture_output=True, env=environment, check=True)
    shutil.rmtree(corpus / name)
    small.rename(corpus / name)


def keep(name: str, corpus: Path):
    """A third the smallest, the others drawn. What was put there by hand, by another name than a hash, stays."""
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("[0-9a-f]" * 40):
        old.unlink()
    files = sorted((path for path in (corpus / name).iterdir() if len(path.name) == 40), key=lambda path: (path.stat().st_size, path.name))
    rest = files[KEPT_FILES // 3:]
    random.Random(1).shuffle(rest)
    total = count = 0
    for path in files[:KEPT_FILES // 3] + rest:
        size = path.stat().st_size
        if count < KEPT_FILES and total + size <= KEPT_BYTES and size <= KEPT_BYTES // 3:
            total, count = total + size, count + 1
            shutil.copyfile(path, folder / path.name)
    print(f"{name:9} {len(list(folder.iterdir()))} inputs, {total} bytes in {folder.relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600, help="CPU seconds of each target")
    parser.add_argument("--only", choices=TARGETS)
    parser.add_argument("--filrouge", type=Path, default=ROOT / "build/dev/filrouge", help="makes the seeds")
    parser.add_argument("--keep", action="store_true", help="takes some of what was learned into tests/fuzz/corpus")
    options = parser.parse_args()
    targets = [options.only] if options.only else TARGETS
    build(targets)
    corpus = BUILD / "corpus"
    seeds(options.filrouge.resolve(), corpus)
    results = [run(name, options.seconds, corpus) for name in targets]
    if options.keep:
        for name in targets:
            keep(name, corpus)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
