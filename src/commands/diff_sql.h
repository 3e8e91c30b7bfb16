// The SQL by which two versions of a table are compared. They are attached as the tables "before" and "after".
#pragma once

#include <string>
#include <vector>

#include "tables/schema.h"

namespace filrouge {

struct Comparison {
  std::vector<std::string> key;     ///< as in `before`; empty = rows are compared whole, as multisets
  std::vector<std::string> common;  ///< columns of both, without the key; all of both where there is no key
};

/// {n}: key values that occur more than once in `table`.
std::string repeated_keys_sql(const std::string& table, const std::vector<std::string>& key);
/// One row: added, removed, changed, and for each common column how many rows have another value in it.
std::string keyed_counts_sql(const Comparison& comparison);
/// One row: added, removed.
std::string multiset_counts_sql(const Comparison& comparison);
/// Rows that only `there` has ("after": added), in the order of the key, or of all columns.
std::string rows_only_in_sql(const std::string& there, const std::string& other, const Comparison& comparison);
/// The first `most` changed values of one column: the key's columns, before, after.
std::string changed_values_sql(const Comparison& comparison, const std::string& column, size_t most);

}  // namespace filrouge
