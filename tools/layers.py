#!/usr/bin/env python3
"""Checks what the house promises, and prints each breach as FILE:LINE: WHAT.

- who may include whom (the table below; ARCHITECTURE.md draws it), and that folders form no cycle;
- a verb's files never include another verb's;
- a third-party header stands only where the table says, never in a header of ours;
- no two types have the same name, but for those that one file keeps to itself;
- ARCHITECTURE.md tells of every folder of src/, and each path it names exists;
- no file has a path of somebody's machine, a host of the web that is not listed, a note of unfinished work, or 500 lines.
"""
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

# Folder -> folders whose headers it may include, besides its own.
MAY_INCLUDE = {
    "base": [],
    "thread": ["base"],
    "tables": ["base"],
    "charts": ["base", "tables"],
    "models": ["base", "tables"],
    "store": ["base", "tables"],
    "engines": ["base", "tables", "store"],
    "sources": ["base", "tables", "store", "engines"],
    "steps": ["base", "tables", "thread", "engines", "sources", "charts", "models"],
    "run": ["base", "tables", "thread", "charts", "models", "store", "engines", "sources", "steps"],
    "commands": ["base", "tables", "thread", "charts", "models", "store", "engines", "sources", "steps", "run"],
    "": ["base", "commands"],  # src/main.cpp
}

# Third-party header -> the files that may include it.
THIRD_PARTY = {
    "fmt/*": ["base/*"],
    "nlohmann/*": ["base/json.h", "base/pch.h"],
    "emmintrin.h": ["sources/csv_records.cpp"],
    "xxhash.h": ["base/hash.cpp"],
    "openssl/*": ["base/hash.cpp", "sources/http.cpp"],
    "yaml.h": ["thread/yaml.cpp"],
    "sqlite3.h": ["store/*.cpp"],
    "duckdb.h": ["engines/duckdb*"],
    "quickjs.h": ["charts/*.cpp"],
    "zlib.h": ["sources/*.cpp"],
    "zstd.h": ["sources/*.cpp"],
    "libdeflate.h": ["sources/*.cpp"],
    "minizip/*": ["sources/*.cpp"],
    "Eigen/*": ["models/*.cpp"],
}
# Shared between the verbs; every other header of steps/ belongs to the verb that its name begins with.
STEPS_SHARED = {"steps/step.h", "steps/sql_step.h", "steps/model_step.h", "steps/result_table.h", "steps/declared_columns.h",
                "steps/programs.h", "steps/verbs.h"}

POSIX = set("""dirent dlfcn errno fcntl fnmatch glob iconv limits locale math netdb poll pthread pwd sched signal spawn stdint
    stdio stdlib string strings termios time unistd wchar""".split())

# Hosts that a text may name: examples, standards, and those of links that a reader follows.
HOSTS = ["localhost", "127.0.0.1", "[::1]", "example.*", "*.example.*", "*.example", "*.invalid", "*.test", "json-schema.org",
         "www.w3.org", "vega.github.io", "github.com"]
CODE = (".cpp", ".h", ".inc", ".py", ".sh", ".cmake", ".js", ".ts", ".txt", ".yaml")
LONG_BY_NATURE = ("transcript.txt", ".inc")  # expected output; generated tables
MAX_LINES = 500
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
MACHINE = re.compile(r"(?<![\w.$}~])/(work/(?:wt|main|shared)|home/\w+|root/\w*|Users/\w+)\b")
URL = re.compile(r"\bhttps?://(\[[^\]\s]*\]|[A-Za-z0-9.*-]+)")

breaches: list[str] = []


def breach(file: Path, line: int, what: str):
    breaches.append(f"{file.relative_to(ROOT)}:{line}: {what}")


