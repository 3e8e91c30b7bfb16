// The inside of a Forest, for forest_parse.cpp, forest.cpp and shap.cpp.
#pragma once

#include <cmath>
#include <mutex>

#include "models/forest.h"

namespace filrouge {

/// One tree as LightGBM writes it. Splits and leaves are numbered apart; the root is split 0 (or leaf 0 when it is the
/// only one). Parsing has made sure that every split and every leaf is reached exactly once from the root.
struct Forest::Tree {
  enum Missing : uint8_t { kNone = 0, kZero = 1, kNaN = 2 };  ///< what a numeric split takes for missing

  struct Split {
    double threshold = 0;  ///< numeric: values up to it go left
    uint32_t feature = 0;
    int32_t left = 0, right = 0;  ///< a split, or ~leaf
    Missing missing = kNone;
    bool missing_left = false;
    bool category = false;                   ///< codes whose bit is set go left
    uint32_t first_word = 0, num_words = 0;  ///< its bits in `words`
    double rows = 0;                         ///< training rows that came here
    float gain = 0;
  };

  std::vector<Split> splits;
  std::vector<double> value;  ///< by leaf
  std::vector<double> rows;   ///< training rows, by leaf
  std::vector<uint32_t> words;

  bool goes_left(const Split& split, double x) const;
  double rows_of(int32_t child) const { return child < 0 ? rows[~child] : splits[child].rows; }
};

/// How near to 0 a value is taken for 0 (LightGBM's kZeroThreshold, a float).
constexpr double kForestZero = 1e-35f;

/// The code of a category as LightGBM's cast to int gives it; what is no code (missing, negative, huge) is in no set.
inline uint32_t category_code(double x) {
  return x > -1 && x < 2147483648.0 ? static_cast<uint32_t>(static_cast<int32_t>(x)) : UINT32_MAX;
}

/// LightGBM's Tree::Decision.
inline bool Forest::Tree::goes_left(const Split& split, double x) const {
  if (split.category) {
    uint32_t code = category_code(x), word = code / 32;
    return word < split.num_words && (words[split.first_word + word] >> (code % 32) & 1);
  }
  if (std::isnan(x)) {
    if (split.missing == kNaN) return split.missing_left;
    x = 0;
  }
  if (split.missing == kZero && std::fabs(x) <= kForestZero) return split.missing_left;
  return x <= split.threshold;
}

/// A node of all trees in one array, made for speed (see forest.cpp).
struct FlatNode {
  double threshold;
  uint32_t cell;  ///< of the widened row
  uint32_t next;  ///< the node when the test fails; the one after it when it holds
  uint32_t first_word, num_words;
};

struct ForestTables;

struct Forest::Data {
  Data();
  ~Data();

  size_t num_features = 0, outputs = 1;
  std::vector<Tree> trees;

  // Made by flatten(): for each tree its root, and whether its splits are all simple, have categories, or need the
  // plain walk.
  enum class Kind : uint8_t { simple, categories, plain };
  std::vector<uint32_t> roots;
  std::vector<Kind> kinds;
  std::vector<FlatNode> nodes;
  std::vector<double> values;   ///< by node: the value of a leaf
  std::vector<uint32_t> words;  ///< word 0 is empty, so is the one after each set
  bool any_categories = false;

  void flatten();

  /// forest_tables.h: made when many rows are first scored.
  const ForestTables& tables() const;

 private:
  mutable std::once_flag made_tables_;
  mutable std::unique_ptr<ForestTables> tables_;
};

}  // namespace filrouge
