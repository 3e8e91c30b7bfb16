// What filrouge asks of whatever does the work: the embedded engine (duckdb_engine.cpp), or one that stands on other
// machines as well (spark_engine.cpp, hadoop_engine.cpp), which does there what it can and the rest here.
//
// A Binder lives in the process that owns the store: it sees SQL text and schemas, never data.
// An Engine lives in a worker: it reads and writes Parquet.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "tables/block.h"
#include "tables/lineage.h"
#include "tables/schema.h"

namespace filrouge {

struct Limits {
  uint64_t memory_bytes = 0;  ///< for the whole worker process
  int threads = 1;
  uint64_t timeout_ms = 0;  ///< 0 = none
};

/// How the rows of a query can be computed and still come out the same whatever the number of threads.
enum class RowOrder {
  streaming,  ///< scan, filter, project: rows keep the order of the source; any number of threads
  sorted,     ///< exact aggregates, DISTINCT, set operations: any number of threads, ORDER BY ALL added at the end
  sequential  ///< joins, windows, ties, floating-point sums, first/list/string_agg: one thread
};

struct Query {
  Schema schema;
  TableLineage lineage;
  RowOrder order = RowOrder::sequential;
  std::vector<std::string> volatile_functions;     ///< random(), now() ...: the result is not a function of the inputs
  std::vector<std::string> approximate_functions;  ///< approx_count_distinct ...
  /// Parts of the plan that lineage does not know. Where there are any, it is the sound over-approximation: every
  /// column of every table read, in `values` and in `rows`.
  std::vector<std::string> not_understood;
};

/// A query as another engine understands it.
struct PortableQuery {
  std::string sql;  ///< in the other engine's words; empty where there are problems
  /// The same rows before they are sorted by all columns; empty where the query has an ORDER BY of its own.
  std::string unsorted;
  std::vector<std::string> rules;  ///< what had to be written otherwise, in words, sorted
  std::vector<std::string> notes;  ///< where equal sort keys leave a choice that the engines may make differently
  std::vector<Error> problems;     ///< Error(user, FR0220, text_offset): what means something else there, all of it
};

class Binder {
 public:
  virtual ~Binder() = default;
  /// Makes `table` ("flights" or "flights.checks") known with these columns; replaces what was declared before.
  /// A type that DuckDB does not know is told (FR0207) by the first describe() that may need the table.
  virtual void declare(const std::string& table, const Schema& schema) = 0;
  /// Tables named by the query, whether declared or not, without CTE names; in order of first use.
  /// Throws Error(user, FR0201, text_offset) for a syntax error and FR0202 for what is not one SELECT.
  virtual std::vector<std::string> tables_of(const std::string& sql) = 0;
  /// Schema, lineage and row order. Throws Error(user, FR0203 ..., text_offset into `sql`, hint "did you mean").
  virtual Query describe(const std::string& sql) = 0;
  /// The query in Spark's SQL. Throws as describe(); what is not portable is told in `problems`.
  virtual PortableQuery for_spark(const std::string& sql) = 0;
  /// Names of all SQL functions, for hints.
  virtual const std::vector<std::string>& functions() = 0;
};

/// Not thread-safe; several may live beside each other. Must be gone before main returns: DuckDB keeps state per
/// thread.
std::unique_ptr<Binder> make_binder();

/// Rows that follow each other, by the place of the first one.
struct RowRange {
  uint64_t first = 0, rows = 0;
};

struct TableFiles {
  std::string name;
  std::vector<std::filesystem::path> files;  ///< Parquet, in row order
  Schema schema;                             ///< used where there are no files
  std::vector<RowRange> ranges = {};         ///< as `files`: only these rows of each; empty = all
};

/// What is known of a table that was written: rows, bytes, and for each column a hash of its values and their
/// positions.
struct WrittenTable {
  std::string name;
  std::vector<std::filesystem::path> files;
  uint64_t rows = 0, bytes = 0;
  Schema schema;
  std::vector<std::string> column_hashes;  ///< as schema.columns; equal hash and equal row count = equal content
};
Json to_json(const WrittenTable& table);
WrittenTable written_table_from_json(const Json& json);

/// Lines through programs on the engine's machines, by map and reduce with the contract of Hadoop streaming. Which
/// programs, and what else is done with the lines on the way, is said in files of job/ that the worker there reads.
struct LinesJob {
  std::string name;              ///< by which the machines show it
  std::filesystem::path folder;  ///< here: in/, a file for each mapper; job/ goes to the machines; the rest is free
  bool combines = false, reduces = false;
  size_t sort_fields = 1;   ///< lines are sorted by so many fields, separated by TAB,
  size_t group_fields = 1;  ///< and the first ones of these decide which reducer gets a line
  size_t reducers = 1;
};
struct LinesDone {
  /// Below the job's folder: one for each reducer; without, for each mapper. A TAB stands behind each line. With a
  /// combiner there is none, where the line has at least `sort_fields` of its own.
  std::vector<std::filesystem::path> files;
  std::string job;  ///< what the machines call it: application_1700000000000_0001
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual void set_limits(const Limits& limits) = 0;
  virtual std::string version() const = 0;  ///< "duckdb 1.5.5"
  /// Forgets all tables, then makes these readable under their names.
  virtual void attach(const std::vector<TableFiles>& tables) = 0;
  /// Runs statements for their effect (CREATE TEMP ..., SET ...). Throws Error(data or engine, FR03xx).
  virtual void execute(const std::string& sql) = 0;
  /// The whole result in memory; for small answers. {columns: [{name, type}], rows: [[..]]}; at most `max_rows` rows.
  /// Integers beyond 2^53 and decimals are JSON numbers where exact, else text; dates and timestamps ISO text; NaN and
  /// infinities null.
  virtual Json rows(const std::string& sql, uint64_t max_rows) = 0;
  /// Writes the result as Parquet into `folder` (made by the caller, empty) with portable types, rows in a defined
  /// order. `first_row`: of a part of a table, the place of its first row in the whole; the column hashes are then such
  /// that those of all parts, combined by XOR, are the whole table's.
  virtual WrittenTable materialise(const std::string& name, const std::string& sql, RowOrder order,
                                   const std::filesystem::path& folder, uint64_t first_row = 0) = 0;
  /// As materialise, for a file written by other means: rows, schema and column hashes of Parquet files.
  virtual WrittenTable measure(const std::string& name, const std::vector<std::filesystem::path>& files) = 0;
  /// Columns and types of Parquet files.
  virtual Schema schema_of(const std::vector<std::filesystem::path>& files) = 0;
  /// The rows of a query in blocks of `block_rows` (the last one may be shorter), as it gives them: the query must
  /// define their order (the scan of one table, or ORDER BY). Every column must be DOUBLE or VARCHAR. `take` may use
  /// append() but nothing else of this engine; what it throws ends the scan.
  virtual void scan(const std::string& sql, size_t block_rows, const std::function<void(Block&&)>& take) = 0;
  /// Adds rows to a table that execute() made, with DOUBLE and VARCHAR columns in the block's order.
  virtual void append(const std::string& table, const Block& block) = 0;
  /// What it runs on besides this process: {"slots": how many of our own workers at once, "python", "master"}; null =
  /// nothing.
  virtual Json place() { return nullptr; }
  /// The embedded one, for what is done on this machine in any case.
  virtual Engine& here() { return *this; }
  /// Runs our own worker on the engine's machines (run/part_worker.h), for each part of the request in `file`, and
  /// returns the receipts, in any order. A part may be tried more than once; one receipt of it comes back.
  virtual std::vector<std::string> map(const std::filesystem::path& file, size_t parts);
  /// How much of the running statement is done, 0 to 1; below 0 when not known. From any thread.
  virtual double progress() const = 0;
  /// Stops the running statement (from another thread); it then throws Error(interrupted).
  virtual void interrupt() = 0;
  /// Runs `filrouge worker . map`, `combine` and `reduce` (run/line_worker.h) there. `say` is told what goes on.
  virtual LinesDone run_lines(const LinesJob& job, const std::function<void(const std::string&)>& say);
};

/// "duckdb v1.5.5": part of every key.
std::string engine_version();

/// `scratch`: an existing folder where the engine may spill what does not fit into memory.
std::unique_ptr<Engine> make_duckdb_engine(const std::filesystem::path& scratch);

/// The engine that `engine`, an entry of engines.yaml, describes; the embedded one where it is null. Not started before
/// it is needed.
std::unique_ptr<Engine> make_engine(const Json& engine, const std::filesystem::path& scratch);

}  // namespace filrouge
