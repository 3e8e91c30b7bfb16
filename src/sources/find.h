// Which files a `from:` names. Runs in the process that owns the store: looks at names only, never into a file.
#pragma once

#include <string>
#include <vector>

#include "sources/bytes.h"
#include "tables/schema.h"

namespace filrouge {

bool is_url(const std::string& from);

/// A path, a glob (`data/*.csv`, `data/**/*.parquet`), a folder (all files below it that are not hidden), or a member
/// of a zip file
/// (`data/flights.zip/flights.csv`); relative to `folder`. In byte order of their paths.
/// Throws Error(user, FR0301) when nothing matches, with the nearest name there is.
std::vector<SourceFile> find_source_files(const fs::path& folder, const std::string& from);

/// The columns of key=value folders, with types: BIGINT where every value is a whole number without leading zeros,
/// DATE, else VARCHAR. Throws Error(user, FR0309) when the files do not have the same keys.
std::vector<Column> partition_columns(const std::vector<SourceFile>& files);

}  // namespace filrouge
