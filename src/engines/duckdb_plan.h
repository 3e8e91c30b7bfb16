// What DuckDB's bound, unoptimised plan says of a query: which source columns each output column comes from, which
// decide its rows, and whether its result depends on the order in which rows are met.
//
// DuckDB prints the plan as JSON with every column reference resolved to a position in its operator's input. So lineage
// is one walk from the leaves to the root: each operator makes the columns of its output from those of its inputs, a
// column being two sets of source columns. Example: SELECT sum(x) FILTER (y > 1) FROM t WHERE z = 2 has the plan
//   PROJECTION #0  <-  AGGREGATE sum(#0) FILTER (#1 > 1)  <-  FILTER #2 = 2  <-  GET t(x, y, z)
// and gives values {t.x}, rows {t.y, t.z}.
//
// Rejected: the syntax tree (would need our own name resolution: USING, stars, COLUMNS(), correlated names), and the
// optimised plan (columns that cannot change the result on *empty* tables are optimised away).
#pragma once

#include "engines/engine.h"
#include "engines/plan_json.h"

namespace filrouge {

using Schemas = std::map<std::string, Schema>;

/// Fills lineage, row order and `not_understood` of `query` (whose schema is filled) from the plan below CREATE TABLE
/// AS.
void read_plan(PlanNode plan, const Schemas& schemas, Query& query);

/// How the rows of this plan may be computed. See RowOrder. `order_prefix` is set for RowOrder::sorted: the leading
/// output columns whose values decide the order of the rows.
RowOrder row_order_of(PlanNode plan, const Schema& schema, size_t& order_prefix);

/// The portable text of a type that DuckDB prints as JSON: {"id": "LIST", "type_info": {...}}.
std::string type_text(PlanNode type);

}  // namespace filrouge
