#include "models/shap_plan.h"

#include "base/error.h"

namespace filrouge {
namespace {

using Tree = Forest::Tree;
using Chunk = ShapChunk;

constexpr size_t kWord = 64;
constexpr uint32_t kMostWords = 256;  // larger sets of categories are tested, not tabulated
constexpr size_t kFewThresholds = 16;

/// A step of the way from the root.
struct Step {
  int32_t split = 0;
  bool left = false;
};
using Way = std::vector<Step>;

/// Splits in the subtree of each split.
std::vector<size_t> subtree_sizes(const Tree& tree) {
  std::vector<int32_t> order = {0};  // parents before children
  for (size_t i = 0; i < order.size(); i++)
    for (int32_t child : {tree.splits[order[i]].left, tree.splits[order[i]].right})
      if (child >= 0) order.push_back(child);
  std::vector<size_t> sizes(tree.splits.size());
  for (size_t i = order.size(); i-- > 0;) {
    const Tree::Split& split = tree.splits[order[i]];
    sizes[order[i]] = 1 + (split.left < 0 ? 0 : sizes[split.left]) + (split.right < 0 ? 0 : sizes[split.right]);
  }
  return sizes;
}

std::vector<uint32_t> features_of(const Tree& tree, const Way& way) {
  std::vector<uint32_t> features;
  for (const Step& step : way) features.push_back(tree.splits[step.split].feature);
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  return features;
}

/// Calls `visit(node, way to it)` from the root downwards, left before right; goes below a node where it returns true.
template <typename Visit>
void descend(const Tree& tree, int32_t top, Visit visit) {
  struct Open {
    int32_t node;
    size_t depth;
    Step step;  // from its parent
  };
  std::vector<Open> open = {{top, 0, {}}};
  Way way;
  while (!open.empty()) {
    Open at = open.back();
    open.pop_back();
    way.resize(at.depth ? at.depth - 1 : 0);
    if (at.depth) way.push_back(at.step);
    if (!visit(at.node, way) || at.node < 0) continue;
    open.push_back({tree.splits[at.node].right, at.depth + 1, {at.node, false}});
    open.push_back({tree.splits[at.node].left, at.depth + 1, {at.node, true}});
  }
}

class Planner {
 public:
  Planner(const Tree& tree, size_t key_bits) : tree_(tree), key_bits_(key_bits), sizes_(subtree_sizes(tree)) {}

  std::vector<Chunk> plan() {
    descend(tree_, 0, [&](int32_t node, const Way& way) {
      size_t inside = node < 0 ? 0 : sizes_[node];
      std::vector<uint32_t> path = features_of(tree_, way);
      if (node >= 0 && (inside > kWord || path.size() + inside > key_bits_)) return true;
      if (chunks_.empty() || chunks_.back().groups.size() == kWord || num_inside_ + inside > kWord) begin_chunk();
      add_group(node, way, path);
      return false;
    });
    for (Chunk& chunk : chunks_)
      for (Chunk::Feature& feature : chunk.features) tabulate(feature);
    return std::move(chunks_);
  }

 private:
  void begin_chunk() {
    chunks_.emplace_back();
    num_inside_ = 0;
    places_.clear();
    uses_.clear();
  }

  uint32_t place_of(uint32_t feature) {
    auto [found, fresh] = places_.try_emplace(feature, chunks_.back().features.size());
    if (fresh) chunks_.back().features.emplace_back().feature = feature;
    return static_cast<uint32_t>(found->second);
  }

  Chunk::Use& use_of(int32_t split) {
    std::vector<Chunk::Use>& uses = chunks_.back().features[place_of(tree_.splits[split].feature)].uses;
    auto [found, fresh] = uses_.try_emplace(split, uses.size());
    if (fresh) uses.push_back({&tree_.splits[split]});
    return uses[found->second];
  }

  void add_group(int32_t top, const Way& way, const std::vector<uint32_t>& path) {
    Chunk& chunk = chunks_.back();
    uint64_t bit = uint64_t{1} << chunk.groups.size();
    Chunk::Group group;
    for (uint32_t feature : path) group.path.push_back(place_of(feature));
    for (const Step& step : way) (step.left ? use_of(step.split).only_left : use_of(step.split).only_right) |= bit;
    group.first_inside = static_cast<uint32_t>(num_inside_);
    std::map<int32_t, uint32_t> inside;  // split -> its number in the group
    group.features = path;
    descend(tree_, top, [&](int32_t node, const Way&) {
      if (node < 0) return false;
      inside[node] = group.num_inside++;
      use_of(node).inside = uint64_t{1} << num_inside_++;
      group.features.push_back(tree_.splits[node].feature);
      return true;
    });
    std::sort(group.features.begin(), group.features.end());
    group.features.erase(std::unique(group.features.begin(), group.features.end()), group.features.end());
    descend(tree_, top, [&](int32_t node, const Way& below) {
      if (node < 0) group.leaves.push_back(leaf_of(group, path, ~node, way, below, inside));
      return true;
    });
    chunk.groups.push_back(std::move(group));
  }

