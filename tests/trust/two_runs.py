#!/usr/bin/env python3
"""Two runs at once on one store, with a reader beside them: the second waits and says for whom, or is refused; nothing mixes.

A case is a number: it decides the stage, both selections, the delay between the two, whether the second waits, and whether
and when one of them is killed (every third time). Afterwards every version is whole, what either run reported as built is
there, the next run completes and `verify` finds nothing. The reader never waits and never sees half a thing.
Case `folders`: two folders of one shared disk are written at the same time, neither waits. Case `names`: while a lock is held
the waiting one says by which process, and since when; the lock of a killed process is taken over without waiting.

Seen to fail (4 of 16 cases) with `if (!try_take(false))` in WriteLock's constructor never true: a run that does not wait.
"""
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

import cases
import tiny
from kill import Kill

SELECTIONS = [[], ["+by_kind"], ["+late"], ["+scored"], ["trips"], ["long", "by_kind"], ["--again"]]


def start(ours, *words):
    return subprocess.Popen([ours.program, *words], cwd=ours.folder, env=ours.environment(), text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Two(Kill):
    def check(self, case, folder):
        if case == "folders":
            return self.folders(folder)
        if case == "names":
            return self.names(folder)
        pick = random.Random(f"two {case}")
        stage = self.stages[pick.choice(["first", "all", "late"])]
        ours = stage.tiny.copy(folder / "case")
        (ours.folder / "scratch").mkdir(exist_ok=True)
        no_wait = pick.random() < 0.3
        first = start(ours, "run", *pick.choice(SELECTIONS))
        time.sleep(pick.choice([0, pick.random() * 0.3]))
        second = start(ours, "run", *pick.choice(SELECTIONS), *(["--no-wait"] if no_wait else []))
        killed = None
        if int(case) % 3 == 0:
            time.sleep(pick.random() * 0.4)
            killed = pick.choice([first, second])
            killed.send_signal(signal.SIGKILL)
        problem = self.reader_problem(ours)
        said = [(run, *run.communicate(timeout=120)) for run in (first, second)]
        for run, _, text in said:
            if run is killed:
                continue
            refused = no_wait and run.returncode == 5 and "FR0510" in text
            # It was asked for steps without their inputs, and was quicker than the run that makes them.
            too_early = run.returncode == 1 and "read trips is not built; next: filrouge run +" in text and "failed" not in text
            if run.returncode != 0 and not refused and not too_early:
                problem = problem or f"ended with {run.returncode}: {text[-600:]}"
        return problem or self.judge(stage, ours, "".join(text for *_, text in said))

    def reader_problem(self, ours):
        done = ours.run("verify", "--json", seconds=20)
        # A version that is just being entered may count as extra; nothing may be damaged or missing.
        if '"damaged"' in done.stdout or '"missing"' in done.stdout or done.returncode not in (0, 1):
            return f"the reader saw {done.returncode}: {done.stdout[:500]}{done.stderr[:300]}"
        return None

    def judge(self, stage, ours, said):
        complaints = self.truth.complaints(ours)
        full = self.stages["first" if stage.name == "first" else "all"].after
        for verb, name in re.findall(r"^  (read|sql|check|chart|learn|score) +(\w+)  +(?!skipped|failed| )", said, re.M):
            if not list(ours.store.glob(f"*/*/{full[f'{verb} {name}']}/receipt.json")):
                complaints.append(f"{verb} {name} was reported as done and is lost")
        if complaints:
            return "; ".join(complaints)
        ours.must("run", "--quiet")
        if tiny.current_keys(ours) != full:
            return f"current is {tiny.current_keys(ours)}"
        left = os.listdir(ours.store / "tmp")
        found = ours.run("verify", "--json")
        if left or found.returncode != 0:
            return f"tmp/ holds {left}; verify: {found.stdout[:400]}"
        return None

    def folders(self, folder):
        """A lock on one does not hold up the other."""
        one, other = (tiny.Tiny(folder / name, self.stages["first"].tiny.program).write(1) for name in ("one", "other"))
        shared = folder / "shared"
        one.must("run", "--quiet", "--store", str(shared / "one"))
        with held(shared / "one" / "lock"):
            done = other.run("run", "--quiet", "--no-wait", "--store", str(shared / "other"))
            refused = one.run("run", "--again", "--no-wait", "--store", str(shared / "one"))
        if done.returncode != 0 or refused.returncode != 5:
            return f"{done.returncode} {done.stderr}; {refused.returncode} {refused.stderr}"
        return None

    def names(self, folder):
        ours = self.stages["all"].tiny.copy(folder / "case")
        first = start(ours, "run", "--again")
        first.send_signal(signal.SIGSTOP)  # holds the lock, or comes to it below
        for _ in range(200):
            first.send_signal(signal.SIGCONT)
            time.sleep(0.005)
            first.send_signal(signal.SIGSTOP)
            if (ours.store / "lock").read_text():
                break
        second = start(ours, "run")
        time.sleep(0.5)
        refused = ours.run("run", "--no-wait")
        reader = ours.run("history", "--json", seconds=10)
        first.kill()
        waited = second.communicate(timeout=60)[1]
        first.communicate()
        if not re.search(rf"waits for `filrouge run` of process {first.pid}, since \d\d:\d\d:\d\d", waited):
            return f"does not say for whom it waits: {waited}"
        if second.returncode != 0 or refused.returncode != 5 or f"process {first.pid}" not in refused.stderr or reader.returncode:
            return f"{second.returncode} {waited}; {refused.returncode} {refused.stderr}; reader {reader.returncode}"
        return None


class held:
    """The store's lock in the hands of this process."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        code = ("import fcntl,struct,sys;f=open(sys.argv[1],'r+');"
                "fcntl.fcntl(f,37,struct.pack('hhqqi4x',fcntl.F_WRLCK,0,0,0,0));print('held',flush=True);sys.stdin.read()")
        self.process = subprocess.Popen([sys.executable, "-c", code, str(self.file)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def __exit__(self, *_):
        self.process.communicate("")


def main():
    arguments = cases.parse(__doc__, 30)
    with tempfile.TemporaryDirectory(prefix="stages-", dir=tiny.shm()) as base:
        truth = tiny.Truth()
        stages = tiny.make_stages(arguments.filrouge, pathlib.Path(base), truth)
        return cases.run_cases(arguments, ["folders", "names", *map(str, range(1000))], Two(stages, truth).check)


if __name__ == "__main__":
    sys.exit(main())
