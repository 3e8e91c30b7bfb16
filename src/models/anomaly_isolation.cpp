// The isolation forest.
//
// A tree cuts a small sample at random, a feature and a value between its least and greatest, until rows stand alone or
// the height is what a balanced tree would have. A row that few cuts set apart is unlike the rest. Where a leaf holds n
// rows, the cuts that were not made count as c(n), the mean length of an unsuccessful search in a binary tree of n.
//
// Which feature set a row apart: before a cut of n rows the path was expected to last c(n) more, after it 1 + c(rows on
// the row's side). The difference is what the cut's feature gained, and along a path the differences add up.
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "base/json_words.h"
#include "base/parallel.h"
#include "models/anomaly.h"
#include "models/draw.h"

namespace filrouge {

namespace {

constexpr size_t kRowsOfPart = 1024;

/// c(n) of the paper's equation 1.
double expected_length(double n) {
  if (n <= 1) return 0;
  if (n <= 2) return 1;
  return 2 * (std::log(n - 1) + std::numbers::egamma) - 2 * (n - 1) / n;
}

struct Cut {
  int feature = -1;  ///< -1 = a leaf
  double value = 0;  ///< rows below go left
  int left = -1, right = -1;
  int rows = 0;  ///< of the sample
};
using Tree = std::vector<Cut>;

/// How a feature stands in the forest.
struct Reading {
  bool category = false;
  double missing = 0;          ///< a number's median; the share of rows without a category
  std::vector<double> shares;  ///< of each code

  double read(double x) const {
    if (!category) return std::isfinite(x) ? x : missing;
    if (std::isnan(x)) return missing;
    return x >= 0 && x < static_cast<double>(shares.size()) ? shares[static_cast<size_t>(x)] : 0;
  }
};

Reading learn_reading(const TrainingSet& set, const Rows& rows, size_t f) {
  Reading reading{set.features[f].categories > 0, 0, std::vector<double>(set.features[f].categories, 0)};
  std::vector<double> seen;
  double share = 1 / static_cast<double>(rows.size());
  for (uint32_t r : rows) {
    double x = set.x.at(r, f);
    if (!reading.category) {
      if (std::isfinite(x)) seen.push_back(x);
    } else if (x >= 0 && x < static_cast<double>(reading.shares.size())) {
      reading.shares[static_cast<size_t>(x)] += share;
    } else {
      reading.missing += share;
    }
  }
  if (reading.category || seen.empty()) return reading;
  auto middle = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2);
  std::nth_element(seen.begin(), middle, seen.end());
  reading.missing = *middle;
  return reading;
}

/// Different positions 0 .. count, by a partial Fisher-Yates shuffle of draws.
std::vector<size_t> draw_different(size_t count, size_t wanted, uint64_t seed) {
  std::unordered_map<size_t, size_t> moved;  // positions that no longer hold their own number
  auto at = [&](size_t i) { return moved.contains(i) ? moved[i] : i; };
  std::vector<size_t> chosen;
  for (size_t i = 0; i < wanted; ++i) {
    size_t j = i + static_cast<size_t>(draw(seed, i) * static_cast<double>(count - i));
    size_t taken = at(j);
    moved[j] = at(i);
    chosen.push_back(taken);
  }
  return chosen;
}

class Grower {
 public:
  Grower(const Matrix& sample, uint64_t seed)
      : sample_(sample),
        seed_(seed),
        highest_(static_cast<int>(std::ceil(std::log2(std::max<size_t>(sample.rows, 2))))) {}

  Tree grow() {
    std::vector<uint32_t> rows(sample_.rows);
    for (size_t r = 0; r < rows.size(); ++r) rows[r] = static_cast<uint32_t>(r);
    grow_from(rows, 0);
    return std::move(tree_);
  }

 private:
  const Matrix& sample_;
  uint64_t seed_, drawn_ = 0;
  int highest_;
  Tree tree_;

  double next() { return draw(seed_, drawn_++); }

