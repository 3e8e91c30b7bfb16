#!/usr/bin/env python3
"""Feeds mutated bytes to the readers of thread.yaml, the workers' protocol, model files and the catalog (libFuzzer).

  tests/fuzz/fuzz.py [--seconds 600] [--only TARGET]

Builds the preset `fuzz` (clang 14 and libclang-rt-14-dev), makes seeds from the examples and from runs of golden threads, lets every
target run for that long, and keeps what it learned, minimised, in build/fuzz/corpus/TARGET. Exit code 1 when a target crashed, hung or
leaked; the input is then in build/fuzz/crashes, and one command shows it again.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/fuzz"
TARGETS = ["thread", "protocol", "model", "catalog"]


def build():
    subprocess.run(["cmake", "--preset", "fuzz", "--log-level=WARNING"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, *[f"fuzz_{name}" for name in TARGETS]], check=True)


def stores(filrouge: Path, work: Path) -> list[Path]:
    """Stores of golden threads that any machine can run."""
    made = []
    for case in ("learn", "clusters", "anomaly", "reuse", "expectations"):
        folder = work / case
        shutil.copytree(ROOT / "tests/threads" / case, folder)
        if (folder / "thread.yaml").exists():
            subprocess.run([filrouge, "run", "--quiet"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if (folder / ".filrouge").exists():
            made.append(folder / ".filrouge")
    return made


def seeds(filrouge: Path, corpus: Path):
    for name in TARGETS:
        (corpus / name).mkdir(parents=True, exist_ok=True)

    def add(target: str, name: str, data: bytes):
        if len(data) < 1_000_000:
            (corpus / target / name.replace("/", "_")).write_bytes(data)

    for path in [*ROOT.glob("examples/*/thread.yaml"), *ROOT.glob("tests/threads/**/*.yaml"), *ROOT.glob("bench/**/*.yaml")]:
        add("thread", str(path.relative_to(ROOT)), path.read_bytes())
    with tempfile.TemporaryDirectory() as work:
        for store in stores(filrouge, Path(work)):
            label = store.parent.name
            add("catalog", label, (store / "catalog.db").read_bytes())
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


def run(name: str, seconds: int, corpus: Path) -> bool:
    crashes = BUILD / "crashes"
    crashes.mkdir(exist_ok=True)
    program = BUILD / "tests" / f"fuzz_{name}"
    command = [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2000", f"-artifact_prefix={crashes}/{name}-",
               "-print_final_stats=1", "-verbosity=0", corpus / name]
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1")
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment)
    executed = next((line.split()[-1] for line in result.stderr.splitlines() if "number_of_executed_units" in line), "?")
    print(f"{name:9} {executed} inputs in {seconds} s: {'ok' if result.returncode == 0 else 'FAILED'}", flush=True)
    if result.returncode != 0:
        print("\n".join(result.stderr.splitlines()[-40:]))
        print(f"  replay: {program} {crashes}/{name}-*")
        return False
    small = corpus.parent / "minimised" / name
    small.mkdir(parents=True, exist_ok=True)
    subprocess.run([program, "-merge=1", small, corpus / name], capture_output=True, env=environment)
    shutil.rmtree(corpus / name)
    small.rename(corpus / name)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--only", choices=TARGETS)
    parser.add_argument("--filrouge", type=Path, default=ROOT / "build/dev/filrouge", help="makes the seeds")
    options = parser.parse_args()
    build()
    corpus = BUILD / "corpus"
    seeds(options.filrouge.resolve(), corpus)
    results = [run(name, options.seconds, corpus) for name in TARGETS if options.only in (None, name)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
