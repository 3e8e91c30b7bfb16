#include "models/metrics.h"

#include <gtest/gtest.h>

#include "made_data.h"
#include "models/metrics_intervals.h"
#include "models/metrics_page.h"

namespace filrouge {

namespace {

Task task_from(const std::string& name) {
  for (Task task : {Task::classify, Task::regress, Task::rank}) {
    if (name == to_string(task)) return task;
  }
  ADD_FAILURE() << name;
  return Task::classify;
}

struct Made {
  uint64_t seed;
  size_t rows;
  double grid;
  std::vector<double> a = made_column(seed * 10, rows), b = made_column(seed * 10 + 1, rows);
};

void make_many_classes(const Made& made, Judged& judged) {
  size_t classes = static_cast<size_t>(judged.classes);
  std::vector<std::vector<double>> raw;
  for (size_t k = 0; k < classes; ++k) raw.push_back(made_column(made.seed * 10 + 3 + k, made.rows));
  for (size_t i = 0; i < made.rows; ++i) {
    judged.y.push_back(std::floor(made.b[i] * static_cast<double>(classes)));
    double total = 0;
    for (size_t k = 0; k < classes; ++k) {
      raw[k][i] = on_grid(raw[k][i], made.grid) + 0.125 + (judged.y[i] == static_cast<double>(k) ? 0.5 : 0);
      total += raw[k][i];
    }
    for (size_t k = 0; k < classes; ++k) judged.prediction.push_back(raw[k][i] / total);
  }
}

void make_row(const Made& made, size_t i, Judged& judged) {
  double a = made.a[i], b = made.b[i];
  if (judged.task == Task::classify) {
    judged.y.push_back(b < 0.2 + 0.6 * a ? 1 : 0);
    judged.prediction.push_back(on_grid(a, made.grid));
  } else if (judged.task == Task::regress) {
    judged.y.push_back(on_grid(a, made.grid) * 10 - 3);
    judged.prediction.push_back(on_grid(a * 0.75 + b * 0.25, made.grid) * 10 - 2.5);
  } else {
    judged.y.push_back(std::floor(b * b * 4));
    judged.prediction.push_back(on_grid(a * 0.5 + b * 0.5, made.grid));
  }
}

Judged made_judged(const Json& test) {
  Judged judged{task_from(test["task"]), test["classes"]};
  Made made{test["seed"], test["rows"], test["grid"]};
  if (judged.classes > 2) {
    make_many_classes(made, judged);
  } else {
    for (size_t i = 0; i < made.rows; ++i) make_row(made, i, judged);
  }
  if (test["weighted"]) {
    for (double c : made_column(made.seed * 10 + 2, made.rows)) judged.weight.push_back(std::floor(c * 8) / 4 + 0.25);
  }
  if (judged.task == Task::rank) {
    for (size_t i = 0; i < made.rows; ++i)
      judged.group.push_back(static_cast<uint32_t>(i / test["query_size"].get<size_t>()));
  }
  return judged;
}

Judged noisy_classes(size_t rows, uint64_t seed) {
  Judged judged{Task::classify, 2};
  for (size_t i = 0; i < rows; ++i) {
    double p = draw(seed, 2 * i);
    judged.prediction.push_back(p);
    judged.y.push_back(draw(seed, 2 * i + 1) < p ? 1 : 0);
  }
  return judged;
}

}  // namespace

TEST(Metrics, EqualScikitLearn) {
  Json cases = expected_figures("sklearn_metrics.json");
  ASSERT_EQ(cases.size(), 20u);
  for (const Json& test : cases) {
    Judged judged = made_judged(test);
    std::vector<Metric> all = judge(judged, 1);
    EXPECT_EQ(all.size(), test["expected"].size()) << test["name"];
    for (const Metric& found : all) {
      ASSERT_TRUE(test["expected"].contains(found.name)) << found.name;
      double expected = test["expected"][found.name];
      EXPECT_NEAR(found.value, expected, 1e-9 * std::max(1.0, std::abs(expected)))
          << test["name"] << ": " << found.name;
      EXPECT_EQ(metric(found.name, judged), found.value) << found.name;
      EXPECT_LE(found.lower, found.value + 1e-12) << test["name"] << ": " << found.name;
      EXPECT_GE(found.upper, found.value - 1e-12) << test["name"] << ": " << found.name;
    }
  }
}

TEST(Metrics, AucIntervalIsDeLongs) {
  int compared = 0;
  for (const Json& test : expected_figures("sklearn_metrics.json")) {
    if (!test.contains("auc_standard_error")) continue;
    Metric auc = judge(made_judged(test), 1).front();
    ASSERT_EQ(auc.name, "auc");
    double half = kNormal95 * test["auc_standard_error"].get<double>();
    EXPECT_NEAR(auc.lower, std::max(0.0, auc.value - half), 1e-9) << test["name"];
    EXPECT_NEAR(auc.upper, std::min(1.0, auc.value + half), 1e-9) << test["name"];
    ++compared;
  }
  EXPECT_GE(compared, 4);
}

TEST(Metrics, MainOneComesFirst) {
  auto first = [](Task task, int classes) {
    for (const MetricSpec& spec : metric_specs()) {
      if (spec.applies(task, classes)) return std::string(spec.name);
    }
    return std::string();
  };
  EXPECT_EQ(first(Task::classify, 2), "auc");
  EXPECT_EQ(first(Task::classify, 5), "log_loss");
  EXPECT_EQ(first(Task::regress, 1), "rmse");
  EXPECT_EQ(first(Task::rank, 1), "ndcg@10");
  EXPECT_EQ(first(Task::anomaly, 1), "auc");
  EXPECT_EQ(first(Task::cluster, 1), "silhouette");
}

// Every interval must hold the true value in about 95 of 100 samples. The truth is the figure on many rows.
TEST(Metrics, IntervalsHoldTheTruth) {
  constexpr int kSamples = 300;
  std::vector<Metric> truth = judge(noisy_classes(400'000, 99), 1);
  std::vector<int> held(truth.size(), 0);
  for (int s = 0; s < kSamples; ++s) {
    std::vector<Metric> seen = judge(noisy_classes(400, 1000 + static_cast<uint64_t>(s)), 1);
    for (size_t m = 0; m < truth.size(); ++m) {
      held[m] += seen[m].lower <= truth[m].value && truth[m].value <= seen[m].upper ? 1 : 0;
    }
  }
  for (size_t m = 0; m < truth.size(); ++m) {
    if (truth[m].name == "ece") continue;  // a sum of absolute values: its estimate is biased upwards on few rows
    EXPECT_GE(held[m], kSamples * 91 / 100) << truth[m].name;
  }
}

TEST(Metrics, IntervalsOfNumbersHoldTheTruth) {
  constexpr int kSamples = 300;
  auto made = [](size_t rows, uint64_t seed) {
    Judged judged{Task::regress, 1};
    for (size_t i = 0; i < rows; ++i) {
      judged.prediction.push_back(1 + draw(seed, 2 * i));
      judged.y.push_back(judged.prediction.back() + draw(seed, 2 * i + 1) - 0.5);
    }
    return judged;
  };
  std::vector<Metric> truth = judge(made(400'000, 98), 1);
  std::vector<int> held(truth.size(), 0);
  for (int s = 0; s < kSamples; ++s) {
    std::vector<Metric> seen = judge(made(300, 2000 + static_cast<uint64_t>(s)), 1);
    for (size_t m = 0; m < truth.size(); ++m) {
      held[m] += seen[m].lower <= truth[m].value && truth[m].value <= seen[m].upper ? 1 : 0;
    }
  }
  for (size_t m = 0; m < truth.size(); ++m) EXPECT_GE(held[m], kSamples * 91 / 100) << truth[m].name;
}

TEST(Metrics, EqualWeightsAreNoWeights) {
  Judged plain = noisy_classes(300, 5), weighted = plain;
  weighted.weight.assign(300, 2.5);
  std::vector<Metric> a = judge(plain, 1), b = judge(weighted, 1);
  for (size_t m = 0; m < a.size(); ++m) {
    EXPECT_NEAR(a[m].value, b[m].value, 1e-12) << a[m].name;
    EXPECT_NEAR(a[m].lower, b[m].lower, 1e-9) << a[m].name;
    EXPECT_NEAR(a[m].upper, b[m].upper, 1e-9) << a[m].name;
  }
}

TEST(Metrics, OneClassHasNoAuc) {
  Judged judged{Task::classify, 2, {1, 1, 1}, {0.2, 0.4, 0.9}};
  for (const Metric& found : judge(judged, 1)) {
    if (found.name == "auc") {
      EXPECT_TRUE(std::isnan(found.value) && std::isnan(found.lower));
    }
    if (found.name == "accuracy") {
      EXPECT_DOUBLE_EQ(found.value, 1.0 / 3);
    }
  }
}

TEST(Metrics, WhatIsNotFiniteHasNoFigure) {
  Judged judged{Task::regress, 1, {1, 2, 3}, {1, std::nan(""), 3}};
  for (const Metric& found : judge(judged, 1)) EXPECT_TRUE(std::isnan(found.value)) << found.name;
  EXPECT_TRUE(std::isnan(metric("rmse", judged)));
  EXPECT_TRUE(std::isnan(metric("auc", Judged{Task::regress, 1, {1}, {1}})));
  EXPECT_TRUE(std::isnan(metric("nothing", Judged{Task::regress, 1, {1}, {1}})));
  EXPECT_TRUE(std::isnan(metric("rmse", Judged{Task::regress, 1, {}, {}})));
}

TEST(Metrics, PinballTakesItsQuantile) {
  Judged judged{Task::regress, 1, {0, 10}, {2, 8}};
  judged.quantile = 0.9;
  EXPECT_DOUBLE_EQ(metric("pinball", judged), (0.1 * 2 + 0.9 * 2) / 2);
}

TEST(Metrics, FastOnManyRows) {
  Judged judged = noisy_classes(300'000, 3);
  auto start = std::chrono::steady_clock::now();
  judge(judged, 1);
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 10) << "0.4 s in a release build on a quiet machine";
}

TEST(Metrics, CalibrationHasBinsOfEqualShare) {
  Judged judged = noisy_classes(10'000, 7);
  std::vector<CalibrationBin> bins = calibration(judged.y, judged.prediction, {}, 10);
  ASSERT_EQ(bins.size(), 10u);
  for (const CalibrationBin& bin : bins) {
    EXPECT_EQ(bin.rows, 1000u);
    EXPECT_LE(bin.from, bin.mean_predicted);
    EXPECT_GE(bin.to, bin.mean_predicted);
    EXPECT_LT(bin.lower, bin.observed);
    EXPECT_GT(bin.upper, bin.observed);
    EXPECT_NEAR(bin.observed, bin.mean_predicted, 0.06);
  }
}

TEST(Metrics, EqualProbabilitiesShareACalibrationBin) {
  std::vector<double> y, p;
  for (int i = 0; i < 100; ++i) {
    p.push_back(i < 55 ? 0.1 : i / 100.0);
    y.push_back(i % 2);
  }
  std::vector<CalibrationBin> bins = calibration(y, p, {}, 10);
  ASSERT_EQ(bins.size(), 6u);
  EXPECT_EQ(bins[0].rows, 55u);
  EXPECT_EQ(bins[1].rows, 5u);
  EXPECT_EQ(bins[2].rows, 10u);
}

TEST(Metrics, ThresholdsCountRightly) {
  std::vector<double> y = {0, 0, 1, 1, 1}, p = {0.1, 0.6, 0.4, 0.8, 0.8};
  std::vector<ThresholdRow> rows = thresholds(y, p, 10);
  ASSERT_EQ(rows.size(), 5u);  // four values and 0.5
  EXPECT_DOUBLE_EQ(rows[0].flagged_share, 1);
  EXPECT_DOUBLE_EQ(rows[2].threshold, 0.5);
  EXPECT_EQ(rows[2].true_positive, 2u);
  EXPECT_EQ(rows[2].false_positive, 1u);
  EXPECT_EQ(rows[2].false_negative, 1u);
  EXPECT_EQ(rows[2].true_negative, 1u);
  EXPECT_DOUBLE_EQ(rows[2].precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(rows[2].recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(rows[2].specificity, 0.5);
  EXPECT_DOUBLE_EQ(rows[2].f1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(rows[2].accuracy, 0.6);

  Judged judged = noisy_classes(5000, 4);
  EXPECT_LE(thresholds(judged.y, judged.prediction, 101).size(), 101u);
  EXPECT_GE(thresholds(judged.y, judged.prediction, 101).size(), 95u);
}

TEST(Metrics, ConfusionCountsTrueBySaid) {
  Judged two{Task::classify, 2, {0, 0, 1, 1}, {0.5, 0.1, 0.9, 0.2}};
  EXPECT_EQ(confusion(two), (std::vector<uint64_t>{1, 1, 1, 1}));
  Judged three{Task::classify, 3, {2, 0}, {0.1, 0.2, 0.7, 0.3, 0.4, 0.3}};
  EXPECT_EQ(confusion(three), (std::vector<uint64_t>{0, 1, 0, 0, 0, 0, 0, 0, 1}));
}

// `UPDATE_DOCS=1 unit_tests --gtest_filter=MetricsPage.*` writes the page after a change of a table.
TEST(MetricsPage, IsWhatTheTablesSay) {
  const char* file = FILROUGE_SOURCE_DIR "/docs/metrics.md";
  if (std::getenv("UPDATE_DOCS")) std::ofstream(file) << metrics_page();
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(text.str(), metrics_page()) << "run this test with UPDATE_DOCS=1";
}

}  // namespace filrouge
