// Interactions of pairs: against all coalitions, and on targets that have none or one.
#include "models/pairs.h"

#include <gtest/gtest.h>

#include <bit>

#include "tree_samples.h"

namespace filrouge {
namespace {

Forest trained_on(const TrainingSet& set, int leaves, std::vector<std::vector<int>> groups = {}) {
  BoostingOptions options;
  options.objective = "regression";
  options.trees = 8;
  options.leaves = leaves;
  options.min_rows_in_leaf = 5;
  options.interactions = std::move(groups);
  return Forest::parse(boost(BinnedRows(set, 255, 1), {}, {}, options).text);
}

/// Both halves of the SHAP interaction value, by its definition over the coalitions of the four other features.
double interaction(const Forest& forest, const double* row, uint32_t i, uint32_t j) {
  const double factorial[] = {1, 1, 2, 6, 24, 120};
  double sum = 0;
  for (const Forest::Tree& tree : forest.trees())
    for (uint32_t others = 0; others < 64; others++) {
      if (others >> i & 1 || others >> j & 1) continue;
      auto value = [&](uint32_t more) { return value_of(tree, 0, row, others | more); };
      int size = std::popcount(others);
      double beyond = value(1u << i | 1u << j) - value(1u << i) - value(1u << j) + value(0);
      sum += factorial[size] * factorial[4 - size] / factorial[5] * beyond;
    }
  return sum;
}

TEST(Pairs, EqualToTheDefinition) {
  SKIP_WITHOUT_LIGHTGBM();
  Forest forest = trained_on(sample_set(2000, 1, 51), 31);
  Matrix x = sample_set(25, 1, 52).x;
  std::vector<PairStrength> pairs = strongest_pairs(forest, x, 100, 2);
  ASSERT_GT(pairs.size(), 5u);
  for (size_t p = 0; p < pairs.size(); p++) {
    double sum = 0;
    for (size_t r = 0; r < x.rows; r++)
      sum += std::fabs(interaction(forest, x.row(r), pairs[p].first, pairs[p].second));
    EXPECT_NEAR(pairs[p].strength, sum / 25, 1e-12);
    EXPECT_LT(pairs[p].first, pairs[p].second);
    EXPECT_LE(pairs[p].strength, pairs[p > 0 ? p - 1 : 0].strength);
  }
}

TEST(Pairs, FindsTheOneProduct) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(4000, 1, 53);
  for (size_t r = 0; r < set.x.rows; r++) set.y[r] = set.x.at(r, 0) * set.x.at(r, 3) + 5 * set.x.at(r, 4);
  std::vector<PairStrength> pairs = strongest_pairs(trained_on(set, 31), set.x, 3, 1);
  ASSERT_FALSE(pairs.empty());
  EXPECT_LE(pairs.size(), 3u);
  EXPECT_EQ(pairs[0].first, 0u);
  EXPECT_EQ(pairs[0].second, 3u);
}

TEST(Pairs, NoneWhereFeaturesMayNotMeet) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(2000, 1, 54);
  Forest forest = trained_on(set, 31, {{0}, {1}, {2}, {3}, {4}, {5}});
  EXPECT_TRUE(strongest_pairs(forest, set.x, 10, 1).empty());
}

TEST(Pairs, SameNumbersOnAnyNumberOfThreads) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(2000, 1, 55);
  Forest forest = trained_on(set, 31);
  std::vector<PairStrength> one = strongest_pairs(forest, set.x, 20, 1), three = strongest_pairs(forest, set.x, 20, 3);
  ASSERT_EQ(one.size(), three.size());
  for (size_t p = 0; p < one.size(); p++) {
    EXPECT_EQ(one[p].first, three[p].first);
    EXPECT_EQ(one[p].strength, three[p].strength);
  }
}

}  // namespace
}  // namespace filrouge
