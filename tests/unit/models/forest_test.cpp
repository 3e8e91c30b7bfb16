// Forests: parsing, hostile texts, scores equal to LightGBM's to the last bit.
#include "models/forest.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/forest_tree.h"
#include "models/shap.h"
#include "tree_samples.h"

namespace filrouge {
namespace {

/// Two trees by hand: x0 <= 1.5 (missing goes left), then kind in {1, 33}.
const std::string kText =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n"
    "objective=regression\nfeature_names=x kind\nfeature_infos=[0:1] 0:1:33\ntree_sizes=1 1\n\n"
    "Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nsplit_gain=4 2\nthreshold=1.5 0\ndecision_type=10 1\n"
    "left_child=1 -2\nright_child=-1 -3\nleaf_value=10 20 30\nleaf_weight=1 1 1\nleaf_count=2 3 5\n"
    "internal_value=0 0\ninternal_weight=0 0\ninternal_count=10 8\ncat_boundaries=0 2\ncat_threshold=2 2\n"
    "is_linear=0\nshrinkage=1\n\n\n"
    "Tree=1\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nleaf_value=0.5\nleaf_count=10\nis_linear=0\nshrinkage=1\n\n\n"
    "end of trees\n\nfeature_importances:\n";

double score(const Forest& forest, std::vector<double> row) {
  double out = 0;
  forest.raw_row(row.data(), &out);
  return out;
}

TEST(Forest, ByHand) {
  Forest forest = Forest::parse(kText);
  EXPECT_EQ(forest.num_features(), 2u);
  EXPECT_EQ(forest.num_trees(), 2u);
  EXPECT_EQ(forest.outputs(), 1u);
  EXPECT_EQ(forest.gain(), (std::vector<double>{4, 2}));
  EXPECT_EQ(score(forest, {2, 1}), 10.5);
  EXPECT_EQ(score(forest, {1.5, 1}), 20.5);
  EXPECT_EQ(score(forest, {kNaN, 33}), 20.5);
  for (double code : {0.0, 2.0, -1.0, 32.0, 64.0, 65.0, 1e300, -1e300, kNaN})
    EXPECT_EQ(score(forest, {0, code}), 30.5) << code;
  EXPECT_EQ(score(forest, {0, 1.9}), 20.5) << "cut off to a whole number, as LightGBM does";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  size_t at = text.find(from);
  FR_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(Forest, DamagedTextsSayWhere) {
  struct Damage {
    const char *from, *to, *line, *word;
  } damages[] = {
      {"tree\n", "three\n", "line 1", "begins with"},
      {"version=v4", "version=v9", "line 2", "v9"},
      {"max_feature_idx=1", "max_feature_idx=7", "line 8", "feature_names"},
      {"num_tree_per_iteration=1", "num_tree_per_iteration=3", "", "2 trees for 3"},
      {"num_tree_per_iteration=1\n", "", "line 1", "num_tree_per_iteration"},
      {"feature_names", "average_output\nfeature_names", "line 8", "random forest"},
      {"num_leaves=3", "num_leaves=4", "line 21", "leaf_value"},
      {"num_leaves=3", "num_leaves=999999999999", "line 13", "num_leaves"},
      {"split_feature=0 1", "split_feature=0 2", "line 15", "split_feature"},
      {"threshold=1.5 0", "threshold=nan 0", "line 17", "not a number"},
      {"threshold=1.5 0", "threshold=1.5 1", "line 17", "set of categories"},
      {"threshold=1.5 0", "threshold=1.5 x", "line 17", "`x`"},
      {"decision_type=10 1", "decision_type=12 1", "line 18", "decision_type"},
      {"left_child=1 -2", "left_child=0 -2", "line 12", "form a tree"},
      {"left_child=1 -2", "left_child=2 -2", "line 19", "left_child"},
      {"left_child=1 -2", "left_child=-3 -2", "line 12", "hangs"},
      {"left_child=1 -2\n", "", "line 12", "left_child"},
      {"leaf_value=10 20", "leaf_value=inf 20", "line 21", "leaf"},
      {"cat_boundaries=0 2", "cat_boundaries=0 3", "line 28", "cat_threshold"},
      {"cat_boundaries=0 2", "cat_boundaries=1 2", "line 27", "rise"},
      {"is_linear=0", "is_linear=1", "line 12", "linear"},
      {"end of trees", "", "", "cut off"},
  };
  for (const Damage& damage : damages) {
    try {
      Forest::parse(replaced(kText, damage.from, damage.to));
      ADD_FAILURE() << damage.from << " -> " << damage.to;
    } catch (const Error& error) {
      EXPECT_EQ(error.code, "FR0820");
      EXPECT_NE(error.message.find(damage.word), std::string::npos) << error.message;
      EXPECT_NE(error.message.find(damage.line), std::string::npos) << damage.to << ": " << error.message;
    }
  }
}

/// Parses, scores in both ways and explains: whatever the text, no crash and no other exception.
bool survives(const std::string& text) {
  try {
    Forest forest = Forest::parse(text);
    std::vector<double> row(forest.num_features(), 0.5), out(forest.outputs());
    forest.raw_row(row.data(), out.data());
    Matrix x(1000, forest.num_features());
    out.resize(x.rows * forest.outputs());
    forest.raw(x, 0, x.rows, out.data());
    out.assign(2 * forest.outputs() * (x.columns + 1), 0);
    add_contributions(forest, Matrix(2, x.columns), 1, 1, out.data());
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0820");
    return false;
  }
}

TEST(Forest, HostileTextsNeverCrash) {
  Dice dice(1);
  const std::string spice = "0123456789-+.e= \n\rinf\0xT";
  int parsed = 0;
  for (int n = 0; n < 3000; n++) {
    std::string text = kText;
    for (uint32_t change = 0; change <= dice.below(4); change++) {
      size_t at = dice.below(static_cast<uint32_t>(text.size()));
      switch (dice.below(3)) {
        case 0:
          text[at] = spice[dice.below(static_cast<uint32_t>(spice.size()))];
          break;
        case 1:
          text.erase(at, dice.below(30));
          break;
        default:
          text.insert(at, text.substr(dice.below(static_cast<uint32_t>(text.size())), dice.below(30)));
      }
    }
    parsed += survives(text);
  }
  EXPECT_GT(parsed, 20) << "some changes do no harm";
  for (size_t size = 0; size < kText.size(); size += 3) survives(kText.substr(0, size));
}

/// The sample's rows, and rows that training never saw.
Matrix awkward_rows(const TrainingSet& set) {
  Matrix x = set.x;
  const double awkward[] = {kNaN,
                            0.0,
                            -0.0,
                            1e-36,
                            -1e-36,
                            1e300,
                            -1e300,
                            3e9,
                            -1,
                            -0.5,
                            0.5,
                            59.99,
                            61,
                            1e-20,
                            std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity()};
  Dice dice(9);
  for (double& value : x.values)
    if (dice.roll() < 0.2) value = awkward[dice.below(std::size(awkward))];
  return x;
}

void expect_equal_bits(const std::string& text, const Matrix& x, const std::string& what) {
  Forest forest = Forest::parse(text);
  std::vector<double> reference = LightGbmModel(text).predict(x, LightGbmModel::kRaw, forest.outputs());
  std::vector<double> bulk(reference.size()), single(reference.size());
  size_t middle = x.rows / 3;  // a block that begins and ends anywhere
  forest.raw(x, 0, middle, bulk.data());
  forest.raw(x, middle, x.rows, bulk.data() + middle * forest.outputs());
  forest.raw(x, 0, 99, bulk.data());  // so few that they walk; the others are looked up in tables
  for (size_t r = 0; r < x.rows; r++) forest.raw_row(x.row(r), &single[r * forest.outputs()]);
  EXPECT_EQ(0, memcmp(reference.data(), bulk.data(), bulk.size() * sizeof(double))) << what;
  EXPECT_EQ(0, memcmp(reference.data(), single.data(), single.size() * sizeof(double))) << what;
}

TEST(Forest, EqualToLightGbmToTheLastBit) {
  SKIP_WITHOUT_LIGHTGBM();
  for (int classes : {1, 2, 4}) {
    TrainingSet set = sample_set(4000, classes, 11);
    BoostingOptions options;
    options.objective = classes == 1 ? "regression" : classes == 2 ? "binary" : "multiclass";
    options.classes = classes;
    options.trees = 30;
    options.leaves = 63;
    options.min_rows_in_leaf = 3;
    std::string text = boost(BinnedRows(set, 255, 2), {}, {}, options).text;
    expect_equal_bits(text, awkward_rows(set), options.objective);
  }
}

TEST(Forest, EqualToLightGbmWithEveryKindOfMissing) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(3000, 1, 12);
  for (FeatureSpec& feature : set.features) feature.categories = 0;
  BoostingOptions options;
  options.objective = "regression";
  options.trees = 40;
  std::string text = boost(BinnedRows(set, 255, 1), {}, {}, options).text;
  // Each split in turn takes none, 0 or NaN for missing, and sends it left or right.
  for (int offset = 0; offset < 6; offset++) {
    std::string changed;
    int n = offset;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("decision_type=") && line.size() > 14) {
        size_t count = static_cast<size_t>(std::count(line.begin(), line.end(), ' ')) + 1;
        line = "decision_type=";
        for (size_t i = 0; i < count; i++, n++) line += fmt::format("{}{}", i ? " " : "", n % 6 * 2);
      }
      changed += (line.starts_with("tree_sizes=") ? "" : line + "\n");  // LightGBM counts bytes with it
    }
    expect_equal_bits(changed, awkward_rows(set), fmt::format("offset {}", offset));
  }
}

TEST(Forest, EqualToLightGbmOnDeepTrees) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(6000, 1, 13);
  BoostingOptions options;
  options.objective = "regression";
  options.trees = 6;
  options.leaves = 900;
  options.min_rows_in_leaf = 1;
  expect_equal_bits(boost(BinnedRows(set, 255, 2), {}, {}, options).text, awkward_rows(set), "deep");
}

}  // namespace
}  // namespace filrouge
