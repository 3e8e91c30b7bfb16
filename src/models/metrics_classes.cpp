// Figures of predicted probabilities, row by row, and of the classes said, from the table of (true, said) counts.
//
// Accuracy-like figures are smooth functions of the shares of that table's cells. Their intervals come from the delta
// method: a row's influence is the derivative of the figure by the share of the row's cell. (All are homogeneous of
// degree 0 in the cells, so influences have mean 0 by themselves.) One pass over the rows, where a bootstrap takes 200.
#include <cmath>
#include <limits>

#include "models/decision.h"
#include "models/metrics_figures.h"

namespace filrouge {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kCalibrationBins = 15;

/// Weighted shares of rows by true class, by class said, and where both agree.
struct ClassShares {
  std::vector<double> truth, said, both;

  explicit ClassShares(const Judged& judged) {
    size_t classes = static_cast<size_t>(judged.classes);
    truth.assign(classes, 0);
    said.assign(classes, 0);
    both.assign(classes, 0);
    double total = 0;
    for (size_t r = 0; r < judged.y.size(); ++r) total += weight_of(judged.weight, r);
    for (size_t r = 0; r < judged.y.size(); ++r) {
      size_t t = static_cast<size_t>(judged.y[r]), p = static_cast<size_t>(predicted_class(judged, r));
      double w = weight_of(judged.weight, r) / total;
      truth[t] += w;
      said[p] += w;
      if (t == p) both[t] += w;
    }
  }
  double f1(size_t k) const { return truth[k] + said[k] > 0 ? 2 * both[k] / (truth[k] + said[k]) : 0; }
  bool seen(size_t k) const { return truth[k] + said[k] > 0; }
};

/// `slope(true, said)`: the derivative of the figure by the share of that cell.
template <class Slope>
Bounds bounds_by_cell(const Judged& judged, double value, const Slope& slope) {
  std::vector<double> influence(judged.y.size());
  for (size_t r = 0; r < judged.y.size(); ++r) {
    influence[r] = slope(static_cast<size_t>(judged.y[r]), static_cast<size_t>(predicted_class(judged, r)));
  }
  return influence_bounds(value, influence, judged.weight);
}

/// Derivative of class k's F1 by the share of the cell (t, p).
double f1_slope(const ClassShares& shares, size_t k, size_t t, size_t p) {
  if (!shares.seen(k)) return 0;
  double sum = shares.truth[k] + shares.said[k];
  double in_sum = (t == k ? 1 : 0) + (p == k ? 1 : 0), in_both = t == k && p == k ? 1 : 0;
  return (2 * in_both - shares.f1(k) * in_sum) / sum;
}

/// The correlation of two yes/no variables, from true, said and both (shares).
double correlation(double truth, double said, double both) {
  double spread = truth * (1 - truth) * said * (1 - said);
  return spread > 0 ? (both - truth * said) / std::sqrt(spread) : 0;
}

}  // namespace

int predicted_class(const Judged& judged, size_t row) {
  size_t classes = static_cast<size_t>(std::max(judged.classes, 2)), width = classes > 2 ? classes : 1;
  return static_cast<int>(class_said(judged.prediction.data() + row * width, classes, judged.costs));
}

std::vector<double> costs_paid(const Judged& judged) {
  std::vector<double> paid(judged.y.size());
  size_t classes = static_cast<size_t>(std::max(judged.classes, 2));
  for (size_t r = 0; r < paid.size(); ++r)
    paid[r] =
        judged.costs[static_cast<size_t>(judged.y[r]) * classes + static_cast<size_t>(predicted_class(judged, r))];
  return paid;
}

std::vector<double> log_losses(const Judged& judged) {
  constexpr double kLeast = std::numeric_limits<double>::epsilon();
  std::vector<double> losses(judged.y.size());
  size_t classes = static_cast<size_t>(judged.classes);
  for (size_t r = 0; r < losses.size(); ++r) {
    double p = classes > 2         ? judged.prediction[r * classes + static_cast<size_t>(judged.y[r])]
               : judged.y[r] > 0.5 ? judged.prediction[r]
                                   : 1 - judged.prediction[r];
    losses[r] = -std::log(std::clamp(p, kLeast, 1 - kLeast));
  }
  return losses;
}

