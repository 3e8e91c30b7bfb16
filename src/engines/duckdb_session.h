// One DuckDB database in memory with one connection, as plain C++: what the engine and the binder are both built on.
// duckdb.h itself is included by the duckdb*.cpp files of this folder only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace filrouge {

/// Thrown texts of DuckDB taken apart: "Binder Error: Referenced column "x" not found ... LINE 1: ..." .
struct DuckError {
  std::string type;                     ///< "Binder", "Parser", "Catalog", "Conversion", "Out of Memory", "IO" ...
  std::string message;                  ///< one line, without type, LINE picture and candidates
  std::vector<std::string> candidates;  ///< DuckDB's own suggestions, as it spells them
  std::optional<size_t> position;       ///< byte offset into the SQL text
};

/// Not thread-safe, but interrupt() and progress() may be called from any thread.
class DuckSession {
 public:
  /// `threads` of the task scheduler. Extensions are never installed or loaded by themselves; no files are touched by
  /// default.
  explicit DuckSession(int threads);
  /// Another connection to the database of `other`, which must outlive it: for a second thread.
  explicit DuckSession(DuckSession& other);
  ~DuckSession();
  DuckSession(const DuckSession&) = delete;
  DuckSession& operator=(const DuckSession&) = delete;

  /// Runs all statements of `sql`. Throws Error with `text_offset` set where DuckDB gave a position.
  void execute(const std::string& sql);
  /// First column of the first row as text; nothing where there is no row or it is NULL. `argument` is bound to the one
  /// `?` of a statement that is prepared once and reused.
  std::optional<std::string> scalar_with(const std::string& sql, const std::string& argument);
  /// Every row, every value as text (NULL = nothing).
  std::vector<std::vector<std::optional<std::string>>> texts(const std::string& sql);

  void interrupt();
  double progress() const;  ///< 0..100, or below 0 when not known

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Takes DuckDB's message apart.
DuckError parse_duckdb_error(const std::string& text);

/// The Error for a failed statement: kind and code from DuckDB's type of error, hint from its candidates. It shows no
/// value of a row, but those that stand in `sql`.
Error to_error(const DuckError& error, const std::string& sql = "");
/// The message without the value that it is about (duckdb_values.cpp).
std::string without_values(const DuckError& error, const std::string& sql);

}  // namespace filrouge
