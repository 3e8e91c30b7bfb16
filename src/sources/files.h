// Files as sources of rows: what matches a path, what kind it is, and how it is made readable for the engine.
//
// CSV and TSV, JSON (one document, an array, or one object a line), Parquet, text (one row a line); plain, .gz, .zst,
// .zip; one file, a list, a glob, a folder of key=value partitions, http(s). Everything here but `find_source_files`
// runs in a worker.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "engines/engine.h"

namespace filrouge {

enum class FileFormat { csv, json, ndjson, parquet, text };

struct SourceFiles {
  std::vector<std::filesystem::path> files;  ///< absolute, sorted by byte value; what the pattern matched
  FileFormat format = FileFormat::csv;
  bool partitioned = false;  ///< key=value folders give columns
};

bool is_url(const std::string& from);

}  // namespace filrouge
