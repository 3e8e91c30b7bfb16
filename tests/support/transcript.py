#!/usr/bin/env python3
"""Golden threads: runs what a user would type and compares what is printed with what is written down.

    transcript.py --filrouge BINARY [--accept] [--keep] CASE...

A CASE is a folder with `transcript.txt` (and thread.yaml, data ...) or a Markdown file such as docs/guide.md, whose
```console blocks are the transcript. The folder is copied to a temporary one (a Markdown file starts in an empty one) and
each command is run there by bash, in order:

    $ COMMAND              run by bash; the folder and exported variables stay from one command to the next
    > MORE OF IT           (right after the command) its next line
    expected output        stdout and stderr together, as a user sees them
    ...                    alone on a line: any lines, also none
    any [..] text          [..] inside a line: anything
    [exit 2]               the exit code, where it is not 0

Lines of transcript.txt before the first command are for the reader, except `needs: PATH`: the case is skipped (exit 77) where
PATH does not exist. It is relative to the repository's root, and is `$ROOT/PATH` in commands.
In Markdown, a block with a path after its language (```yaml late/thread.yaml) is written to that file, and with `>>`
before the path it is added at its end.

Blank lines at the end of an output do not count. Both sides are compared after these replacements, so a page may show real ones
(--accept writes the first four replaced, the others as printed):
    the temporary folder       ->  DIR      the repository's root -> ROOT
    today's date, with a time  ->  TIME
    32 and more hex digits     ->  KEY
    0.9 s, 12 ms, 1 min 3 s    ->  T        (with the spaces around it made one)
    pid 123, process 123       ->  pid PID, process PID
    key b4427bbd, late@b4427bbd ->  key KEY, late@KEY
Neighbouring lines of a run's finished steps may come in any order.
Exit code: 0 all as expected, 1 not, 77 nothing but skipped cases.
"""
import argparse
import datetime
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPPED = 77
TIMEOUT_S = 240


@dataclass
class Block:
    """A command, or a file to write first, and the output it should have."""
    command: str
    expected: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)  # the command as it stands in the file, prompts included
    line: int = 0


@dataclass
class Script:
    """A transcript: texts that are kept as they are (str) and commands with their output (Block), in order."""
    parts: list
    needs: list[str] = field(default_factory=list)


def parse_commands(lines: list[str], first_line: int) -> list:
    """Prose up to the first command, then blocks."""
    parts: list = []
    block = None
    for number, line in enumerate(lines, first_line):
        if line.startswith("$ "):
            block = Block(line[2:], source=[line], line=number)
            parts.append(block)
        elif block is None:
            parts.append(line)
        elif line.startswith("> ") and not block.expected:
            block.command += "\n" + line[2:]
            block.source.append(line)
        else:
            block.expected.append(line)
    return parts


def read_transcript(path: Path) -> Script:
    script = Script(parse_commands(path.read_text().splitlines(), 1))
    for part in script.parts:
        if isinstance(part, str) and part.startswith("needs:"):
            script.needs.append(part.removeprefix("needs:").strip())
    return script


def write_file_command(target: str, content: list[str]) -> str:
    redirect = target if target.startswith(">>") else "> " + target
    return f"cat {redirect} <<'END_OF_FILE'\n" + "\n".join(content) + "\nEND_OF_FILE"


def read_markdown(path: Path) -> Script:
    script = Script([])
    lines = path.read_text().splitlines()
    at = 0
    while at < len(lines):
        script.parts.append(lines[at])
        opening = re.fullmatch(r"```(\w+) *(.*)", lines[at])
        at += 1
        if not opening:
            continue
        end = lines.index("```", at)
        language, target = opening.groups()
        if language == "console":
            script.parts += parse_commands(lines[at:end], at + 1)
        elif target:
            script.parts.append(Block(write_file_command(target, lines[at:end]), source=lines[at:end], line=at + 1))
        else:
            script.parts += lines[at:end]
        script.parts.append(lines[end])
        at = end + 1
    return script


def written_rules(folder: Path) -> list[tuple[re.Pattern, str]]:
    """What is replaced also in what --accept writes: it would be wrong tomorrow, or elsewhere."""
    now = datetime.datetime.now(datetime.timezone.utc)
    days = "|".join((now + datetime.timedelta(days=d)).strftime("%Y-%m-%d") for d in (-1, 0, 1))
    return [
        (re.compile(re.escape(str(folder))), "DIR"),
        (re.compile(re.escape(str(ROOT)) + r"(?=/|\b)"), "ROOT"),
        (re.compile(rf"\b(?:{days})(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"), "TIME"),
        (re.compile(r"\b[0-9a-f]{32,}\b"), "KEY"),
    ]


COMPARED_RULES = [
    (re.compile(r" *\b(?<![\w.,-])(?:\d+ h )?(?:\d+ min )?\d[\d,]*(?:\.\d+)? (?:s|ms|us|µs|min|h)\b *"), " T "),
    (re.compile(r"\b(pid|process) \d+"), r"\1 PID"),
    (re.compile(r"\bkey [0-9a-f]{8}\b"), "key KEY"),
    (re.compile(r"(?<=\w@)[0-9a-f]{8}\b"), "KEY"),
    (re.compile(r"\b(KEY|TIME|PID) +"), r"\1 "),
]
FINISHED_STEP = re.compile(r"  [a-z]+ +[a-z]\w* .* T$")  # steps run beside each other and finish in any order


def replaced(line: str, rules) -> str:
    for pattern, replacement in rules:
        line = pattern.sub(replacement, line)
    return line.rstrip()


