// learn's second half, in the worker, where a column is predicted: rows in, a model and the tables that judge it out.
#pragma once

#include "steps/learn_task.h"

namespace filrouge {

/// Of the tasks that predict a column.
const std::vector<LearnTable>& supervised_tables();
/// Of `task: rank`.
const std::vector<LearnTable>& ranking_tables();
WorkResult work_on_supervised(const LearnJob& job, WorkContext& context);

/// `budget:` in seconds; 0 or less where it is none.
double budget_seconds(const Json& config);

}  // namespace filrouge
