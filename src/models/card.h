// The model card: what a reader must know before trusting a model, under the headings of Hugging Face's model cards
// (Mitchell et al. 2019, "Model cards for model reporting"). What only a person can write is marked as such.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/learner.h"

namespace filrouge {

/// Where nothing is predicted `target` says what is found (clusters, anomalies), `tried` says of each candidate whether
/// it was chosen (weight 1), and `split` and `importance` stay empty.
struct CardFacts {
  struct Part {
    std::string name;
    size_t rows = 0;
    std::vector<Metric> metrics, baseline;
  };
  /// What the classes said cost, where mistakes do not cost the same.
  struct Decision {
    std::vector<std::string> labels;
    std::vector<double> costs;  ///< as in decision.h
    std::string part;
    size_t rows = 0;
    double threshold = std::numeric_limits<double>::quiet_NaN();  ///< of two classes
    Metric cost;                                                  ///< a row
    std::vector<double> always;                                   ///< a row, by class: if that were always said
  };
  Task task = Task::classify;
  std::string name, from, target, because;
  std::vector<std::string> allowed_leaks, notes;
  uint64_t seed = 1;
  std::vector<Part> parts;
  std::vector<std::pair<std::string, double>> importance;
  std::vector<Tried> tried;
  SplitPlan split;
  std::optional<Decision> decision;
};

/// Writes card.json and card.md; returns their names.
std::vector<std::string> write_cards(const CardFacts& facts, const std::filesystem::path& folder);

}  // namespace filrouge
