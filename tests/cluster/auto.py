#!/usr/bin/env python3
"""`engine: auto` on a real cluster of two Workers: what reads more than there is memory for goes there, all else stays; `plan` says so before.

  tests/cluster/auto.py --filrouge BINARY [--rows 20000000] [options of standalone.py]

With little --memory the steps that read the large table are done by Spark, with much memory by this machine; the table is the same, bit for bit, and
neither is computed again for having been computed elsewhere.
"""
import threads

LITTLE, MUCH = "200MB", "4GB"
THREAD = """thread: growing
engine: auto
steps:
  - read: few
    from: few.csv
  - sql: numbers
    query: SELECT i AS id, (hash(i) >> 1)::BIGINT AS h, (i % 5)::INTEGER AS kind FROM range({rows}) t(i)
  - sql: large
    query: SELECT id, h % 1000 AS bucket, kind FROM numbers WHERE kind = 3 ORDER BY id
  - sql: small
    query: SELECT kind, upper(name) AS name FROM few ORDER BY kind
  - sql: both
    query: SELECT n.kind, f.name, count(*) AS n, min(id) AS first, max(h % 1000) AS most FROM numbers n JOIN few f USING (kind) GROUP BY ALL ORDER BY n.kind
  - sql: here
    query: SELECT any_value(kind) AS kind FROM numbers WHERE id = 3
"""
THERE, HERE = ["large", "both"], ["few", "numbers", "small", "here"]


def engines_of(thread, names, store):
    return {name: thread.receipt(name, store)["engine"].split()[0] for name in names}


def checks(options, spark, folder):
    thread = threads.Thread(options.filrouge, folder / "growing", THREAD.format(rows=options.rows), spark)
    (thread.folder / "few.csv").write_text("kind,name\n" + "".join(f"{kind},kind {kind}\n" for kind in range(5)))
    said = thread.do("plan", "--memory", LITTLE)
    assert f"on spark, if what they read takes more than {LITTLE[:-2]} MB: large, small, both" in said, said
    thread.do("run", "numbers", "few", "--memory", LITTLE)
    size = thread.receipt("numbers")["tables"][0]["bytes"]
    assert size > 200_000_000, f"`numbers` takes no more than {size:,} bytes: more --rows"
    said = thread.do("plan", "--memory", LITTLE)
    assert "on spark: large, both; here runs here: any_value() is not portable" in said, said
    assert "on spark" not in thread.do("plan", "--memory", MUCH)
    yield f"plan says it: `numbers` takes {size:,} bytes, so large and both go to Spark with --memory {LITTLE}, none with {MUCH}"
    said = thread.do("run", "--memory", LITTLE)
    assert said.count("on spark: what it reads takes") == 2, said
    assert engines_of(thread, THERE, ".filrouge") == dict.fromkeys(THERE, "spark")
    assert engines_of(thread, HERE, ".filrouge") == dict.fromkeys(HERE, "duckdb")
    yield "with " + LITTLE + ": " + ", ".join(THERE) + " by spark, " + ", ".join(HERE) + " here"
    for memory in (LITTLE, MUCH):
        assert "nothing to do" in thread.do("run", "--memory", memory)
    yield "with more memory nothing is computed again"
    thread.do("run", "--memory", MUCH, "--store", "all_here")
    assert engines_of(thread, THERE, "all_here") == dict.fromkeys(THERE, "duckdb")
    for name in THERE + HERE:
        assert thread.content(name) == thread.content(name, "all_here"), name
    yield f"with {MUCH}: all here, the same tables bit for bit"
    thread.do("verify")
    yield "verify is clean"


if __name__ == "__main__":
    threads.main(__doc__, checks, lambda parser: parser.add_argument("--rows", type=int, default=20_000_000))
