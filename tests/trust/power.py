#!/usr/bin/env python3
"""Power loss: what had not been synced is gone, or there, or half there.

A run is recorded by shim.c: every write, rename, link, removal and sync below the project's folder, with its bytes, and what
the program said. From the recording the disk is made as it may be found after the power went at a sync or a rename:

  drop   nothing that was not synced: files as of their last fsync, folders as of theirs
  keep   all of it
  names  the folders' entries, but files as of their last fsync (zeros where they had grown)
  data   the files' bytes, but folders as of their last fsync
  torn   any part of the entries, and of the unsynced writes any part, cut at 512 bytes

A rename is one event: it is durable with its new folder's sync. A case is STAGE:EVENT:MODE.

On each disk: every version that has its name is whole; every step that the program had reported as done is there; the next
command completes and `verify` finds nothing.

Seen to fail without `sync_path(entry.path())` in seal_files() (14 of 40 cases), and without `sync_path(final.parent_path())` in
publish_folder() (23 of 80).
"""
import json
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

import cases
import tiny
from kill import Kill

MODES = ["drop", "keep", "names", "data", "torn"]
STAGES = ["first", "together", "all", "again", "trips", "long", "by_kind", "late", "scored", "rename", "gc", "repair", "rebuild"]
BLOCK = 512


class Node:
    """A file or folder: as it is, and as it is on the disk."""

    def __init__(self, folder):
        self.entries, self.synced_entries = ({}, {}) if folder else (None, None)
        self.bytes, self.synced = bytearray(), b""
        self.pending = []  # writes since the last sync: (offset, bytes) or (size, None)
        self.moved_in = {}  # name -> (folder it came from, name there), until this folder is synced


