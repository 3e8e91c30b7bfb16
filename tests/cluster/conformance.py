#!/usr/bin/env python3
"""The proof of what is called portable: each line of expressions.txt on DuckDB and, translated, on Spark.

  PYTHON tests/cluster/conformance.py TRANSLATE [--only TEXT]

PYTHON has pyspark 4.3 and duckdb 1.5.5 (PyPI); TRANSLATE is build/dev/tests/translate (ninja translate). Results are compared as
multisets: doubles to 1e-12 of their size, everything else exactly, types by name. Exit code 1 when a line differs, fails on one
side only, or is not refused though it says so.
"""
import argparse
import datetime
import json
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
T = [["id", "INTEGER"], ["i", "INTEGER"], ["j", "INTEGER"], ["b", "BIGINT"], ["k", "SMALLINT"], ["y", "DOUBLE"], ["w", "DOUBLE"],
     ["z", "DECIMAL(10,2)"], ["q", "DECIMAL(18,6)"], ["s", "VARCHAR"], ["p", "VARCHAR"], ["d", "DATE"], ["e", "DATE"], ["ts", "TIMESTAMP"],
     ["us", "TIMESTAMP"], ["f", "BOOLEAN"], ["g", "BOOLEAN"], ["l", "INTEGER[]"]]
U = [["i", "INTEGER"], ["v", "DOUBLE"]]
ROWS = """
(1, 1, 2, 10, 1, 1.5, 2.5, 1.25, 0.123456, 'abc', 'a%', '2020-01-31', '2020-02-29', '2020-01-31 23:59:59.5', '2020-02-01 00:00:00', true, false, [10, 20]),
(2, 2, 0, -7, 2, -2.5, 0.0, -1.25, -2.5, 'ABC', 'abc', '2019-12-30', '2021-01-01', '2019-12-31 12:00:00', '2020-01-01 00:59:00', false, false, []),
(3, 3, -3, 9007199254740993, 3, 2.675, 1e10, 99999999.99, 123456789012.5, 'a b c', '%b%', '2000-02-29', '2001-02-28', '2000-02-29 00:00:00', '2000-02-29 01:01:01', true, true, [NULL]),
(4, -4, 7, -9007199254740993, -4, 0.5, -0.5, 0.05, 0.0000005, '', '', '1999-12-31', '2000-01-01', '1999-12-31 23:59:59.999999', '2000-01-01 00:00:00', NULL, true, NULL),
(5, NULL, 5, NULL, NULL, NULL, 3.0, NULL, NULL, NULL, 'x', NULL, '2020-01-01', NULL, '2020-01-01 00:00:00', true, NULL, [1, 2, 3]),
(6, 6, NULL, 0, 0, 3.5, NULL, 2.50, 2.5, 'a_c', NULL, '2024-12-29', NULL, '2024-12-29 10:20:30', NULL, false, true, [5]),
(7, 7, 1, 1, 7, 'inf', 1.0, 3.15, 0.5, 'a\\c', 'a\\c', '1970-01-01', '1969-12-31', '1970-01-01 00:00:00', '1969-12-31 23:59:59', false, NULL, [7, 8]),
(8, 8, 8, 2, 8, '-inf', 'nan', 0.00, 0, ' abc ', 'abc', '2023-01-01', '2023-12-31', '2023-01-01 06:07:08.123456', '2023-12-31 05:00:00', true, false, [9]),
(9, 0, 3, 3, 9, 'nan', 2.0, -0.05, 1, 'été x1', 'é%', '2016-01-03', '2016-01-04', '2016-01-03 12:30:00', '2016-01-04 12:30:00', NULL, NULL, [0]),
(10, 10, 10, 4, 10, -0.0, 0.0, 10.00, 10, 'x\ny', 'x', '2015-12-28', '2015-12-28', '2015-12-28 00:00:01', '2015-12-28 00:00:00', true, true, [1]),
(11, 2147483, 11, 5, 11, 1234567.891, 1e-5, 7.77, 7.7, '12', '12', '2021-06-15', '2020-06-15', '2021-06-15 15:45:59', '2020-06-15 00:00:00', false, false, [2]),
(12, 2, 2, 6, 12, 1e20, 1e-20, 1.01, 1.005, 'naïve $5', '$', '2022-03-31', '2022-04-30', '2022-03-31 13:00:00', '2022-04-30 14:00:00', true, false, [4]),
(13, 3, 4, 7, 13, -0.49999999999999994, 0.1, 5.55, 5.555555, 'aXbXc', 'X', '2022-10-30', '2022-10-31', '2022-10-30 02:30:00', '2022-10-31 02:30:00', false, true, [3]),
(14, 100, 9, 8, 14, 1.005, 0.3, 6.66, 6.5, 'Straße', 's', '2010-01-01', '2010-12-31', '2010-01-01 00:00:00', '2010-12-31 23:00:00', true, true, [6])"""
U_ROWS = "(1, 1.5), (2, 2.5), (2, -1.0), (NULL, 9.0), (7, 0.5), (50, 3.0)"
CONF = {"spark.sql.ansi.enabled": "true", "spark.sql.ansi.doubleQuotedIdentifiers": "true", "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ", "spark.sql.shuffle.partitions": "2", "spark.ui.enabled": "false"}


