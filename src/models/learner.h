// From rows to a model: candidates are tried on folds, the best are blended, and the blend is fitted on all training
// rows.
//
// What is tried follows from the budget and the size of the data alone (a model of cost, not a clock), so the same
// thread gives the same model on every machine and with any number of threads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/boosting.h"
#include "models/frame.h"
#include "models/model.h"
#include "models/ranking.h"
#include "models/validation.h"

namespace filrouge {

struct LearnOrder {
  Task task = Task::classify;       ///< classify, regress or rank
  std::vector<std::string> labels;  ///< classify: by class number
  std::string target;
  std::string method = "auto";  ///< auto | boosting | linear | additive | baseline
  double budget_seconds = 30;
  std::map<std::string, double> settings;  ///< of boosting, as the user said them: trees, leaves, rate ...: no tuning
  std::map<std::string, int> monotone;     ///< by source column
  const FrameColumn* time = nullptr;       ///< as in Features::fit
  const std::vector<uint32_t>* group = nullptr;  ///< rank: the list of each row of the frame, its rows side by side
  std::vector<double> quantiles;                 ///< regress: levels, rising; learned besides the mean
  std::vector<double> costs;                     ///< classify: as in decision.h
  uint64_t seed = 1;
  int threads = 1;
  /// Set where the frame is a sample of a larger table: how many training rows that has, and a walk over all of them.
  /// Boosting then chooses on the sample and grows the final trees on all rows.
  uint64_t all_rows = 0;
  std::function<void(const Features&, const std::function<void(const TrainingSet&)>& take)> each_block;
  std::function<void(const std::string&)> phase = [](const std::string&) {};
};

/// A candidate, as NAME.tried shows it.
struct Tried {
  std::string method, settings;
  int trees = 0;      ///< boosting: the mean of the folds
  double loss = 0;    ///< over the validation rows: log loss, root mean squared error, or 1 - ndcg@10
  double weight = 0;  ///< in the blend
};

struct Learned {
  Model model;
  std::vector<Tried> tried;
  Rows judged;                           ///< validation rows of all folds, ascending
  std::vector<double> judged_raw;        ///< the blend's raw scores for them, made by models that did not see them
  std::vector<double> baseline;          ///< the constant raw score of the baseline
  std::vector<double> judged_quantiles;  ///< likewise of the quantiles, rising within a row
  SingleOrder order;                     ///< rank: the order that is the baseline
};

/// `y` (class number or value) and `weight` (or empty) have an entry per row of the frame.
Learned learn_model(const LearnOrder& order, const Frame& frame, const std::vector<double>& y,
                    const std::vector<double>& weight, const Split& split);

}  // namespace filrouge