def includes(file: Path):
    """(line number, name, whether in quotes) of each #include."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found[2], found[1] == '"'


def folder_of(path: str) -> str:
    return path.split("/")[0] if "/" in path else ""


def check_own(file: Path, number: int, name: str):
    mine, theirs = folder_of(str(file.relative_to(SRC))), folder_of(name)
    if not (SRC / name).exists():
        return  # generated, or nothing: the compiler knows
    if theirs != mine and theirs not in MAY_INCLUDE.get(mine, []):
        breach(file, number, f"{mine or 'main'} may not include {theirs} ({name})")
    if mine == "steps" and theirs == "steps" and name not in STEPS_SHARED and file.name != "verbs.cpp":
        verb, other = file.stem.split("_")[0], Path(name).stem.split("_")[0]
        if verb != other:
            breach(file, number, f"the verb {verb} may not include the verb {other} ({name})")


def check_foreign(file: Path, number: int, name: str):
    if "." not in name or name.startswith(("sys/", "arpa/", "netinet/", "linux/")) or name.removesuffix(".h") in POSIX:
        return
    here = str(file.relative_to(SRC))
    for pattern, places in THIRD_PARTY.items():
        if fnmatch(name, pattern):
            if not any(fnmatch(here, place) for place in places):
                breach(file, number, f"<{name}> belongs into {' or '.join(places)}")
            return
    breach(file, number, f"<{name}> is not in the table of third-party headers of tools/layers.py")


def check_includes():
    edges: dict[str, set[str]] = {}
    for file in sorted(SRC.rglob("*")):
        if file.suffix not in (".h", ".cpp"):
            continue
        for number, name, ours in includes(file):
            if ours:
                check_own(file, number, name)
                edges.setdefault(folder_of(str(file.relative_to(SRC))), set()).add(folder_of(name))
            else:
                check_foreign(file, number, name)
    for folder in edges:
        path = way_back(folder, folder, edges, set())
        if path:
            breaches.append(f"src/{folder}: the folders include each other in a circle: {' -> '.join(path)}")


def way_back(start: str, at: str, edges, seen) -> list[str]:
    for following in sorted(edges.get(at, ())):
        if following == start and at != start:
            return [at, start]
        if following not in seen and following != start:
            seen.add(following)
            rest = way_back(start, following, edges, seen)
            if rest:
                return [at] + rest
    return []


def check_architecture():
    page = ROOT / "ARCHITECTURE.md"
    text = page.read_text()
    for folder in sorted(path.name for path in SRC.iterdir() if path.is_dir()):
        if f"`src/{folder}/`" not in text:
            breach(page, 1, f"does not tell of `src/{folder}/`")
        if folder not in MAY_INCLUDE:
            breach(ROOT / "tools/layers.py", 1, f"the table has no row for src/{folder}")
    for number, line in enumerate(text.splitlines(), 1):
        for name in re.findall(r"`((?:src|tests|tools|docs|cmake|examples|bench)/[\w./*-]*)`", line):
            if not any(ROOT.glob(name.rstrip("/"))):
                breach(page, number, f"names {name}, which is not there")
        for folder, named in re.findall(r"^\| `src/(\w+)/` \| [^|]* \| ([^|]*) \|", line):
            said = [name.strip() for name in named.split(",") if name.strip() not in ("", "-")]
            if sorted(said) != sorted(MAY_INCLUDE.get(folder, [])):
                breach(page, number, f"says that {folder} may include {named.strip()}; the check says {MAY_INCLUDE.get(folder)}")


def check_names():
    """One name, one type: of two types of the same name in one namespace the linker takes the members of either for both."""
    places = {}
    for file in sorted(SRC.rglob("*")):
        if file.suffix not in (".cpp", ".h"):
            continue
        text = re.sub(r"^namespace \{$.*?^\}  // namespace$", lambda found: "\n" * found[0].count("\n"), file.read_text(), flags=re.M | re.S)
        for found in re.finditer(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: : [^{;]*)? \{", text, re.M):
            place = (file, text.count("\n", 0, found.start()) + 1)
            if found[1] in places:
                breach(*place, f"`{found[1]}` is the name of another type, in {places[found[1]][0].relative_to(ROOT)}")
            places[found[1]] = place


def our_files() -> list[Path]:
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, text=True)
    if listed.returncode != 0:
        return [path for top in ("src", "tests", "tools", "docs", "examples", "cmake") for path in (ROOT / top).rglob("*")]
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def check_texts():
    for file in our_files():
        if not file.is_file():
            continue
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue  # a picture, or a test's bytes
        lines = text.splitlines()
        if file.suffix in CODE and not file.name.endswith(LONG_BY_NATURE) and len(lines) >= MAX_LINES:
            breach(file, len(lines), f"{len(lines)} lines; under {MAX_LINES} is the rule")
        for number, line in enumerate(lines, 1):
            check_line(file, number, line)


def check_line(file: Path, number: int, line: str):
    if UNFINISHED.search(line):
        breach(file, number, "unfinished: do it or file an issue")
    found = MACHINE.search(line)
    if found:
        breach(file, number, f"a path of somebody's machine: {found[0]}")
    for host in URL.findall(line):
        if "." in host and not any(fnmatch(host, allowed) for allowed in HOSTS):
            breach(file, number, f"names the host {host}, which is not in the list of tools/layers.py")


def main() -> int:
    check_includes()
    check_architecture()
    check_texts()
    check_names()
    for line in breaches:
        print(line)
    print(f"layers: {len(breaches)} breaches" if breaches else "layers: as promised")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