class Translator:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.write({"tables": {"t": T, "u": U}})

    def write(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def __call__(self, sql):
        self.write({"sql": sql})
        return json.loads(self.process.stdout.readline())


def plain(value):
    """A value that can be hashed, the same from both engines; doubles are kept apart."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, Decimal):
        return ("decimal", value.normalize() if value else Decimal(0))
    if isinstance(value, list):
        return ("list", tuple(plain(item) for item in value))
    if isinstance(value, datetime.datetime):
        return ("timestamp", value.replace(tzinfo=None))
    return value


def close(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-12 * max(abs(a), abs(b))
    if isinstance(a, int) and isinstance(b, tuple) and b[0] == "decimal":  # DuckDB's HUGEINT is written as DECIMAL(38,0)
        return a == b[1]
    return a == b and type(a) == type(b)


def same(left, right):
    if len(left) != len(right):
        return False
    key = lambda row: [("" if v is None else "n", "nan" if isinstance(v, float) and math.isnan(v) else f"{v:.9e}" if isinstance(v, float) else str(v[1]) if isinstance(v, tuple) and v[0] == "decimal" else str(v)) for v in row]
    return all(len(a) == len(b) and all(close(x, y) for x, y in zip(a, b)) for a, b in zip(sorted(left, key=key), sorted(right, key=key)))


def connect():
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    for name, columns, rows in (("t", T, ROWS), ("u", U, U_ROWS)):
        db.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {t}' for c, t in columns)})")
        db.execute(f"INSERT INTO {name} VALUES {rows}")
    return db


def start_spark(folder, db):
    from pyspark.sql import SparkSession
    builder = SparkSession.builder.master("local[2]").appName("conformance")
    for key, value in CONF.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    for name in ("t", "u"):
        path = os.path.join(folder, name + ".parquet")
        db.execute(f"COPY {name} TO '{path}'")
        spark.read.parquet(path).createOrReplaceTempView(name)
    return spark


def quiet():
    """Spark's own log repeats every error that is asked for here."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def tried(run):
    try:
        return [tuple(plain(v) for v in row) for row in run()], None
    except Exception as error:
        return None, (str(error) or type(error).__name__).splitlines()[0][:200]


def check(line, db, spark, translate):
    """A word for the count, and what is wrong, if anything is."""
    word, _, rest = line.partition(": ")
    wanted = word if word in ("refused", "fails") else "same"
    text = rest if wanted != "same" else line
    query = text if text.split()[0].upper() in ("SELECT", "WITH", "VALUES", "FROM") else f"SELECT id, {text} AS v FROM t"
    answer = translate(query)
    if "error" in answer:
        return "unknown", f"does not bind: {answer['error']}"
    if answer["problems"]:
        message = answer["problems"][0]["message"]
        return "refused", None if wanted == "refused" else f"refused: {message}"
    if wanted == "refused":
        return "same", "was not refused"
    ours, our_error = tried(lambda: db.execute(query).fetchall())
    theirs, their_error = tried(lambda: spark.sql(answer["sql"]).collect())
    if our_error or their_error:
        if our_error and their_error:
            return "fails", None if wanted == "fails" else f"fails on both: {our_error} / {their_error}"
        return "differs", f"DuckDB: {our_error or 'a result'}; Spark: {their_error or theirs[:3]}"
    if wanted == "fails":
        return "differs", f"was to fail: {ours[:3]} / {theirs[:3]}"
    if not same(ours, theirs):
        gone, new = list((Counter(map(repr, ours)) - Counter(map(repr, theirs))).keys())[:4], list((Counter(map(repr, theirs)) - Counter(map(repr, ours))).keys())[:4]
        return "differs", f"DuckDB {gone} / Spark {new}"
    return "same", None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("translate")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    lines = [line for line in (HERE / "expressions.txt").read_text().splitlines() if line and not line.startswith("#") and options.only in line]
    counts, wrong = Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        db, translate = connect(), Translator(options.translate)
        quiet()
        spark = start_spark(folder, db)
        for line in lines:
            word, problem = check(line, db, spark, translate)
            counts[word] += 1
            if problem:
                wrong += 1
                print(f"WRONG {line}\n      {problem}", flush=True)
        spark.stop()
    print(f"{len(lines)} lines: {', '.join(f'{count} {word}' for word, count in sorted(counts.items()))}; {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
