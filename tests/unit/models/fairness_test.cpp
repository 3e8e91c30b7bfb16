#include "models/fairness.h"

#include <gtest/gtest.h>

#include "made_data.h"

namespace filrouge {

TEST(Fairness, EqualsNumpys) {
  int compared = 0;
  for (const Json& test : expected_figures("sklearn_learners.json")) {
    if (test["kind"] != "fairness") continue;
    uint64_t seed = test["seed"].get<uint64_t>() * 10;
    std::vector<double> y, p, weight;
    std::vector<uint32_t> group;
    for (size_t r = 0; r < test["rows"]; ++r) {
      p.push_back(draw(seed, r));
      group.push_back(static_cast<uint32_t>(draw(seed + 2, r) * 3));
      y.push_back(draw(seed + 1, r) < 0.2 + 0.5 * p[r] + 0.1 * group[r] ? 1 : 0);
      if (test["weighted"]) weight.push_back(std::floor(draw(seed + 3, r) * 8) / 4 + 0.25);
    }
    Fairness found = fairness(y, p, weight, group);
    ASSERT_EQ(found.groups.size(), 3u);
    for (size_t g = 0; g < 3; ++g) {
      EXPECT_NEAR(found.groups[g].selection_rate.value, test["selection"][g].get<double>(), 1e-12);
      EXPECT_NEAR(found.groups[g].true_positive_rate.value, test["tpr"][g].get<double>(), 1e-12);
      EXPECT_NEAR(found.groups[g].false_positive_rate.value, test["fpr"][g].get<double>(), 1e-12);
      EXPECT_NEAR(found.groups[g].precision.value, test["precision"][g].get<double>(), 1e-12);
      EXPECT_LT(found.groups[g].precision.lower, found.groups[g].precision.value);
      EXPECT_GT(found.groups[g].precision.upper, found.groups[g].precision.value);
    }
    ASSERT_EQ(found.criteria.size(), criterion_specs().size());
    for (const Criterion& criterion : found.criteria) {
      EXPECT_NEAR(criterion.value, test[criterion.name].get<double>(), 1e-12) << criterion.name;
    }
    ++compared;
  }
  EXPECT_EQ(compared, 2);
}

TEST(Fairness, LeavesOutRatesThatAGroupCannotHave) {
  // Group 2 has no row of class 1, group 5 none of class 0.
  Fairness found = fairness({1, 0, 0, 0, 1, 1}, {0.9, 0.9, 0.1, 0.8, 0.7, 0.2}, {}, {1, 1, 2, 2, 5, 5});
  ASSERT_EQ(found.groups.size(), 3u);
  EXPECT_TRUE(std::isnan(found.groups[1].true_positive_rate.value));
  EXPECT_TRUE(std::isnan(found.groups[2].false_positive_rate.value));
  for (const Criterion& criterion : found.criteria) {
    if (criterion.name != "equal_opportunity_difference") continue;
    EXPECT_DOUBLE_EQ(criterion.value, 0.5);
    EXPECT_EQ(criterion.highest, 1u);
    EXPECT_EQ(criterion.lowest, 5u);
    EXPECT_LT(criterion.lower, 0.5);
    EXPECT_GT(criterion.upper, 0.5);
  }
}

TEST(Fairness, OneGroupHasNoCriteria) {
  Fairness found = fairness({1, 0}, {0.9, 0.2}, {}, {0, 0});
  ASSERT_EQ(found.groups.size(), 1u);
  for (const Criterion& criterion : found.criteria) EXPECT_TRUE(std::isnan(criterion.value)) << criterion.name;
  EXPECT_TRUE(fairness({}, {}, {}, {}).groups.empty());
}

// Two groups treated alike: the interval of the difference holds 0 in about 95 of 100 samples.
TEST(Fairness, IntervalsHoldTheTruth) {
  int held = 0;
  for (uint64_t s = 0; s < 400; ++s) {
    std::vector<double> y, p;
    std::vector<uint32_t> group;
    for (size_t r = 0; r < 200; ++r) {
      p.push_back(draw(s * 3, r));
      y.push_back(draw(s * 3 + 1, r) < p[r] ? 1 : 0);
      group.push_back(r % 2);
    }
    const Criterion parity = fairness(y, p, {}, group, 0.7).criteria[0];
    held += parity.lower <= 0 ? 1 : 0;
  }
  EXPECT_GE(held, 400 * 92 / 100);
  EXPECT_LE(held, 400 * 99 / 100);
}

}  // namespace filrouge
