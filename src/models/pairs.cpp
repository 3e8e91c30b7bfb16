// SHAP interaction values leaf by leaf, as in shap.cpp: for a leaf's product game the second derivative of the
// multilinear extension gives
//
//   2 phi_ij = value * (o_i - z_i) (o_j - z_j) * integral of the product over k != i, j of (o_k t + z_k (1 - t)),
//
// of degree d - 2, so d / 2 points are exact again. Rows that fit a leaf's features alike share the result.
#include "models/pairs.h"

#include <cmath>
#include <future>
#include <numeric>

#include "base/error.h"
#include "models/quadrature.h"
#include "models/shap_plan.h"

namespace filrouge {
namespace {

constexpr size_t kMostRows = 500;
constexpr size_t kMostFeatures = 128;
constexpr uint32_t kNotLookedAt = UINT32_MAX;

using Chunk = ShapChunk;

size_t num_pairs(size_t features) {
  return features * (features - 1) / 2;
}

/// The place of a pair of different places of features.
size_t pair_place(size_t a, size_t b) {
  return num_pairs(std::max(a, b)) + std::min(a, b);
}

/// The features to look at, and the place of each feature among them.
struct Looked {
  std::vector<uint32_t> features, place;

  explicit Looked(const Forest& forest) : features(forest.num_features()), place(forest.num_features(), kNotLookedAt) {
    std::vector<double> gain = forest.gain();
    std::iota(features.begin(), features.end(), 0);
    std::stable_sort(features.begin(), features.end(), [&](uint32_t a, uint32_t b) { return gain[a] > gain[b]; });
    features.resize(std::min(features.size(), kMostFeatures));
    for (size_t i = 0; i < features.size(); i++) place[features[i]] = static_cast<uint32_t>(i);
  }
};

/// 2 phi_ij of a leaf for each pair i < j of its conditions, in the order of pair_place().
std::vector<double> leaf_pairs(const Chunk::Leaf& leaf, const std::vector<uint8_t>& fits, QuadratureRules& rules) {
  size_t d = leaf.conditions.size();
  std::vector<double> sums(num_pairs(d)), factor(d), before(d + 1), after(d + 1);
  const Quadrature& rule = rules.with(std::max<size_t>(d / 2, 1));
  for (size_t q = 0; q < rule.at.size(); q++) {
    double t = rule.at[q];
    for (size_t i = 0; i < d; i++) factor[i] = (fits[i] ? t : 0) + leaf.conditions[i].share * (1 - t);
    before[0] = rule.weight[q];
    for (size_t i = 0; i < d; i++) before[i + 1] = before[i] * factor[i];
    after[d] = 1;
    for (size_t i = d; i-- > 0;) after[i] = after[i + 1] * factor[i];
    for (size_t i = 0; i < d; i++) {
      double product = before[i];  // of all but i and those from i + 1 to j
      for (size_t j = i + 1; j < d; j++) {
        sums[pair_place(i, j)] += product * after[j + 1];
        product *= factor[j];
      }
    }
  }
  auto apart = [&](size_t i) { return fits[i] - leaf.conditions[i].share; };
  for (size_t i = 0; i < d; i++)
    for (size_t j = i + 1; j < d; j++) sums[pair_place(i, j)] *= leaf.value * apart(i) * apart(j);
  return sums;
}

/// The rows of one thread.
class PairShare {
 public:
  PairShare(const Forest& forest, const Matrix& x, const Looked& looked, size_t begin, size_t end, double* out)
      : forest_(forest), x_(x), looked_(looked), begin_(begin), end_(end), out_(out) {}

  void run() {
    for (size_t t = 0; t < forest_.num_trees(); t++)
      for (const Chunk& chunk : plan_shap(forest_.trees()[t], 0)) add_chunk(t, chunk);
  }

 private:
  void add_chunk(size_t t, const Chunk& chunk) {
    size_t rows = end_ - begin_;
    std::vector<std::vector<uint64_t>> fits(chunk.features.size(), std::vector<uint64_t>(rows));
    for (size_t f = 0; f < fits.size(); f++)
      for (size_t r = 0; r < rows; r++)
        fits[f][r] = chunk.features[f].answer(forest_.trees()[t], x_.at(begin_ + r, chunk.features[f].feature)).fits;
    for (size_t g = 0; g < chunk.groups.size(); g++) add_leaf(chunk.groups[g], g, fits, t % forest_.outputs());
  }

