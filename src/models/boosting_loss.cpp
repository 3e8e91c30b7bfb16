#include "models/boosting_loss.h"

#include <cmath>
#include <numeric>

#include "base/error.h"

namespace filrouge {
namespace {

constexpr size_t kNdcgRows = 10;

double log_loss(double probability) {
  return -std::log(std::max(probability, 1e-15));
}

template <typename Loss>
double weighted_mean(const WatchedRows& rows, Loss loss) {
  double sum = 0, total = 0;
  for (size_t r = 0; r < rows.y.size(); r++) {
    double weight = rows.weight.empty() ? 1 : rows.weight[r];
    sum += weight * loss(r);
    total += weight;
  }
  return sum / total;
}

/// Discounted gain of the first ten grades in this order.
double gain(const std::vector<float>& grades) {
  double sum = 0;
  for (size_t i = 0; i < std::min(grades.size(), kNdcgRows); i++)
    sum += (std::exp2(grades[i]) - 1) / std::log2(static_cast<double>(i) + 2);
  return sum;
}

double ndcg(const WatchedRows& rows, const std::vector<double>& score, size_t begin, size_t end) {
  std::vector<size_t> order(end - begin);
  std::iota(order.begin(), order.end(), begin);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score[a] > score[b]; });
  std::vector<float> ranked;
  for (size_t r : order) ranked.push_back(rows.y[r]);
  double reached = gain(ranked);
  std::sort(ranked.begin(), ranked.end(), std::greater<>());
  double best = gain(ranked);
  return best > 0 ? reached / best : 1;
}

double mean_ndcg(const WatchedRows& rows, const std::vector<double>& score) {
  double sum = 0;
  size_t queries = 0;
  for (size_t begin = 0, end; begin < rows.y.size(); begin = end) {
    for (end = begin + 1; end < rows.y.size() && rows.group[end] == rows.group[begin];) end++;
    sum += ndcg(rows, score, begin, end);
    queries++;
  }
  return sum / static_cast<double>(queries);
}

}  // namespace

double boosting_loss(const std::string& objective, double quantile, const WatchedRows& rows,
                     const std::vector<double>& predicted) {
  const std::vector<float>& y = rows.y;
  size_t n = y.size();
  if (objective == "binary")
    return weighted_mean(rows, [&](size_t r) { return log_loss(y[r] > 0 ? predicted[r] : 1 - predicted[r]); });
  if (objective == "multiclass")
    return weighted_mean(rows, [&](size_t r) { return log_loss(predicted[static_cast<size_t>(y[r]) * n + r]); });
  if (objective == "lambdarank") return 1 - mean_ndcg(rows, predicted);
  auto error = [&](size_t r) { return y[r] - predicted[r]; };
  if (objective == "regression_l1") return weighted_mean(rows, [&](size_t r) { return std::fabs(error(r)); });
  if (objective == "quantile")
    return weighted_mean(rows, [&](size_t r) { return std::max(quantile * error(r), (quantile - 1) * error(r)); });
  FR_CHECK(objective == "regression");
  return weighted_mean(rows, [&](size_t r) { return error(r) * error(r); });
}

}  // namespace filrouge
