#!/usr/bin/env python3
"""Heavy threads in a container that is too small for them: each finishes or fails in words, and the kernel ends nothing.

A case is NAME of CASES: a step (or a command) that would need several times the 500 MB of `--memory`, alone in a cgroup of
600 MB without swap. It passes when it finishes with as many rows as it should have, or when it fails with an exit code and an error
that says that memory is short; where the kernel killed a process that must be said too. After it `verify` finds nothing, nothing is
left in tmp/ and no process, and a small step runs. The tables are made once, with SQL's range(), before the first case.

Needs the right to make cgroups (version 1 or 2) and 3 GB of disk; else it is skipped.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

import cases
import tiny

SCALE = 1 if "--all" in sys.argv or "--replay" in sys.argv else 5  # a sample takes a fifth of the rows and two fifths of the memory
LIMIT_MB = 500 if SCALE == 1 else 200
MEMORY, CGROUP = f"{LIMIT_MB}MB", (LIMIT_MB + 100) << 20
ROWS, WIDE, SMALL = 12_000_000 // SCALE, 4_000_000 // SCALE, 1_000_000 // SCALE
BIG = (f"SELECT range AS id, (range * 2654435761 % 4999999)::BIGINT AS k, (range * 7919 % 1000003) / 1000.0::DOUBLE AS x, "
       f"md5(range::VARCHAR) AS name, 'kind ' || (range * 31 % 50) AS kind FROM range({ROWS})")
WIDE_COLUMNS = ", ".join(f"((range * {7919 + 2 * c} + {c}) % 10007) / {10 + c}.0::DOUBLE AS c{c}" for c in range(20))
WIDE_SQL = (f"SELECT range AS id, {WIDE_COLUMNS}, (range * 48271 % 65521) % 100 + (range * 7919 % 10007) / 100.0::DOUBLE AS y, "
            f"'group ' || (range * 17 % 200) AS g FROM range({WIDE})")
PIVOT = ", ".join(f"sum(x) FILTER (WHERE k % 400 = {i}) AS p{i}" for i in range(400))

# NAME: (what the step is, as YAML, for how many rows of its table; or a command's words, and None)
CASES = {
    "sort_numbers": ("sql: out\nquery: SELECT * FROM big ORDER BY x, k, id", ROWS),
    "sort_texts": ("sql: out\nquery: SELECT name, id FROM big ORDER BY name", ROWS),
    "join_by_key": ("sql: out\nquery: SELECT a.id, a.name, b.name AS other FROM big a JOIN big b ON a.k = b.id ORDER BY a.id", ROWS),
    "join_many": ("sql: out\nquery: SELECT a.kind, count(*) AS n FROM big a JOIN big b USING (k) GROUP BY ALL ORDER BY ALL", 50),
    "join_texts": ("sql: out\nquery: SELECT count(*) AS n FROM big a JOIN big b USING (name)", 1),
    "group_by_text": ("sql: out\nquery: SELECT name, count(*) AS n, sum(x) AS x FROM big GROUP BY name", ROWS),
    "distinct": ("sql: out\nquery: SELECT DISTINCT name, x, kind FROM big", ROWS),
    "window": ("sql: out\nquery: SELECT id, row_number() OVER (PARTITION BY kind ORDER BY x, id) AS place, "
               "sum(x) OVER (PARTITION BY k ORDER BY id) AS so_far FROM big", ROWS),
    "string_agg_by_kind": ("sql: out\nquery: SELECT kind, string_agg(name, ',' ORDER BY id) AS names FROM big GROUP BY kind", 50),
    "string_agg_of_all": ("sql: out\nquery: SELECT length(string_agg(name, ',' ORDER BY name)) AS n FROM big", 1),
    "list_of_all": ("sql: out\nquery: SELECT k % 3 AS g, list(name ORDER BY id) AS names FROM big GROUP BY ALL", 3),
    "pivot_wide": (f"sql: out\nquery: SELECT id % 30000 AS r, {PIVOT} FROM big GROUP BY ALL ORDER BY ALL", 30000),
    "quantiles": ("sql: out\nquery: SELECT kind, median(x) AS m, mode(name) AS o, count(DISTINCT name) AS d FROM big GROUP BY ALL", 50),
    "longer": ("sql: out\nquery: SELECT id, unnest(range(2)) AS n, name || name AS name FROM big ORDER BY name, n", 2 * ROWS),
    "read_csv": ("read: out\nfrom: big.csv", 2 * SMALL),
    "read_one_line": ("read: out\nfrom: line.csv", None),
    "read_packed": ("read: out\nfrom: packed.csv.gz", None),
    "check": ("check: big\nexpect:\n  - unique: [name]\n  - refers: {k: big.id}", None),
    "learn_boosting": ("learn: out\nfrom: wide\npredict: y\nignore: [id]\nmethod: boosting\nbudget: quick", None),
    "learn_linear": ("learn: out\nfrom: wide\npredict: y\nignore: [id]\nmethod: linear\nbudget: quick", None),
    "learn_texts": ("learn: out\nfrom: big\npredict: x\nmethod: boosting\nbudget: quick", None),
    "learn_clusters": ("learn: out\nfrom: wide\nignore: [id, y]\ntask: cluster\nk: 5", None),
    "score": ("score: out\nfrom: wide\nmodel: small", WIDE),
    "chart": ("chart: out\nquery: SELECT id, x, kind FROM big WHERE id < 1500000\nmark: point\nx: id\ny: x\ncolor: kind\nmax_rows: 2000000", None),
    "together": ("sql: out\nquery: SELECT * FROM big ORDER BY x, k, id\n---\nsql: out2\nquery: SELECT DISTINCT name, x FROM big\n---\n"
                 "sql: out3\nquery: SELECT id, sum(x) OVER (PARTITION BY k ORDER BY id) AS s FROM big\n---\n"
                 "learn: out4\nfrom: wide\npredict: y\nignore: [id]\nmethod: linear\nbudget: quick", None),
    "look": (["look", "big"], None),
    "ask": (["ask", "SELECT name, list(id) FROM big GROUP BY ALL ORDER BY name", "--limit", "5"], None),
    "diff": (["diff", "big", "wide"], None),
}
SAID = ("FR0314", "FR0522", "FR0701", "FR0809", "out of memory")  # memory is short, in words


class Cgroup:
    """A cgroup of CGROUP bytes without swap; version 1 or 2, whichever counts memory here."""

    def __init__(self):
        name = f"filrouge-trust-{os.getpid()}"
        one, two = pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup")
        self.is_one = (one / "memory.limit_in_bytes").exists()
        self.folder = (one if self.is_one else two) / name
        try:
            if not self.is_one and "memory" not in (two / "cgroup.subtree_control").read_text().split():
                (two / "cgroup.subtree_control").write_text("+memory")
            self.folder.mkdir()
            for file in ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] if self.is_one else ["memory.max"]:
                if (self.folder / file).exists():
                    (self.folder / file).write_text(str(CGROUP))
            if not self.is_one and (self.folder / "memory.swap.max").exists():
                (self.folder / "memory.swap.max").write_text("0")
        except OSError as error:
            cases.skip(f"no cgroup for memory can be made: {error}")

    def enter(self):
        """In the child, before it becomes the program."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def processes(self):
        return (self.folder / "cgroup.procs").read_text().split()

    def kills(self):
        """How many processes the kernel ended here so far."""
        text = (self.folder / ("memory.oom_control" if self.is_one else "memory.events")).read_text()
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith("oom_kill ")))

    def close(self):
        for _ in range(200):
            try:
                return self.folder.rmdir()
            except OSError:  # its last process is only just going
                time.sleep(0.1)


