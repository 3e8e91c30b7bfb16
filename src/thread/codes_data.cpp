// Error codes of data: reading files and running SQL on them (FR03xx), checks and charts (FR04xx).
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0301", "no such file to read",
     R"(No file matches the path, the pattern or the name inside a zip file. Paths begin at the folder of thread.yaml.)",
     R"(- read: flights
  from: data/fligths.csv)",
     R"(- read: flights
  from: data/flights.csv)"},

    {"FR0302", "no such column in the file",
     R"(`columns:` says something of a column that the file does not have. Names count as the file writes them.)",
     R"(columns: {tail_num: {subject: true}})", R"(columns: {tailnum: {subject: true}})"},

    {"FR0303", "not a type",
     R"(The type of a column is one of DuckDB's: BIGINT, DOUBLE, DECIMAL(18,3), VARCHAR, BOOLEAN, DATE, TIMESTAMP ...)",
     R"(columns: {hour: {type: NUMBER}})", R"(columns: {hour: {type: BIGINT}})"},

    {"FR0304", "not a regular file",
     R"(A folder, a pipe or a device stands where a file is to be read. Such a thing may never end, or give other bytes each time.)",
     R"(- read: events
  from: /dev/stdin)",
     R"(- read: events
  from: data/events.ndjson)"},

    {"FR0305", "cannot be unpacked",
     R"(A packed file grows beyond all measure (over 1,000 times its size, as made to fill a disk), or the disk is full. Unpack it
yourself if it is what you expect, or put the store on another disk.)",
     R"(- read: events
  from: bomb.csv.gz)",
     R"(- read: events
  from: events.csv)"},

    {"FR0306", "row that cannot be kept",
     R"(With `on_bad_row: stop` the first row that does not fit its columns stops the step; the message names line and reason.
By default such rows go to NAME.rejects and the others are kept.)",
     R"(- read: flights
  from: flights.csv
  on_bad_row: stop)",
     R"(- read: flights
  from: flights.csv
  on_bad_row: reject   # see flights.rejects)"},

    {"FR0307", "no data in the file",
     R"(The file is empty, or has no line that is a JSON object, so nothing tells its columns.)",
     R"(- read: events
  from: empty.ndjson)",
     R"(- read: events
  from: events.ndjson)"},

    {"FR0308", "not a Parquet file",
     R"(The file cannot be read as Parquet: it is cut off, damaged, or of another format under that name.)",
     R"(- read: flights
  from: flights.csv
  format: parquet)",
     R"(- read: flights
  from: flights.csv)"},

    {"FR0309", "files that do not go together",
     R"(Files read as one table must have one format, and all or none lie in the same key=value folders.)",
     R"(from: [a.csv, b.json])", R"(from: [a.csv, b.csv])"},

    {"FR0310", "the engine refuses", R"(DuckDB stopped with an error of no special kind; the message is its own.)",
     R"(SELECT time_bucket(INTERVAL '1 month 1 day', day) FROM weather)",
     R"(SELECT time_bucket(INTERVAL '1 month', day) FROM weather)"},

    {"FR0311", "value that does not convert",
     R"(A value cannot be read as the type that is wanted. try_cast gives NULL instead of an error.)",
     R"(SELECT 'ten'::INTEGER)", R"(SELECT try_cast('ten' AS INTEGER))"},

    {"FR0312", "value out of range",
     R"(A number is too large or too small for its type. Convert to a wider type before computing.)",
     R"(SELECT 200::TINYINT)", R"(SELECT 200::SMALLINT)"},

    {"FR0313", "input that a function refuses",
     R"(A function got a value that it cannot work on, such as a wrong pattern or format; the message is DuckDB's.)",
     R"(SELECT regexp_matches(carrier, '(') FROM flights)", R"(SELECT regexp_matches(carrier, '^A') FROM flights)"},

    {"FR0314", "out of memory",
     R"(The step needs more memory than it was given, even with the disk to help. Raise `--memory`, lower `--jobs`, or let it read
fewer columns or rows.)",
     R"(filrouge run --memory 100MB)", R"(filrouge run --memory 4GB)"},

    {"FR0315", "the engine cannot read or write",
     R"(DuckDB met an error of a file: damaged, gone while it was read, or the disk is full. The message has the reason.)",
     R"(filrouge run               # data/flights.parquet is cut off)",
     R"(filrouge run               # after copying it again)"},

    {"FR0316", "error inside the engine",
     R"(A bug of DuckDB, not of your thread. Another way to write the query often helps. Please report it with the query.)",
     R"(filrouge run)", R"(filrouge run               # after writing the query in another way)"},

    {"FR0317", "unknown encoding",
     R"(The encoding of a text file is one that iconv knows: utf-8, latin-1, windows-1252, utf-16, shift_jis ...)",
     R"(encoding: latin)", R"(encoding: latin-1)"},

    {"FR0318", "not JSON in a data file",
     R"(The file is named or declared JSON, but breaks its rules; the message has the place. One object a line is `format: ndjson`.)",
     R"({"a": 1,})", R"({"a": 1})"},

    {"FR0319", "damaged packed file",
     R"(A .gz, .zst or .zip file cannot be unpacked to its end: it was cut off or changed. Copy or download it again.)",
     R"(from: half-downloaded.csv.gz)", R"(from: flights.csv.gz)"},

    {"FR0320", "encrypted file",
     R"(The file inside the zip needs a password. Unpack it first; passwords do not belong into a thread.)",
     R"(from: locked.zip)", R"(from: unlocked.csv)"},

    {"FR0321", "rows lost while reading",
     R"(A bug of the program: two ways to count the rows of a file disagree, and no row may be dropped without a word. Please report
it with the first lines of the file.)",
     R"(filrouge run)", R"(filrouge run --json        # for the report)"},

    {"FR0322", "value of another type in the file",
     R"(A value does not have the type that `columns:` gives its column. Read it as VARCHAR and convert in SQL.)",
     R"(columns: {zip: {type: BIGINT}}       # some are 75008-CEDEX)", R"(columns: {zip: {type: VARCHAR}})"},

    {"FR0323", "files that differ in a column's type",
     R"(A column has one type in one file and another type in the next. Read them in two steps and join them in SQL.)",
     R"(- read: all
  from: [old.parquet, new.parquet])",
     R"(- read: old
  from: old.parquet