  int grow_from(std::span<uint32_t> rows, int height) {
    int here = static_cast<int>(tree_.size());
    tree_.push_back({-1, 0, -1, -1, static_cast<int>(rows.size())});
    if (rows.size() <= 1 || height >= highest_) return here;
    auto [feature, value] = choose(rows);
    if (feature < 0) return here;
    auto column = static_cast<size_t>(feature);
    auto middle = std::partition(rows.begin(), rows.end(), [&](uint32_t r) { return sample_.at(r, column) < value; });
    size_t left_rows = static_cast<size_t>(middle - rows.begin());
    int left = grow_from(rows.first(left_rows), height + 1), right = grow_from(rows.subspan(left_rows), height + 1);
    tree_[static_cast<size_t>(here)] = {feature, value, left, right, static_cast<int>(rows.size())};
    return here;
  }

  /// A feature that still varies and a value that leaves rows on both sides; -1 where all rows are equal.
  std::pair<int, double> choose(std::span<const uint32_t> rows) {
    std::vector<size_t> vary;
    std::vector<std::pair<double, double>> ends;
    for (size_t f = 0; f < sample_.columns; ++f) {
      double least = std::numeric_limits<double>::infinity(), greatest = -least;
      for (uint32_t r : rows) {
        least = std::min(least, sample_.at(r, f));
        greatest = std::max(greatest, sample_.at(r, f));
      }
      if (least == greatest) continue;
      vary.push_back(f);
      ends.emplace_back(least, greatest);
    }
    if (vary.empty()) return {-1, 0};
    size_t which = static_cast<size_t>(next() * static_cast<double>(vary.size()));
    auto [least, greatest] = ends[which];
    double share = next(), value = least * (1 - share) + greatest * share;  // no overflow of greatest - least
    if (!(value > least)) value = greatest;                                 // adjacent numbers
    return {static_cast<int>(vary[which]), std::min(value, greatest)};
  }
};

/// Walks a row down: visit(feature, gain) for each cut. Returns the path's length.
template <class Visit>
double walk(const Tree& tree, const double* row, const Visit& visit) {
  double length = 0;
  size_t at = 0;
  while (tree[at].feature >= 0) {
    const Cut& cut = tree[at];
    auto next = static_cast<size_t>(row[cut.feature] < cut.value ? cut.left : cut.right);
    visit(cut.feature, expected_length(cut.rows) - 1 - expected_length(tree[next].rows));
    at = next;
    ++length;
  }
  return length + expected_length(tree[at].rows);
}

Json tree_to_json(const Tree& tree) {
  Json nodes = Json::array();
  for (const Cut& cut : tree) {
    if (cut.feature < 0)
      nodes.push_back({cut.rows});
    else
      nodes.push_back({cut.rows, cut.feature, cut.value, cut.left, cut.right});
  }
  return nodes;
}

Tree tree_from_json(const Json& nodes, size_t features) {
  Tree tree;
  for (const Json& node : nodes) {
    Cut cut;
    cut.rows = node.at(0);
    if (node.size() > 1) {
      cut.feature = node.at(1);
      cut.value = node.at(2);
      cut.left = node.at(3);
      cut.right = node.at(4);
      auto later = [&](int child) {
        return child > static_cast<int>(tree.size()) && child < static_cast<int>(nodes.size());
      };
      bool sound = cut.feature >= 0 && cut.feature < static_cast<int>(features) && later(cut.left) && later(cut.right);
      if (!sound) throw std::out_of_range("a cut");
    }
    tree.push_back(cut);
  }
  if (tree.empty()) throw std::out_of_range("a tree");
  return tree;
}

}  // namespace

struct IsolationForest::State {
  std::vector<Reading> readings;
  std::vector<Tree> trees;
  double expected = 1;  ///< c(sample)

  void read(const double* row, double* out) const {
    for (size_t f = 0; f < readings.size(); ++f) out[f] = readings[f].read(row[f]);
  }
  /// work(row number, the row as read) for every row.
  template <class Work>
  void for_rows(const Matrix& x, int threads, const Work& work) const {
    FR_CHECK(x.columns == readings.size());
    for_row_parts(x.rows, kRowsOfPart, threads, [&](size_t, size_t begin, size_t end) {
      std::vector<double> row(readings.size());
      for (size_t r = begin; r < end; ++r) {
        read(x.row(r), row.data());
        work(r, row.data());
      }
    });
  }
};

