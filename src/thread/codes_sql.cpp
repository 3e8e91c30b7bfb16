// Error codes of SQL: grammar, names, types, and the graph that the names make.
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0201", "SQL that does not parse",
     R"(The text breaks the grammar of SQL (DuckDB's). The caret stands where the parser could not go on; the mistake is there or
just before: a missing comma, a keyword out of order, a quote or bracket not closed.)",
     R"(SELECT carrier avg(dep_delay) FROM flights GROUP BY carrier)",
     R"(SELECT carrier, avg(dep_delay) FROM flights GROUP BY carrier)"},

    {"FR0202", "not a single SELECT",
     R"(A step makes one table from one SELECT (also WITH, VALUES, FROM, PIVOT, UNION). It creates, changes and deletes nothing, so
that it can be run again at any time. Two statements are two steps.)",
     R"(CREATE TABLE late AS SELECT * FROM flights)", R"(SELECT * FROM flights)"},

    {"FR0203", "no such column",
     R"(None of the tables in reach has a column of this name. `filrouge show TABLE` lists the columns. Text needs single quotes:
double quotes are for names.)",
     R"(SELECT dep_dely FROM flights)", R"(SELECT dep_delay FROM flights)"},

    {"FR0204", "no such table",
     R"(No step of the thread makes a table of this name. Tables of steps are named as the step, and what a step yields besides is
NAME.checks, NAME.rejects and the like. Files are read by `read` steps, not by SQL.)",
     R"(SELECT * FROM fligths)", R"(SELECT * FROM flights)"},

    {"FR0205", "no such parameter", R"(`$name` in SQL is a parameter, and must have a default below `params:`.)",
     R"(params: {late_after: 15}
# SELECT * FROM flights WHERE dep_delay > $late)",
     R"(params: {late_after: 15}
# SELECT * FROM flights WHERE dep_delay > $late_after)"},

    {"FR0206", "no such function",
     R"(DuckDB has no function of this name, or filrouge does not let it be called because it would read files or the network behind
the thread's back: a `read` step does that, so that the plan knows.)",
     R"(SELECT mean_of(dep_delay) FROM flights)", R"(SELECT avg(dep_delay) FROM flights)"},

    {"FR0207", "types that do not fit",
     R"(A function or operator was given values of types that it does not take. Convert one side: `x::INTEGER`, `CAST(x AS DATE)`, or
`try_cast` where some values do not convert.)",
     R"(SELECT carrier + 1 FROM flights)", R"(SELECT flight + 1 FROM flights)"},

    {"FR0208", "ambiguous column", R"(Several tables in reach have a column of this name. Say which one is meant.)",
     R"(SELECT year FROM flights f JOIN planes p USING (tailnum))",
     R"(SELECT f.year FROM flights f JOIN planes p USING (tailnum))"},

    {"FR0209", "SQL that cannot be bound",
     R"(The SQL parses, but means nothing: a column that is neither grouped nor aggregated, an aggregate in WHERE, sides of a UNION
that differ in columns. The message is DuckDB's.)",
     R"(SELECT carrier, dep_delay FROM flights GROUP BY carrier)",
     R"(SELECT carrier, avg(dep_delay) FROM flights GROUP BY carrier)"},

    {"FR0210", "result that changes by itself",
     R"(A warning. The query calls random(), now(), uuid() or the like: the same thread on the same data gives another result each
time, and a table that is up to date may be stale. Use a parameter for today, and a hash of a key for a sample.)",
     R"(SELECT *, now() - seen AS age FROM visits)", R"(SELECT *, $today::DATE - seen AS age FROM visits)"},

    {"FR0211", "cycle among steps",
     R"(Each step of the cycle needs the result of the next one, so none can run first. The message names the way round. Break it
where a step reads more than it must.)",
     R"(- sql: a
  query: SELECT * FROM b
- sql: b
  query: SELECT * FROM a)",
     R"(- sql: a
  query: SELECT * FROM flights
- sql: b
  query: SELECT * FROM a)"},

    {"FR0212", "PIVOT without its values",
     R"(The columns of a step are known before it runs, so PIVOT must say which values become columns.)",
     R"(PIVOT flights ON carrier USING count(*))", R"(PIVOT flights ON carrier IN ('AA', 'UA') USING count(*))"},

    {"FR0213", "two columns of one name",
     R"(A table has each column once, capital letters do not count. Name one of them otherwise, or leave it out.)",
     R"(SELECT f.year, p.year FROM flights f JOIN planes p USING (tailnum))",
     R"(SELECT f.year, p.year AS built FROM flights f JOIN planes p USING (tailnum))"},

    {"FR0214", "query that reads past the thread",
     R"(A query reads tables of the thread only: no files, no addresses, no other databases. What plan, keys and lineage do not know
could change without a word. A `read` step makes a table of a file.)",
     R"(SELECT * FROM 'data/flights.csv')", R"(SELECT * FROM flights)"},

    {"FR0215", "two steps make one table",
     R"(A table is made by one step. Tables that a step yields besides its own (NAME.checks, NAME.rejects) count too.)",
     R"(- read: late
  from: late.csv
- sql: late
  query: SELECT 1)",
     R"(- read: late_read
  from: late.csv
- sql: late
  query: SELECT * FROM late_read)"},

    {"FR0220", "not portable",
     R"(The step is to run on another engine (`engine:`, `--engine`), or says `portable: true`, and something in its query means
something else there, or nobody has compared it. The hint is a spelling that means the same on both. docs/cluster.md has
the list of what is compared.)",
     R"(SELECT CAST(distance / 3 AS VARCHAR) AS third FROM flights)",
     R"(SELECT CAST(CAST(distance / 3 AS DECIMAL(12,2)) AS VARCHAR) AS third FROM flights)"},

    {"FR0221", "no such engine",
     R"(`engine:` and `--engine` take duckdb, the embedded engine, a name from engines.yaml, which stands beside thread.yaml or in
~/.config/filrouge/, or auto: there what reads more than there is memory for. Where there are two engines of a kind, auto does not
choose: name one.)",
     R"(filrouge run --engine sparc)", R"(filrouge run --engine spark)"},

    {"FR0222", "engines.yaml",
     R"(The file names engines, each with a kind, spark or hadoop, and how it is reached. It holds no secrets.)",
     R"(spark: {kind: spak})",
     R"(spark: {kind: spark, submit: /opt/spark/bin/spark-submit, master: yarn, conf: {spark.executor.memory: 4g}})"},

    {"FR0223", "step that the engine cannot do",
     R"(A step names an engine of another kind than it needs: Spark runs `sql`, `score` and `explain`, Hadoop `map` and `reduce` of `run`, `score` and `explain`. With
--engine, or `engine:` at the top of the thread, each step that can goes there and the others run here.)",
     R"(- sql: top
  engine: yarn       # kind: hadoop
  query: SELECT * FROM words ORDER BY n DESC LIMIT 20)",
     R"(- sql: top
  query: SELECT * FROM words ORDER BY n DESC LIMIT 20)"},
};

}  // namespace

std::span<const ErrorCode> sql_codes() {
  return kRows;
}

}  // namespace filrouge
