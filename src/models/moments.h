// Count, sum and sum of squares of values as they come: their mean and its 95 % interval.
#pragma once

#include <cmath>
#include <limits>

#include "models/metrics_intervals.h"

namespace filrouge {

struct Moments {
  double n = 0, sum = 0, squares = 0;

  void add(double value) { n += 1, sum += value, squares += value * value; }
  double mean() const { return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN(); }
  /// Half the width of the interval of the mean; NaN of fewer than two values.
  double error() const {
    if (!(n > 1)) return std::numeric_limits<double>::quiet_NaN();
    return kNormal95 * std::sqrt(std::max(0.0, squares / n - mean() * mean()) / (n - 1));
  }
};

}  // namespace filrouge
