// What a model is worth, in the field's own figures. Each function states its formula and source; each equals
// scikit-learn's function of the same purpose to 1e-9 (tests/unit/models/metrics_test.cpp).
//
// `weight` may be empty: every row counts 1. Probabilities of K > 2 classes: K numbers per row.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace filrouge {

enum class Task { classify, regress, rank, cluster, anomaly };
const char* to_string(Task task);

/// A figure with its 95 % interval; NaN where it cannot be had (AUC of one class).
struct Metric {
  std::string name;  ///< auc, log_loss, brier, average_precision, accuracy, rmse, mae, r2, ndcg ...
  double value = 0, lower = 0, upper = 0;
  bool higher_is_better = false;
};

/// What a metric is: for help, cards and docs.
struct MetricSpec {
  const char* name;
  const char* about;     ///< one sentence
  const char* formula;   ///< plain text
  const char* source;    ///< paper or textbook
  const char* interval;  ///< how the 95 % interval is had
  bool higher_is_better;
  bool (*applies)(Task task, int classes);
};
const std::vector<MetricSpec>& metric_specs();
/// nullptr for a name that is none.
const MetricSpec* find_metric(const std::string& name);

/// Predictions as the metrics need them.
struct Judged {
  Task task = Task::classify;
  int classes = 1;                 ///< classify: 2 or more
  std::vector<double> y;           ///< class number or value; rank: the grade
  std::vector<double> prediction;  ///< regress: value; rank: score; 2 classes: probability of class 1; K: K per row
  std::vector<double> weight;
  std::vector<uint32_t> group;  ///< rank: rows of a query side by side
  double quantile = 0.5;        ///< regress: which quantile the prediction is meant to be, for pinball
  std::vector<double> costs;    ///< classify: as in decision.h; they decide which class is said
  /// One number per row: rows from the highest prediction down, equal ones in row order (falling_order()); may be
  /// empty. With it no figure has to sort.
  std::vector<uint32_t> falling;
};
std::vector<uint32_t> falling_order(const std::vector<double>& prediction);

/// Every metric that applies, the task's main one first (auc for two classes, log_loss for more, rmse, ndcg@10; anomaly
/// with labels 0 and 1 in y: auc). All take O(n log n). Intervals are analytic where a formula exists (MetricSpec says
/// which), else a bootstrap over at most 20,000 rows, drawn from `seed`. A prediction or truth that is not finite makes
/// every figure NaN. With two classes, class 1 is said from a probability of 0.5 on, or from where that costs less.
/// Sets `falling` where it helps.
std::vector<Metric> judge(Judged judged, uint64_t seed, int threads = 1);
/// The same of each, the work shared out among the threads together.
std::vector<std::vector<Metric>> judge_all(std::vector<Judged> sets, uint64_t seed, int threads);
/// One of them, which must apply.
Metric judge_by(const std::string& name, const Judged& judged, uint64_t seed);
/// One of them, without interval. NaN where `name` is unknown or does not apply.
double metric(const std::string& name, const Judged& judged);

/// Reliability: rows of equal share by predicted probability; equal probabilities share a bin.
struct CalibrationBin {
  double from, to, mean_predicted, observed, lower, upper;  ///< Wilson interval of the observed share
  uint64_t rows;
};
std::vector<CalibrationBin> calibration(const std::vector<double>& y, const std::vector<double>& p,
                                        const std::vector<double>& weight, size_t bins);

/// Two classes: what each threshold gives; up to `most` thresholds, at quantiles of p, at 0.5 and at `also`.
/// A row is flagged when p >= threshold. Rows ascend by threshold; precision and recall are NaN where 0 / 0.
struct ThresholdRow {
  double threshold, precision, recall, specificity, f1, accuracy, flagged_share;
  uint64_t true_positive, false_positive, true_negative, false_negative;
};
std::vector<ThresholdRow> thresholds(const std::vector<double>& y, const std::vector<double>& p, size_t most,
                                     double also = 0.5);

/// Rows by (true class, predicted class): classes * classes numbers. Weights do not count.
std::vector<uint64_t> confusion(const Judged& judged);

}  // namespace filrouge
