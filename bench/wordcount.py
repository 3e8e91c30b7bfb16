#!/usr/bin/env python3
"""Word count of a large text: `filrouge run` with the programs of examples/wordcount against `cat | tr | sort | uniq -c`, by turns;
medians of `-n` runs and their ratio. The results are compared word by word.

  bench/wordcount.py FILROUGE [--mb 200] [-n 5] [--programs cpp,sh,py] [--each-word]

The text is made: words of small letters with frequencies as in natural texts (Zipf), a dozen a line. The shell's pipeline is run as the
user's locale has it, and with LC_ALL=C. Ours is measured twice: the step alone (its table of lines is there already, as the shell's
file is), and everything from the text file on, in a new store. `--each-word`: a C++ mapper that prints `word TAB 1` for every word, so that
all of them go through the sort.
"""
import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "examples/wordcount"
THREAD = """thread: wordcount
steps:
  - read: lines
    from: text.txt
    format: text
  - run: words
    from: lines
    take: text
    map: ./split{ending}
    reduce: ./sum{ending}{combine}
    by: word
    columns: {{word: VARCHAR, n: BIGINT}}
"""
EACH_WORD = r"""
#include <cstdio>
int main() {
  static char in[1 << 16], out[1 << 18];
  setvbuf(stdout, out, _IOFBF, sizeof out);
  bool inside = false;
  for (size_t got; (got = fread(in, 1, sizeof in, stdin)) > 0;)
    for (size_t i = 0; i < got; ++i) {
      bool letter = in[i] >= 'a' && in[i] <= 'z';
      if (letter) putchar_unlocked(in[i]);
      if (!letter && inside) fputs_unlocked("\t1\n", stdout);
      inside = letter;
    }
  if (inside) fputs_unlocked("\t1\n", stdout);
}
"""


def make_text(path: Path, megabytes: int):
    """Zipf's law with exponent 1 over 200,000 words of 2 to 12 letters, shorter ones more often."""
    rng = random.Random(1)
    words = set()
    while len(words) < 200_000:
        words.add("".join(rng.choice("etaoinshrdlucmfwypvbgkqjxz") for _ in range(min(12, 2 + int(rng.expovariate(0.25))))))
    words = sorted(words, key=lambda word: (len(word), word))
    weights = []
    total = 0.0
    for rank in range(1, len(words) + 1):
        total += 1 / rank
        weights.append(total)
    with open(path, "w") as out:
        while out.tell() < megabytes * 1_000_000:
            drawn = rng.choices(words, cum_weights=weights, k=120_000)
            out.write("\n".join(" ".join(drawn[i : i + 12]) for i in range(0, len(drawn), 12)) + "\n")


def timed(command, **options) -> tuple[float, float]:
    """Wall and CPU seconds, those of all processes that it waited for included."""
    def cpu():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before, start = cpu(), time.monotonic()
    subprocess.run(command, check=True, **options)
    return time.monotonic() - start, cpu() - before


def pipeline(text: Path, result: Path, locale: str | None) -> tuple[float, float]:
    environment = dict(os.environ)
    if locale:
        environment["LC_ALL"] = locale
    return timed(["sh", "-c", f"cat {text} | tr -cs a-z '\\n' | sort | uniq -c > {result}"], env=environment)


def make_threads(folder: Path, programs: list[str], each_word: bool) -> dict[str, Path]:
    threads = {}
    for kind in programs:
        place = folder / kind
        place.mkdir()
        os.link(folder / "text.txt", place / "text.txt")
        ending = "" if kind == "cpp" else f".{kind}"
        combine = "" if kind == "cpp" else f"\n    combine: ./sum{ending}"
        for name in ("split", "sum"):
            if kind != "cpp":
                shutil.copy(EXAMPLE / f"{name}{ending}", place)
                continue
            source = EXAMPLE / f"{name}.cpp"
            if each_word and name == "split":
                source = folder / "split.cpp"
                source.write_text(EACH_WORD)
            subprocess.run(["g++", "-O2", "-o", place / name, source], check=True)
        (place / "thread.yaml").write_text(THREAD.format(ending=ending, combine=combine))
        threads[kind] = place
    return threads


def same(filrouge: Path, place: Path, expected: Path) -> bool:
    answer = subprocess.run([filrouge, "ask", "SELECT word, n FROM words ORDER BY word COLLATE \"C\"", "--csv"], cwd=place, check=True,
                            capture_output=True, text=True).stdout
    ours = dict(line.split(",") for line in answer.splitlines()[1:])
    theirs = dict(reversed(line.split()) for line in expected.read_text().splitlines() if len(line.split()) == 2)
    return ours == theirs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("filrouge", type=Path)
    parser.add_argument("--mb", type=int, default=200)
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("--programs", default="cpp,sh,py")
    parser.add_argument("--each-word", action="store_true")
    parser.add_argument("--folder", type=Path, help="where to work (default: the system's temporary folder)")
    options = parser.parse_args()
    filrouge, programs = options.filrouge.resolve(), options.programs.split(",")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        make_text(folder / "text.txt", options.mb)
        threads = make_threads(folder, programs, options.each_word)
        expected = folder / "expected"
        times: dict[str, list[tuple[float, float]]] = {}
        for _ in range(options.n):
            times.setdefault("shell", []).append(pipeline(folder / "text.txt", expected, None))
            times.setdefault("shell, LC_ALL=C", []).append(pipeline(folder / "text.txt", expected, "C"))
            for kind, place in threads.items():
                shutil.rmtree(place / ".filrouge", ignore_errors=True)
                times.setdefault(f"{kind} from the file", []).append(timed([filrouge, "run", "--quiet"], cwd=place))
                times.setdefault(f"{kind} the step", []).append(timed([filrouge, "run", "words", "--again", "--quiet"], cwd=place))
        for kind, place in threads.items():
            print(f"{kind}: {'the same words and counts' if same(filrouge, place, expected) else 'DIFFERENT'}")
        wall = {key: statistics.median(wall for wall, _ in all_of) for key, all_of in times.items()}
        cpu = {key: statistics.median(cpu for _, cpu in all_of) for key, all_of in times.items()}
        print(f"{'':18} {'wall s':>8} {'CPU s':>8}  times as fast as the shell, as with LC_ALL=C; all wall seconds")
        for key, all_of in times.items():
            ratios = f"{wall['shell'] / wall[key]:6.1f} {wall['shell, LC_ALL=C'] / wall[key]:6.1f}"
            print(f"{key:18} {wall[key]:8.2f} {cpu[key]:8.2f} {ratios}  {[round(seconds, 2) for seconds, _ in all_of]}")
        print(f"{options.mb} MB, n = {options.n}, load {os.getloadavg()[0]:.1f}, locale {os.environ.get('LC_ALL') or os.environ.get('LANG')}")


if __name__ == "__main__":
    main()
