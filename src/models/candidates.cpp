#include "models/candidates.h"

#include <cmath>

#include "base/text.h"

namespace filrouge {
namespace {

constexpr size_t kRowsPerThread = 5000;  // below, a second thread costs more than it brings
constexpr int kMostTrees = 2000;
constexpr int kPatience = 40;

BoostingOptions first_options(const LearnOrder& order, const Workload& work, int leaves, double rate) {
  BoostingOptions options;
  options.objective = order.task == Task::rank       ? "lambdarank"
                      : order.task != Task::classify ? "regression"
                      : work.outputs == 1            ? "binary"
                                                     : "multiclass";
  options.classes = work.outputs == 1 ? 1 : static_cast<int>(order.labels.size());
  options.leaves = leaves;
  options.rate = rate;
  options.trees = kMostTrees;
  options.patience = kPatience;
  options.seed = order.seed;
  options.threads =
      static_cast<int>(std::clamp<size_t>(work.rows / kRowsPerThread, 1, static_cast<size_t>(order.threads)));
  return options;
}

/// Expected seconds of one more tree in every fold, or in the final model where there are none.
double seconds_per_round(const Workload& work, const BoostingOptions& options) {
  return static_cast<double>(work.outputs) * seconds_per_tree(work.fold_rows, work.features, options.leaves);
}

/// How many trees usually come before the validation loss stops falling.
double expected_trees(const BoostingOptions& options) {
  return std::min<double>(options.trees, 15 / options.rate);
}

std::string describe(const BoostingOptions& o) {
  std::string text = fmt::format("leaves {}, rate {}, min_rows {}", o.leaves, o.rate, o.min_rows_in_leaf);
  if (o.max_depth > 0) text += fmt::format(", depth {}", o.max_depth);
  if (o.feature_share < 1) text += fmt::format(", feature_share {}", o.feature_share);
  if (o.row_share < 1) text += fmt::format(", row_share {}", o.row_share);
  if (o.l2 > 0) text += fmt::format(", l2 {}", o.l2);
  return text;
}

void apply_settings(const std::map<std::string, double>& settings, BoostingOptions& o) {
  o.patience = settings.contains("trees") ? 0 : o.patience;
  for (const auto& [name, value] : settings) {
    if (name == "trees") o.trees = static_cast<int>(value);
    if (name == "leaves") o.leaves = static_cast<int>(value);
    if (name == "depth") o.max_depth = static_cast<int>(value);
    if (name == "min_rows") o.min_rows_in_leaf = static_cast<int>(value);
    if (name == "rate") o.rate = value;
    if (name == "l1") o.l1 = value;
    if (name == "l2") o.l2 = value;
    if (name == "feature_share") o.feature_share = value;
    if (name == "row_share") o.row_share = value;
  }
}

}  // namespace

double seconds_per_tree(double rows, size_t features, int leaves) {
  return 3e-4 + 2.6e-9 * rows * static_cast<double>(features) * std::sqrt(leaves / 31.0);
}

void fit_to_budget(const Workload& work, double seconds, BoostingOptions& o) {
  constexpr double kFewest = 60, kLargestRate = 0.25;
  o.trees = static_cast<int>(std::clamp<double>(2 * seconds / seconds_per_round(work, o), kFewest, kMostTrees));
  o.rate = std::clamp(30.0 / o.trees, o.rate, kLargestRate);
}

std::vector<Candidate> candidates_for(const LearnOrder& order, const Workload& work) {
  std::vector<Candidate> list;
  auto add = [&](const std::string& method, const BoostingOptions& o) {
    list.push_back({method, o, describe(o), {}, 0, 0, 0});
  };
  if (order.method == "linear" || order.method == "auto") list.push_back({"linear", {}, "ridge", {}, 0, 0, 0});
  if (order.method == "additive") {
    BoostingOptions o = first_options(order, work, 8, 0.05);
    o.max_depth = 4;
    o.min_rows_in_leaf = 30;
    apply_settings(order.settings, o);
    for (int f = 0; f < static_cast<int>(work.features); ++f) o.interactions.push_back({f});
    add("additive", o);
  }
  if (order.method != "boosting" && order.method != "auto") return list;
  if (!order.settings.empty()) {
    BoostingOptions o = first_options(order, work, 31, 0.1);
    apply_settings(order.settings, o);
    add("boosting", o);
    return list;
  }
  // In the order of what usually brings most: moderate, small and slow, deep and strict, shallow, cautious with
  // categories, and twice the moderate one with other draws.
  struct Row {
    int leaves, depth, min_rows;
    double rate, features, rows, l2;
  };
  constexpr Row kRows[] = {{31, -1, 20, 0.05, 0.8, 0.9, 1},   {12, -1, 30, 0.05, 0.5, 0.8, 5},
                           {63, -1, 50, 0.05, 0.6, 0.8, 10},  {8, 3, 10, 0.05, 0.6, 0.8, 1},
                           {31, -1, 100, 0.04, 0.4, 0.7, 20}, {20, -1, 10, 0.03, 0.7, 0.6, 3}};
  double left = order.budget_seconds;
  for (const Row& row : kRows) {
    BoostingOptions o = first_options(order, work, row.leaves, row.rate);
    o.max_depth = row.depth;
    o.min_rows_in_leaf = row.min_rows;
    o.feature_share = row.features;
    o.row_share = row.rows;
    o.l2 = row.l2;
    fit_to_budget(work, left, o);
    double seconds = expected_trees(o) * seconds_per_round(work, o);
    if (seconds > left && !list.empty() && list.back().method == "boosting") break;
    left -= seconds;
    add("boosting", o);
  }
  return list;
}

}  // namespace filrouge
