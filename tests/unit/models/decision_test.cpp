// Costs decide which class is said; the threshold of two classes follows from them, and metrics follow the decision.
#include "models/decision.h"

#include <gtest/gtest.h>

#include "models/metrics.h"

namespace filrouge {
namespace {

TEST(Decision, TheThresholdOfTwoClassesFollowsFromTheCosts) {
  struct Case {
    std::vector<double> costs;  // of (0 said 0), (0 said 1), (1 said 0), (1 said 1)
    double threshold;
  };
  for (const Case& c : {Case{{}, 0.5}, Case{{0, 1, 1, 0}, 0.5}, Case{{0, 1, 5, 0}, 1.0 / 6}, Case{{0, 9, 1, 0}, 0.9},
                        Case{{0, 1, 1, -3}, 0.2}}) {
    EXPECT_DOUBLE_EQ(least_cost_threshold(c.costs), c.threshold);
    for (double p : {c.threshold - 0.01, c.threshold + 0.01})
      EXPECT_EQ(class_said(&p, 2, c.costs), p > c.threshold ? 1u : 0u) << c.threshold;
  }
}

TEST(Decision, OfManyClassesTheOneWithTheLeastExpectedCost) {
  const double p[] = {0.5, 0.3, 0.2};
  EXPECT_EQ(class_said(p, 3, {}), 0u);
  EXPECT_EQ(class_said(p, 3, {0, 1, 1, 1, 0, 1, 1, 1, 0}), 0u);
  // Saying 0 costs 0.3 + 0.2 * 10, saying 1 0.5 + 0.2, saying 2 0.5 + 0.3.
  EXPECT_EQ(class_said(p, 3, {0, 1, 1, 1, 0, 1, 10, 1, 0}), 1u);
  // A class that is nearly never true may be the cheapest to say.
  const double q[] = {0.49, 0.49, 0.02};
  EXPECT_EQ(class_said(q, 3, {0, 9, 1, 9, 0, 1, 1, 1, 0}), 2u);
}

TEST(Decision, MetricsFollowTheClassSaid) {
  Judged judged;
  judged.classes = 2;
  judged.y = {0, 0, 0, 1, 1};
  judged.prediction = {0.1, 0.2, 0.6, 0.3, 0.9};
  EXPECT_TRUE(std::isnan(metric("cost", judged)));
  EXPECT_DOUBLE_EQ(metric("accuracy", judged), 0.6);
  judged.costs = {0, 1, 5, 0};
  EXPECT_DOUBLE_EQ(metric("cost", judged), 2.0 / 5);  // 0.2 and 0.6 are said 1 from 1/6 on
  EXPECT_DOUBLE_EQ(metric("accuracy", judged), 0.6);
  EXPECT_EQ(confusion(judged), (std::vector<uint64_t>{1, 2, 0, 2}));
  judged.costs = {0, 5, 1, 0};
  EXPECT_DOUBLE_EQ(metric("cost", judged), 1.0 / 5);
  std::vector<Metric> all = judge(judged, 1);
  EXPECT_TRUE(
      std::any_of(all.begin(), all.end(), [](const Metric& m) { return m.name == "cost" && m.lower < m.value; }));
}

TEST(Decision, ThresholdsHaveTheOneInUse) {
  std::vector<double> y, p;
  for (int i = 0; i < 500; ++i) y.push_back(i % 3 == 0), p.push_back((i * 37 % 500) / 500.0);
  std::vector<ThresholdRow> rows = thresholds(y, p, 50, 1.0 / 6);
  EXPECT_LE(rows.size(), 50u);
  for (double wanted : {0.5, 1.0 / 6})
    EXPECT_TRUE(
        std::any_of(rows.begin(), rows.end(), [&](const ThresholdRow& row) { return row.threshold == wanted; }));
}

}  // namespace
}  // namespace filrouge
