#!/usr/bin/env python3
"""hostile.py --filrouge BINARY [--all | --sample | --case NAME ...]: no file ends the program.

Makes damaged, enormous and endless inputs (inputs.py), lets the program `look` at each and `run` a thread that reads it, under
--memory and --step-timeout, and judges what it did:

- it ends by itself, with an exit code of its own, in time; the owner of the run does not crash;
- no process of it needs more memory than allowed;
- an error has a code, names the file, and is in words for people; a worker that crashed is a finding;
- nothing is left in the temporary folder, in the store's tmp/, or outside of the store; what could be read is all there.

--all adds what is damaged by chance (Parquet cut every 64 bytes; 300 mutations of Parquet, NDJSON, CSV, gzip) and the files of the
folders given by --more or FILROUGE_HOSTILE (parquet-testing/bad_data, arrow-testing/data/parquet/fuzzing ...) and ../shared/data/messy.
"""
import argparse
import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from inputs import LINES, MAKERS, ROWS, Case, put

ROOT = Path(__file__).resolve().parent.parent.parent
MEMORY_MB, STEP_SECONDS, PATIENCE_SECONDS = 300, 10, 90
OWNER_MB = 250  # the process that owns the store never touches data
SAMPLE = ["gzip_inside_gzip", "zip_with_climbing_paths", "zip_with_wrong_sizes", "zip_encrypted_flag", "nul_bytes", "broken_utf8", "odd_utf16",
          "json_100000_deep", "fifo", "device_zero", "link_to_itself", "links_in_a_circle", "name_with_everything", "empty_parquet", "only_a_header",
          "parquet_with_enormous_footer", "zstd_small", "yaml_aliases", "yaml_100000_deep", "yaml_query_from_a_device"]
# What a message never is: the words of a library or of the language, or a bug of ours.
RAW = re.compile(r"std::|basic_string|vector::|bad_alloc|stoull|stoi\b|terminate called|Assertion|INTERNAL Error|FR0900|FR0316|FR0321")


