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

WorkResult work_on_explain(const WorkRequest& request, WorkContext& context);

}  // namespace filrouge
