#!/usr/bin/env python3
"""A flipped bit, anywhere in the store: `verify` finds it, and no command gives other rows without an error.

A case is PATH:BIT, the path relative to the store. What `verify` does not find must be without meaning, which is shown for
each bit: a bit of catalog.db or cache.db from which SQLite reads no content (free and reserved bytes: everything it holds
reads the same, and its own check finds nothing) or of their -shm, which whoever opens them makes anew; the text of
`lock` and .gitignore. --sample draws bits: 50 % from versions, 30 % from the catalog, 10 % from the records
of the runs and current.json, 10 % from the cache.

Seen to fail (10 of 23 cases) without the comparison of hash_file() with the receipt in verify.cpp.
"""
import json
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile

import cases
import tiny

DATABASES = ("catalog.db", "cache.db")
QUESTION = ("SELECT (SELECT md5(string_agg(t::VARCHAR, ';' ORDER BY id)) FROM trips t), (SELECT md5(string_agg(t::VARCHAR, ';' "
            "ORDER BY id)) FROM long t), (SELECT md5(string_agg(t::VARCHAR, ';' ORDER BY id)) FROM scored t), "
            "(SELECT md5(string_agg(t::VARCHAR, ';')) FROM late.metrics t), (SELECT md5(string_agg(t::VARCHAR, ';')) FROM "
            "long.checks t), (SELECT md5(string_agg(t::VARCHAR, ';')) FROM trips.rejects t)")
COMMANDS = [["ask", QUESTION, "--json"], ["history", "--json"], ["show", "late", "--json"], ["gc", "--dry-run", "--json"]]


def content(file):
    """All that SQLite reads from the file; None when its own check finds something."""
    try:
        catalog = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            if catalog.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return None
            tables = sorted(catalog.execute("SELECT name, sql FROM sqlite_schema").fetchall(), key=str)
            said = [catalog.execute(f"PRAGMA {p}").fetchall() for p in ("application_id", "user_version", "encoding")]
            for name, sql in tables:
                if sql and sql.lstrip().upper().startswith("CREATE TABLE"):
                    said.append(catalog.execute(f'SELECT * FROM "{name}"').fetchall())
            return repr((tables, said))
        finally:
            catalog.close()
    except (sqlite3.Error, ValueError):
        return None


class Flips:
    def __init__(self, good):
        self.good = good
        self.contents = {path: content(good.store / path) for path in DATABASES}
        self.answers = [self.answer(good, command) for command in COMMANDS]
        self.current = set(tiny.current_keys(good).values())
        assert all(self.answers) and all(self.contents.values()), "the undamaged store answers"

    def answer(self, ours, command):
        """What the command said on stdout; None when it failed and said why."""
        done = ours.run(*command)
        if done.returncode == 0:
            return done.stdout
        return None if "FR" in done.stderr + done.stdout else f"exit {done.returncode} without a reason"

    def check(self, case, folder):
        path, bit = case.rsplit(":", 1)
        ours = self.good.copy(folder / "case")
        file = ours.store / path
        data = bytearray(file.read_bytes())
        data[int(bit) // 8] ^= 1 << int(bit) % 8
        file.write_bytes(data)
        said = content(file) if path in DATABASES else None  # before a command opens it
        for command, expected in zip(COMMANDS, self.answers):
            answer = self.answer(ours, command)
            if answer is not None and answer != expected:
                return f"`filrouge {command[0]}` answers otherwise, without an error: {answer[:300]}"
        done = ours.run("verify", "--json")
        if done.returncode not in (0, 1, 5) or done.returncode < 0:
            return f"verify ended with {done.returncode}: {done.stderr[:300]}"
        if done.returncode != 0:
            return self.named(path, done) or self.mended(ours, path)
        return self.without_meaning(path, said)

    def named(self, path, done):
        """The finding says which file, of which version, and what it feeds."""
        said = json.loads(done.stdout)
        if path == "catalog.db":
            return None if "catalog.db" in done.stdout else f"verify does not name the catalog: {done.stdout[:300]}"
        found = [f for f in said.get("findings", []) if f["path"] == path]
        if not found:
            return f"verify does not name {path}: {done.stdout[:300]}"
        if path.startswith(("tables/", "charts/")) and found[0]["key"] not in path:
            return "verify names another version"
        if path.startswith(("tables/trips/", "tables/long/")) and path.split("/")[2] in self.current and "score scored" not in found[0]["feeds"]:
            return f"verify does not say what it feeds: {found[0]['feeds']}"
        return None

    def mended(self, ours, path):
        if path == "catalog.db":
            ours.must("verify", "--rebuild")
        ours.must("run", "--repair", "--quiet")
        for command, expected in list(zip(COMMANDS, self.answers))[:1]:
            if self.answer(ours, command) != expected:
                return f"mended, `filrouge {command[0]}` answers otherwise"
        again = ours.run("verify", "--json")
        return f"mended, verify still finds {again.stdout[:300]}" if again.returncode else f"class: found by verify ({kind(path)})"

    def without_meaning(self, path, said):
        if path in DATABASES:
            return (f"class: {path}, SQLite reads no content from the bit" if said == self.contents[path]
                    else "verify finds nothing, and SQLite reads something else")
        if path in (".gitignore", "lock"):
            return f"class: {path}, nothing depends on it"
        if path in ("catalog.db-shm", "cache.db-shm"):
            return f"class: {path}, made anew by the first that opens the database"
        return "verify finds nothing"


def kind(path):
    return path if path.count("/") == 0 else path.split("/")[0] + "/"


def draw(good, count, seed):
    files = [p for p in good.store.rglob("*") if p.is_file() and p.stat().st_size > 0]
    groups = {"versions": [], "catalog": [], "records": [], "cache": []}
    for file in files:
        path = str(file.relative_to(good.store))
        group = {"tables": "versions", "charts": "versions", "runs": "records", "current.json": "records",
                 "catalog.db": "catalog"}.get(path.split("/")[0], "cache")
        groups[group].append((path, file.stat().st_size * 8))
    pick = random.Random(seed)
    listed = []
    for group, share in (("versions", 0.5), ("catalog", 0.3), ("records", 0.1), ("cache", 0.1)):
        for _ in range(round(count * share)):
            # Half by size, half each file alike: the small ones matter as much.
            weights = [size for _, size in groups[group]] if pick.random() < 0.5 else None
            path, size = pick.choices(groups[group], weights)[0]
            listed.append(f"{path}:{pick.randrange(size)}")
    return listed


def main():
    arguments = cases.parse(__doc__, 60)
    with tempfile.TemporaryDirectory(prefix="stages-", dir=tiny.shm()) as base:
        good = tiny.Tiny(pathlib.Path(base) / "good", arguments.filrouge).write(1)
        good.must("run", "--quiet")
        good.write(2).must("run", "--quiet")
        flips = Flips(good)
        count = 1000 if arguments.all else arguments.sample
        return cases.run_cases(arguments, draw(good, count, arguments.seed), flips.check)


if __name__ == "__main__":
    sys.exit(main())