class Watch(threading.Thread):
    """The most memory that each process under `pid` had at one time, in MB: of the owner, and of the largest worker."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid, self.owner, self.worker, self.going = pid, 0.0, 0.0, True
        self.start()

    def run(self):
        while self.going:
            todo = [(self.pid, True)]
            while todo:
                pid, is_owner = todo.pop()
                try:
                    status = Path(f"/proc/{pid}/status").read_text()
                    for task in os.listdir(f"/proc/{pid}/task"):
                        todo += [(int(c), False) for c in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
                except OSError:
                    continue
                private = sum(int(n) for n in re.findall(r"^(?:RssAnon|RssShmem):\s+(\d+)", status, re.M)) / 1024
                if is_owner:
                    self.owner = max(self.owner, private)
                else:
                    self.worker = max(self.worker, private)
            time.sleep(0.02)


class Run:
    """One command, watched."""

    def __init__(self, filrouge: Path, words: list, folder: Path, meanwhile=None):
        temporary = folder / "temporary"
        temporary.mkdir(exist_ok=True)
        self.words, began = [str(word) for word in words], time.monotonic()
        limits = ["--memory", f"{MEMORY_MB}MB", "--step-timeout", f"{STEP_SECONDS}s", "--jobs", "1"]
        self.process = subprocess.Popen([filrouge, *self.words, *limits], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(temporary)}, start_new_session=True)
        watch, stop = Watch(self.process.pid), threading.Event()
        if meanwhile:
            threading.Thread(target=meanwhile, args=(stop,), daemon=True).start()
        self.hung = False
        try:
            out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.hung = True
            os.killpg(self.process.pid, signal.SIGKILL)
            out, err = self.process.communicate()
        stop.set()
        watch.going = False
        self.out, self.err = out.decode(errors="replace"), err.decode(errors="replace")
        self.code, self.seconds, self.owner_mb, self.worker_mb = self.process.returncode, time.monotonic() - began, watch.owner, watch.worker
        self.left = [str(path.relative_to(temporary)) for path in temporary.rglob("*")]

    def findings(self, names: str, must_fail: bool | None) -> list[str]:
        text, found = self.out + self.err, []
        if self.hung:
            return [f"did not end within {PATIENCE_SECONDS} s"]
        if self.code < 0 or self.code > 5:
            found.append(f"ended with exit code {self.code}")
        if self.worker_mb > MEMORY_MB * 1.05:
            found.append(f"a worker had {self.worker_mb:.0f} MB of {MEMORY_MB}")
        if self.owner_mb > OWNER_MB:
            found.append(f"the owner had {self.owner_mb:.0f} MB")
        if self.left:
            found.append(f"left in the temporary folder: {', '.join(self.left[:3])}")
        if must_fail is not None and must_fail != (self.code != 0):
            found.append("failed, although it can be read" if self.code else "did not fail")
        if self.code != 0:
            if not re.search(r"FR\d{4}", text):
                found.append("an error without a code")
            if names and names not in text:
                found.append(f"the message does not name `{names}`")
            if RAW.search(text):
                found.append(f"a message not for people: {RAW.search(text)[0]}")
            if "FR0701" in text:
                found.append("a worker crashed")
        return found


class Judge:
    def __init__(self, filrouge: Path, keep: bool, verbose: bool):
        self.filrouge, self.keep, self.verbose = filrouge, keep, verbose
        self.runs = self.bad = self.contained = 0
        self.slowest, self.largest = 0.0, 0.0

    def report(self, name: str, run: Run, found: list[str]):
        self.runs += 1
        self.slowest, self.largest = max(self.slowest, run.seconds), max(self.largest, run.worker_mb)
        if self.verbose or found:
            print(f"{'BAD ' if found else 'ok  '} {name:<34} {run.words[0]:<5} exit {run.code}  {run.seconds:5.1f} s  worker {run.worker_mb:4.0f} MB  "
                  f"owner {run.owner_mb:3.0f} MB", flush=True)
        if self.verbose or found:
            for line in (run.err.strip() or run.out.strip()).splitlines()[:8]:
                print("       " + line[:200])
        for what in found:
            self.bad += 1
            print(f"     - {what}")
        if found:
            print(f"       again: python3 {Path(__file__).relative_to(ROOT)} --filrouge {self.filrouge} --keep --case {name}", flush=True)

    def judge(self, name: str, make):
        folder = Path(tempfile.mkdtemp(prefix="hostile-"))
        room = folder / "one" / "two"
        room.mkdir(parents=True)
        made = make(room, random.Random(name))
        case = made if isinstance(made, Case) else Case(made)
        (folder / "thread.yaml").write_text(case.thread or f"thread: hostile\nsteps:\n  - read: rows\n    from: {json.dumps(str(case.path))}\n{case.keys}")
        names = case.says if case.says or case.thread else case.path.name.split("\n")[0].split("*")[0]
        commands = [["run"]] if case.thread or case.keys else [["look", case.path], ["run"]]
        for words in commands:
            run = Run(self.filrouge, words, folder, case.meanwhile)
            # A step that was killed for its time is named by its own line of the thread.
            found = run.findings("thread.yaml:" if "FR0702" in run.out + run.err and words[0] == "run" else names, case.must_fail)
            if words[0] == "run" and (folder / ".filrouge" / "tmp").exists() and os.listdir(folder / ".filrouge" / "tmp"):
                found.append("left in the store's tmp/")
            if words[0] == "run" and run.code == 0 and case.rows is not None:
                count = subprocess.run([self.filrouge, "ask", "--json", "SELECT (SELECT count(*) FROM rows) + (SELECT count(*) FROM rows.rejects) AS n"],
                                       cwd=folder, capture_output=True)
                if json.loads(count.stdout).get("rows") != [[case.rows]]:
                    found.append(f"kept and rejected rows are not {case.rows}")
            found += [f"wrote {path}" for path in case.files if path.exists()]
            self.report(name, run, found)
        if self.keep:
            print(f"       kept: {folder}")
        else:
            subprocess.run(["chmod", "-R", "u+rwX", folder], check=False, stderr=subprocess.DEVNULL)
            shutil.rmtree(folder, ignore_errors=True)

    def judge_many(self, name: str, files: dict[str, bytes]):
        """Many files in one thread: what the plan refuses is left out, the rest is run."""
        folder = Path(tempfile.mkdtemp(prefix="hostile-"))
        steps = {}
        for number, (file, content) in enumerate(files.items()):
            put(folder, file, content)
            steps[f"t{number}"] = file
        left_out: set[str] = set()
        for words in (["plan", "--json"], ["run", "--json"]):
            (folder / "thread.yaml").write_text("thread: many\nsteps:\n" + "".join(
                f"  - read: {step}\n    from: {json.dumps(file)}\n" for step, file in steps.items() if step not in left_out))
            if len(left_out) == len(steps):
                break
            run = Run(self.filrouge, words, folder)
            found = run.findings("", None)
            errors = {}
            try:
                for error in json.loads(run.out).get("errors", []):
                    if error["severity"] == "error":
                        errors[str(error["step"]).split(" ")[-1]] = error
            except ValueError:
                found.append("the answer is no JSON")
            for step, error in errors.items():
                if steps.get(step, "?") not in error["message"]:
                    found.append(f"the message does not name {steps.get(step)}: {error['message'][:150]}")
                if error["code"] in ("FR0701", "FR0900", "FR0316", "FR0321"):
                    found.append(f"{steps.get(step)}: {error['code']} {error['message'][:200]}")
            if run.code not in (0, 3) and not errors:
                found.append("failed without a step that did")
            left_out |= set(errors)
            self.report(name, run, [what for what in found if what != "a worker crashed"])
        if self.verbose:
            print(f"       {len(files)} files: {len(left_out)} refused, {len(files) - len(left_out)} read")
        if self.keep:
            print(f"       kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def parquet_file(filrouge: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        query = ("SELECT range AS id, 'name ' || range % 7 AS name, range / 4.0 AS price, DATE '2024-01-01' + (range % 30)::INT AS day, "
                 "[range, range + 1] AS list, {'a': range, 'b': 'x' || range} AS pair FROM range(2000)")
        subprocess.run([filrouge, "ask", query, "--parquet", path, "--quiet"], check=True, cwd=folder)
        return path.read_bytes()


def mutated(content: bytes, numbers: random.Random) -> bytes:
    """One to eight changes: a byte, a bit, a piece taken out, put in twice, or set to the same byte."""
    data = bytearray(content)
    for _ in range(numbers.randint(1, 8)):
        at, length = numbers.randrange(len(data)), numbers.randint(1, 64)
        kind = numbers.randrange(5)
        if kind == 0:
            data[at] = numbers.randrange(256)
        elif kind == 1:
            data[at] ^= 1 << numbers.randrange(8)
        elif kind == 2 and len(data) > 2 * length:
            del data[at : at + length]
        elif kind == 3:
            data[at:at] = data[at : at + length]
        else:
            data[at : at + length] = bytes([numbers.choice([0, 255, 34, 10])]) * len(data[at : at + length])
    return bytes(data)


def parquet_bomb(filrouge: Path):
    def make(folder: Path, _):
        path = folder / "bomb.parquet"
        query = "SELECT repeat('x', 100000) AS a, 0 AS b FROM range(2000000)"  # 200 GB of text behind one entry of a dictionary
        subprocess.run([filrouge, "ask", query, "--parquet", path, "--quiet"], check=True, cwd=folder)
        return path

    return make


def by_chance(filrouge: Path, how_many: int):
    """(name, files) of damage by chance, a hundred files at a time."""
    parquet, numbers = parquet_file(filrouge), random.Random(7)
    cuts = {f"cut{at}.parquet": parquet[:at] for at in range(64, len(parquet), 64)}
    kinds = {"parquet": parquet, "ndjson": LINES.encode(), "csv": ROWS.encode(), "csv.gz": gzip.compress(ROWS.encode()), "json": b"[" + LINES.replace("\n", ",").encode()[:-1] + b"]"}
    sets = {"parquet_cut": cuts}
    for suffix, content in kinds.items():
        sets[f"mutated_{suffix.replace('.', '_')}"] = {f"m{i}.{suffix}": mutated(content, numbers) for i in range(how_many)}
    for name, files in sets.items():
        items = list(files.items())
        for start in range(0, len(items), 100):
            yield f"{name}_{start}", dict(items[start : start + 100])


def files_of(folders: list[Path]):
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_file() and path.suffix not in (".md", ".gitattributes") and path.name != ".gitattributes":
                yield path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="everything, half an hour")
    parser.add_argument("--sample", action="store_true", help="a few cases, for the test suite")
    parser.add_argument("--case", nargs="*", default=[])
    parser.add_argument("--more", nargs="*", type=Path, default=[Path(p) for p in os.environ.get("FILROUGE_HOSTILE", "").split(":") if p])
    parser.add_argument("--mutations", type=int, default=300)
    parser.add_argument("--keep", action="store_true", help="leave the folders")
    parser.add_argument("--verbose", "-v", action="store_true")
    options = parser.parse_args()
    filrouge = options.filrouge.resolve()
    judge = Judge(filrouge, options.keep, options.verbose or bool(options.case))
    makers = {**MAKERS, "parquet_bomb": parquet_bomb(filrouge)}
    for name in options.case or (SAMPLE if options.sample else makers):
        if name in makers:
            judge.judge(name, makers[name])
    if options.all or options.case:
        for name, files in by_chance(filrouge, options.mutations):
            if options.all or name in options.case:
                judge.judge_many(name, files)
        given = options.more + [ROOT.parent / "shared" / "data" / "messy"]
        found = list(files_of(given))
        print(f"{len(found)} files of {', '.join(str(folder) for folder in given)}")
        for path in found:
            name = f"file:{path.name}"
            suffix = "" if path.suffix in (".csv", ".gz", ".tsv", ".parquet") else ".csv" if "csv" in path.name else ".parquet"
            if options.all or name in options.case:
                judge.judge(name, lambda folder, _, path=path, suffix=suffix: Path(shutil.copy(path, folder / (path.name + suffix))))
    print(f"{judge.runs} commands, {judge.bad} findings; the slowest took {judge.slowest:.1f} s, the largest worker had {judge.largest:.0f} MB")
    return 1 if judge.bad else 0


if __name__ == "__main__":
    sys.exit(main())
