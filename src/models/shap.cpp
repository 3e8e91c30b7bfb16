// Exact SHAP values from tables (docs/decisions/0005 has the choice and its numbers).
//
// For one leaf and one row only this matters: which of the d features on the leaf's path fit the row. With o_i = 1
// where feature i fits, else 0, and z_i the share of training rows that pass its splits on the path, a coalition T of
// known features is worth value * (product of o over T) * (product of z over the others), and the Shapley value of
// feature i is (Owen 1972, multilinear extension)
//
//   value * (o_i - z_i) * integral over t from 0 to 1 of the product over j != i of (o_j t + z_j (1 - t)).
//
// The product is a polynomial of degree d - 1: Gauss-Legendre with d / 2 points (rounded up) gives it exactly, from
// positive terms only, so nothing cancels (Lundberg's extend and unwind divide by z).
//
// There are at most 2^d such answers, far fewer in real rows. So a tree is cut into subtrees with few path features and
// few splits (shap_plan.h); the bits "path feature fits" and "split goes left" are a key, and the sum of the
// contributions of all leaves of the subtree is computed when a key is first met and looked up from then on. What each
// feature answers to those questions depends only on between which of its thresholds the value lies, which gives the
// bits of 64 subtrees at once. The tables live as long as their tree is worked on.
#include "models/shap.h"

#include <bit>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "models/quadrature.h"
#include "models/shap_plan.h"

namespace filrouge {
namespace {

constexpr size_t kKeyBits = 12;    // of a group; measured, see the decision
constexpr size_t kIndexBits = 14;  // keys up to here index an array, longer ones a hash table
constexpr size_t kMostEntries = 1 << 16;
constexpr size_t kBlockRows = 256;
constexpr size_t kRowsPerThread = 1000;

using Chunk = ShapChunk;

/// Shapley values of leaves.
class LeafGames {
 public:
  /// Adds a leaf's contributions, times `scale`, to out[place of each condition]. `fits`: o_i of each condition.
  void add(const Chunk::Leaf& leaf, const uint8_t* fits, double scale, double* out) {
    size_t d = leaf.conditions.size();
    const Quadrature& rule = rules_.with((d + 1) / 2);
    after_.resize(d + 1);
    factor_.resize(d);
    sum_.assign(d, 0);
    for (size_t q = 0; q < rule.at.size(); q++) {
      double t = rule.at[q];
      after_[d] = rule.weight[q];
      for (size_t i = d; i-- > 0;) {
        factor_[i] = (fits[i] ? t : 0) + leaf.conditions[i].share * (1 - t);
        after_[i] = after_[i + 1] * factor_[i];
      }
      double before = 1;
      for (size_t i = 0; i < d; i++) {
        sum_[i] += before * after_[i + 1];
        before *= factor_[i];
      }
    }
    for (size_t i = 0; i < d; i++)
      out[leaf.conditions[i].place] += scale * leaf.value * (fits[i] - leaf.conditions[i].share) * sum_[i];
  }

 private:
  QuadratureRules rules_;
  std::vector<double> after_, factor_, sum_;
};

/// The answers of a group by key, computed when first asked for.
class Table {
 public:
  Table(const Chunk::Group& group, double scale) : group_(group), scale_(scale) {
    if (group.key_bits() <= kIndexBits) index_.resize(size_t{1} << group.key_bits());
  }

  /// One number per feature of the group; valid until the next call.
  const double* at(uint64_t key, LeafGames& games) {
    uint32_t& entry = index_.empty() ? sparse_[key] : index_[key];
    if (entry == 0) entry = compute(key, games);
    return entries_.data() + (entry - 1) * group_.features.size();
  }

 private:
  uint32_t compute(uint64_t key, LeafGames& games) {
    if (num_entries_ == kMostEntries) {  // only where keys are long
      entries_.clear();
      sparse_.clear();
      num_entries_ = 0;
      sparse_[key] = 1;
    }
    entries_.resize(entries_.size() + group_.features.size());
    double* out = entries_.data() + num_entries_ * group_.features.size();
    for (const Chunk::Leaf& leaf : group_.leaves) {
      fits_.clear();
      for (const Chunk::Condition& c : leaf.conditions) fits_.push_back((key & c.care) == c.want);
      games.add(leaf, fits_.data(), scale_, out);
    }
    return static_cast<uint32_t>(++num_entries_);
  }

  const Chunk::Group& group_;
  double scale_;
  size_t num_entries_ = 0;
  std::vector<uint32_t> index_;  // key -> number of the entry; 0: not computed yet
  std::unordered_map<uint64_t, uint32_t> sparse_;
  std::vector<double> entries_;
  std::vector<uint8_t> fits_;
};

/// The rows that one thread works on, tree after tree.
class Share {
 public:
  Share(const Forest& forest, const Matrix& x, double weight, size_t begin, size_t end, double* out)
      : forest_(forest), x_(x), weight_(weight), begin_(begin), end_(end), out_(out) {}

  void run() {
    for (size_t t = 0; t < forest_.num_trees(); t++) {
      const Forest::Tree& tree = forest_.trees()[t];
      for (const Chunk& chunk : plan_shap(tree, kKeyBits)) add_chunk(tree, chunk, t % forest_.outputs());
    }
  }

