#include "models/forest_tables.h"

#include <limits>

namespace filrouge {
namespace {

using Tree = Forest::Tree;

constexpr size_t kMostLeaves = 64;              // bits of a word
constexpr size_t kMostColumns = 24;             // beyond, walking is as fast
constexpr size_t kMostWords = (64u << 20) / 8;  // 64 MB for all trees together
constexpr size_t kMostCodes = 65535;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Leaves below a child, as bits.
uint64_t leaves_below(const Tree& tree, int32_t child) {
  std::vector<int32_t> open = {child};
  uint64_t leaves = 0;
  while (!open.empty()) {
    int32_t at = open.back();
    open.pop_back();
    if (at < 0) {
      leaves |= uint64_t{1} << ~at;
      continue;
    }
    open.push_back(tree.splits[at].left);
    open.push_back(tree.splits[at].right);
  }
  return leaves;
}

struct Use {
  const Tree::Split* split;
  uint64_t left, right;  ///< leaves below
};

/// Splits by feature.
std::map<uint32_t, std::vector<Use>> uses_of(const Tree& tree) {
  std::map<uint32_t, std::vector<Use>> uses;
  for (const Tree::Split& split : tree.splits)
    uses[split.feature].push_back({&split, leaves_below(tree, split.left), leaves_below(tree, split.right)});
  return uses;
}

uint64_t possible_leaves(const Tree& tree, const std::vector<Use>& uses, double x) {
  uint64_t leaves = ~uint64_t{0};
  for (const Use& use : uses) leaves &= ~(tree.goes_left(*use.split, x) ? use.right : use.left);
  return leaves;
}

}  // namespace

ForestCodes::ForestCodes(const std::vector<Tree>& trees, size_t num_features) : features_(num_features) {
  std::vector<char> numeric(num_features), plain(num_features);
  std::vector<size_t> codes(num_features);
  for (const Tree& tree : trees)
    for (const Tree::Split& split : tree.splits) {
      Feature& feature = features_[split.feature];
      if (split.category) {
        feature.category = true;
        codes[split.feature] = std::max<size_t>(codes[split.feature], size_t{32} * split.num_words);
      } else {
        numeric[split.feature] = 1;
        plain[split.feature] |= split.missing == Tree::kZero;
        feature.thresholds.push_back(split.threshold);
      }
    }
  for (size_t f = 0; f < num_features; f++) {
    Feature& feature = features_[f];
    std::vector<double>& thresholds = feature.thresholds;
    std::sort(thresholds.begin(), thresholds.end());
    thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
    // Numbers: how many thresholds are passed, then missing. Categories: theirs, then all that is in no set.
    size_t count = feature.category ? codes[f] + 1 : thresholds.size() + 2;
    if (!plain[f] && !(feature.category && numeric[f]) && count <= kMostCodes) feature.count = count;
  }
}

uint16_t ForestCodes::code(size_t f, double x) const {
  const Feature& feature = features_[f];
  if (feature.category) return static_cast<uint16_t>(std::min<size_t>(category_code(x), feature.count - 1));
  if (std::isnan(x)) return static_cast<uint16_t>(feature.count - 1);
  // The first threshold that is not below x, by halves and without a branch on what is found.
  const double* low = feature.thresholds.data();
  for (size_t rest = feature.thresholds.size(); rest > 0;) {
    size_t half = (rest + 1) / 2;
    low += low[half - 1] < x ? half : 0;
    rest -= half;
  }
  return static_cast<uint16_t>(low - feature.thresholds.data());
}

double ForestCodes::stands_for(size_t f, size_t code) const {
  const Feature& feature = features_[f];
  if (code + 1 == feature.count) return kNaN;
  if (feature.category) return static_cast<double>(code);
  return code < feature.thresholds.size() ? feature.thresholds[code] : kInfinity;
}

ForestTables::ForestTables(const Forest::Data& data) : codes(data.trees, data.num_features), trees(data.trees.size()) {
  std::set<uint32_t> features;
  for (size_t t = 0; t < trees.size(); t++) {
    const Forest::Tree& tree = data.trees[t];
    bool fits = tree.value.size() > 1 && tree.value.size() <= kMostLeaves && words.size() < kMostWords;
    std::map<uint32_t, std::vector<Use>> uses;
    if (fits) uses = uses_of(tree);
    for (const auto& [feature, all] : uses) fits = fits && codes.coded(feature);
    if (!fits || uses.size() > kMostColumns) {
      complete = false;
      continue;
    }
    for (const auto& [feature, all] : uses) {
      trees[t].columns.push_back({feature, words.size()});
      features.insert(feature);
      for (size_t code = 0; code < codes.count(feature); code++)
        words.push_back(possible_leaves(tree, all, codes.stands_for(feature, code)));
    }
    while (trees[t].columns.size() % 4) trees[t].columns.push_back(trees[t].columns.back());
  }
  used.assign(features.begin(), features.end());
}

}  // namespace filrouge
