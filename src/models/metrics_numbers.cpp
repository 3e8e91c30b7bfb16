// Figures of predicted numbers.
#include <cmath>
#include <limits>

#include "models/metrics_figures.h"

namespace filrouge {

namespace {

template <class Loss>
std::vector<double> losses(const Judged& judged, const Loss& loss) {
  std::vector<double> values(judged.y.size());
  for (size_t r = 0; r < values.size(); ++r) values[r] = loss(judged.y[r], judged.prediction[r]);
  return values;
}

}  // namespace

std::vector<double> squared_errors(const Judged& judged) {
  return losses(judged, [](double y, double p) { return (y - p) * (y - p); });
}

std::vector<double> absolute_errors(const Judged& judged) {
  return losses(judged, [](double y, double p) { return std::abs(y - p); });
}

std::vector<double> relative_errors(const Judged& judged) {
  constexpr double kLeast = std::numeric_limits<double>::epsilon();
  return losses(judged, [=](double y, double p) { return std::abs(y - p) / std::max(std::abs(y), kLeast); });
}

std::vector<double> pinball_losses(const Judged& judged) {
  double q = judged.quantile;
  return losses(judged, [q](double y, double p) { return y >= p ? q * (y - p) : (1 - q) * (p - y); });
}

double root_mean_squared_error(const Judged& judged) {
  return std::sqrt(weighted_mean(squared_errors(judged), judged.weight));
}

Bounds root_mean_squared_error_bounds(const Judged& judged, double, uint64_t) {
  // The interval of the mean squared error, through the root: monotone, and better than its slope for few rows.
  Bounds squared = mean_bounds(squared_errors(judged), judged.weight);
  return {std::sqrt(std::max(0.0, squared.lower)), std::sqrt(squared.upper)};
}

double r_squared(const Judged& judged) {
  if (judged.y.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  double mean = weighted_mean(judged.y, judged.weight);
  double error = weighted_mean(squared_errors(judged), judged.weight);
  double spread =
      weighted_mean(losses(judged, [=](double y, double) { return (y - mean) * (y - mean); }), judged.weight);
  if (spread == 0) return error == 0 ? 1 : 0;
  return 1 - error / spread;
}

Bounds r_squared_bounds(const Judged& judged, double value, uint64_t) {
  double mean = weighted_mean(judged.y, judged.weight);
  double spread =
      weighted_mean(losses(judged, [=](double y, double) { return (y - mean) * (y - mean); }), judged.weight);
  if (!(spread > 0)) return {value, value};
  std::vector<double> influence = losses(
      judged, [=](double y, double p) { return ((1 - value) * (y - mean) * (y - mean) - (y - p) * (y - p)) / spread; });
  return influence_bounds(value, influence, judged.weight);
}

double median_absolute_error(const Judged& judged) {
  std::vector<double> error = absolute_errors(judged);
  std::vector<std::pair<double, double>> sorted;
  double total = 0;
  for (size_t r = 0; r < error.size(); ++r) {
    double w = weight_of(judged.weight, r);
    if (w > 0) sorted.emplace_back(error[r], w);
    total += w;
  }
  std::sort(sorted.begin(), sorted.end());
  // Where half the weight lies exactly at a value, the mean of it and the next (Hyndman & Fan 1996, definition 2).
  double below = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    below += sorted[i].second;
    if (below < total / 2) continue;
    bool exactly = below - total / 2 <= std::numeric_limits<double>::epsilon() && i + 1 < sorted.size();
    return exactly ? (sorted[i].first + sorted[i + 1].first) / 2 : sorted[i].first;
  }
  return sorted.empty() ? std::numeric_limits<double>::quiet_NaN() : sorted.back().first;
}

Bounds median_absolute_error_bounds(const Judged& judged, double, uint64_t) {
  return median_bounds(absolute_errors(judged), judged.weight);
}

}  // namespace filrouge
