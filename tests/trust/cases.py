"""What the harnesses share: the command line (--all, --sample N, --replay CASE), cases spread evenly, results counted."""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import tiny

SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def parse(description, sample):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", required=True, type=pathlib.Path, help="the program")
    parser.add_argument("--all", action="store_true", help="every case")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="N",
                        help="with --all: without the first N, which a run that was interrupted has done")
    parser.add_argument("--sample", type=int, default=sample, help=f"so many cases, evenly spread (default: {sample})")
    parser.add_argument("--replay", metavar="CASE", help="one case, with its folder kept")
    parser.add_argument("--jobs", type=int, default=1, help="cases at once")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.filrouge = arguments.filrouge.resolve()
    return arguments


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def need_strace():
    """Ends the program where system calls cannot be tampered with here."""
    if not shutil.which("strace"):
        skip("there is no strace")
    tried = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=openat",
                            "-e", "inject=openat:signal=SIGKILL:when=1", "true"], capture_output=True)
    if tried.returncode != -9:
        skip(f"strace cannot inject here (exit {tried.returncode})")


def spread(cases, count):
    """`count` of them at even distances, the same ones each time."""
    if count >= len(cases):
        return list(cases)
    return [cases[i * len(cases) // count] for i in range(count)]


def class_of(problem):
    """A case may pass in a class of its own, that is counted; None for others."""
    return problem.removeprefix("class: ") if problem and problem.startswith("class: ") else None


def run_cases(arguments, cases, check):
    """check(case, folder) returns what is wrong in words, or None. Prints each failure with the command that replays it,
    and a last line that counts. Returns the exit code."""
    if arguments.replay:
        folder = tempfile.mkdtemp(prefix="replay-")
        problem = check(arguments.replay, pathlib.Path(folder))
        print(f"{arguments.replay}: {problem or 'passes'}; its folder: {folder}")
        return 1 if problem and not class_of(problem) else 0
    chosen = cases[arguments.first:] if arguments.all else spread(cases, arguments.sample)
    started, failed, kinds = time.monotonic(), 0, {}
    script = os.path.relpath(sys.argv[0])
    with tempfile.TemporaryDirectory(prefix="trust-", dir=tiny.shm()) as base:

        def one(numbered):
            number, case = numbered
            folder = pathlib.Path(base) / str(number)
            folder.mkdir()
            try:
                return case, check(case, folder)
            except (tiny.Failure, subprocess.TimeoutExpired, OSError) as error:
                return case, f"{type(error).__name__}: {str(error)[:1500]}"
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for done, (case, problem) in enumerate(pool.map(one, enumerate(chosen)), 1):
                if kind := class_of(problem):
                    kinds[kind] = kinds.get(kind, 0) + 1
                elif problem:
                    failed += 1
                    print(f"FAILED {case}: {problem}\n  replay: {sys.executable} {script} --filrouge {arguments.filrouge} "
                          f"--seed {arguments.seed} --replay '{case}'", flush=True)
                if arguments.all and done % 500 == 0:
                    print(f"{done} of {len(chosen)}, {failed} failed, {time.monotonic() - started:.0f} s", flush=True)
    for kind, count in sorted(kinds.items()):
        print(f"  {count:>6} {kind}")
    print(f"{len(chosen)} of {len(cases)} cases, {failed} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed else 0