def compared(lines: list[str]) -> list[str]:
    """The lines as they are compared: without times, and neighbouring lines of finished steps sorted."""
    lines = [replaced(line, COMPARED_RULES) for line in lines]
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and FINISHED_STEP.match(lines[end]):
            end += 1
        lines[at:end] = sorted(lines[at:end])
        at = end + 1
    return lines


def accepted(expected: list[str], printed: list[str]) -> list[str]:
    """What is printed, but each line as it stood where it differs only in what is not compared."""
    old, new = ([replaced(line, COMPARED_RULES) for line in lines] for lines in (expected, printed))
    lines = []
    for what, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        lines += expected[i1:i2] if what == "equal" else printed[j1:j2]
    return lines


def without_blank_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def line_matches(expected: str, actual: str) -> bool:
    if "[..]" not in expected:
        return expected == actual
    pattern = ".*".join(re.escape(piece) for piece in expected.split("[..]"))
    return re.fullmatch(pattern, actual) is not None


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether the lines match, `...` standing for any number of lines."""
    if not expected:
        return not actual
    if expected[0].strip() == "...":
        return any(matches(expected[1:], actual[skip:]) for skip in range(len(actual) + 1))
    return bool(actual) and line_matches(expected[0], actual[0]) and matches(expected[1:], actual[1:])


class Shell:
    """Runs commands in a temporary folder; remembers the current folder and the exported variables between them."""

    def __init__(self, filrouge: Path, case: Path):
        self.top = Path(tempfile.mkdtemp(prefix="filrouge-golden-")).resolve()
        self.state = self.top / "state"
        self.folder = self.top / "home" / (case.name if case.is_dir() else "")
        if case.is_dir():
            shutil.copytree(case, self.folder, symlinks=True)
        else:
            self.folder.mkdir(parents=True)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("FILROUGE_", "XDG_")) and k != "NO_COLOR"}
        self.env.update(HOME=str(self.top / "home"), PATH=f"{filrouge.parent}:{self.env['PATH']}", TZ="UTC",
                        LC_ALL="C.UTF-8", LANG="C.UTF-8", TERM="dumb", ROOT=str(ROOT))
        self.state.write_text(f"cd {self.folder}\n")

    def run(self, command: str) -> list[str]:
        script = f'. {self.state}\ntrap \'code=$?; {{ export -p; echo "cd $(printf %q "$PWD")"; }} >{self.state}; exit $code\' EXIT\n{command}\n'
        try:
            done = subprocess.run(["bash", "-c", script], env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S)
            output, code = done.stdout, done.returncode
        except subprocess.TimeoutExpired as stopped:
            output, code = stopped.stdout or b"", f"none: stopped after {TIMEOUT_S} s"
        lines = without_blank_end(output.decode("utf-8", "replace").splitlines())
        return lines + ([f"[exit {code}]"] if code != 0 else [])

    def remove(self):
        shutil.rmtree(self.top, ignore_errors=True)


def explain(where: str, block: Block, expected: list[str], actual: list[str], replay: str):
    print(f"{where}:{block.line}: $ {block.command}")
    print("  - expected   + printed")
    for line in list(difflib.unified_diff(expected, actual, n=4, lineterm=""))[3:]:
        print("  " + line)
    print(f"to see it again:      {replay}")
    print(f"if it is right now:   {replay} --accept\n", flush=True)


def run_case(case: Path, filrouge: Path, accept: bool, keep: bool) -> int:
    path = case / "transcript.txt" if case.is_dir() else case
    script = read_markdown(path) if path.suffix == ".md" else read_transcript(path)
    missing = [need for need in script.needs if not (ROOT / need).exists()]
    if missing:
        print(f"skipped {case.name}: {', '.join(missing)} not here")
        return SKIPPED
    shown = os.path.relpath(case)
    replay = f"python3 {os.path.relpath(__file__)} --filrouge {os.path.relpath(filrouge)} {shown}"
    shell = Shell(filrouge, case)
    rules = written_rules(shell.top / "home" if path.suffix == ".md" else shell.folder)
    failed = False
    for block in (part for part in script.parts if isinstance(part, Block)):
        printed = [replaced(line, rules) for line in shell.run(block.command)]
        wanted = without_blank_end(block.expected)
        if not block.source[0].startswith("$ "):
            wanted = []  # a file written: nothing is printed
        expected, actual = compared([replaced(line, rules) for line in wanted]), compared(printed)
        if matches(expected, actual):
            continue
        failed = True
        if accept:
            block.expected = accepted(wanted, printed) + block.expected[len(wanted):]
        else:
            explain(os.path.relpath(path), block, expected, actual, replay)
    if keep:
        print(f"kept: {shell.folder}")
    else:
        shell.remove()
    if failed and accept:
        lines = []
        for part in script.parts:
            lines += [part] if isinstance(part, str) else part.source + part.expected
        path.write_text("\n".join(lines) + "\n")
        print(f"accepted: {os.path.relpath(path)}")
        return 0
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True, help="the binary that the commands mean")
    parser.add_argument("--accept", action="store_true", help="write what is printed as what is expected")
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder")
    parser.add_argument("cases", type=Path, nargs="+")
    arguments = parser.parse_args()
    filrouge = arguments.filrouge.resolve()
    if not os.access(filrouge, os.X_OK):
        parser.error(f"{filrouge} is not a program")
    results = {run_case(case.resolve(), filrouge, arguments.accept, arguments.keep) for case in arguments.cases}
    return 1 if 1 in results else 0 if 0 in results else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
