// The C handles behind DuckSession; included by the duckdb*.cpp files of this folder only.
#pragma once

#include <duckdb.h>

#include <unordered_map>

#include "engines/duckdb_session.h"

namespace filrouge {

/// A duckdb_result that frees itself.
struct DuckResult {
  duckdb_result raw{};
  DuckResult() = default;
  ~DuckResult() { duckdb_destroy_result(&raw); }
  DuckResult(const DuckResult&) = delete;
  DuckResult& operator=(const DuckResult&) = delete;
};

struct DuckSession::Impl {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  std::unordered_map<std::string, duckdb_prepared_statement> prepared;

  /// Runs `sql`; throws what to_error() makes of a failure.
  void run(const std::string& sql, DuckResult& result);
  void run_prepared(const std::string& sql, const std::string& argument, DuckResult& result);
  [[noreturn]] void fail(const std::string& text);
};

}  // namespace filrouge
