"""A tiny thread of six steps, stores of it at different stages, and an account of a store that asks filrouge nothing.

The account (`Truth.complaints`) reads files and the catalog with Python alone: every version's folder must hold exactly the
bytes that an undisturbed run made for that key, every name in the catalog must point to such a folder.
"""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

STEPS = ["trips", "long", "by_kind", "late", "scored"]  # names; the check stands on `long`
LABELS = ["read trips", "sql long", "check long", "chart by_kind", "learn late", "score scored"]
THREAD = """\
thread: tiny
steps:
  - read: trips
    from: trips.csv
  - sql: {long}
    query: SELECT id, day, km, kind, minutes, minutes > 50 AS is_long, epoch(day::TIMESTAMPTZ) AS midnight FROM trips WHERE km > 3 ORDER BY id
  - check: {long}
    expect:
      - unique: [id]
  - chart: by_kind
    query: SELECT kind, avg(minutes) AS minutes FROM {long} GROUP BY ALL ORDER BY ALL
    mark: bar
    x: kind
    y: minutes
  - learn: late
    from: {long}
    predict: minutes
    method: linear
    ignore: [id, is_long, midnight]
  - score: scored
    from: {long}
    model: late
"""


def rows(seed, count=120):
    """A small table, the same for the same seed; its last row cannot be read."""
    state, lines = seed, ["id,day,km,kind,minutes"]
    for i in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        km = state // 65536 % 50 + 1
        kind = "abc"[state // 256 % 3]
        lines.append(f"{i},2024-01-{i % 28 + 1:02d},{km},{kind},{km * 2 + state // 4096 % 10 + 5 * (kind == 'a')}")
    return "\n".join(lines) + f"\n{count},2024-02-01,7\n"


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Tiny:
    """One folder with the thread and its store."""

    def __init__(self, folder, program):
        self.folder, self.program = pathlib.Path(folder), str(program)
        self.store = self.folder / ".filrouge"

    def write(self, seed, names=("long",)):
        (self.folder / "scratch").mkdir(parents=True, exist_ok=True)
        (self.folder / "trips.csv").write_text(rows(seed))
        (self.folder / "thread.yaml").write_text(THREAD.format(long=names[0]))
        return self

    def command(self, *words):
        return [self.program, *words]

    def environment(self, **more):
        return {**os.environ, "NO_COLOR": "1", "TMPDIR": str(self.folder / "scratch"), **more}

    def run(self, *words, before=(), seconds=120, **more):
        (self.folder / "scratch").mkdir(exist_ok=True)
        return subprocess.run([*before, *self.command(*words)], cwd=self.folder, env=self.environment(**more), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds, errors="replace")

    def must(self, *words, **more):
        done = self.run(*words, **more)
        if done.returncode != 0:
            raise Failure(f"`filrouge {' '.join(words)}` ended with {done.returncode}: {done.stderr[-2000:]}")
        return done

    def copy(self, to):
        to = pathlib.Path(to)
        if to.exists():
            shutil.rmtree(to)
        shutil.copytree(self.folder, to, symlinks=True)
        return Tiny(to, self.program)


class Failure(Exception):
    pass


# Fields of a receipt that are the same whenever the same key is built.
FIXED = ("verb", "name", "key", "passed", "summary", "file_hashes", "publish")


def facts_of(receipt):
    facts = {field: receipt[field] for field in FIXED}
    facts["tables"] = [{k: t[k] for k in ("name", "files", "rows", "schema", "column_hashes")} for t in receipt["tables"]]
    return facts


class Truth:
    """What undisturbed runs made: for each version's folder its files by hash and its receipt's facts."""

    def __init__(self):
        self.versions, self.published = {}, {}

    def learn(self, tiny):
        for receipt in tiny.store.glob("*/*/*/receipt.json"):
            folder = receipt.parent
            files = {str(p.relative_to(folder)): sha(p) for p in folder.rglob("*") if p.is_file() and p != receipt}
            self.versions[str(folder.relative_to(tiny.store))] = (files, facts_of(json.loads(receipt.read_text())))
        for path in tiny.folder.glob("charts/*"):
            self.published.setdefault(path.name, set()).add(sha(path))
        return self

    def complaints(self, tiny):
        """What is wrong with the store, in words; an empty list when every version is whole and every name points to one."""
        found = []
        store = tiny.store
        for folder in [*store.glob("tables/*/*"), *store.glob("charts/*/*")]:
            found += self.version_complaints(store, folder)
        found += self.catalog_complaints(store)
        for path in tiny.folder.glob("charts/*"):
            if path.suffix in (".svg", ".json") and sha(path) not in self.published.get(path.name, ()):
                found.append(f"{path.relative_to(tiny.folder)} is half written")
        return found

    def version_complaints(self, store, folder):
        name = str(folder.relative_to(store))
        if name not in self.versions:
            return [f"{name}: no run makes this version"]
        files, facts = self.versions[name]
        found = []
        try:
            if facts_of(json.loads((folder / "receipt.json").read_text())) != facts:
                found.append(f"{name}: the receipt says something else")
        except (OSError, ValueError, KeyError) as error:
            found.append(f"{name}: receipt {error!r}")
        there = {str(p.relative_to(folder)): sha(p) for p in folder.rglob("*") if p.is_file() and p.name != "receipt.json"}
        if there != files:
            found.append(f"{name}: files differ: {sorted(set(there.items()) ^ set(files.items()))}")
        return found

    def catalog_complaints(self, store):
        if not (store / "catalog.db").exists():
            return []
        try:
            with open_catalog(store) as catalog:
                if not catalog.execute("SELECT 1 FROM sqlite_schema").fetchall():
                    return []
                folders = [row[0] for row in catalog.execute("SELECT folder FROM versions")]
                dangling = catalog.execute(
                    "SELECT verb, name FROM current WHERE version_id NOT IN (SELECT id FROM versions)").fetchall()
        except sqlite3.DatabaseError as error:
            return [f"catalog: {error}"]
        found = [f"catalog: {folder} is not there" for folder in folders if not (store / folder / "receipt.json").exists()]
        return found + [f"catalog: current {verb} {name} points to nothing" for verb, name in dangling]


class open_catalog:
    """A copy is opened, so that reading leaves no trace in the store."""

    def __init__(self, store):
        self.folder = tempfile.TemporaryDirectory(prefix="catalog-", dir=shm())
        for suffix in ("", "-wal", "-journal"):
            if (store / f"catalog.db{suffix}").exists():
                shutil.copyfile(store / f"catalog.db{suffix}", os.path.join(self.folder.name, f"catalog.db{suffix}"))

    def __enter__(self):
        self.catalog = sqlite3.connect(os.path.join(self.folder.name, "catalog.db"))
        return self.catalog

    def __exit__(self, *_):
        self.catalog.close()
        self.folder.cleanup()


def shm():
    """A folder in memory, where there is one: fsync costs nothing there."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def current_keys(tiny):
    """{"read trips": key} by the catalog."""
    if not (tiny.store / "catalog.db").exists():
        return {}
    with open_catalog(tiny.store) as catalog:
        if not catalog.execute("SELECT 1 FROM sqlite_schema").fetchall():
            return {}
        return {f"{verb} {name}": key for verb, name, key in catalog.execute(
            "SELECT c.verb, c.name, v.key FROM current c JOIN versions v ON v.id = c.version_id")}


class Stage:
    """A prepared folder, the command that is disturbed, and what the next command must come to."""

    def __init__(self, name, tiny, command, next_command, damage=None):
        self.name, self.tiny, self.command, self.next_command = name, tiny, command, next_command
        self.damage = damage
        self.before, self.after = {}, {}


def make_stages(program, folder, truth):
    """The stages, each a folder of its own under `folder`; `truth` learns every version that can come into being."""
    folder = pathlib.Path(folder)
    empty = Tiny(folder / "empty", program).write(1)
    old = empty.copy(folder / "old")
    old.must("run", "--quiet")
    truth.learn(old)
    stages = [Stage("first", empty, ["run", "--quiet", "--jobs", "1"], ["run", "--quiet"]),
              Stage("together", empty, ["run", "--quiet", "--jobs", "2"], ["run", "--quiet"]),
              Stage("again", old, ["run", "--quiet", "--again", "--jobs", "2"], ["run", "--quiet"])]
    # From old to new, step by step: only the last step of the selection is built.
    now = old.copy(folder / "new0").write(2)
    stages.append(Stage("all", now, ["run", "--quiet", "--jobs", "2"], ["run", "--quiet"]))
    for at, name in enumerate(STEPS):
        select = ["+" + name] if name != "long" else ["long"]
        stages.append(Stage(name, now, ["run", "--quiet", "--jobs", "1", *select], ["run", "--quiet", "--jobs", "1", *select]))
        now = now.copy(folder / f"new{at + 1}")
        now.must("run", "--quiet", *select)
    truth.learn(now)
    now.must("run", "--quiet")
    renamed = now.copy(folder / "renamed").write(2, ("far",))
    stages.append(Stage("rename", renamed, ["run", "--quiet", "--jobs", "1", "far"], ["run", "--quiet", "far"]))
    also = renamed.copy(folder / "also")
    also.must("run", "--quiet", "far")
    truth.learn(also)
    stages.append(Stage("gc", also, ["gc", "--quiet", "--keep", "1"], ["gc", "--quiet", "--keep", "1"]))
    broken = now.copy(folder / "broken")
    parquet = next(broken.store.glob("tables/scored/*/data-0.parquet"))
    data = bytearray(parquet.read_bytes())
    data[20] ^= 1
    parquet.write_bytes(data)
    stages.append(Stage("repair", broken, ["verify", "--quiet", "--repair"], ["verify", "--quiet", "--repair"],
                        damage=str(parquet.parent.relative_to(broken.store))))
    stages.append(Stage("rebuild", now, ["verify", "--quiet", "--rebuild"], ["verify", "--quiet", "--rebuild"]))
    for stage in stages:
        stage.before = current_keys(stage.tiny)
        done = stage.tiny.copy(folder / "done")
        done.must(*stage.command)
        stage.after = current_keys(done)
        complaints = truth.complaints(done)
        if complaints:
            raise Failure(f"stage {stage.name}: {complaints}")
    return stages
