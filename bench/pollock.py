#!/usr/bin/env python3
"""pollock.py --filrouge BINARY --files POLLUTED_FILES: how well CSV files are read whose dialect nobody tells.

POLLUTED_FILES is the folder `polluted_files` of the benchmark Pollock (Vitagliano et al., "Pollock: A Data Loading Benchmark", VLDB 2023;
github.com/HPI-Information-Systems/Pollock): csv/ as they are to be read, clean/ as they should come out. Each file is read by one `read`
step without any option, 300 steps to a thread; what is kept is compared with clean/ as their evaluate.py does, and summed to their
"simple" score: the means over all files of success and of precision, recall and F1 of header, records and cells, 10 at best.

As there, records are compared after numbers and times were made alike (00:00 and 00:00:00), single cells as they are printed.
"""
import argparse
import csv
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

STEPS = 300


def normal(cell: str) -> str:
    """As normalize_cell of the benchmark, of what its files hold: numbers and times by value, all else in lower case."""
    text = cell.strip()
    if not text:
        return cell.lower()
    if re.fullmatch(r"[+-]?\d+", text):
        return str(int(text))
    if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text):
        return ":".join(part.zfill(2) for part in (text + ":00").split(":")[:3])
    try:
        return str(float(text))
    except ValueError:
        return cell.lower()


def rates(truth: Counter, found: Counter) -> list[float]:
    """Precision, recall and F1 of two bags, with their names for the first two (each divides by the other's size than usual)."""
    common = sum((truth & found).values())
    if not truth:
        return [1.0, 1.0, 1.0]
    if not common:
        return [0.0, 0.0, 0.0]
    one, two = common / sum(truth.values()), common / sum(found.values())
    return [one, two, 2 * one * two / (one + two)]


def measures(clean: list[list[str]], loaded: list[list[str]]) -> list[float]:
    if not clean:
        return [1.0] * 9
    header = rates(Counter(map(normal, clean[0])), Counter(map(normal, loaded[0] if loaded else [])))
    records = rates(Counter("".join(map(normal, row)) for row in clean[1:]), Counter("".join(map(normal, row)) for row in loaded[1:]))
    cells = rates(Counter(cell for row in clean for cell in row), Counter(cell for row in loaded for cell in row))
    return header + records + cells


def rows_of(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def read_all(filrouge: Path, files: list[Path], folder: Path):
    """(file, rows or None, why not) of each file."""
    thread = folder / "thread.yaml"
    refused: dict[int, str] = {}
    for _ in range(2):  # what does not bind is left out of the second thread
        thread.write_text("thread: pollock\nsteps:\n" + "".join(
            f"  - read: t{i}\n    from: {json.dumps(str(path))}\n    format: csv\n" for i, path in enumerate(files) if i not in refused))
        answer = json.loads(subprocess.run([filrouge, "run", "--json", "--file", thread], capture_output=True, text=True).stdout)
        errors = [error for error in answer.get("errors", []) if error["severity"] == "error"]
        for error in errors:
            refused[int(re.search(r"t(\d+)$", error["step"])[1])] = error["message"]
        if "steps" in answer:
            break
    for i, path in enumerate(files):
        if i in refused:
            yield path, None, refused[i]
            continue
        shown = subprocess.run([filrouge, "ask", f"SELECT COLUMNS(*)::VARCHAR FROM t{i}", "--csv", "--file", thread], capture_output=True, text=True)
        yield path, list(csv.reader(shown.stdout.splitlines(keepends=True))) if shown.returncode == 0 else None, shown.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--only", default="", help="files whose names match")
    parser.add_argument("--every", type=int, default=1, help="each N-th file of the row_* kinds only")
    parser.add_argument("--verbose", "-v", action="store_true")
    options = parser.parse_args()
    files = [path for path in sorted((options.files / "csv").glob("*.csv")) if re.search(options.only, path.name)]
    files = [path for i, path in enumerate(files) if not path.name.startswith("row_") or i % options.every == 0]
    sums, kinds, count = [0.0] * 10, {}, 0
    for start in range(0, len(files), STEPS):
        with tempfile.TemporaryDirectory() as folder:
            for path, loaded, why in read_all(options.filrouge.resolve(), files[start : start + STEPS], Path(folder)):
                figures = [1.0] + measures(rows_of(options.files / "clean" / path.name), loaded) if loaded is not None else [0.0] * 10
                sums, count = [a + b for a, b in zip(sums, figures)], count + 1
                kind = re.sub(r"row\d+|col\d+|quote\d+|_\d+", "", path.name)
                kinds.setdefault(kind, []).append((sum(figures), path.name, why))
    for kind, scores in sorted(kinds.items(), key=lambda item: sum(s for s, *_ in item[1]) / len(item[1])):
        mean = sum(score for score, *_ in scores) / len(scores)
        if options.verbose or mean < 9.9:
            worst = min(scores)
            print(f"{mean:6.3f}  {len(scores):4}  {kind:<45} worst {worst[0]:.3f} {worst[1]} {(worst[2] or '').strip()[:100]}")
    names = ["success"] + [f"{what} {rate}" for what in ("header", "record", "cell") for rate in ("precision", "recall", "F1")]
    print(", ".join(f"{name} {total / count:.4f}" for name, total in zip(names, sums)))
    print(f"simple score {sum(sums) / count:.3f} of 10 on {count} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
