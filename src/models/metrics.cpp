// The table of metrics: what each is, and which figure of metrics_figures.h computes it. Order = order in `judge`: the
// first that applies to a task is its main one.
#include "models/metrics.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "models/metrics_figures.h"

namespace filrouge {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

struct Definition {
  MetricSpec spec;
  double lowest, highest;  ///< intervals are cut there
  Figure value;            ///< nullptr: not of a Judged (silhouette)
  FigureBounds bounds;
};

// Metrics that are the mean of a loss per row, or of a figure per query.
template <std::vector<double> (*losses)(const Judged&)>
double mean_of(const Judged& judged) {
  return weighted_mean(losses(judged), judged.weight);
}
template <std::vector<double> (*losses)(const Judged&)>
Bounds mean_of_bounds(const Judged& judged, double, uint64_t) {
  return mean_bounds(losses(judged), judged.weight);
}
template <QueryFigures (*figures)(const Judged&)>
double mean_query(const Judged& judged) {
  QueryFigures queries = figures(judged);
  return weighted_mean(queries.values, queries.weight);
}
template <QueryFigures (*figures)(const Judged&)>
Bounds mean_query_bounds(const Judged& judged, double, uint64_t) {
  QueryFigures queries = figures(judged);
  return mean_bounds(queries.values, queries.weight);
}
template <Figure figure>
Bounds bootstrapped(const Judged& judged, double value, uint64_t seed) {
  return bootstrap_bounds(judged, value, figure, seed);
}

Bounds accuracy_bounds(const Judged& judged, double value, uint64_t) {
  return wilson_bounds(value, effective_rows(judged.y.size(), judged.weight));
}

template <size_t first>
QueryFigures ndcg_of_first(const Judged& judged) {
  return ndcg_by_query(judged, first);
}
constexpr size_t kAllRanks = std::numeric_limits<size_t>::max();

bool for_two(Task task, int classes) {
  return task == Task::classify && classes == 2;
}
bool for_two_or_anomaly(Task task, int classes) {
  return for_two(task, classes) || task == Task::anomaly;
}
bool for_many(Task task, int classes) {
  return task == Task::classify && classes > 2;
}
bool for_classes(Task task, int) {
  return task == Task::classify;
}
bool for_numbers(Task task, int) {
  return task == Task::regress;
}
bool for_ranks(Task task, int) {
  return task == Task::rank;
}
bool for_clusters(Task task, int) {
  return task == Task::cluster;
}

constexpr const char* kMean = "normal approximation of a mean";
constexpr const char* kDelta = "delta method";
constexpr const char* kBootstrap = "Poisson bootstrap, 200 resamples of at most 20,000 rows";

const Definition kDefinitions[] = {
    {{"auc", "How often a row of class 1 gets a higher probability than a row of class 0.",
      "sum over pairs (1, 0) of [p1 > p0] + [p1 = p0] / 2, divided by the number of pairs", "Hanley & McNeil 1982",
      "DeLong 1988, as Sun & Xu 2014 compute it", true, for_two_or_anomaly},
     0,
     1,
     area_under_roc,
     area_under_roc_bounds},
    {{"log_loss", "The surprise at the true classes: small when they were given high probabilities.",
      "mean of -ln(probability of the true class), probabilities cut at 2.2e-16", "Good 1952", kMean, false,
      for_classes},
     0,
     kInfinite,
     mean_of<log_losses>,
     mean_of_bounds<log_losses>},
    {{"macro_auc", "AUC of each class against all others, averaged over the classes.",
      "mean over classes k of auc(y = k, p_k); classes without rows are left out", "Provost & Domingos 2000",
      "DeLong 1988, summed over classes with their correlation", true, for_many},
     0,
     1,
     area_under_roc,
     area_under_roc_bounds},
    {{"average_precision", "The precision to expect when class 1 is searched from the highest probability down.",
      "sum over thresholds of (recall - previous recall) * precision", "Davis & Goadrich 2006", kBootstrap, true,
      for_two_or_anomaly},
     0,
     1,
     average_precision,
     bootstrapped<average_precision>},
    {{"brier", "The squared distance between probabilities and what came true.",
      "mean of (y - p)^2; of more than two classes: mean of the sum over k of ([y = k] - p_k)^2", "Brier 1950", kMean,
      false, for_classes},
     0,
     2,
     mean_of<brier_losses>,
     mean_of_bounds<brier_losses>},
    {{"accuracy", "The share of rows whose class is said right.", "mean of [said = y]",
      "Hastie, Tibshirani, Friedman 2009, section 2.4", "Wilson 1927", true, for_classes},
     0,
     1,
     mean_of<hits>,
     accuracy_bounds},
    {{"balanced_accuracy", "The share said right of each class, averaged over the classes.",
      "mean over classes k of the share of [said = k] among rows of class k", "Brodersen et al. 2010", kDelta, true,
      for_classes},
     0,
     1,
     balanced_accuracy,
     balanced_accuracy_bounds},
    {{"f1", "Precision and recall of class 1 in one figure: their harmonic mean.", "2 TP / (2 TP + FP + FN)",
      "van Rijsbergen 1979", kDelta, true, for_two},
     0,
     1,
     f1_of_class_1,
     f1_of_class_1_bounds},
    {{"macro_f1", "F1 of each class, averaged over the classes.",
      "mean over classes of 2 TP / (2 TP + FP + FN); classes neither true nor said are left out",
      "van Rijsbergen 1979; Opitz & Burst 2019", kDelta, true, for_many},
     0,
     1,
     macro_f1,
     macro_f1_bounds},
    {{"mcc", "The correlation between the true class and the class said.",
      "(TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)); 0 when that is 0", "Matthews 1975", kDelta,
      true, for_two},
     -1,
     1,
     matthews,
     matthews_bounds},
    {{"cost", "What the classes said cost, where the thread names `costs`.",
      "mean of costs(true class, class said), the class said being the one with the least expected cost", "Elkan 2001",
      kMean, false, for_classes},
     -kInfinite,
     kInfinite,
     mean_of<costs_paid>,
     mean_of_bounds<costs_paid>},
    {{"ece", "The expected calibration error: how far probabilities are from the shares that came true.",
      "sum over 15 bins of p, equally wide, of |sum of (y - p)| in the bin / rows",
      "Naeini et al. 2015; Guo et al. 2017", kBootstrap, false, for_two},
     0,
     1,
     calibration_error,
     bootstrapped<calibration_error>},
    {{"rmse", "The typical error, large ones counting more.", "sqrt(mean of (y - p)^2)", "Hyndman & Koehler 2006",
      "normal approximation of the mean square, through the root", false, for_numbers},
     0,
     kInfinite,
     root_mean_squared_error,
     root_mean_squared_error_bounds},
    {{"mae", "The mean size of an error.", "mean of |y - p|", "Willmott & Matsuura 2005", kMean, false, for_numbers},
     0,
     kInfinite,
     mean_of<absolute_errors>,
     mean_of_bounds<absolute_errors>},
    {{"r2", "The share of the target's variance that the prediction accounts for.",
      "1 - sum of (y - p)^2 / sum of (y - mean of y)^2", "Wright 1921", kDelta, true, for_numbers},
     -kInfinite,
     1,
     r_squared,
     r_squared_bounds},
    {{"median_ae", "The size of error that half of the rows stay below.", "median of |y - p|", "Hyndman & Fan 1996",
      "binomial distribution of ranks", false, for_numbers},
     0,
     kInfinite,
     median_absolute_error,
     median_absolute_error_bounds},
    {{"mape", "The mean size of an error as a share of the true value.", "mean of |y - p| / max(|y|, 2.2e-16)",
      "de Myttenaere et al. 2016", kMean, false, for_numbers},
     0,
     kInfinite,
     mean_of<relative_errors>,
     mean_of_bounds<relative_errors>},
    {{"pinball", "The error of a predicted quantile q (0.5, the median, unless said).",
      "mean of max(q (y - p), (q - 1) (y - p))", "Koenker & Bassett 1978", kMean, false, for_numbers},
     0,
     kInfinite,
     mean_of<pinball_losses>,
     mean_of_bounds<pinball_losses>},
    {{"ndcg@10", "How near the first ten rows of each list come to the best order.", "as ndcg, ranks 1 to 10 only",
      "Jarvelin & Kekalainen 2002; McSherry & Najork 2008", "normal approximation of a mean over queries", true,
      for_ranks},
     0,
     1,
     mean_query<ndcg_of_first<10>>,
     mean_query_bounds<ndcg_of_first<10>>},
    {{"ndcg@5", "How near the first five rows of each list come to the best order.", "as ndcg, ranks 1 to 5 only",
      "Jarvelin & Kekalainen 2002; McSherry & Najork 2008", "normal approximation of a mean over queries", true,
      for_ranks},
     0,
     1,
     mean_query<ndcg_of_first<5>>,
     mean_query_bounds<ndcg_of_first<5>>},
    {{"map", "Average precision of each query's relevant rows (grade above 0), averaged over queries.",
      "mean over queries with a relevant row of average_precision", "Manning, Raghavan, Schuetze 2008, section 8.4",
      "normal approximation of a mean over queries", true, for_ranks},
     0,
     1,
     mean_query<average_precision_by_query>,
     mean_query_bounds<average_precision_by_query>},
    {{"mrr", "One divided by the rank of each query's first relevant row, averaged over queries.",
      "mean over queries with a relevant row of 1 / rank; of equal scores the last rank counts", "Voorhees 1999",
      "normal approximation of a mean over queries", true, for_ranks},
     0,
     1,
     mean_query<reciprocal_rank_by_query>,
     mean_query_bounds<reciprocal_rank_by_query>},
    {{"ndcg", "How near the order of each query's rows is to the best order.",
      "mean over queries of DCG / best DCG, DCG = sum of grade / log2(1 + rank); equal scores share their mean "
      "grade; a query without a grade above 0 is left out",
      "Jarvelin & Kekalainen 2002; McSherry & Najork 2008", "normal approximation of a mean over queries", true,
      for_ranks},
     0,
     1,
     mean_query<ndcg_of_first<kAllRanks>>,
     mean_query_bounds<ndcg_of_first<kAllRanks>>},
    {{"silhouette", "How much nearer rows are to their own cluster than to the next.",
      "mean of (b - a) / max(a, b); a, b = mean distance to rows of the own and of the nearest other cluster",
      "Rousseeuw 1987", "normal approximation of a mean", true, for_clusters},
     -1,
     1,
     nullptr,
     nullptr},
};

const Definition* find_definition(const std::string& name) {
  for (const Definition& definition : kDefinitions) {
    if (name == definition.spec.name) return &definition;
  }
  return nullptr;
}

void check_sizes(const Judged& judged) {
  size_t width = judged.task == Task::classify && judged.classes > 2 ? static_cast<size_t>(judged.classes) : 1;
  FR_CHECK(judged.prediction.size() == judged.y.size() * width);
  FR_CHECK(judged.weight.empty() || judged.weight.size() == judged.y.size());
  FR_CHECK(judged.group.empty() || judged.group.size() == judged.y.size());
  if (judged.task != Task::classify) return;
  for (double y : judged.y) FR_CHECK(!std::isfinite(y) || (y >= 0 && y < std::max(judged.classes, 2)));
}

bool applies(const Definition& definition, const Judged& judged) {
  if (definition.value == Figure{mean_of<costs_paid>} && judged.costs.empty()) return false;
  return definition.spec.applies(judged.task, judged.classes);
}

/// There are rows of some weight, and all numbers are finite.
bool can_be_judged(const Judged& judged) {
  auto finite = [](double x) { return std::isfinite(x); };
  double total = judged.weight.empty() ? static_cast<double>(judged.y.size()) : 0;
  for (double w : judged.weight) total += w;
  return total > 0 && std::isfinite(total) && std::all_of(judged.y.begin(), judged.y.end(), finite) &&
         std::all_of(judged.prediction.begin(), judged.prediction.end(), finite);
}

Metric figure_with_interval(const Definition& definition, const Judged& judged, bool usable, uint64_t seed) {
  Metric metric{definition.spec.name, kNan, kNan, kNan, definition.spec.higher_is_better};
  if (!usable) return metric;
  metric.value = definition.value(judged);
  if (!std::isfinite(metric.value)) return metric;
  Bounds bounds = definition.bounds(judged, metric.value, seed);
  metric.lower = std::max(definition.lowest, bounds.lower);  // std::max(a, NaN) would be a: hence the check below
  metric.upper = std::min(definition.highest, bounds.upper);
  if (std::isnan(bounds.lower)) metric.lower = metric.upper = kNan;
  return metric;
}

}  // namespace

