// What `learn` can do: the table of tasks. Each has its methods, its keys, the tables it yields and its work.
#pragma once

#include <string>
#include <vector>

#include "models/features.h"
#include "steps/model_step.h"
#include "steps/result_table.h"

namespace filrouge {

/// A table that a model yields besides its files: NAME.metrics ...
struct LearnTable {
  const char* name;
  Schema (*schema)(const ModelPlan& plan);
  bool (*wanted)(const Json& config) = nullptr;  ///< null: always
};

/// A `learn` step as its worker has it.
struct LearnJob {
  const WorkRequest& request;
  const ModelPlan& plan;
  const Json& config;    ///< the step's keys
  const Schema& schema;  ///< of the columns that it reads
};

struct LearnTask {
  std::vector<std::string> names;              ///< as `task:` says them
  std::vector<std::string> methods;            ///< besides auto
  std::vector<std::string> keys;               ///< besides from, task, method, features, ignore and seed
  const std::vector<LearnTable>& (*tables)();  ///< in the order in which they are shown and written
  WorkResult (*work)(const LearnJob& job, WorkContext& context);
};
const std::vector<LearnTask>& learn_tasks();
/// That of a step; a step that names none predicts a column.
const LearnTask& learn_task(const Json& config);

/// Those of its tables that the step yields.
std::vector<LearnTable> learn_tables(const Json& config);

/// Reports keys and methods that do not go with the step's task (FR0809); true where there are none.
bool check_task(const Step& step, BindContext& context);

/// `work` of the verb.
WorkResult work_on_learn(const WorkRequest& request, WorkContext& context);

// What the tasks share:

/// The main table of a model lists its files: what reads the model reads their hashes.
Schema model_files_schema();
Schema metrics_schema(const ModelPlan& plan);
Schema features_schema(const ModelPlan& plan);

/// Writes the main table.
WrittenTable list_files(const std::vector<std::string>& files, const WorkRequest& request, Engine& engine);
void fill_features(const std::vector<ColumnUse>& uses, ResultTable& table);
/// What `allow_leak` says, for the card: "column: reason".
std::vector<std::string> reasons_for_leaks(const Json& config);
/// "`country` is left out: it is always `NL`": one by one while they are few.
std::vector<std::string> notes_on_left_out(const std::string& model, const std::vector<ColumnUse>& uses);

}  // namespace filrouge
