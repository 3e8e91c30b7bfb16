// The profile of a table: what `filrouge look` shows of each column.
//
// The idea: one GROUP BY per column makes a small table of (value, how often), and everything is computed from that,
// exactly: distinct values, quantiles, histogram, top values, warnings. Each column is read once. Measured on 5 million
// rows of 16 columns: tests/unit/engines/profile_test.cpp, beside DuckDB's SUMMARIZE, whose approximate counts and
// quantiles per row cost more than grouping does.
//
// A column with millions of distinct values (an identifier, a measurement) would make a large table. It is recognised
// by its first 100,000 rows and only the values with hash(value) % k = 0 are grouped, about 50,000 of them, each
// standing for k; what is frequent in the first rows is grouped in any case. Rows, nulls, minimum, maximum, mean and
// standard deviation stay exact (one scan of that column), the rest is marked as approximate. The sample depends on
// values alone: not on threads, not on the order of rows.
#pragma once

#include <string>

#include "base/json.h"
#include "engines/engine.h"

namespace filrouge {

struct ProfileOptions {
  /// Reading the table twice is costly (CSV, a query with joins): copy it into the engine first. Parquet is best read
  /// column by column.
  bool copy_first = false;
  size_t top = 10;   ///< most frequent values listed
  size_t bins = 16;  ///< of a histogram, at most (20 where whole numbers allow one bin for each)
  /// Columns of more rows than this are sampled when they look like having mostly different values.
  uint64_t exact_rows = 1'000'000;
};

/// `table_sql` is a SELECT (or FROM) that gives the table. Result:
///   {rows, columns: [{name, type, kind: number|text|time|boolean|other, approximate, nulls, distinct,
///      min, max, mean, std, quantiles: {"5": .., "25", "50", "75", "95"}, zeros, negatives, infinite,     (number)
///      histogram: {from, to, clipped, counts: [..]},      (number, time; from and to as in the column)
///      length: {min, max, mean}, empty,                   (text)
///      top: [{value, count}],                             (most frequent first; none where all differ)
///      warnings: [{code, message}]}]}
/// A key that does not apply is absent; a value that does not exist (minimum of nothing) is null. Equal tables give
/// equal profiles on any number of threads. Throws Error of the engine.
Json profile(Engine& engine, const std::string& table_sql, const ProfileOptions& options = {});

}  // namespace filrouge