class Threads:
    def __init__(self, program, base, names):
        self.base, self.cgroup = base, Cgroup()
        self.made = self.make(program, names)

    def make(self, program, names):
        """A store with the tables that the cases stand on: made by filrouge, with all the memory there is."""
        ours = tiny.Tiny(self.base / "made", program)
        (ours.folder / "scratch").mkdir(parents=True)
        self.inputs(ours.folder, names)
        (ours.folder / "thread.yaml").write_text(thread([]))
        uses = " ".join(str(CASES[name][0]) for name in names)
        wanted = ["rows"] + [table for table in ("big", "wide", "small") if table in uses or table == "small" and "score" in names]
        ours.must("run", "--quiet", *["+" + table for table in wanted], seconds=1200)
        return ours

    def inputs(self, folder, names):
        if "read_csv" in names:
            with open(folder / "big.csv", "w") as file:
                file.write("a,b,c,d\n")
                block = "".join(f"{i},{i * 7919 % 10007},text {i * 31},{'long ' * 60}\n" for i in range(10_000))
                for _ in range(2 * SMALL // 10_000):
                    file.write(block)
        if "read_one_line" in names:
            with open(folder / "line.csv", "w") as file:
                file.write("a,b\n1,")
                for _ in range(900 // SCALE):
                    file.write("x" * (1 << 20))
        if "read_packed" in names:  # 4 GB of one value, in 4 MB
            with open(folder / "packed.csv.gz", "wb") as file:
                writer = f"import sys\nsys.stdout.write('a,b\\n1,')\nfor _ in range({4000 // SCALE}): sys.stdout.write('y' * (1 << 20))"
                subprocess.run(f"{sys.executable} -c \"{writer}\" | gzip -1", shell=True, stdout=file, check=True)

    def copy(self, folder):
        """Versions never change, so their files are shared by links."""
        shutil.copytree(self.made.folder, folder, symlinks=True,
                        copy_function=lambda a, b: os.link(a, b) if a.endswith((".parquet", ".csv", ".gz")) else shutil.copy2(a, b))
        return tiny.Tiny(folder, self.made.program)

    def check(self, case, _):
        what, rows = CASES[case]
        with tempfile.TemporaryDirectory(dir=self.base) as folder:
            ours = self.copy(pathlib.Path(folder) / "case")
            before = self.cgroup.kills()
            command = what if isinstance(what, list) else ["run", "out", "out2", "out3", "out4"] if "---" in what else ["run", name_of(what)]
            (ours.folder / "thread.yaml").write_text(thread([] if isinstance(what, list) else what.split("\n---\n")))
            started = time.monotonic()
            done = self.run(ours, *command)
            seconds, killed = time.monotonic() - started, self.cgroup.kills() - before
            problem = self.judge(ours, done, rows, killed) or self.afterwards(ours)
            if problem:
                return f"{problem}; {killed} killed by the kernel; {seconds:.0f} s; it said: {done.stderr[-1200:]}"
            print(f"  {case}: exit {done.returncode}, {seconds:.0f} s, {killed} killed by the kernel"
                  + (f", {error_line(done)}" if done.returncode else ""), flush=True)
            if done.returncode == 0:
                return "class: finished"
            return "class: failed, and said that memory is short" + (", as the kernel ended a worker" if killed else "")

    def run(self, ours, *words):
        return subprocess.run([ours.program, *words, "--memory", MEMORY], cwd=ours.folder, env=ours.environment(), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=900, errors="replace",
                              preexec_fn=self.cgroup.enter)

    def judge(self, ours, done, rows, killed):
        if done.returncode < 0:
            return f"filrouge itself was ended by signal {-done.returncode}"
        if done.returncode == 0:
            if killed:
                return "a process was killed, and nobody says so"
            if rows is not None:
                found = int(json.loads(ours.must("ask", "SELECT count(*) FROM out", "--json").stdout)["rows"][0][0])
                return None if found == rows else f"{found} rows, {rows} were due"
            return None
        if not any(word in done.stderr for word in SAID):
            return f"exit {done.returncode}, and it does not say that memory is short"
        return None

    def afterwards(self, ours):
        if self.cgroup.processes():
            return f"processes are left: {self.cgroup.processes()}"
        if left := [str(path) for path in (ours.folder / "scratch").iterdir()]:
            return f"left in the folder for what does not fit into memory: {left}"
        found = json.loads(ours.must("verify", "--json", seconds=600).stdout)["findings"]
        if found:
            return f"verify finds {found}"
        small = self.run(ours, "run", "rows", "--again")
        if small.returncode != 0:
            return f"afterwards a small step fails: {small.stderr[-300:]}"
        left = [str(path) for path in (ours.store / "tmp").glob("*")]
        return f"left in tmp/: {left}" if left else None


def name_of(step):
    return step.split("\n")[0].split(": ")[1]


def error_line(done):
    return next((line for line in done.stderr.splitlines() if any(word in line for word in SAID)), "")[:160]


def thread(steps):
    given = [f"sql: rows\nquery: SELECT range AS a FROM range(10)", f"sql: big\nquery: {BIG}", f"sql: wide\nquery: {WIDE_SQL}",
             "sql: few\nquery: SELECT * FROM wide WHERE id < 20000",
             "learn: small\nfrom: few\npredict: y\nignore: [id]\nmethod: boosting\nbudget: quick"]
    return "thread: memory\nsteps:\n" + "".join(
        "  - " + textwrap.indent(step, "    ").lstrip() + "\n" for step in given + list(steps))


def main():
    arguments = cases.parse(__doc__, 2)
    with tempfile.TemporaryDirectory(prefix="trust-memory-") as base:  # on a disk: what lies in memory counts
        names = [arguments.replay] if arguments.replay else list(CASES) if arguments.all else cases.spread(list(CASES), arguments.sample)
        threads = Threads(arguments.filrouge, pathlib.Path(base), names)
        try:
            return cases.run_cases(arguments, list(CASES), threads.check)
        finally:
            threads.cgroup.close()


if __name__ == "__main__":
    sys.exit(main())