class Disk:
    """Replays a recording, event by event."""

    def __init__(self, folder):
        self.root, self.said = self.load(folder), ""

    def load(self, path):
        node = Node(path.is_dir())
        if node.entries is not None:
            node.entries = {child.name: self.load(child) for child in path.iterdir()}
            node.synced_entries = dict(node.entries)
        else:
            node.bytes = bytearray(path.read_bytes())
            node.synced = bytes(node.bytes)
        return node

    def find(self, path):
        node = self.root
        for part in filter(None, path.split("/")):
            if node is None or node.entries is None:
                return None
            node = node.entries.get(part)
        return node

    def place(self, path):
        folder, name = os.path.split(path)
        return self.find(folder), name

    def apply(self, call, path, other, offset, data):
        if call == "s":
            self.said += data.decode(errors="replace")
        elif call in "oO":
            folder, name = self.place(path)
            if folder and name not in folder.entries:
                folder.entries[name] = Node(False)
            node = self.find(path)
            if node and call == "O" and node.bytes:
                node.bytes = bytearray()
                node.pending.append((0, None))
        elif call == "m":
            folder, name = self.place(path)
            folder.entries.setdefault(name, Node(True))
        elif call == "w":
            node = self.find(path)
            if node:
                node.bytes.extend(bytes(max(0, offset - len(node.bytes))))
                node.bytes[offset:offset + len(data)] = data
                node.pending.append((offset, data))
        elif call == "t":
            node = self.find(path)
            if node:
                node.bytes = resized(node.bytes, offset)
                node.pending.append((offset, None))
        elif call == "u":
            folder, name = self.place(path)
            if folder and folder.entries:
                folder.entries.pop(name, None)
        elif call == "l":
            folder, name = self.place(other)
            folder.entries[name] = self.find(path)
        elif call == "r":
            source, old = self.place(path)
            target, new = self.place(other)
            node = source.entries.pop(old)
            target.entries[new] = node
            target.moved_in[new] = (source, old)
        elif call == "f":
            self.sync(self.find(path))

    def sync(self, node):
        if node is None:
            return
        if node.entries is None:
            node.synced, node.pending = bytes(node.bytes), []
            return
        for name, (source, old) in node.moved_in.items():
            if source.synced_entries.get(old) is node.entries.get(name):
                source.synced_entries.pop(old, None)
        node.moved_in = {}
        node.synced_entries = dict(node.entries)

    def write(self, to, mode, chance):
        self.write_node(self.root, pathlib.Path(to), mode, chance)

    def write_node(self, node, path, mode, chance):
        if node.entries is None:
            path.write_bytes(self.content(node, mode, chance))
            return
        path.mkdir(exist_ok=True)
        for name, child in self.entries(node, mode, chance).items():
            self.write_node(child, path / name, mode, chance)

    def entries(self, node, mode, chance):
        if mode in ("keep", "names"):
            return node.entries
        if mode in ("drop", "data"):
            return node.synced_entries
        # Each change of an entry is there or not; a moved one is in one place only, which the pick at both ends decides.
        picked = {}
        for name in {**node.entries, **node.synced_entries}:
            old, new = node.synced_entries.get(name), node.entries.get(name)
            kept = new if old is new or self.is_kept(new or old, chance) else old
            if kept is not None:
                picked[name] = kept
        return picked

    def is_kept(self, node, chance):
        return chance.setdefault(("entry", id(node)), chance["random"].random() < 0.5)

    def content(self, node, mode, chance):
        if mode in ("keep", "data") or not node.pending:
            return bytes(node.bytes)
        if mode == "drop":
            return node.synced
        if mode == "names":
            return bytes(resized(bytearray(node.synced), len(node.bytes)))
        pick, content = chance["random"], bytearray(node.synced)
        for offset, data in node.pending:
            if pick.random() < 0.3:
                continue
            if data is None:
                content = resized(content, offset)
                continue
            cut = pick.randrange(0, len(data) // BLOCK + 2) * BLOCK
            data = data[:cut]
            content.extend(bytes(max(0, offset - len(content))))
            content[offset:offset + len(data)] = data
        return bytes(content)


def resized(content, size):
    return content[:size] + bytes(max(0, size - len(content)))


def read_log(path, root):
    """(call, path, other path, offset, bytes); paths relative to the root."""
    data, at, events = path.read_bytes(), 0, []
    while at < len(data):
        call = chr(data[at])
        first, second, offset, size = struct.unpack_from("<IIQQ", data, at + 1)
        at += 25
        names = data[at:at + first].decode(), data[at + first:at + first + second].decode()
        at += first + second
        content = b"" if call not in "ws" else data[at:at + size]
        at += len(content)
        events.append((call, *(name[len(root):].lstrip("/") for name in names), offset, content))
    return events


class Power(Kill):
    def __init__(self, stages, truth, shim, seed):
        super().__init__(stages, truth)
        self.shim, self.seed, self.recorded = shim, seed, {}

    def record(self, stage, folder):
        """The events of an undisturbed run, and the numbers of those at which the power may go."""
        ours = stage.tiny.copy(folder / "case")
        command = [word for word in stage.command if word != "--quiet"]
        log = folder / f"{stage.name}.log"
        ours.must(*command, TRUST_LOG=str(log), TRUST_ROOT=str(ours.folder), LD_PRELOAD=str(self.shim), FILROUGE_SANDBOX="off")  # the shim writes its log from the worker, too
        events = [e for e in read_log(log, str(ours.folder)) if not e[1].startswith("scratch/")]
        self.recorded[stage.name] = events
        return [n for n, event in enumerate(events) if event[0] in "fr"] + [len(events)]

    def check(self, case, folder):
        name, event, mode = case.split(":")
        stage = self.stages[name]
        disk = Disk(stage.tiny.folder)
        for one in self.recorded[name][:int(event)]:
            disk.apply(*one)
        disk.write(folder / "case", mode, {"random": random.Random(f"{self.seed} {case}")})
        ours = tiny.Tiny(folder / "case", stage.tiny.program)
        return self.judge(stage, ours, disk.said)

    def judge(self, stage, ours, said):
        complaints = self.disk_complaints(stage, ours) + self.lost(stage, ours, said)
        if complaints:
            return "on the disk: " + "; ".join(complaints)
        problem = self.after_the_next(stage, ours)
        return problem or "class: as it should be"

    def disk_complaints(self, stage, ours):
        """Versions are whole; names point to versions. A half-written picture beside the thread is none of the store's."""
        found = []
        for folder in [*ours.store.glob("tables/*/*"), *ours.store.glob("charts/*/*")]:
            found += self.truth.version_complaints(ours.store, folder)
        return [c for c in found if not (stage.damage and stage.damage in c)] + (
            self.truth.catalog_complaints(ours.store) if ours.store.exists() else [])

    def lost(self, stage, ours, said):
        """What the program had reported as done and is not there: "  sql   long   110 rows ..."."""
        found = []
        for verb, name in re.findall(r"^  (read|sql|check|chart|learn|score) +(\w+)  +(?!skipped|failed| )", said, re.M):
            key = stage.after[f"{verb} {name}"]
            if not list(ours.store.glob(f"*/*/{key}/receipt.json")):
                found.append(f"{verb} {name} was reported as done and is lost")
        if re.search(r"^  \d+ built, ", said, re.M) and not any((ours.store / "runs").glob("*.json")):
            found.append("the run was reported as done and its record is lost")
        return found


def main():
    arguments = cases.parse(__doc__, 60)
    compiler = os.environ.get("CC", "cc")
    with tempfile.TemporaryDirectory(prefix="stages-", dir=tiny.shm()) as base:
        base = pathlib.Path(base)
        shim = base / "shim.so"
        source = pathlib.Path(__file__).parent / "shim.c"
        built = subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", shim, source, "-ldl"], capture_output=True, text=True)
        if built.returncode != 0:
            cases.skip(f"shim.c cannot be compiled: {built.stderr[:200]}")
        truth = tiny.Truth()
        stages = [s for s in tiny.make_stages(arguments.filrouge, base / "stages", truth) if s.name in STAGES]
        power = Power(stages, truth, shim, arguments.seed)
        listed = []
        for stage in stages:
            if arguments.replay and arguments.replay.split(":")[0] != stage.name:
                continue
            (base / "record").mkdir(exist_ok=True)
            listed += [f"{stage.name}:{n}:{mode}" for n in power.record(stage, base / "record") for mode in MODES]
        return cases.run_cases(arguments, listed, power.check)


if __name__ == "__main__":
    sys.exit(main())