- read: new
  from: new.parquet
- sql: all
  query: FROM old UNION ALL BY NAME FROM new)"},

    {"FR0324", "unknown key of a column",
     R"(What `columns:` may say of a column: type, about, time, entity, subject, purpose, keep.)",
     R"(columns: {hour: {typ: BIGINT}})", R"(columns: {hour: {type: BIGINT}})"},

    {"FR0325", "not one character",
     R"(Delimiter, quote, escape and decimal mark are one character each; a tab is written `tab`.)",
     R"(delimiter: ";;")", R"(delimiter: ;)"},

    {"FR0326", "cannot be fetched",
     R"(The server of an http(s) address refused or did not answer, and there is no earlier copy. An address that needs a key or
password names it with `${secret:NAME}`.)",
     R"(from: https://example.org/fligths.csv)", R"(from: https://example.org/flights.csv)"},

    {"FR0327", "download does not fit",
     R"(The disk is full before the download is complete. Free some space, or put the store on another disk.)",
     R"(filrouge run --store /small)", R"(filrouge run --store /large/flights)"},

    {"FR0328", "fetched data may be old",
     R"(A warning. The server could not be asked whether the data at an address has changed; the copy fetched before is used.)",
     R"(filrouge run               # without a network)", R"(filrouge run               # when the network is back)"},

    {"FR0329", "libcurl is missing",
     R"(Files named by a URL are fetched with libcurl, which is opened when the first one is read. On Debian and Ubuntu it is the
package libcurl4.)",
     R"(# libcurl is not installed