 private:
  void add_chunk(const Forest::Tree& tree, const Chunk& chunk, size_t output) {
    std::vector<Table> tables;
    for (const Chunk::Group& group : chunk.groups) tables.emplace_back(group, weight_);
    fits_.resize(chunk.features.size() * kBlockRows);
    for (size_t first = begin_; first < end_; first += kBlockRows) {
      size_t rows = std::min(kBlockRows, end_ - first);
      ask(tree, chunk, first, rows);
      for (size_t g = 0; g < chunk.groups.size(); g++) add_group(chunk.groups[g], g, tables[g], output, first, rows);
    }
  }

  /// fits_[feature's place][row] and left_[row].
  void ask(const Forest::Tree& tree, const Chunk& chunk, size_t first, size_t rows) {
    std::fill_n(left_, rows, 0);
    for (size_t f = 0; f < chunk.features.size(); f++) {
      const Chunk::Feature& feature = chunk.features[f];
      uint64_t* fits = &fits_[f * kBlockRows];
      const double* value = x_.row(first) + feature.feature;
      for (size_t r = 0; r < rows; r++, value += x_.columns) {
        Chunk::Answer answer = feature.answer(tree, *value);
        fits[r] = answer.fits;
        left_[r] |= answer.left;
      }
    }
  }

  void add_group(const Chunk::Group& group, size_t g, Table& table, size_t output, size_t first, size_t rows) {
    size_t stride = forest_.outputs() * (x_.columns + 1);
    double* out = out_ + first * stride + output * (x_.columns + 1);
    if (group.key_bits() > 64) return add_plainly(group, g, out, stride, rows);
    make_keys(group, g, rows);
    const uint32_t* features = group.features.data();
    size_t num_features = group.features.size();
    for (size_t r = 0; r < rows; r++, out += stride) {
      const double* entry = table.at(keys_[r], games_);
      for (size_t i = 0; i < num_features; i++) out[features[i]] += entry[i];
    }
  }

  void make_keys(const Chunk::Group& group, size_t g, size_t rows) {
    uint64_t inside = group.num_inside == 64 ? ~uint64_t{0} : (uint64_t{1} << group.num_inside) - 1;
    size_t shift = group.path.size();
    if (group.num_inside > 0)
      for (size_t r = 0; r < rows; r++) keys_[r] = (left_[r] >> group.first_inside & inside) << shift;
    else
      std::fill_n(keys_, rows, 0);
    for (size_t i = 0; i < group.path.size(); i++) {
      const uint64_t* fits = &fits_[group.path[i] * kBlockRows];
      for (size_t r = 0; r < rows; r++) keys_[r] |= (fits[r] >> g & 1) << i;
    }
  }

  /// A lone leaf that depends on more than 64 features: no key, no table.
  void add_plainly(const Chunk::Group& group, size_t g, double* out, size_t stride, size_t rows) {
    std::vector<uint8_t> fits(group.path.size());
    std::vector<double> sums(group.features.size());
    for (size_t r = 0; r < rows; r++, out += stride) {
      for (size_t i = 0; i < fits.size(); i++) fits[i] = fits_[group.path[i] * kBlockRows + r] >> g & 1;
      std::fill(sums.begin(), sums.end(), 0.0);
      games_.add(group.leaves[0], fits.data(), weight_, sums.data());
      for (size_t i = 0; i < sums.size(); i++) out[group.features[i]] += sums[i];
    }
  }

  const Forest& forest_;
  const Matrix& x_;
  double weight_;
  size_t begin_, end_;
  double* out_;
  LeafGames games_;
  std::vector<uint64_t> fits_;
  uint64_t left_[kBlockRows], keys_[kBlockRows];
};

/// Mean raw score of the training rows by output, summed as LightGBM does.
std::vector<double> expected(const Forest& forest) {
  std::vector<double> sums(forest.outputs());
  for (size_t t = 0; t < forest.num_trees(); t++) {
    const Forest::Tree& tree = forest.trees()[t];
    double mean = tree.splits.empty() ? tree.value[0] : 0;
    if (!tree.splits.empty())
      for (size_t leaf = 0; leaf < tree.value.size(); leaf++)
        if (tree.rows[leaf] > 0) mean += tree.rows[leaf] / tree.splits[0].rows * tree.value[leaf];
    sums[t % forest.outputs()] += mean;
  }
  return sums;
}

}  // namespace

void add_contributions(const Forest& forest, const Matrix& x, double weight, int threads, double* out) {
  FR_CHECK(x.columns == forest.num_features());
  std::vector<double> means = expected(forest);
  for (size_t r = 0; r < x.rows; r++)
    for (size_t k = 0; k < means.size(); k++)
      out[(r * means.size() + k) * (x.columns + 1) + x.columns] += weight * means[k];
  size_t shares = std::clamp<size_t>(x.rows / kRowsPerThread, 1, static_cast<size_t>(std::max(threads, 1)));
  for_parts(shares, threads,
            [&](size_t s) { Share(forest, x, weight, x.rows * s / shares, x.rows * (s + 1) / shares, out).run(); });
}

}  // namespace filrouge