const char* to_string(Task task) {
  switch (task) {
    case Task::classify:
      return "classify";
    case Task::regress:
      return "regress";
    case Task::rank:
      return "rank";
    case Task::cluster:
      return "cluster";
    case Task::anomaly:
      return "anomaly";
  }
  return "?";
}

const std::vector<MetricSpec>& metric_specs() {
  static const std::vector<MetricSpec> kSpecs = [] {
    std::vector<MetricSpec> specs;
    for (const Definition& definition : kDefinitions) specs.push_back(definition.spec);
    return specs;
  }();
  return kSpecs;
}

const MetricSpec* find_metric(const std::string& name) {
  const Definition* definition = find_definition(name);
  return definition ? &definition->spec : nullptr;
}

std::vector<uint32_t> falling_order(const std::vector<double>& prediction) {
  std::vector<std::pair<double, uint32_t>> rows(prediction.size());
  for (uint32_t r = 0; r < rows.size(); ++r) rows[r] = {-prediction[r], r};
  std::sort(rows.begin(), rows.end());
  std::vector<uint32_t> order(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) order[i] = rows[i].second;
  return order;
}

std::vector<std::vector<Metric>> judge_all(std::vector<Judged> sets, uint64_t seed, int threads) {
  std::vector<char> usable(sets.size());
  for_parts(sets.size(), threads, [&](size_t s) {
    check_sizes(sets[s]);
    usable[s] = can_be_judged(sets[s]);
    if (usable[s] && for_two_or_anomaly(sets[s].task, sets[s].classes))
      sets[s].falling = falling_order(sets[s].prediction);
  });
  struct Asked {
    const Definition* definition;
    size_t set, place;
  };
  std::vector<Asked> asked;  // the same metric of all sets in turn: dear ones are shared out among the threads
  std::vector<std::vector<Metric>> metrics(sets.size());
  for (const Definition& definition : kDefinitions)
    for (size_t s = 0; s < sets.size(); ++s)
      if (definition.value && applies(definition, sets[s])) {
        asked.push_back({&definition, s, metrics[s].size()});
        metrics[s].emplace_back();
      }
  for_parts(asked.size(), threads, [&](size_t i) {
    const auto& [definition, s, place] = asked[i];
    metrics[s][place] = figure_with_interval(*definition, sets[s], usable[s], seed);
  });
  return metrics;
}

std::vector<Metric> judge(Judged judged, uint64_t seed, int threads) {
  std::vector<Judged> sets;
  sets.push_back(std::move(judged));
  return std::move(judge_all(std::move(sets), seed, threads)[0]);
}

Metric judge_by(const std::string& name, const Judged& judged, uint64_t seed) {
  check_sizes(judged);
  const Definition* definition = find_definition(name);
  FR_CHECK(definition && definition->value);
  return figure_with_interval(*definition, judged, can_be_judged(judged), seed);
}

double metric(const std::string& name, const Judged& judged) {
  check_sizes(judged);
  const Definition* definition = find_definition(name);
  if (!definition || !definition->value || !applies(*definition, judged)) return kNan;
  return can_be_judged(judged) ? definition->value(judged) : kNan;
}

}  // namespace filrouge
