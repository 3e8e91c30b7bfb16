#!/usr/bin/env python3
"""Time and place: the clock jumps, stands in 1970 or 2038, another time zone or language: same keys, same results.

shim.c shifts the clock of the wall. A case is NAME; its environment stands in CASES. Each runs the tiny thread from nothing
and then again with changed data, and must come to the versions of an undisturbed run, with the second run's as current, and
to the same history when the catalog is made anew.

Seen to fail (3 of 15 cases) without SET TimeZone in duckdb_session.cpp, and (2 of 15) where current_of() in rebuild.cpp does not
ask current.json and takes the newest.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import cases
import tiny


def clocks():
    now = int(time.time())
    year = 365 * 86400
    return {
        "1970": {"TRUST_CLOCK": str(5 - now)},
        "before_1970": {"TRUST_CLOCK": str(-now - 86400)},
        "2038": {"TRUST_CLOCK": str(2**31 - now - 1)},
        "2106": {"TRUST_CLOCK": str(2**32 - now - 1)},
        "back_an_hour_at_the_20th_look": {"TRUST_CLOCK": "0,-3600,20"},
        "back_a_year_at_the_50th_look": {"TRUST_CLOCK": f"0,{-year},50"},
        "on_ten_years_at_the_50th_look": {"TRUST_CLOCK": f"0,{10 * year},50"},
        "end_of_summer_time": {"TZ": "Europe/Paris", "TRUST_CLOCK": str(1729990799 - now)},
        "kathmandu": {"TZ": "Asia/Kathmandu"},
        "kiritimati": {"TZ": "Pacific/Kiritimati"},
        "no_such_zone": {"TZ": "Nowhere/At_All"},
        "german": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
        "turkish": {"LC_ALL": "tr_TR.UTF-8"},
        "C": {"LC_ALL": "C"},
        "no_such_locale": {"LC_ALL": "xx_YY.UTF-8"},
    }


class Clock:
    def __init__(self, truth, after, program, shim):
        self.truth, self.after, self.program, self.shim, self.cases = truth, after, program, shim, clocks()

    def check(self, case, folder):
        more = {"LD_PRELOAD": str(self.shim), "FILROUGE_SANDBOX": "off", **self.cases[case]}
        ours = tiny.Tiny(folder / "case", self.program).write(1)
        ours.must("run", "--quiet", **more)
        # The second run with the right clock: what the first wrote may lie in its future.
        ours.write(2).must("run", "--quiet")
        found = self.truth.complaints(ours)
        if tiny.current_keys(ours) != self.after:
            found.append(f"current is {tiny.current_keys(ours)}")
        history = ours.must("history", "--json").stdout
        ours.must("verify", "--rebuild", "--quiet")
        if tiny.current_keys(ours) != self.after:
            found.append(f"made anew, current is {tiny.current_keys(ours)}")
        if json.loads(ours.must("history", "--json").stdout) != json.loads(history):
            found.append("made anew, the history is another")
        if ours.run("run").stderr.count("nothing to do") != 1:
            found.append("there is something to do")
        return "; ".join(found) or None


def main():
    arguments = cases.parse(__doc__, 100)
    with tempfile.TemporaryDirectory(prefix="stages-", dir=tiny.shm()) as base:
        base = pathlib.Path(base)
        shim = base / "shim.so"
        built = subprocess.run([os.environ.get("CC", "cc"), "-O1", "-shared", "-fPIC", "-o", shim,
                                pathlib.Path(__file__).parent / "shim.c", "-ldl"], capture_output=True, text=True)
        if built.returncode != 0:
            cases.skip(f"shim.c cannot be compiled: {built.stderr[:200]}")
        truth = tiny.Truth()
        good = tiny.Tiny(base / "good", arguments.filrouge).write(1)
        good.must("run", "--quiet")
        truth.learn(good)
        good.write(2).must("run", "--quiet")
        truth.learn(good)
        clock = Clock(truth, tiny.current_keys(good), arguments.filrouge, shim)
        return cases.run_cases(arguments, list(clock.cases), clock.check)


if __name__ == "__main__":
    sys.exit(main())
