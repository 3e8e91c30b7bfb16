#include "models/metrics_intervals.h"

#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "models/draw.h"

namespace filrouge {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kBootstrapRows = 20'000;
constexpr int kResamples = 200;

constexpr size_t kMostPoisson = 20;

/// The chance of a Poisson(1) number of at most the place.
std::array<double, kMostPoisson> poisson_chances() {
  std::array<double, kMostPoisson> chances{};
  double probability = std::exp(-1.0), below = 0;
  for (size_t count = 0; count < kMostPoisson; ++count) {
    below += probability;
    chances[count] = below;
    probability /= static_cast<double>(count + 1);
  }
  return chances;
}

const std::array<double, kMostPoisson> kChances = poisson_chances();

/// A Poisson(1) number from an even draw, by inverting its distribution function: nearly always below 4, for which
/// nothing is guessed.
int poisson_one(double even) {
  constexpr size_t kUsual = 4;
  int count = 0;
  for (size_t i = 0; i < kUsual; ++i) count += even >= kChances[i];
  for (size_t i = kUsual; i < kMostPoisson && even >= kChances[i]; ++i) ++count;
  return count;
}

void copy_row(const Judged& from, size_t row, Judged& to) {
  size_t width = from.prediction.size() / from.y.size();
  to.y.push_back(from.y[row]);
  for (size_t k = 0; k < width; ++k) to.prediction.push_back(from.prediction[row * width + k]);
  to.weight.push_back(weight_of(from.weight, row));
}

Judged hash_sample(const Judged& judged, size_t most, uint64_t seed) {
  Judged sample{judged.task, judged.classes};
  sample.costs = judged.costs;
  sample.quantile = judged.quantile;
  double share = static_cast<double>(most) / static_cast<double>(judged.y.size());
  for (size_t r = 0; r < judged.y.size(); ++r) {
    if (share >= 1 || draw(seed, r) < share) copy_row(judged, r, sample);
  }
  return sample;
}

}  // namespace

double weighted_mean(const std::vector<double>& values, const std::vector<double>& weight) {
  double sum = 0, total = 0;
  for (size_t r = 0; r < values.size(); ++r) {
    double w = weight_of(weight, r);
    sum += w * values[r];
    total += w;
  }
  return total > 0 ? sum / total : kNan;
}

double effective_rows(size_t rows, const std::vector<double>& weight) {
  if (weight.empty()) return static_cast<double>(rows);
  double sum = 0, squares = 0;
  for (double w : weight) {
    sum += w;
    squares += w * w;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

Bounds influence_bounds(double value, const std::vector<double>& influence, const std::vector<double>& weight) {
  double squares = 0, total = 0;
  for (size_t r = 0; r < influence.size(); ++r) {
    double w = weight_of(weight, r);
    squares += w * w * influence[r] * influence[r];
    total += w;
  }
  if (!(total > 0)) return {kNan, kNan};
  double half = kNormal95 * std::sqrt(squares) / total;
  return {value - half, value + half};
}

Bounds mean_bounds(const std::vector<double>& values, const std::vector<double>& weight) {
  double rows = effective_rows(values.size(), weight);
  if (rows < 2) return {kNan, kNan};
  double mean = weighted_mean(values, weight), correction = std::sqrt(rows / (rows - 1));
  std::vector<double> influence(values.size());
  for (size_t r = 0; r < values.size(); ++r) influence[r] = (values[r] - mean) * correction;
  return influence_bounds(mean, influence, weight);
}

Bounds wilson_bounds(double share, double rows) {
  if (!(rows > 0)) return {kNan, kNan};
  double z2 = kNormal95 * kNormal95 / rows;
  double middle = (share + z2 / 2) / (1 + z2);
  double half = kNormal95 / (1 + z2) * std::sqrt(share * (1 - share) / rows + z2 / (4 * rows));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Bounds median_bounds(std::vector<double> values, const std::vector<double>& weight) {
  if (values.empty()) return {kNan, kNan};
  std::vector<std::pair<double, double>> sorted(values.size());
  double total = 0;
  for (size_t r = 0; r < values.size(); ++r) {
    sorted[r] = {values[r], weight_of(weight, r)};
    total += sorted[r].second;
  }
  std::sort(sorted.begin(), sorted.end());
  double half = kNormal95 * 0.5 / std::sqrt(effective_rows(values.size(), weight));
  Bounds bounds{sorted.front().first, sorted.back().first};
  double below = 0;
  for (const auto& [value, w] : sorted) {
    if (below <= (0.5 - half) * total) bounds.lower = value;
    below += w;
    if (below >= (0.5 + half) * total) {
      bounds.upper = value;
      break;
    }
  }
  return bounds;
}

Bounds bootstrap_bounds(const Judged& judged, double value, double (*figure)(const Judged&), uint64_t seed) {
  Judged sample = hash_sample(judged, kBootstrapRows, seed);
  if (!judged.falling.empty()) sample.falling = falling_order(sample.prediction);
  const std::vector<double> weight = sample.weight;
  double sum = 0, squares = 0;
  int drawn = 0;
  for (int b = 0; b < kResamples; ++b) {
    for (size_t r = 0; r < weight.size(); ++r) {
      sample.weight[r] = weight[r] * poisson_one(draw(seed + 1 + static_cast<uint64_t>(b), r));
    }
    double again = figure(sample);
    if (!std::isfinite(again)) continue;  // no row of a class was drawn
    sum += again - value;
    squares += (again - value) * (again - value);
    ++drawn;
  }
  if (drawn < 20) return {kNan, kNan};
  double variance = (squares - sum * sum / drawn) / (drawn - 1);
  double scale = static_cast<double>(weight.size()) / static_cast<double>(judged.y.size());
  double half = kNormal95 * std::sqrt(std::max(0.0, variance) * scale);
  return {value - half, value + half};
}

}  // namespace filrouge
