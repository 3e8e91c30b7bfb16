#!/usr/bin/env python3
"""Every call that can fail, failing: disk full, broken disk, too many files, read-only, over quota, interrupted.

The run goes under `strace -e inject=CALL:error=E:when=N`: each thread's N-th CALL fails once with E. A case is
STAGE:CALL:ERROR:N; the stages are in tiny.py. Also STAGE:memory:BYTES:0, where the workers may not have more address space,
and full:KIB, where the store lies on a disk of that size (needs the right to mount).

Afterwards, whatever failed:
  - the command ended with an exit code that is not 0 and said what it could not do, or it did all that it should
    (an EINTR is tried again; a cache, a pretty name or a file of the system may be done without);
  - where a call on the store failed in a run, the message names the file or a folder around it, and the step with exit
    code 1;
  - nothing is half published, tmp/ is empty;
  - the next command completes, the store is as an undisturbed one, `verify` finds nothing.

Seen to fail without `fresh.empty_log()` in Store::rebuild(): the new catalog is malformed when moving its log fails;
and without know_again() in remove_versions(): what could not be moved away is a folder that nobody knows (repair:rename:EIO:1).
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import cases
import tiny
from kill import Kill, traced

CALLS = {
    "write": ["ENOSPC", "EIO", "EDQUOT", "EINTR"],
    "pwrite64": ["ENOSPC", "EIO", "EDQUOT", "EINTR"],
    "fsync": ["EIO", "ENOSPC", "EDQUOT", "EROFS"],
    "fdatasync": ["EIO", "ENOSPC", "EDQUOT"],
    "rename": ["EIO", "ENOSPC", "EROFS", "EDQUOT"],
    "openat": ["ENOSPC", "EIO", "EMFILE", "EROFS", "EDQUOT", "EINTR"],
    "mkdir": ["ENOSPC", "EIO", "EROFS", "EDQUOT"],
    "close": ["EIO", "ENOSPC", "EDQUOT", "EINTR"],
    "ftruncate": ["EIO", "EINTR", "EROFS"],
    "unlink": ["EIO", "EROFS"],
    "unlinkat": ["EIO", "EROFS"],
    "link": ["EIO", "ENOSPC", "EMLINK", "EPERM"],
    "pread64": ["EIO", "EINTR"],
    "read": ["EIO", "EINTR"],
}
STAGES = ["together", "all", "long", "late", "rename", "gc", "repair", "rebuild"]


def injected_calls(lines: list[str]) -> list[str]:
    """The calls that failed on purpose; of one that strace shows in two lines, because others came between, both."""
    begun, found = {}, []
    for line in lines:
        pid = line.split()[0]
        if "<unfinished ...>" in line:
            begun[pid] = line
        if "(INJECTED)" in line:
            found.append(f"{begun.get(pid, '')} {line}" if " resumed>" in line else line)
    return found


class Errors(Kill):
    def check(self, case, folder):
        name, *how = case.split(":")
        if name == "full":
            return self.full_disk(int(how[0]), folder)
        stage = self.stages[name]
        ours = stage.tiny.copy(folder / "case")
        log = folder / "log"
        if how[0] == "memory":
            limit = ["prlimit", f"--as={how[1]}"]
            done = ours.run(*stage.command, before=limit)
            if done.returncode == ours.run("--version", before=limit).returncode == -11:  # before its first instruction
                return self.after_the_next(stage, ours) or "class: too little for the kernel to load the program"
            return self.judge(stage, ours, done, [])
        call, error, count = how
        done = ours.run(*stage.command, before=[
            "strace", "-f", "-y", "--seccomp-bpf", "-qq", "-o", str(log), "-e", f"trace={call}", "-e",
            f"inject={call}:error={error}:when={count}"])
        return self.judge(stage, ours, done, injected_calls(log.read_text(errors="replace").splitlines()))

    def judge(self, stage, ours, done, injected):
        complaints = self.complaints(stage, ours)
        if done.returncode == -6 and "duckdb::InternalException" in done.stderr and any(
                re.search(r'["<]/(proc|sys)/', line) for line in injected) and not complaints:
            return self.after_the_next(stage, ours) or "class: DuckDB ends the process when it cannot read /proc or /sys"
        if done.returncode < 0:
            complaints.append(f"ended by signal {-done.returncode}")
        said = done.stdout + done.stderr
        # What was to be said may be the very write that failed.
        silenced = any(re.search(r"write\(2<|<\.\.\. write resumed>", line) for line in injected)
        if done.returncode != 0 and not said.strip() and not silenced:
            complaints.append("failed without a word")
        if "FR0900" in done.stderr or "terminate called" in done.stderr:
            complaints.append("an error inside filrouge")
        if done.returncode != 0 and (ours.store / "tmp").exists() and os.listdir(ours.store / "tmp") and not any(
                re.search(r"unlink|rmdir|openat.*tmp", line) for line in injected):
            complaints.append(f"tmp/ holds {os.listdir(ours.store / 'tmp')}")
        if not silenced:
            complaints += self.message_complaints(ours, done, injected)
        now = tiny.current_keys(ours)
        absent = [step for step in stage.after if step not in now]
        gone = [step for step in absent if not re.search("removed .* " + step, done.stdout)]
        if done.returncode == 0 and (gone or any(stage.after[step] != key for step, key in now.items())):
            complaints.append(f"said that all went well: {gone}")
        if complaints:
            return "; ".join(complaints) + f"\n    exit {done.returncode}: {done.stderr.strip()[-700:]}\n    {injected[:3]}"
        after = self.after_the_next(stage, ours) if not absent or done.returncode else None  # --repair took what could not be read
        if after:
            return f"{after}\n    first exit {done.returncode}: {done.stderr.strip()[-500:]}\n    {injected[:3]}"
        return "class: " + ("said what failed" if done.returncode else "went well all the same")

    def message_complaints(self, ours, done, injected):
        """A call on the store failed: does the message say on which file, and for whom?"""
        if done.returncode == 0:
            return []
        found, said = [], done.stdout + done.stderr
        paths = {p for line in injected for p in re.findall(r"[<\"](" + re.escape(str(ours.store)) + r"/[^>\"]+)", line)}
        store = str(ours.store)
        if any(not re.search(r"[<\"]" + re.escape(store) + "/", line) for line in injected):
            paths = set()  # another thread's call failed as well, and that may be what ended it
        # A file in tmp/ is named by its folder's number at least; any other by its own name or the folder it lies in.
        named = any(part in said for path in paths for part in
                    [os.path.relpath(path, store), os.path.basename(path).split(".")[0], os.path.dirname(path)])
        if paths and not named and not any("cache.db" in path for path in paths):
            found.append(f"the message names none of {sorted(paths)[:3]}")
        if done.returncode == 1 and "--> " not in said and not re.search(r"damaged|unreadable|missing", said):
            found.append("no step is named")
        if not re.search(r"FR\d{4}|error while loading|cannot|damaged|unreadable", said):
            found.append("no error code")
        return found

    def full_disk(self, kib, folder):
        """The whole project on a disk of its own that runs full; then it grows, and the next run completes."""
        disk = folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(disk)], check=True)
        try:
            stage = self.stages["together"]
            ours = tiny.Tiny(disk / "case", stage.tiny.program).write(1)
            done = ours.run(*stage.command, TMPDIR=str(folder))
            problem = self.judge_full(ours, done)
            if problem:
                return f"{problem}\n    exit {done.returncode}: {done.stderr.strip()[-700:]}"
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            return self.after_the_next(stage, ours) or f"class: full disk, exit {done.returncode}"
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=False)

    def judge_full(self, ours, done):
        complaints = self.truth.complaints(ours)
        if done.returncode < 0 or "FR0900" in done.stderr:
            complaints.append("not an error that says what to do")
        if done.returncode != 0 and "No space left" not in done.stderr and "full" not in done.stderr:
            complaints.append("does not say that the disk is full")
        if (ours.store / "tmp").exists() and os.listdir(ours.store / "tmp"):
            complaints.append(f"tmp/ holds {os.listdir(ours.store / 'tmp')}")
        return "; ".join(complaints)


def can_mount():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=False)
        return done.returncode == 0


def main():
    arguments = cases.parse(__doc__, 120)
    cases.need_strace()
    with tempfile.TemporaryDirectory(prefix="stages-", dir=tiny.shm()) as base:
        truth = tiny.Truth()
        stages = tiny.make_stages(arguments.filrouge, base, truth)
        errors = Errors(stages, truth)
        listed = []
        if not arguments.replay:
            with tempfile.TemporaryDirectory(prefix="trace-", dir=tiny.shm()) as folder:
                for stage in stages:
                    if stage.name in STAGES:
                        most = traced(stage, pathlib.Path(folder), CALLS)
                        listed += [f"{stage.name}:{call}:{error}:{n}" for call in CALLS
                                   for n in range(1, most.get(call, 0) + 1) for error in CALLS[call]]
            listed += [f"together:memory:{mb * 1_000_000}:0" for mb in range(60, 1200, 20)]
            if can_mount():
                listed += [f"full:{kib}" for kib in range(16, 1200, 8)]
            else:
                print("not mounted: full disks (no right to)")
        return cases.run_cases(arguments, listed, errors.check)


if __name__ == "__main__":
    sys.exit(main())