std::vector<double> brier_losses(const Judged& judged) {
  std::vector<double> losses(judged.y.size());
  size_t classes = static_cast<size_t>(judged.classes);
  for (size_t r = 0; r < losses.size(); ++r) {
    if (classes <= 2) {
      losses[r] = (judged.y[r] - judged.prediction[r]) * (judged.y[r] - judged.prediction[r]);
      continue;
    }
    for (size_t k = 0; k < classes; ++k) {
      double error = judged.prediction[r * classes + k] - (judged.y[r] == static_cast<double>(k) ? 1 : 0);
      losses[r] += error * error;
    }
  }
  return losses;
}

double calibration_error(const Judged& judged) {
  std::vector<double> gap(kCalibrationBins, 0);
  double total = 0;
  for (size_t r = 0; r < judged.y.size(); ++r) {
    double w = weight_of(judged.weight, r), p = judged.prediction[r];
    double bin = std::ceil(p * kCalibrationBins) - 1;  // (0, 1/15], (1/15, 2/15] ...
    gap[static_cast<size_t>(std::clamp(bin, 0.0, kCalibrationBins - 1.0))] += w * (judged.y[r] - p);
    total += w;
  }
  double sum = 0;
  for (double g : gap) sum += std::abs(g);
  return sum / total;
}

std::vector<double> hits(const Judged& judged) {
  std::vector<double> hit(judged.y.size());
  for (size_t r = 0; r < hit.size(); ++r) hit[r] = predicted_class(judged, r) == static_cast<int>(judged.y[r]) ? 1 : 0;
  return hit;
}

double balanced_accuracy(const Judged& judged) {
  ClassShares shares(judged);
  double sum = 0, present = 0;
  for (size_t k = 0; k < shares.truth.size(); ++k) {
    if (shares.truth[k] <= 0) continue;
    sum += shares.both[k] / shares.truth[k];
    ++present;
  }
  return sum / present;
}

Bounds balanced_accuracy_bounds(const Judged& judged, double value, uint64_t) {
  ClassShares shares(judged);
  double present = 0;
  for (double share : shares.truth) present += share > 0 ? 1 : 0;
  return bounds_by_cell(judged, value, [&](size_t t, size_t p) {
    double recall = shares.both[t] / shares.truth[t];
    return ((t == p ? 1 : 0) - recall) / shares.truth[t] / present;
  });
}

double f1_of_class_1(const Judged& judged) {
  return ClassShares(judged).f1(1);
}

Bounds f1_of_class_1_bounds(const Judged& judged, double value, uint64_t) {
  ClassShares shares(judged);
  return bounds_by_cell(judged, value, [&](size_t t, size_t p) { return f1_slope(shares, 1, t, p); });
}

double macro_f1(const Judged& judged) {
  ClassShares shares(judged);
  double sum = 0, seen = 0;
  for (size_t k = 0; k < shares.truth.size(); ++k) {
    if (!shares.seen(k)) continue;
    sum += shares.f1(k);
    ++seen;
  }
  return sum / seen;
}

Bounds macro_f1_bounds(const Judged& judged, double value, uint64_t) {
  ClassShares shares(judged);
  double seen = 0;
  for (size_t k = 0; k < shares.truth.size(); ++k) seen += shares.seen(k) ? 1 : 0;
  return bounds_by_cell(judged, value, [&](size_t t, size_t p) {
    double slope = f1_slope(shares, t, t, p);
    return (t == p ? slope : slope + f1_slope(shares, p, t, p)) / seen;  // other classes do not feel this cell
  });
}

double matthews(const Judged& judged) {
  ClassShares shares(judged);
  return correlation(shares.truth[1], shares.said[1], shares.both[1]);
}

Bounds matthews_bounds(const Judged& judged, double value, uint64_t) {
  ClassShares shares(judged);
  double t1 = shares.truth[1], p1 = shares.said[1];
  double spread = t1 * (1 - t1) * p1 * (1 - p1);
  if (!(spread > 0)) return {kNan, kNan};
  double root = std::sqrt(spread);
  return bounds_by_cell(judged, value, [&](size_t t, size_t p) {
    // One more row at (t, p) moves truth by t - t1, said by p - p1, both by t p - both.
    double moved_truth = static_cast<double>(t) - t1, moved_said = static_cast<double>(p) - p1;
    double covariance = moved_truth * moved_said - value * root;
    double spread_slope = (1 - 2 * t1) / (t1 * (1 - t1)) * moved_truth + (1 - 2 * p1) / (p1 * (1 - p1)) * moved_said;
    return covariance / root - value / 2 * spread_slope;
  });
}

}  // namespace filrouge
