// learn's second half, in the worker: rows in, a model and the tables that judge it out.
#pragma once

#include "steps/model_step.h"

namespace filrouge {

/// A table that a model yields besides its files: NAME.metrics ...
struct LearnTable {
  const char* name;
  Schema (*schema)(const ModelPlan& plan);
};
/// In the order in which they are shown and written.
const std::vector<LearnTable>& learn_tables();

/// The main table of a model lists its files: what reads the model reads their hashes.
Schema model_files_schema();

/// `budget:` in seconds; 0 or less where it is none.
double budget_seconds(const Json& config);

WorkResult work_on_learn(const WorkRequest& request, WorkContext& context);

}  // namespace filrouge