IsolationForest IsolationForest::fit(const TrainingSet& set, const Rows& rows, const IsolationOptions& options) {
  FR_CHECK(set.x.columns == set.features.size());
  auto state = std::make_shared<State>();
  size_t wanted = std::min(rows.size(), static_cast<size_t>(std::max(options.sample, 2)));
  for (size_t f = 0; f < set.features.size() && !rows.empty(); ++f)
    state->readings.push_back(learn_reading(set, rows, f));
  state->trees.resize(static_cast<size_t>(std::max(options.trees, 1)));
  for_parts(rows.empty() ? 0 : state->trees.size(), options.threads, [&](size_t t) {
    uint64_t seed = mix(options.seed * 1'000'003 + t);
    Matrix sample(wanted, set.features.size());
    std::vector<size_t> chosen = draw_different(rows.size(), wanted, seed);
    for (size_t r = 0; r < wanted; ++r) state->read(set.x.row(rows[chosen[r]]), sample.row(r));
    state->trees[t] = Grower(sample, mix(seed)).grow();
  });
  bool cut = std::any_of(state->trees.begin(), state->trees.end(), [](const Tree& tree) { return tree.size() > 1; });
  if (!cut) {
    throw Error(ErrorKind::data, "FR0835", "There are not two different rows, so none can be unlike the others",
                "Look at the filter of the table and at `features:`.");
  }
  state->expected = expected_length(static_cast<double>(wanted));
  IsolationForest forest;
  forest.state_ = std::move(state);
  return forest;
}

std::vector<double> IsolationForest::scores(const Matrix& x, int threads) const {
  std::vector<double> scores(x.rows);
  state_->for_rows(x, threads, [&](size_t r, const double* row) {
    double length = 0;
    for (const Tree& tree : state_->trees) length += walk(tree, row, [](int, double) {});
    scores[r] = std::exp2(-length / static_cast<double>(state_->trees.size()) / state_->expected);
  });
  return scores;
}

Matrix IsolationForest::contributions(const Matrix& x, int threads) const {
  Matrix all(x.rows, state_->readings.size());
  double share = 1 / static_cast<double>(state_->trees.size());
  state_->for_rows(x, threads, [&](size_t r, const double* row) {
    for (const Tree& tree : state_->trees) {
      walk(tree, row, [&](int feature, double gain) { all.at(r, static_cast<size_t>(feature)) += gain * share; });
    }
  });
  return all;
}

size_t IsolationForest::num_features() const {
  return state_->readings.size();
}

double IsolationForest::expected_path() const {
  return state_->expected;
}

Json IsolationForest::to_json() const {
  Json readings = Json::array(), trees = Json::array();
  for (const Reading& reading : state_->readings) {
    Json one = {{"missing", reading.missing}};
    if (reading.category) one["shares"] = reading.shares;
    readings.push_back(one);
  }
  for (const Tree& tree : state_->trees) trees.push_back(tree_to_json(tree));
  return {{"kind", "isolation_forest"}, {"expected_path", state_->expected}, {"features", readings}, {"trees", trees}};
}

IsolationForest IsolationForest::from_json(const Json& json) {
  try {
    if (json.at("kind") != "isolation_forest") throw std::out_of_range("kind");
    auto state = std::make_shared<State>();
    state->expected = json.at("expected_path");
    for (const Json& one : json.at("features")) {
      Reading reading{one.contains("shares"), one.at("missing"), {}};
      if (reading.category) reading.shares = one.at("shares").get<std::vector<double>>();
      state->readings.push_back(std::move(reading));
    }
    for (const Json& tree : json.at("trees")) state->trees.push_back(tree_from_json(tree, state->readings.size()));
    if (state->trees.empty() || !(state->expected > 0)) throw std::out_of_range("trees");
    IsolationForest forest;
    forest.state_ = std::move(state);
    return forest;
  } catch (const std::exception& failure) {
    throw Error(ErrorKind::data, "FR0836",
                fmt::format("This is not an isolation forest of ours: {}", json_problem(failure)),
                "Run `filrouge verify`; the next run learns it again.");
  }
}

}  // namespace filrouge
