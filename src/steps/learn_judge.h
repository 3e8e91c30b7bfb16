// What a model answered on the rows that judge it, and the tables made from that.
#pragma once

#include "models/learner.h"
#include "steps/learn_data.h"
#include "steps/learn_task.h"
#include "steps/result_table.h"

namespace filrouge {

/// Answers on some rows: "train", "validation" (by models that had not seen them) or "test".
struct Part {
  std::string name;
  Rows rows;
  std::vector<double> answers;    ///< as Model::predict: rows * outputs
  std::vector<double> quantiles;  ///< as Model::predict_quantiles
};

struct Verdicts {
  const ModelPlan& plan;
  const LearnData& data;
  const Learned& learned;
  std::vector<Part> parts;                                 ///< those that have rows
  std::vector<std::vector<Metric>> metrics;                ///< as parts; the main metric first
  std::vector<std::vector<Metric>> baseline;               ///< of the same metrics, without intervals
  std::vector<std::pair<std::string, double>> importance;  ///< by source column, largest first; mean |contribution|
  uint64_t seed = 1;

  /// The part that counts most: test where there is one, else validation, else train.
  const Part& judge() const { return parts.back(); }
  const std::vector<Metric>& judging_metrics() const { return metrics.back(); }
};

/// Parts, metrics and importance. `main_metric`: shown first; empty = the task's own.
Verdicts judge_model(const ModelPlan& plan, const LearnData& data, const Learned& learned,
                     const std::string& main_metric, int threads);

/// The rows of each table of supervised_tables(), by name.
void fill_table(const std::string& name, const Verdicts& verdicts, const Json& config, ResultTable& table);

/// As the metrics take it.
Judged judged_of(const LearnData& data, const Rows& rows, const std::vector<double>& answers);

}  // namespace filrouge
