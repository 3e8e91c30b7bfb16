// explain's second half, in the worker, and the tables that both halves know.
#pragma once

#include "steps/model_step.h"

namespace filrouge {

struct ExplainTable {
  const char* name;
  bool (*wanted)(const Json& config);
  Schema schema;
};
/// In the order in which they are written.
const std::vector<ExplainTable>& explain_tables();

/// `by:` as a list.
std::vector<std::string> groups_named(const Json& config);

/// In the worker: the rows to explain, in the table's order, as a query of the columns `expressions` and last the row's
/// number, counted from 1; of a `step` above 1 every so many-th row.
std::string explained_rows_sql(const WorkRequest& request, const std::vector<std::string>& expressions, uint64_t step);
uint64_t count_explained(const WorkRequest& request, Engine& engine);

WorkResult work_on_explain(const WorkRequest& request, WorkContext& context);

}  // namespace filrouge
