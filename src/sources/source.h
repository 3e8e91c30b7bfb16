// Files as a source of rows: looked into once (inspect_source), then read as often as needed (read_source).
//
// CSV and TSV, JSON (one document or an array), NDJSON, Parquet, text (one row a line); plain, .gz, .zst, .zip.
// Both halves run in a worker. What inspection finds fixes format, dialect and types, so that reading guesses nothing:
// the same request, facts and files give the same rows in the same order with any number of threads.
//
// Nothing is dropped in silence: kept rows + rejected rows = records of the files. A record is rejected when its width,
// quotes or encoding are broken, or when a value does not have its column's type.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "engines/engine.h"
#include "sources/bytes.h"
#include "sources/csv_dialect.h"
#include "tables/schema.h"

namespace filrouge {

enum class FileFormat { csv, json, ndjson, parquet, text };
const char* to_string(FileFormat format);
std::optional<FileFormat> format_from(const std::string& name);

struct SourceRequest {
  std::string format;             ///< "" = by name and content; "csv", "tsv", "json", "ndjson", "parquet", "text"
  std::vector<SourceFile> files;  ///< in reading order; a zip file without a member stands for all its data
  CsvRequest csv;
  std::vector<Column> declared;    ///< types that the thread fixes; columns that need not exist
  std::vector<Column> partitions;  ///< columns from key=value folders, with types
};
Json to_json(const SourceRequest& request);
SourceRequest source_request_from_json(const Json& json);

struct FileFacts {
  SourceFile file;
  Dialect dialect;                   ///< csv
  std::vector<std::string> names;    ///< csv: this file's columns, in its order
  bool regular = true;               ///< the engine reads its text as it stands, once unpacked and decoded
  uint64_t records = 0, flawed = 0;  ///< csv: all records, and those whose shape is broken
  uint64_t longest = 0;              ///< bytes of the longest record
};

struct SourceFacts {
  FileFormat format = FileFormat::csv;
  Schema columns;  ///< of the files, without partitions
  std::vector<FileFacts> files;
  std::optional<uint64_t> rows;  ///< expected
  std::vector<std::string> notes;
};
Json to_json(const SourceFacts& facts);
SourceFacts source_facts_from_json(const Json& json);

/// Throws Error(data, FR0304 .. FR0329) naming the file.
SourceFacts inspect_source(const SourceRequest& request, Engine& engine);

/// The first record of a CSV file that is not empty; nothing where there is none.
std::optional<std::vector<std::string>> csv_header(const SourceFile& file, const Dialect& dialect);

/// The facts of one CSV file of which all is known: its dialect, its columns in its order (`names`), and their types
/// (request.declared, the columns of the table in their order). Nothing is guessed; the records are only counted.
SourceFacts known_csv(const SourceRequest& request, const Dialect& dialect, const std::vector<std::string>& names);

struct ReadTarget {
  std::string name;              ///< "flights"
  fs::path staging;              ///< empty folder: main table here, rejects in rejects/, scratch in scratch/ (removed)
  bool stop_on_bad_row = false;  ///< then a bad row throws FR0306
};

struct ReadOutcome {
  WrittenTable table, rejects;
  std::vector<std::string> notes;
};

ReadOutcome read_source(const SourceRequest& request, const SourceFacts& facts, const ReadTarget& target,
                        Engine& engine);

/// Columns of NAME.rejects: file, line, reason, text.
Schema rejects_schema();

}  // namespace filrouge
