// What a thread says of a model, read off its `learn` step: shared by learn, score and explain, which all must come to
// the same columns, types and tables.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/frame.h"
#include "models/metrics.h"
#include "models/validation.h"
#include "steps/step.h"

namespace filrouge {

struct ModelPlan {
  std::string name, from, target;  ///< target: cluster has none; of anomaly the truth to judge by, or empty
  std::string target_type;
  Task task = Task::classify;
  std::string method;                 ///< as the thread says it; "auto" where it does not
  bool task_is_open = false;          ///< a whole-number target: two values make it classify, more regress
  std::vector<SourceColumn> sources;  ///< what the model may read, in the table's order
  std::vector<std::string> others;    ///< columns besides: target, split, weight, segments
  std::vector<std::string> skipped;   ///< columns of types that no model reads
  SplitPlan split;
  std::optional<SourceColumn> split_column;
  std::string group;                 ///< rank: the column that tells whose list a row stands in
  std::vector<std::string> classes;  ///< where the thread names them
  std::vector<double> quantiles;     ///< of a number, rising; besides the mean
  bool has_costs = false;            ///< of classes: mistakes do not cost the same

  /// Nothing is predicted: there is no split, and all rows are learned from.
  bool unsupervised() const { return task == Task::cluster || task == Task::anomaly; }
  bool classifies() const { return task == Task::classify || task_is_open; }
};

/// The plan of a `learn` step on its table. Problems go to `context`, if one is given; nothing after one.
std::optional<ModelPlan> plan_model(const Step& learn, const Schema& table, BindContext* context);

/// The `learn` step that makes `model`, or nothing after reporting at `key` of `step` what there is instead.
const Step* find_model(const Step& step, const std::string& key, const std::string& model, BindContext& context);

/// What a prediction is made of: prediction, probability ..., as columns of a table. What only one method has (t2 and q
/// of pca, the probability of a mixture) is there where the thread says that method.
Schema prediction_columns(const ModelPlan& plan);

/// In a worker: the folder with the files of a model that the request has as an input.
std::filesystem::path model_folder(const WorkRequest& request, const std::string& model);

/// "90%" or 0.9 -> 0.9; what is no number is 0.
double share_said(const Json& said);

/// Adds "FR0801 no column" with a hint.
void report_no_column(const Step& step, const std::vector<std::string>& path, const std::string& column,
                      const std::string& table, const Schema& schema, BindContext& context);

}  // namespace filrouge
