// What a program printed becomes the table of its step: the columns that were declared, in that order, every value of
// its type, rows in the program's order.
#pragma once

#include <filesystem>
#include <string>

#include "engines/engine.h"
#include "sources/source.h"
#include "tables/schema.h"

namespace filrouge {

struct RunResult {
  std::filesystem::path file;
  std::string program;  ///< as the thread names it
  std::string format;   ///< "csv", "json", "parquet", or "tsv": lines whose fields are separated by TAB, no header
  Schema columns;       ///< as declared
};

/// Reads it into target.staging as `read` does. Throws Error(data, FR0306) for the first row that does not fit where
/// bad rows stop the step, FR0443 for other columns, FR0444 where there is nothing; and what reading throws.
ReadOutcome read_result(const RunResult& result, const ReadTarget& target, Engine& engine);

}  // namespace filrouge
