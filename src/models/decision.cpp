#include "models/decision.h"

#include <algorithm>

namespace filrouge {

size_t class_said(const double* answer, size_t classes, const std::vector<double>& costs) {
  if (classes <= 2) return answer[0] >= least_cost_threshold(costs) ? 1 : 0;
  if (costs.empty()) return static_cast<size_t>(std::max_element(answer, answer + classes) - answer);
  size_t best = 0;
  double least = 0;
  for (size_t said = 0; said < classes; ++said) {
    double expected = 0;
    for (size_t actual = 0; actual < classes; ++actual) expected += answer[actual] * costs[actual * classes + said];
    if (said == 0 || expected < least) least = expected, best = said;
  }
  return best;
}

double least_cost_threshold(const std::vector<double>& costs) {
  if (costs.size() != 4) return 0.5;
  double false_positive = costs[1] - costs[0], false_negative = costs[2] - costs[3];
  return false_positive / (false_positive + false_negative);
}

}  // namespace filrouge