- read: flights
  from: https://data.example.org/flights.csv)",
     R"(# after: sudo apt install libcurl4
- read: flights
  from: https://data.example.org/flights.csv)"},

    {"FR0401", "no such column for the chart", R"(The chart names a column that its table or query does not give.)",
     R"(- chart: late
  from: flights
  mark: bar
  x: huor)",
     R"(- chart: late
  from: flights
  mark: bar
  x: hour)"},

    {"FR0402", "unknown mark", R"(`mark` says what to draw: bar, line, point ... The message lists them.)",
     R"(mark: bars)", R"(mark: bar)"},

    {"FR0403", "no such column",
     R"(A check or a chart names a column that is not there, or names something else where a column is wanted.)",
     R"(- check: flights
  expect:
    - not_null: tail_num)",
     R"(- check: flights
  expect:
    - not_null: tailnum)"},

    {"FR0404", "expectation or channel that is not understood",
     R"(The value does not say what the key needs: a range has a lowest and a highest value, `in` a list, `row_count` a number.)",
     R"(- range: {dep_delay: 60})", R"(- range: {dep_delay: [-60, 1500]})"},

    {"FR0405", "expectation that expects nothing",
     R"(An item of `expect` has one of unique, not_null, range, in, matches, refers, row_count, type, freshness, sql.)",
     R"(expect:
  - at_most: 20%)",
     R"(expect:
  - unique: id
    at_most: 20%)"},

    {"FR0406", "no such table or column to refer to", R"(`refers` takes {column: table.column}, both of the thread.)",
     R"(- refers: {tailnum: plane.tailnum})", R"(- refers: {tailnum: planes.tailnum})"},

    {"FR0407", "types that cannot be compared",
     R"(The check compares a column with a value of another kind, such as a number with a text, and would never hold.)",
     R"(- in: {carrier: [1, 2]})", R"(- in: {carrier: [AA, UA]})"},

    {"FR0410", "too many rows for a chart",
     R"(A chart has a limit of rows, because a picture of a million marks shows nothing and takes minutes. Aggregate or sample in SQL.)",
     R"(query: SELECT hour, dep_delay FROM flights)",
     R"(query: SELECT hour, avg(dep_delay) AS delay FROM flights GROUP BY hour)"},

    {"FR0411", "chart keys that do not go together",
     R"(`vega:` is a whole specification, so channels and the titles of axes stand inside it. A chart is written as svg or png.)",
     R"(- chart: late
  from: flights
  x: hour
  vega: {mark: bar})",
     R"(- chart: late
  from: flights
  vega: {mark: bar, encoding: {x: {field: hour}}})"},

    {"FR0420", "chart that Vega-Lite refuses",
     R"(The specification of the chart makes no chart; the message is Vega-Lite's.)",
     R"(vega: {mark: bar, encoding: {x: {field: hour, type: wrong}}})",
     R"(vega: {mark: bar, encoding: {x: {field: hour, type: ordinal}}})"},

    {"FR0421", "PNG needs librsvg",
     R"(SVG is drawn by filrouge itself, PNG by the library librsvg (2.52 or newer), which is not installed.)",
     R"(filrouge run               # a chart with `format: [svg, png]`)",
     R"(sudo apt install librsvg2-2 fonts-liberation)"},

    {"FR0422", "chart that loads data",
     R"(A chart draws tables of the thread only, so that plan and lineage know its data. Read the file with a `read` step.)",
     R"(vega: {data: {url: flights.csv}, mark: bar})",
     R"(- chart: late
  from: flights
  vega: {mark: bar})"},

    {"FR0423", "chart too large to draw",
     R"(Drawing takes too long or too much memory, mostly because every row becomes a mark. Aggregate in SQL.)",
     R"(query: SELECT hour, dep_delay FROM flights)",
     R"(query: SELECT hour, avg(dep_delay) AS delay FROM flights GROUP BY hour)"},

    {"FR0424", "chart cannot be drawn",
     R"(The system refused what drawing needs: a thread, memory, or a file; the message has its reason.)",
     R"(filrouge run --memory 10MB)", R"(filrouge run --memory 1GB)"},

    {"FR0430", "unknown type in a check", R"(`type` takes {column: TYPE} with a type of DuckDB.)",
     R"(- type: {hour: NUMBER})", R"(- type: {hour: BIGINT})"},

    {"FR0431", "type check that will not hold",
     R"(A warning. The column has another type than the check expects, which is known before any data is read.)",
     R"(- type: {hour: VARCHAR})", R"(- type: {hour: BIGINT})"},

    {"FR0330", "Spark stopped the query",
     R"(Spark began the query and gave up: the message begins with its own name for the reason, such as [CAST_INVALID_INPUT] or
[DIVIDE_BY_ZERO]. The embedded engine would most likely stop there too.)",
     R"(SELECT CAST(code AS INTEGER) AS code FROM flights   -- a code is `N/A`)",
     R"(SELECT CAST(code AS INTEGER) AS code FROM flights WHERE regexp_full_match(code, '[0-9]+'))"},

    {"FR0331", "Spark does not start",
     R"(spark-submit could not be run, or its driver did not connect back. The message ends with the last line that it wrote.)",
     R"(spark: {kind: spark, submit: /opt/sparc/bin/spark-submit, master: yarn})",
     R"(spark: {kind: spark, submit: /opt/spark/bin/spark-submit, master: yarn})"},

    {"FR0332", "Spark was lost",
     R"(The driver ended while it ran a step: it was killed, or its machine was. What was finished is kept; run again.)",
     R"(spark: {kind: spark, submit: spark-submit, master: yarn, conf: {spark.driver.memory: 100m}})",
     R"(spark: {kind: spark, submit: spark-submit, master: yarn, conf: {spark.driver.memory: 2g}})"},

    {"FR0333", "Spark made other columns",
     R"(Names and types of what Spark wrote are not those that the plan says. This is a mistake of the translation, and nothing
was kept of the result.)",
     R"(filrouge run --engine spark)", R"(filrouge run --engine duckdb)"},

    {"FR0334", "a worker on the cluster",
     R"(A step's rows are worked on in parts, by workers on the cluster's machines. One could not start, was ended, or left no
receipt; nothing was kept of the step. `filrouge doctor --engine spark` tries them.)",
     R"(spark: {kind: spark, submit: spark-submit, master: yarn, worker: /usr/bin/filrouge})",
     R"(spark: {kind: spark, submit: spark-submit, master: yarn})"},

    {"FR0335", "Hadoop stopped the job",
     R"(The job ran on YARN and failed, or somebody killed it. The message has the application's name, why YARN says it ended, and the
last error of a task; `yarn logs -applicationId NAME` has more. Nothing of its output was kept.)",
     R"(yarn: {kind: hadoop, home: /opt/hadoop, conf: {mapreduce.map.memory.mb: 64}})",
     R"(yarn: {kind: hadoop, home: /opt/hadoop, conf: {mapreduce.map.memory.mb: 1024}})"},

    {"FR0336", "Hadoop cannot be used",
     R"(`hadoop` could not be run, or HDFS or YARN did not take what was asked. The message ends with what it said; `filrouge doctor
--engine NAME` looks for the reason.)",
     R"(yarn: {kind: hadoop, home: /opt/hadop})", R"(yarn: {kind: hadoop, home: /opt/hadoop})"},

    {"FR0337", "file that changed while it was read",
     R"(A file was changed, replaced or removed after the run had looked at it. Nothing of it was kept: the step would stand for a
content that it was not made of. Run again; of a file that is written all the time read a copy.)",
     R"(from: log/today.csv       # a server appends to it)", R"(from: log/yesterday.csv)"},
};

}  // namespace

std::span<const ErrorCode> data_codes() {
  return kRows;
}

}  // namespace filrouge
