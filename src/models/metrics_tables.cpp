// Tables of a classifier: reliability, thresholds, confusion.
#include <cmath>
#include <limits>

#include "base/error.h"
#include "models/metrics_figures.h"

namespace filrouge {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<uint32_t> rows_by_rising(const std::vector<double>& p) {
  std::vector<uint32_t> rows(p.size());
  for (size_t r = 0; r < rows.size(); ++r) rows[r] = static_cast<uint32_t>(r);
  std::sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) { return p[a] != p[b] ? p[a] < p[b] : a < b; });
  return rows;
}

CalibrationBin bin_of(std::span<const uint32_t> rows, const std::vector<double>& y, const std::vector<double>& p,
                      const std::vector<double>& weight) {
  CalibrationBin bin{p[rows.front()], p[rows.back()], 0, 0, 0, 0, rows.size()};
  std::vector<double> weights;
  double total = 0;
  for (uint32_t r : rows) {
    double w = weight_of(weight, r);
    weights.push_back(w);
    total += w;
    bin.mean_predicted += w * p[r];
    bin.observed += w * y[r];
  }
  bin.mean_predicted /= total;
  bin.observed /= total;
  Bounds bounds = wilson_bounds(bin.observed, effective_rows(weights.size(), weights));
  bin.lower = bounds.lower;
  bin.upper = bounds.upper;
  return bin;
}

double ratio(uint64_t part, uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : kNan;
}

ThresholdRow threshold_row(double threshold, uint64_t tp, uint64_t fp, uint64_t positives, uint64_t negatives) {
  ThresholdRow row{};
  row.threshold = threshold;
  row.true_positive = tp;
  row.false_positive = fp;
  row.false_negative = positives - tp;
  row.true_negative = negatives - fp;
  row.precision = ratio(tp, tp + fp);
  row.recall = ratio(tp, positives);
  row.specificity = ratio(row.true_negative, negatives);
  row.f1 = ratio(2 * tp, 2 * tp + fp + row.false_negative);
  row.accuracy = ratio(tp + row.true_negative, positives + negatives);
  row.flagged_share = ratio(tp + fp, positives + negatives);
  return row;
}

/// 0.5, `also` and values of p at equally spaced ranks, at most `most` in all, ascending, each once.
std::vector<double> chosen_thresholds(const std::vector<double>& sorted, size_t most, double also) {
  std::set<double> distinct(sorted.begin(), sorted.end());
  std::set<double> chosen = {0.5, also};
  size_t left = most - std::min(most, chosen.size());
  if (distinct.size() <= left) {
    chosen.insert(distinct.begin(), distinct.end());
  } else if (left > 1) {
    for (size_t i = 0; i < left; ++i) chosen.insert(sorted[i * (sorted.size() - 1) / (left - 1)]);
  }
  return {chosen.begin(), chosen.end()};
}

}  // namespace

std::vector<CalibrationBin> calibration(const std::vector<double>& y, const std::vector<double>& p,
                                        const std::vector<double>& weight, size_t bins) {
  FR_CHECK(y.size() == p.size() && bins > 0);
  std::vector<uint32_t> rows = rows_by_rising(p);
  double total = 0, below = 0;
  for (size_t r = 0; r < y.size(); ++r) total += weight_of(weight, r);
  std::vector<CalibrationBin> table;
  size_t begin = 0;
  double share = total / static_cast<double>(bins), edge = share, of_bin = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    double w = weight_of(weight, rows[i]);
    below += w;
    of_bin += w;
    bool last = i + 1 == rows.size(), tie = !last && p[rows[i + 1]] == p[rows[i]];
    if (tie || !(last || below >= edge * (1 - 1e-12))) continue;
    if (of_bin > 0) table.push_back(bin_of(std::span(rows).subspan(begin, i + 1 - begin), y, p, weight));
    begin = i + 1;
    of_bin = 0;
    edge = share * (std::floor(below / share * (1 + 1e-12)) + 1);  // equal values may have filled several bins
  }
  return table;
}

std::vector<ThresholdRow> thresholds(const std::vector<double>& y, const std::vector<double>& p, size_t most,
                                     double also) {
  FR_CHECK(y.size() == p.size());
  std::vector<uint32_t> rows = rows_by_rising(p);
  std::vector<double> sorted;
  uint64_t positives = 0;
  for (uint32_t r : rows) {
    sorted.push_back(p[r]);
    positives += y[r] > 0.5 ? 1 : 0;
  }
  uint64_t negatives = rows.size() - positives, tp = positives, fp = negatives;
  std::vector<ThresholdRow> table;
  size_t passed = 0;  // rows below the threshold
  for (double threshold : chosen_thresholds(sorted, most, also)) {
    for (; passed < rows.size() && sorted[passed] < threshold; ++passed) --(y[rows[passed]] > 0.5 ? tp : fp);
    table.push_back(threshold_row(threshold, tp, fp, positives, negatives));
  }
  return table;
}

std::vector<uint64_t> confusion(const Judged& judged) {
  size_t classes = static_cast<size_t>(std::max(judged.classes, 2));
  std::vector<uint64_t> table(classes * classes, 0);
  for (size_t r = 0; r < judged.y.size(); ++r) {
    ++table[static_cast<size_t>(judged.y[r]) * classes + static_cast<size_t>(predicted_class(judged, r))];
  }
  return table;
}

}  // namespace filrouge
