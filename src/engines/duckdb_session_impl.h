// The C handles behind DuckSession; included by the duckdb*.cpp files of this folder only.
#pragma once

#include <duckdb.h>

#include <unordered_map>

#include "engines/duckdb_session.h"
#include "tables/block.h"

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
  [[noreturn]] void fail(const std::string& text, const std::string& sql = "");
};

/// Engine::scan and Engine::append (duckdb_blocks.cpp). A scan has a connection of its own, so that the other one stays
/// free for what `take` does.
void scan_blocks(DuckSession::Impl& session, const std::string& sql, size_t block_rows,
                 const std::function<void(Block&&)>& take);
void append_block(DuckSession::Impl& session, const std::string& table, const Block& block);

}  // namespace filrouge
