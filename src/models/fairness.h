// How a two-class model treats groups of rows, in the field's usual rates and criteria, named and defined as fairlearn
// does (Bird et al. 2020), except that a rate which a group cannot have (no positives to find) is left out, not 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace filrouge {

/// A share with its 95 % interval (Wilson 1927); NaN where there are no rows to take it of.
struct GroupRate {
  double value = 0, lower = 0, upper = 0;
};

struct FairnessGroup {
  uint32_t group = 0;
  uint64_t rows = 0;
  GroupRate base_rate;            ///< rows of class 1: P(y = 1)
  GroupRate selection_rate;       ///< P(said 1)
  GroupRate true_positive_rate;   ///< P(said 1 | y = 1)
  GroupRate false_positive_rate;  ///< P(said 1 | y = 0)
  GroupRate precision;            ///< P(y = 1 | said 1)
  GroupRate accuracy;             ///< P(said = y)
  double mean_predicted = 0;      ///< mean probability of class 1; compare with base_rate for calibration
};

/// What a criterion is: for help, cards and docs.
struct CriterionSpec {
  const char* name;
  const char* about;
  const char* formula;
  const char* source;
  double fair;  ///< the value of a model that treats all groups alike: 0 of a difference, 1 of a ratio
};
const std::vector<CriterionSpec>& criterion_specs();

/// Differences have the interval of Newcombe (1998, method 10) between the two groups that attain them; with many small
/// groups the largest difference is large by chance alone. Ratios have none (NaN). NaN where fewer than two groups have
/// the rate.
struct Criterion {
  std::string name;
  double value = 0, lower = 0, upper = 0;
  uint32_t highest = 0, lowest = 0;  ///< the two groups
};

struct Fairness {
  std::vector<FairnessGroup> groups;  ///< those with rows, by number
  std::vector<Criterion> criteria;    ///< in the order of criterion_specs
};

/// `y`: 0 or 1; `p`: probability of class 1, which is said from `threshold` on; `weight`: may be empty;
/// `group`: the group of each row.
Fairness fairness(const std::vector<double>& y, const std::vector<double>& p, const std::vector<double>& weight,
                  const std::vector<uint32_t>& group, double threshold = 0.5);

}  // namespace filrouge
