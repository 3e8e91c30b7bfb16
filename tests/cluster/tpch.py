#!/usr/bin/env python3
"""The 22 queries of TPC-H as steps of a thread, proved on a real cluster of two Workers: equal, or refused by name.

  PYTHON tests/cluster/tpch.py --filrouge BINARY [--sf 0.1] [--only q01 ...] [options of standalone.py]

PYTHON has duckdb 1.5.5, which makes data and queries with its extension tpch (.deps/extensions). Exit code 1 when a query differs, or fails
in any other way than with "is not portable to Spark".
"""
import textwrap

import threads

TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]


def make_thread(sf, data):
    """thread.yaml, and the tables as Parquet in `data`."""
    import duckdb

    db = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    db.execute(f"LOAD '{threads.ROOT}/.deps/extensions/tpch.duckdb_extension'")
    db.execute(f"CALL dbgen(sf = {sf})")
    data.mkdir(parents=True)
    for table in TABLES:
        db.execute(f"COPY {table} TO '{data}/{table}.parquet'")
    steps = [f"  - read: {table}\n    from: data/{table}.parquet\n" for table in TABLES]
    for number, query in db.execute("FROM tpch_queries() ORDER BY query_nr").fetchall():
        steps.append(f"  - sql: q{number:02}\n    query: |\n{textwrap.indent(query.strip().rstrip(';'), ' ' * 6)}\n")
    return "thread: tpch\nsteps:\n" + "\n".join(steps)


def checks(options, spark, folder):
    text = make_thread(options.sf, folder / "tpch/data")
    thread = threads.Thread(options.filrouge, folder / "tpch", text, spark)
    thread.do("run", *TABLES)
    proof = thread.json("prove", *options.only, "--engines", "duckdb,spark", code=None)
    equal = [step["name"] for step in proof["steps"] if step["equal"]]
    refused = {step["name"]: step["failure"] for step in proof["steps"] if "is not portable to Spark" in step["failure"]}
    wrong = {step["name"]: step["failure"] or step["columns"] for step in proof["steps"] if step["name"] not in [*equal, *refused]}
    assert len(proof["steps"]) == (len(options.only) or 22) and not wrong, wrong
    yield f"{len(equal)} equal: {', '.join(equal)}"
    for name, why in refused.items():
        yield f"{name} refused: {why}"
    seconds = [(sum(step[key] for step in proof["steps"] if step["equal"])) for key in ("seconds", "other_seconds")]
    yield f"seconds of those that are equal: DuckDB {seconds[0]:.1f}, Spark {seconds[1]:.1f}"


def more(parser):
    parser.add_argument("--sf", type=float, default=0.1)
    parser.add_argument("--only", nargs="*", default=[], metavar="q01", help="these queries")


if __name__ == "__main__":
    threads.main(__doc__, checks, more)