  /// Groups of keys of no bits are single leaves, their conditions in the order of the path.
  void add_leaf(const Chunk::Group& group, size_t g, const std::vector<std::vector<uint64_t>>& fits, size_t output) {
    find_targets(group);
    if (targets_.empty()) return;
    sort_rows_by_kind(group, g, fits);
    known_.assign(num_kinds_, {});
    size_t width = num_pairs(looked_.features.size());
    std::vector<uint8_t> key(group.path.size());
    for (size_t r = 0; r < end_ - begin_; r++) {
      std::vector<double>& sums = known_[kind_[r]];
      if (sums.empty()) {
        for (size_t i = 0; i < key.size(); i++) key[i] = fits[group.path[i]][r] >> g & 1;
        sums = leaf_pairs(group.leaves[0], key, rules_);
      }
      double* out = out_ + ((begin_ + r) * forest_.outputs() + output) * width;
      for (const auto& [from, to] : targets_) out[to] += sums[from];
    }
  }

  /// kind_: the same for rows that fit the leaf's features alike, numbered from 0.
  void sort_rows_by_kind(const Chunk::Group& group, size_t g, const std::vector<std::vector<uint64_t>>& fits) {
    size_t rows = end_ - begin_;
    kind_.assign(rows, 0);
    num_kinds_ = 1;
    for (uint32_t feature : group.path) {
      next_.assign(2 * num_kinds_, kNotLookedAt);
      num_kinds_ = 0;
      for (size_t r = 0; r < rows; r++) {
        uint32_t& next = next_[2 * kind_[r] + (fits[feature][r] >> g & 1)];
        if (next == kNotLookedAt) next = num_kinds_++;
        kind_[r] = next;
      }
    }
  }

  /// targets_: places of the leaf's pairs in what leaf_pairs() gives, and where they belong in a row of out_.
  void find_targets(const Chunk::Group& group) {
    targets_.clear();
    for (size_t j = 1; j < group.path.size(); j++)
      for (size_t i = 0; i < j; i++) {
        uint32_t a = looked_.place[group.features[i]], b = looked_.place[group.features[j]];
        if (a != kNotLookedAt && b != kNotLookedAt) targets_.emplace_back(pair_place(i, j), pair_place(a, b));
      }
  }

  const Forest& forest_;
  const Matrix& x_;
  const Looked& looked_;
  size_t begin_, end_;
  double* out_;
  QuadratureRules rules_;
  // Of the leaf under way:
  std::vector<uint32_t> kind_, next_;
  uint32_t num_kinds_ = 0;
  std::vector<std::vector<double>> known_;
  std::vector<std::pair<size_t, size_t>> targets_;
};

Matrix spread_rows(const Matrix& x) {
  if (x.rows <= kMostRows) return x;
  Matrix part(kMostRows, x.columns);
  for (size_t r = 0; r < kMostRows; r++) std::copy_n(x.row(r * x.rows / kMostRows), x.columns, part.row(r));
  return part;
}

}  // namespace

std::vector<PairStrength> strongest_pairs(const Forest& forest, const Matrix& x, int most, int threads) {
  FR_CHECK(x.columns == forest.num_features());
  Looked looked(forest);
  Matrix rows = spread_rows(x);
  size_t width = num_pairs(looked.features.size());
  std::vector<double> values(rows.rows * forest.outputs() * width);
  std::vector<std::future<void>> running;
  size_t shares = static_cast<size_t>(std::max(threads, 1));
  for (size_t s = 0; s < shares; s++)
    running.push_back(std::async(std::launch::async, [&, s] {
      PairShare(forest, rows, looked, rows.rows * s / shares, rows.rows * (s + 1) / shares, values.data()).run();
    }));
  for (std::future<void>& share : running) share.wait();
  for (std::future<void>& share : running) share.get();

  std::vector<PairStrength> pairs;
  for (size_t b = 1; b < looked.features.size(); b++)
    for (size_t a = 0; a < b; a++) {
      double sum = 0;
      for (size_t r = 0; r < rows.rows * forest.outputs(); r++) sum += std::fabs(values[r * width + pair_place(a, b)]);
      auto [first, second] = std::minmax(looked.features[a], looked.features[b]);
      if (sum > 0) pairs.push_back({first, second, sum / static_cast<double>(rows.rows)});
    }
  std::sort(pairs.begin(), pairs.end(), [](const PairStrength& a, const PairStrength& b) {
    return std::tuple(-a.strength, a.first, a.second) < std::tuple(-b.strength, b.first, b.second);
  });
  pairs.resize(std::min(pairs.size(), static_cast<size_t>(std::max(most, 0))));
  return pairs;
}

}  // namespace filrouge
