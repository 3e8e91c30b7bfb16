// A query in Spark's SQL that means what it means in DuckDB, or the reason why there is none.
//
// It is made from DuckDB's bound plan, as lineage is (duckdb_plan.h): there every name is resolved to a position, every
// overload chosen, every implicit cast written out, every correlated subquery taken apart. Each operator becomes one
// common table expression over those below it, with the columns c0, c1 ...; each function, cast and operator is looked
// up in a table (spark_functions.cpp, spark_casts.cpp) by its name and the types of its arguments. What the table does
// not have is refused, so nothing passes that nobody has compared on both engines. Example: SELECT x // 2 FROM t gives
//   WITH _r1 AS (SELECT CAST(`x` DIV nullif(2, 0) AS INT) AS c0 FROM `t`)
//   SELECT CAST(c0 AS INT) AS `x // 2` FROM _r1 ORDER BY c0 ASC NULLS LAST
//
// Rejected: the syntax tree (no types: CAST(x AS INT) rounds a double half to even, a decimal half up), and passing the
// text on (Spark then runs most of it with other results). docs/decisions/0011-spark-from-the-bound-plan.md
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engines/engine.h"
#include "engines/plan_json.h"

namespace filrouge {

/// What the translation asks of DuckDB.
struct ConstantFolder {
  /// The value of an expression without columns, as DuckDB prints it; nothing for NULL. Throws as the engine does.
  std::function<std::optional<std::string>(const std::string& expression)> value;
  /// Whether a function gives the same value at each call.
  std::function<bool(const std::string& function)> is_pure;
};

/// `schemas`: the tables that the plan scans.
PortableQuery to_spark(PlanNode plan, const std::map<std::string, Schema>& schemas, const Schema& result,
                       const ConstantFolder& folder);

}  // namespace filrouge
