// SHAP values: against all coalitions by hand, against LightGBM, additive, the same on any number of threads.
#include "models/shap.h"

#include <gtest/gtest.h>

#include "models/forest_tree.h"
#include "tree_samples.h"

namespace filrouge {
namespace {

std::vector<double> contributions(const Forest& forest, const Matrix& x, int threads = 1) {
  std::vector<double> out(x.rows * forest.outputs() * (x.columns + 1));
  add_contributions(forest, x, 1, threads, out.data());
  return out;
}

/// Largest difference to LightGBM's pred_contrib, and of a row's sum to its raw score.
void expect_equal_to_lightgbm(const std::string& text, const Matrix& x, const std::string& what) {
  Forest forest = Forest::parse(text);
  size_t outputs = forest.outputs(), width = x.columns + 1;
  std::vector<double> ours = contributions(forest, x, 2), raw(x.rows * outputs);
  std::vector<double> theirs = LightGbmModel(text).predict(x, LightGbmModel::kContributions, outputs * width, 2);
  forest.raw(x, 0, x.rows, raw.data());
  double difference = 0, gap = 0;
  for (size_t i = 0; i < ours.size(); i++) difference = std::max(difference, std::fabs(ours[i] - theirs[i]));
  for (size_t i = 0; i < raw.size(); i++) {
    double sum = 0;
    for (size_t f = 0; f < width; f++) sum += ours[i * width + f];
    gap = std::max(gap, std::fabs(sum - raw[i]));
  }
  EXPECT_LT(difference, 1e-9) << what;
  EXPECT_LT(gap, 1e-9) << what;
}

std::string trained(const TrainingSet& set, const char* objective, int classes, int trees, int leaves, int least) {
  BoostingOptions options;
  options.objective = objective;
  options.classes = classes;
  options.trees = trees;
  options.leaves = leaves;
  options.min_rows_in_leaf = least;
  return boost(BinnedRows(set, 255, 2), {}, {}, options).text;
}

TEST(Shap, EqualToLightGbm) {
  SKIP_WITHOUT_LIGHTGBM();
  for (int classes : {1, 2, 4}) {
    TrainingSet set = sample_set(3000, classes, 21);
    const char* objective = classes == 1 ? "regression" : classes == 2 ? "binary" : "multiclass";
    Matrix x = sample_set(1200, classes, 22).x;
    Dice dice(5);
    for (double& value : x.values)
      if (dice.roll() < 0.1)
        value = dice.roll() < 0.5 ? kNaN : 77.5;  // missing where training had none, new categories
    expect_equal_to_lightgbm(trained(set, objective, classes, 20, 63, 3), x, objective);
  }
}

TEST(Shap, EqualToLightGbmOnBigTrees) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(4000, 1, 23);
  Matrix x = sample_set(300, 1, 24).x;
  expect_equal_to_lightgbm(trained(set, "regression", 1, 3, 700, 1), x, "big");
}

/// Shapley values leaf by leaf, by counting coalitions of each size: slow, positive terms only, any number of features.
void add_leaf_by_leaf(const Forest::Tree& tree, int32_t at, const double* row, std::map<uint32_t, double> share,
                      std::map<uint32_t, bool> fits, std::vector<double>& out) {
  if (at >= 0) {
    const Forest::Tree::Split& split = tree.splits[at];
    for (int32_t child : {split.left, split.right}) {
      auto share_there = share;
      auto fits_there = fits;
      double& z = share_there.try_emplace(split.feature, 1).first->second;
      z *= tree.rows_of(child) / split.rows;
      bool& o = fits_there.try_emplace(split.feature, true).first->second;
      o = o && tree.goes_left(split, row[split.feature]) == (child == split.left);
      add_leaf_by_leaf(tree, child, row, share_there, fits_there, out);
    }
    return;
  }
  size_t d = share.size();
  for (auto [feature, z] : share) {
    std::vector<double> by_size = {1};  // of coalitions of the others
    for (auto [other, z_other] : share) {
      if (other == feature) continue;
      by_size.push_back(0);
      for (size_t k = by_size.size(); k-- > 0;)
        by_size[k] = z_other * by_size[k] + (k > 0 && fits[other] ? by_size[k - 1] : 0);
    }
    double sum = 0, choose = 1;  // (d - 1 over k)
    for (size_t k = 0; k < d; k++) {
      sum += by_size[k] / (choose * static_cast<double>(d));
      choose *= static_cast<double>(d - 1 - k) / static_cast<double>(k + 1);
    }
    out[feature] += tree.value[~at] * (fits[feature] - z) * sum;
  }
}

/// Rare marks, each worth something else: long, thin trees.
TrainingSet rare_marks(size_t rows, size_t columns) {
  Dice dice(31);
  TrainingSet set;
  set.features.resize(columns);
  set.x = Matrix(rows, columns);
  for (size_t r = 0; r < rows; r++) {
    double sum = 0;
    for (size_t c = 0; c < columns; c++) {
      set.x.at(r, c) = dice.roll() < 0.02;
      sum += set.x.at(r, c) * (10 + static_cast<double>(c));
    }
    set.y.push_back(sum);
  }
  return set;
}

size_t longest_way(const Forest::Tree& tree) {
  std::vector<size_t> depth(tree.splits.size());
  size_t longest = 0;
  for (size_t s = 0; s < tree.splits.size(); s++)  // parents come first
    for (int32_t child : {tree.splits[s].left, tree.splits[s].right}) {
      if (child >= 0) depth[child] = depth[s] + 1;
      longest = std::max(longest, depth[s] + 1);
    }
  return longest;
}

/// LightGBM itself cannot be asked: its recursion divides by shares, and has lost every digit at 70 features.
TEST(Shap, PathsOfMoreFeaturesThanAKeyHolds) {
  SKIP_WITHOUT_LIGHTGBM();
  constexpr size_t kColumns = 120;
  TrainingSet set = rare_marks(3000, kColumns);
  Forest forest = Forest::parse(trained(set, "regression", 1, 2, 110, 1));
  EXPECT_GT(longest_way(forest.trees()[0]), 64u);
  Matrix x(30, kColumns);
  std::copy_n(set.x.values.begin(), x.values.size(), x.values.begin());
  std::vector<double> ours = contributions(forest, x);
  for (size_t r = 0; r < x.rows; r++) {
    std::vector<double> slowly(kColumns);
    for (const Forest::Tree& tree : forest.trees()) add_leaf_by_leaf(tree, 0, x.row(r), {}, {}, slowly);
    for (size_t f = 0; f < kColumns; f++) EXPECT_NEAR(ours[r * (kColumns + 1) + f], slowly[f], 1e-9);
  }
}

TEST(Shap, EqualToTheDefinition) {
  SKIP_WITHOUT_LIGHTGBM();
  Forest forest = Forest::parse(trained(sample_set(2000, 1, 41), "regression", 1, 5, 31, 5));
  Matrix x = sample_set(40, 1, 42).x;
  std::vector<double> ours = contributions(forest, x);
  const double factorial[] = {1, 1, 2, 6, 24, 120, 720};
  for (size_t r = 0; r < x.rows; r++)
    for (uint32_t f = 0; f < 6; f++) {
      double shapley = 0;
      for (const Forest::Tree& tree : forest.trees())
        for (uint32_t others = 0; others < 64; others++) {
          if (others >> f & 1) continue;
          int size = std::popcount(others);
          double with = value_of(tree, 0, x.row(r), others | 1u << f), without = value_of(tree, 0, x.row(r), others);
          shapley += factorial[size] * factorial[5 - size] / factorial[6] * (with - without);
        }
      EXPECT_NEAR(ours[r * 7 + f], shapley, 1e-12);
    }
}

TEST(Shap, SameBytesOnAnyNumberOfThreadsAndWeighted) {
  SKIP_WITHOUT_LIGHTGBM();
  Forest forest = Forest::parse(trained(sample_set(3000, 2, 21), "binary", 2, 10, 31, 3));
  Matrix x = sample_set(5000, 2, 22).x;
  std::vector<double> one = contributions(forest, x, 1);
  EXPECT_EQ(one, contributions(forest, x, 2));
  EXPECT_EQ(one, contributions(forest, x, 5));
  std::vector<double> twice = one;
  add_contributions(forest, x, 0.5, 2, twice.data());
  for (size_t i = 0; i < one.size(); i++) EXPECT_NEAR(twice[i], 1.5 * one[i], 1e-12);
}

TEST(Shap, OneLeafMovesNothing) {
  Forest forest = Forest::parse(
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nfeature_names=x\n\n"
      "Tree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=0.5\n\nend of trees\n");
  EXPECT_EQ(contributions(forest, Matrix(2, 1)), (std::vector<double>{0, 0.5, 0, 0.5}));
}

}  // namespace
}  // namespace filrouge
