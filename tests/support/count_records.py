"""count_records.py FOLDER: counts the records of every file below it, independently of filrouge.

One JSON object a file on stdout: {"file": .., "records": ..}. CSV by Python's csv module with the dialect told by the name
and a few known facts below; text by lines. Files whose format this script does not know are left out.
"""
import csv
import gzip
import io
import json
import sys
from pathlib import Path

csv.field_size_limit(1 << 30)

# What cannot be told from the name: (delimiter, quoting, header, escape character).
FACTS = {
    "messy/greek_utf8.csv": ("|", True, False, None),
    "messy/nfc_normalization.csv": ("|", True, False, None),
    "messy/web_page.csv": ("|", True, False, None),
    "messy/imdb_movie_info_escaped.csv": (",", True, False, "\\"),
    "messy/click_mini.tsv.gz": ("\t", False, False, None),
    "messy/titlebasicsdebug.tsv": ("\t", False, True, None),
}


def text_of(path):
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data.decode("utf-8-sig", errors="replace")


def count_csv(text, name):
    first = text.split("\n", 1)[0]
    delimiter = "\t" if ".tsv" in name else ";" if first.count(";") > first.count(",") else ","
    delimiter, quoting, header, escape = FACTS.get(name, (delimiter, True, True, None))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar='"', escapechar=escape,
                        doublequote=escape is None, quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE)
    rows = list(reader)
    one_column = max(map(len, rows)) == 1  # there, an empty line is a row whose value is missing
    return sum(1 for row in rows if row or one_column) - header


def main(folder):
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        plain = name.removesuffix(".gz")
        if plain.endswith((".csv", ".tsv")):
            records = count_csv(text_of(path), name)
        elif plain.endswith(".txt"):
            records = len(path.read_bytes().splitlines()) if plain == name else len(text_of(path).splitlines())
        elif plain.endswith(".json"):
            value = json.loads(text_of(path))
            records = len(value) if isinstance(value, list) else 1
        else:
            continue
        print(json.dumps({"file": name, "records": records}))


main(Path(sys.argv[1]))
