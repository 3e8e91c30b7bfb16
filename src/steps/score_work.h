// score's second half, in the worker.
#pragma once

#include "steps/model_step.h"

namespace filrouge {

struct ScoreOptions {
  size_t reasons = 0;
  double interval = 0;  ///< coverage, 0.9; 0 = none
  std::string group;    ///< of ranks: the column of the lists; empty = there is none in the table
};
ScoreOptions score_options(const Json& config);

/// The columns that scoring adds to a table.
Schema scored_columns(const ModelPlan& plan, const ScoreOptions& options);

WorkResult work_on_score(const WorkRequest& request, WorkContext& context);

}  // namespace filrouge
