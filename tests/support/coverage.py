#!/usr/bin/env python3
"""coverage.py --filrouge BINARY: what a user can type or be told, and no test tries.

Asks the program for its error codes, commands, options, verbs with their keys, and the schemas of its answers, and looks for each in
what is executed: golden threads (tests/threads), the guide, the examples, and for error codes also the unit tests. What cannot be tried
stands below with the reason; a reason that is no longer needed is an error too. Exit code: 0 all is tried, 1 not.
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

NOT_TRIED = {
    "FR0316": "a bug of DuckDB; the step and the session around it end as after FR0310",
    "FR0321": "a bug of ours: two counts of a file's rows disagree",
    "FR0327": "a full disk; making one needs the rights of an administrator",
    "FR0329": "a machine without libcurl",
    "FR0424": "a machine that starts no thread, or has no memory for a picture",
    "FR0503": "a disk on which fsync fails",
    "FR0520": "a machine on which DuckDB does not start",
    "FR0521": "a machine that starts no process",
    "FR0523": "a kernel that has Landlock or seccomp and refuses to use them",
    "FR0522": "a machine without memory for filrouge itself",
}
EXIT_CODES = {
    0: "done", 1: "a step failed", 2: "wrong usage or thread", 3: "a check does not hold", 4: "work is pending", 5: "environment",
    130: "interrupted",
}


def ask(filrouge: Path, *words: str):
    return json.loads(subprocess.run([filrouge, *words], check=True, capture_output=True).stdout)


def text_of(*patterns: str) -> str:
    files = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    return "\n".join(path.read_text(errors="replace") for path in files if path.is_file())


def steps_of(text: str, verbs: list[str]) -> dict[str, str]:
    """The text of all steps of each verb, as they stand in YAML (also inside a transcript): from one `- verb: name` to the next."""
    steps: dict[str, str] = {}
    starts = list(re.finditer(rf"^[> ]*- ({'|'.join(verbs)}): [a-z]\w*\s*$", text, re.M))
    for start, end in zip(starts, starts[1:] + [None]):
        steps[start[1]] = steps.get(start[1], "") + text[start.start() : end.start() if end else len(text)]
    return steps


def missing_keys(verbs: list, threads: str) -> list[str]:
    steps = steps_of(threads, [verb["verb"] for verb in verbs])

    def missing(keys: list, text: str, place: str) -> list[str]:
        found = []
        for key in keys:
            name = f"{place}.{key['name']}"
            if key["name"] != "*" and not re.search(rf"(?<![\w.]){re.escape(key['name'])}:", text):
                found.append(f"key {name}")
            found += missing(key.get("keys", []), text, name)
        return found

    return [line for verb in verbs for line in missing(verb["keys"], steps.get(verb["verb"], ""), verb["verb"])]


def missing_commands(commands: list, typed: str) -> list[str]:
    lines = [line for line in re.split(r"\n|&&|;|\|", typed) if "filrouge" in line]
    found = []
    for command in commands:
        uses = [line for line in lines if re.search(rf"filrouge {command['command']}\b", line)]
        if not uses:
            found.append(f"command {command['command']}")
        for option in command["options"]:
            if not any(re.search(rf"{option['option']}\b", line) for line in uses):
                found.append(f"option {command['command']} {option['option']}")
    return found


def missing_exit_codes(transcripts: str) -> list[str]:
    seen = {int(number) for number in re.findall(r"(?:^\[exit |exit )(\d+)\b", transcripts, re.M)} | {0}
    return [f"exit code {number} ({what})" for number, what in EXIT_CODES.items() if number not in seen]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    filrouge = parser.parse_args().filrouge.resolve()
    transcripts = text_of("tests/threads/*/transcript.txt", "docs/guide.md")
    threads = text_of("tests/threads/**/*.yaml", "tests/threads/*/transcript.txt", "docs/guide.md", "examples/*/thread.yaml")
    told = transcripts + text_of("tests/unit/**/*.cpp")
    help_answer = ask(filrouge, "help", "--json")

    codes = [entry["code"] for entry in ask(filrouge, "explain-error", "--json")["codes"]]
    found = [f"error code {code}" for code in codes if code not in told and code not in NOT_TRIED]
    found += [f"{code} is tried now: take it out of NOT_TRIED" for code in NOT_TRIED if code in told or code not in codes]
    found += missing_keys(help_answer["verbs"], threads)
    found += missing_commands(help_answer["commands"], transcripts)
    found += missing_exit_codes(transcripts)
    answers = ask(filrouge, "schema", "--json-output")
    found += [f"--json answer of {name}" for name in answers if not re.search(rf"check_json.py {name}\b", transcripts)]
    found += [f"schema of the --json answer of {command['command']}" for command in help_answer["commands"]
              if command["command"] not in answers]
    for line in found:
        print(f"not tried by any test: {line}" if "NOT_TRIED" not in line else line)
    print(f"coverage: {len(codes)} error codes, {len(help_answer['commands'])} commands, {len(help_answer['verbs'])} verbs; "
          f"{len(found)} without a test")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
