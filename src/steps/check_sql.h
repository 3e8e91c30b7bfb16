// What `expect:` of a check says, made into SQL: each expectation becomes one condition under which a row fails, one
// question about the whole table, or a query whose rows are the failures. Binding only; no data moves.
//
//   range: {dep_delay: [-60, 1500]}      fails: "dep_delay" < -60 OR "dep_delay" > 1500      (NULL does not fail)
//   unique: [a, b]                       fails: ("a", "b") IN (keys that occur twice or more; a key with NULL passes)
//   refers: {tailnum: planes.tailnum}    fails: "tailnum" IS NOT NULL AND "tailnum" NOT IN (SELECT ..)
//   row_count: [1, 10]                   holds: count(*) >= 1 AND count(*) <= 10
//
// Conditions without a subquery and all questions are answered by one scan of the table; `unique` and `refers` by one
// scan of their columns each.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "steps/step.h"

namespace filrouge {

struct Expectation {
  size_t item = 0;       ///< its place in `expect:`, from 0; an item over several columns makes one for each column
  std::string label;     ///< its name in the thread, or "range dep_delay"; unique in the check
  std::string columns;   ///< "dep_delay", or several: "year, month"; empty = the whole table
  std::string rule;      ///< in words: "between -60 and 1500"
  std::string about;     ///< what the thread says of it
  std::string severity;  ///< "stop", "warn" or "quarantine"

  // One of these three:
  std::string fails;          ///< SQL condition over the table's columns, true for a row that fails
  std::string query;          ///< `sql:`: SELECT whose rows are the failures
  std::string found, holds;   ///< SQL aggregates over the table: what there is (a text), and whether it will do
  bool has_subquery = false;  ///< of `fails`
  Schema result;              ///< of `query`
  TableLineage lineage;       ///< of `query`
  double at_most_share = 0;   ///< of the table's rows may fail
  std::optional<uint64_t> at_most_rows;  ///< in place of the share

  bool about_table() const { return !holds.empty(); }
};

/// Everything that `expect:` came to.
struct Expectations {
  std::vector<Expectation> list;
  std::set<ColumnRef> reads;      ///< every column that decides whether an expectation holds
  std::set<std::string> tables;   ///< every table looked at
  std::set<std::string> columns;  ///< those of the table that is checked, spelled as in its schema
  std::set<std::string> params;   ///< parameters used
};

/// Reports every problem at its place and returns nothing where there was one. `table` is the schema of step.name.
std::optional<Expectations> compile_expectations(const Step& step, const Schema& table, BindContext& context);

}  // namespace filrouge
