// 95 % intervals of metrics: of means, of smooth functions of means, of shares, and by resampling.
#pragma once

#include <string>
#include <vector>

#include "models/metrics.h"

namespace filrouge {

inline constexpr double kNormal95 = 1.959963984540054;  ///< the normal distribution's 97.5 % point

struct Bounds {
  double lower = 0, upper = 0;
};

inline double weight_of(const std::vector<double>& weight, size_t row) {
  return weight.empty() ? 1 : weight[row];
}
double weighted_mean(const std::vector<double>& values, const std::vector<double>& weight);
/// Rows of weight 1 that carry as much information (Kish 1965): (sum w)^2 / sum w^2.
double effective_rows(size_t rows, const std::vector<double>& weight);

/// A mean: value -+ 1.96 standard errors.
Bounds mean_bounds(const std::vector<double>& values, const std::vector<double>& weight);
/// A smooth function of means, from each row's influence on it (the delta method): influences have weighted mean 0.
Bounds influence_bounds(double value, const std::vector<double>& influence, const std::vector<double>& weight);
/// A share of `rows` rows (Wilson 1927): never outside 0..1, sound for few rows and shares near 0 or 1.
Bounds wilson_bounds(double share, double rows);
/// The median of `values`, from the binomial distribution of ranks.
Bounds median_bounds(std::vector<double> values, const std::vector<double>& weight);
/// Anything else: 200 Poisson resamples (every row's weight times a Poisson(1) draw) of at most 20,000 rows drawn by
/// hash; the deviation over them, scaled from the rows drawn to all rows by the square root.
Bounds bootstrap_bounds(const Judged& judged, double value, double (*figure)(const Judged&), uint64_t seed);

}  // namespace filrouge
