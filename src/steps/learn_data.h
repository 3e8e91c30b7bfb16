// The rows that a `learn` step is given, read into memory and made ready: target, weights, split; and what is wrong
// with them.
#pragma once

#include <optional>

#include "models/features.h"
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
  std::vector<uint32_t> list;       ///< rank: whose list each row stands in, rows of a list side by side; else empty
  std::vector<uint32_t> table_row;  ///< rank: where each row stands in the table; else empty: in the same order
  std::vector<double> costs;        ///< classify: as in models/decision.h; empty: all mistakes cost the same
  Split split;
  std::vector<std::string> notes;
  /// A large table is sampled: every row whose hash is divisible by `step` is here. 1 = all.
  uint64_t step = 1, table_rows = 0;

  LearnData(const std::vector<SourceColumn>& sources, const std::vector<SourceColumn>& extra)
      : inputs(sources), others(extra) {}
  uint64_t row_in_table(uint32_t row) const { return table_row.empty() ? row : table_row[row]; }
  int classes() const { return task == Task::classify ? static_cast<int>(labels.size()) : 1; }
};

/// Reads `plan.from`, sampled where it is larger than about 1 GB or `sample:` says so. Throws FR0809 where that is more
/// than `limits` can hold. Throws Error(data, FR0803 ... FR0808) in the words of the
/// thread.
LearnData load_learn_data(const ModelPlan& plan, const Json& config, const Schema& table, const Limits& limits,
                          Engine& engine);

/// The table's rows of a sampled step that may be learned from, all of them, as numbers: what is in the sample's test
/// (by time: from its first moment on; by group: its groups; at random: the sampled rows themselves) is left out. Calls
/// `take` block by block; the order is the table's.
void each_training_block(const ModelPlan& plan, const LearnData& sample, const Features& features, Engine& engine,
                         const std::function<void(const TrainingSet&)>& take);
/// How many rows that are.
uint64_t count_training_rows(const ModelPlan& plan, const LearnData& sample, Engine& engine);

}  // namespace filrouge
