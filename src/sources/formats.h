// The two halves of each format; source.cpp chooses among them.
#pragma once

#include "sources/rejects.h"
#include "sources/source.h"

namespace filrouge {

/// Where a format writes while it reads: copies of packed files, and the rows it rejects.
struct ReadRoom {
  fs::path scratch;  ///< a folder on the store's disk, removed afterwards
  Rejects& rejects;
  const ReadTarget& target;
  Engine& engine;
};

SourceFacts inspect_csv(const SourceRequest& request, const std::vector<SourceFile>& files);
WrittenTable read_csv(const SourceRequest& request, const SourceFacts& facts, ReadRoom& room);

/// Parquet and JSON are looked into by the engine itself; packed files are first unpacked into `scratch`.
SourceFacts inspect_parquet(const SourceRequest& request, const std::vector<SourceFile>& files, const fs::path& scratch,
                            Engine& engine);
WrittenTable read_parquet(const SourceRequest& request, const SourceFacts& facts, ReadRoom& room);

SourceFacts inspect_json(const SourceRequest& request, const std::vector<SourceFile>& files, FileFormat format,
                         const fs::path& scratch, Engine& engine);
WrittenTable read_json(const SourceRequest& request, const SourceFacts& facts, ReadRoom& room);

/// One row a line: file, line (its number), text.
SourceFacts inspect_text(const SourceRequest& request, const std::vector<SourceFile>& files);
WrittenTable read_text(const SourceRequest& request, const SourceFacts& facts, ReadRoom& room);

/// A path at which the engine can read the file: itself, or an unpacked and decoded copy in `scratch`.
fs::path readable_path(const SourceFile& file, size_t index, const std::string& encoding, const fs::path& scratch);
/// scratch/00012/year=2024/month=1/data.csv, its folders made: key=value parts stay visible to the engine.
fs::path scratch_path(const SourceFile& file, size_t index, const fs::path& scratch, const std::string& extension);

/// DuckDB's reader of lines has buffers for lines up to 2 MB; for longer ones it must be told.
inline constexpr uint64_t kEngineLine = 1'900'000;

/// "['a', 'b']" and "{'a': 'BIGINT', ...}" as SQL.
std::string sql_list(const std::vector<fs::path>& paths);
std::string sql_columns(const std::vector<Column>& columns);
/// ", hive_partitioning=true, hive_types=..." or nothing.
std::string sql_partitions(const std::vector<Column>& partitions);
/// The select list: the file's columns, then the partitions'.
std::string sql_select(const SourceFacts& facts, const std::vector<Column>& partitions);

/// The type that the thread declares for a column, or nothing.
const Column* declared_for(const SourceRequest& request, const std::string& name);

}  // namespace filrouge
