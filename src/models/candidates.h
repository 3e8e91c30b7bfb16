// What a learner tries: methods and settings, as many as the budget is worth. Private to learner.cpp.
#pragma once

#include <string>
#include <vector>

#include "models/learner.h"

namespace filrouge {

struct Candidate {
  std::string method;
  BoostingOptions boosting;
  std::string settings;
  // What came of it:
  std::vector<double> raw;  ///< of Learned::judged
  double loss = 0;
  double trees = 0;
  double weight = 0;
};

/// How much there is to do, for the model of cost.
struct Workload {
  size_t rows = 0;       ///< to be learned from
  double fold_rows = 0;  ///< of all folds together; those of `rows` where there are none
  size_t features = 0;
  size_t outputs = 1;
};

/// Seconds of one tree with 31 leaves: measured on two cores of 2023, flights (262,000 rows x 13 features): 9 ms; on
/// 7,000 x 19: 0.8 ms. Only the order of magnitude matters: it decides how much is tried, never what comes out of it.
double seconds_per_tree(double rows, size_t features, int leaves);

/// The candidates of `order`, at least one; what method `baseline` is, is not asked here.
std::vector<Candidate> candidates_for(const LearnOrder& order, const Workload& work);

/// Fewer trees where so many seconds are not worth all of them; then each does more.
void fit_to_budget(const Workload& work, double seconds, BoostingOptions& options);

}  // namespace filrouge
