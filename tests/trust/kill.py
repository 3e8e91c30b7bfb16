#!/usr/bin/env python3
"""SIGKILL at any system call: what is in the store afterwards is whole, old or new, and the next command completes.

The owner and its workers run under `strace -f -e inject=CALL:signal=SIGKILL:when=N`: the first thread that comes to its
N-th CALL dies with its process, before the call is executed. A case is STAGE:CALL:N; stages are in tiny.py: the six steps
from nothing, each step on top of an old store, a renamed step, gc, verify --repair, verify --rebuild.

(No --seccomp-bpf: with it strace drops the signal.)

After each kill:
  - every folder of a version holds exactly the bytes that an undisturbed run makes, every name points to one, what is
    current of a step is its old version or its new one (all by Python alone);
  - no process is left;
  - the next command completes, and brings the store to where an undisturbed one is; tmp/ and TMPDIR are empty;
  - `filrouge verify` finds nothing.

Seen to fail without `impl->empty_tmp()` in Store::open() (10 of 60 cases).
"""
import json
import os
import re
import subprocess
import sys
import tempfile

import cases
import tiny

# Calls that change files, or what other processes see.
CALLS = ["write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "openat", "unlink", "unlinkat", "mkdir",
         "mkdirat", "rmdir", "ftruncate", "close", "fcntl", "flock", "link", "linkat", "mmap", "munmap", "read", "pread64",
         "newfstatat", "lseek", "clone3", "execve", "poll", "futex", "getdents64"]


def traced(stage, folder, calls):
    """{call: most often by one thread} of an undisturbed run, of these calls."""
    log = folder / "trace"
    ours = stage.tiny.copy(folder / "case")
    ours.must(*stage.command, before=["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", "trace=" + ",".join(calls)])
    counts = {}
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+) +(\w+)\(", line)
        if found and found[2] in calls:
            counts[found[2], found[1]] = counts.get((found[2], found[1]), 0) + 1
    most = {}
    for (call, _), count in counts.items():
        most[call] = max(most.get(call, 0), count)
    return most


def orphans(folder):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd").startswith(str(folder)) and open(f"/proc/{pid}/stat").read().split()[2] != "Z":
                found.append(pid)
        except OSError:
            pass
    return found


class Kill:
    def __init__(self, stages, truth):
        self.stages, self.truth = {stage.name: stage for stage in stages}, truth

    def check(self, case, folder):
        name, call, count = case.split(":")
        stage = self.stages[name]
        ours = stage.tiny.copy(folder / "case")
        done = ours.run(*stage.command, before=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                         f"inject={call}:signal=SIGKILL:when={count}"])
        problem = self.after_the_kill(stage, ours) or self.after_the_next(stage, ours)
        if problem:
            return problem
        return "class: " + {-9: "owner killed", 0: "not killed: no thread came so far this time"}.get(
            done.returncode, "worker killed, the step failed")

    def after_the_kill(self, stage, ours):
        complaints = self.complaints(stage, ours)
        for step, key in tiny.current_keys(ours).items():
            if key not in (stage.before.get(step), stage.after.get(step)):
                complaints.append(f"{step} is neither old nor new")
        left = orphans(ours.folder)
        if left:
            complaints.append(f"processes are left: {left}")
        return "after the kill: " + "; ".join(complaints) if complaints else None

    def complaints(self, stage, ours):
        return [c for c in self.truth.complaints(ours) if not (stage.damage and stage.damage in c)]

    def after_the_next(self, stage, ours):
        done = ours.run(*stage.next_command)
        if done.returncode != 0:
            return f"the next command ended with {done.returncode}: {done.stderr[-800:]}"
        complaints = self.truth.complaints(ours)
        now = tiny.current_keys(ours)
        if now != stage.after:
            complaints.append(f"current is {now} and not {stage.after}")
        if os.listdir(ours.store / "tmp"):
            complaints.append(f"tmp/ holds {os.listdir(ours.store / 'tmp')}")
        if stage.next_command[0] == "run" and os.listdir(ours.folder / "scratch"):
            complaints.append(f"TMPDIR holds {os.listdir(ours.folder / 'scratch')}")
        strays = [p.name for p in [*ours.store.iterdir(), *ours.folder.glob("charts/*")] if ".tmp" in p.name]
        if strays:
            complaints.append(f"left behind: {strays}")
        found = ours.run("verify", "--json")
        if found.returncode != 0:
            complaints.append(f"verify: {found.stdout[:600]}{found.stderr[:300]}")
        return "after the next command: " + "; ".join(complaints) if complaints else None


def main():
    arguments = cases.parse(__doc__, 300)
    cases.need_strace()
    with tempfile.TemporaryDirectory(prefix="stages-", dir=tiny.shm()) as base:
        truth = tiny.Truth()
        stages = tiny.make_stages(arguments.filrouge, base, truth)
        kill = Kill(stages, truth)
        listed = []
        if not arguments.replay:
            with tempfile.TemporaryDirectory(prefix="trace-", dir=tiny.shm()) as folder:
                for stage in stages:
                    most = traced(stage, tiny.pathlib.Path(folder), CALLS)
                    listed += [f"{stage.name}:{call}:{n}" for call in CALLS for n in range(1, most.get(call, 0) + 1)]
        return cases.run_cases(arguments, listed, kill.check)


if __name__ == "__main__":
    sys.exit(main())
