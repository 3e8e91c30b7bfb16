// A tree cut into pieces small enough for tables: the inside of shap.cpp, which tells the idea.
#pragma once

#include "models/forest_tree.h"

namespace filrouge {

/// Up to 64 groups of leaves, and the up to 64 splits inside them.
struct ShapChunk {
  /// A split of the tree as one feature sees it. Bits of `fits`: groups; bits of `left`: splits inside groups.
  struct Use {
    const Forest::Tree::Split* split = nullptr;
    uint64_t only_left = 0, only_right = 0;  ///< groups that a row can reach only by going left here (or right)
    uint64_t inside = 0;                     ///< its bit, when it lies inside a group
  };
  /// What a feature's value says of the chunk.
  struct Answer {
    uint64_t fits = ~uint64_t{0};  ///< groups whose path asks nothing of the feature that does not hold
    uint64_t left = 0;             ///< inside splits on the feature where the row goes left
  };
  /// All splits on one feature, tabulated: values in an interval between thresholds, or a category, answer alike.
  struct Feature {
    uint32_t feature = 0;
    std::vector<Use> uses;
    /// split: not tabulated (0 taken for missing, huge sets of categories)
    enum class By : uint8_t { interval, code, split } by = By::interval;
    std::vector<double> thresholds;  ///< interval: rising
    std::vector<Answer> answers;     ///< interval: by number of thresholds passed; code: by code
    Answer missing;                  ///< of NaN, and of codes without an answer

    Answer answer(const Forest::Tree& tree, double x) const;
    Answer ask_splits(const Forest::Tree& tree, double x) const;
  };
  /// One feature on the way to a leaf.
  struct Condition {
    uint32_t place = 0;           ///< in Group::features
    double share = 1;             ///< of the training rows that pass the feature's splits on this way, split by split
    uint64_t care = 0, want = 0;  ///< a key passes when (key & care) == want
  };
  struct Leaf {
    double value = 0;
    std::vector<Condition> conditions;
  };
  /// A subtree (or a single leaf) whose leaves' contributions are looked up together. A row's key: for each path
  /// feature whether it fits, then for each inside split whether the row goes left.
  struct Group {
    std::vector<uint32_t> path;      ///< features above the subtree, as places in ShapChunk::features
    std::vector<uint32_t> features;  ///< real numbers of all features that its leaves depend on
    uint32_t first_inside = 0, num_inside = 0;
    std::vector<Leaf> leaves;

    size_t key_bits() const { return path.size() + num_inside; }
  };

  std::vector<Feature> features;
  std::vector<Group> groups;
};

/// Groups are as large as keys of `key_bits` allow (of which a lone leaf may need more).
std::vector<ShapChunk> plan_shap(const Forest::Tree& tree, size_t key_bits);

}  // namespace filrouge