  /// `share` of a step: the training rows that take it among those that come to its split.
  double share(const Step& step) const {
    const Tree::Split& split = tree_.splits[step.split];
    return split.rows > 0 ? tree_.rows_of(step.left ? split.left : split.right) / split.rows : 0.5;
  }

  Chunk::Leaf leaf_of(const Chunk::Group& group, const std::vector<uint32_t>& path, int32_t leaf, const Way& way,
                      const Way& below, const std::map<int32_t, uint32_t>& inside) const {
    std::vector<Chunk::Condition> all(group.features.size());
    std::vector<char> met(all.size());
    auto condition = [&](const Step& step) -> Chunk::Condition& {
      uint32_t feature = tree_.splits[step.split].feature;
      auto place = std::lower_bound(group.features.begin(), group.features.end(), feature) - group.features.begin();
      all[place].place = static_cast<uint32_t>(place);
      all[place].share *= share(step);
      met[place] = 1;
      return all[place];
    };
    for (const Step& step : way) {
      auto at = std::lower_bound(path.begin(), path.end(), tree_.splits[step.split].feature) - path.begin();
      Chunk::Condition& c = condition(step);
      if (at < static_cast<std::ptrdiff_t>(kWord)) c.care |= uint64_t{1} << at;
      c.want = c.care;
    }
    for (const Step& step : below) {
      uint64_t bit = uint64_t{1} << (path.size() + inside.at(step.split));
      Chunk::Condition& c = condition(step);
      c.care |= bit;
      if (step.left) c.want |= bit;
    }
    Chunk::Leaf made{tree_.value[leaf], {}};
    for (size_t i = 0; i < all.size(); i++)
      if (met[i]) made.conditions.push_back(all[i]);
    return made;
  }

  void tabulate(Chunk::Feature& feature) const {
    using By = Chunk::Feature::By;
    size_t categories = 0, zeros = 0;
    uint32_t words = 0;
    for (const Chunk::Use& use : feature.uses) {
      categories += use.split->category;
      zeros += !use.split->category && use.split->missing == Tree::kZero;
      words = std::max(words, use.split->num_words);
    }
    bool mixed = categories > 0 && categories < feature.uses.size();
    feature.by = mixed || zeros > 0 || words > kMostWords ? By::split : categories > 0 ? By::code : By::interval;
    feature.missing = feature.ask_splits(tree_, std::numeric_limits<double>::quiet_NaN());
    if (feature.by == By::code)
      for (uint32_t code = 0; code < words * 32; code++) feature.answers.push_back(feature.ask_splits(tree_, code));
    if (feature.by != By::interval) return;
    std::vector<double>& thresholds = feature.thresholds;
    for (const Chunk::Use& use : feature.uses) thresholds.push_back(use.split->threshold);
    std::sort(thresholds.begin(), thresholds.end());
    thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
    // A value that passes i thresholds answers as the one that it does not pass.
    for (double threshold : thresholds) feature.answers.push_back(feature.ask_splits(tree_, threshold));
    feature.answers.push_back(feature.ask_splits(tree_, std::numeric_limits<double>::infinity()));
  }

  const Tree& tree_;
  size_t key_bits_;
  std::vector<size_t> sizes_;
  std::vector<Chunk> chunks_;
  // Of the chunk under way:
  size_t num_inside_ = 0;
  std::unordered_map<uint32_t, size_t> places_;  // feature -> its place
  std::unordered_map<int32_t, size_t> uses_;     // split -> its place among the uses of its feature
};

}  // namespace

Chunk::Answer ShapChunk::Feature::ask_splits(const Tree& tree, double x) const {
  Answer answer;
  for (const Use& use : uses) {
    bool goes_left = tree.goes_left(*use.split, x);
    answer.fits &= ~(goes_left ? use.only_right : use.only_left);
    if (goes_left) answer.left |= use.inside;
  }
  return answer;
}

Chunk::Answer ShapChunk::Feature::answer(const Tree& tree, double x) const {
  if (by == By::split) return ask_splits(tree, x);
  if (by == By::code) {
    uint32_t code = category_code(x);
    return code < answers.size() ? answers[code] : missing;
  }
  if (std::isnan(x)) return missing;
  size_t passed = 0;
  if (thresholds.size() > kFewThresholds)
    passed = static_cast<size_t>(std::lower_bound(thresholds.begin(), thresholds.end(), x) - thresholds.begin());
  else
    for (double threshold : thresholds) passed += x > threshold;  // no branch to guess wrong
  return answers[passed];
}

std::vector<Chunk> plan_shap(const Tree& tree, size_t key_bits) {
  return tree.splits.empty() ? std::vector<Chunk>() : Planner(tree, std::min(key_bits, kWord)).plan();
}

}  // namespace filrouge
