// Trees as tables, to score many rows: the inside of forest.cpp.
#pragma once

#include "models/forest_tree.h"

namespace filrouge {

/// Values of a feature that every split of the forest treats alike have the same code.
class ForestCodes {
 public:
  ForestCodes(const std::vector<Forest::Tree>& trees, size_t num_features);

  /// Whether the feature has codes: not where 0 is taken for missing, numeric and category splits mix, or there would
  /// be more than 65,535.
  bool coded(size_t feature) const { return features_[feature].count > 0; }
  size_t count(size_t feature) const { return features_[feature].count; }
  uint16_t code(size_t feature, double x) const;
  double stands_for(size_t feature, size_t code) const;  ///< a value with this code

 private:
  struct Feature {
    size_t count = 0;
    bool category = false;
    std::vector<double> thresholds;  ///< rising
  };
  std::vector<Feature> features_;
};

/// For each tree that has one: which leaves each code of each feature leaves possible. The leaf that is possible by all
/// features is the row's.
struct ForestTables {
  struct Column {
    uint32_t feature = 0;
    size_t first = 0;  ///< words[first + code]: a bit for each leaf
  };
  struct Tree {
    std::vector<Column> columns;  ///< a multiple of four, the last one repeated; empty: the tree has no table
  };

  explicit ForestTables(const Forest::Data& data);

  ForestCodes codes;
  std::vector<Tree> trees;
  std::vector<uint64_t> words;
  std::vector<uint32_t> used;  ///< features of the columns
  bool complete = true;        ///< every tree has a table
};

}  // namespace filrouge
