// The rows that a `learn` step is given, read into memory and made ready: target, weights, split; and what is wrong
// with them.
#pragma once

#include <optional>

#include "models/validation.h"
#include "steps/model_step.h"

namespace filrouge {

struct LearnData {
  Task task = Task::classify;
  Frame inputs;                     ///< the columns that the model may read
  Frame others;                     ///< target, split, weight, segments
  Rows rows;                        ///< those with a target
  std::vector<double> y;            ///< per row of the frames: class number or value; NaN without a target
  std::vector<double> weight;       ///< likewise; empty: all 1
  std::vector<std::string> labels;  ///< classify: by class number
  Split split;
  std::vector<std::string> notes;

  LearnData(const std::vector<SourceColumn>& sources, const std::vector<SourceColumn>& extra)
      : inputs(sources), others(extra) {}
  int classes() const { return task == Task::classify ? static_cast<int>(labels.size()) : 1; }
};

/// Reads `plan.from`. Throws Error(data, FR0803 ... FR0808) in the words of the thread.
LearnData load_learn_data(const ModelPlan& plan, const Json& config, const Schema& table, Engine& engine);

}  // namespace filrouge
