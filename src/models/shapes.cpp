#include "models/shapes.h"

#include <cmath>
#include <deque>

#include "base/error.h"
#include "models/forest_tree.h"

namespace filrouge {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr size_t kAveragedRows = 500;  // over which a pair's margins are taken
constexpr size_t kCellsOfAxis = 8;

/// Two features, the same one twice for a curve.
using Pair = std::pair<size_t, size_t>;

/// A tree may use more features than two, but no path from its root does: each leaf is part of one curve or pair.
struct WeightedTree {
  const Forest::Tree* tree = nullptr;
  double weight = 1;
  std::vector<Pair> parts;  // by leaf

  /// What the row gets from the leaves of `part`. Its features alone decide whether such a leaf is reached.
  double value(const Pair& part, const double* row) const {
    int32_t at = 0;
    while (at >= 0) {
      const Forest::Tree::Split& split = tree->splits[static_cast<size_t>(at)];
      at = tree->goes_left(split, row[split.feature]) ? split.left : split.right;
    }
    size_t leaf = static_cast<size_t>(~at);
    return parts[leaf] == part ? weight * tree->value[leaf] : 0;
  }
};

/// The leaves of trees that are one curve or one pair.
struct Part {
  Pair features;
  std::vector<const WeightedTree*> trees;

  double sum(const double* row) const {
    double total = 0;
    for (const WeightedTree* tree : trees) total += tree->value(features, row);
    return total;
  }
};

/// Where a feature's values are told apart: numbers by thresholds, categories by code; the last bin is for missing.
struct Axis {
  bool is_category = false;
  std::vector<double> thresholds;
  size_t categories = 0;

  size_t bins() const { return (is_category ? categories : thresholds.size() + 1) + 1; }
  size_t bin_of(double x) const {
    if (is_category) {
      uint32_t code = category_code(x);
      return code < categories ? code : categories;
    }
    if (std::isnan(x)) return bins() - 1;
    return static_cast<size_t>(std::lower_bound(thresholds.begin(), thresholds.end(), x) - thresholds.begin());
  }
  /// A value of that bin.
  double value_of(size_t bin) const {
    if (bin + 1 == bins()) return std::numeric_limits<double>::quiet_NaN();
    if (is_category) return static_cast<double>(bin);
    if (bin < thresholds.size()) return thresholds[bin];
    return thresholds.empty() ? 0 : std::nextafter(thresholds.back(), kInfinite);
  }
};

/// One output of the model.
class Output {
 public:
  Output(const Model& model, const Matrix& x, size_t output) : model_(model), x_(x), output_(output) {
    intercept_ = model.constant[output];
    std::vector<FeatureSpec> specs = model.features.specs();
    axes_.resize(specs.size());
    for (size_t f = 0; f < specs.size(); ++f) {
      axes_[f].is_category = specs[f].categories > 0;
      axes_[f].categories = specs[f].categories;
    }
    for (const Member& member : model.members) {
      const auto& forest = std::get<Forest>(member.fitted);
      for (size_t t = output; t < forest.num_trees(); t += model.outputs()) sort_in(forest.trees()[t], member.weight);
    }
    for (Axis& axis : axes_) {
      std::sort(axis.thresholds.begin(), axis.thresholds.end());
      axis.thresholds.erase(std::unique(axis.thresholds.begin(), axis.thresholds.end()), axis.thresholds.end());
    }
  }

  void fill(Shapes& shapes) {
    curves_.resize(axes_.size());
    for (size_t f = 0; f < axes_.size(); ++f) curves_[f].assign(axes_[f].bins(), 0);
    for (const auto& [features, part] : parts_) is_pair(features) ? take_margins(part) : add_curve(part);
    for (size_t f = 0; f < axes_.size(); ++f) write_curve(f, shapes);
    for (const auto& [features, part] : parts_)
      if (is_pair(features)) write_cells(part, shapes);
    shapes.intercept.push_back(intercept_);
  }

 private:
  static bool is_pair(const Pair& features) { return features.first != features.second; }
  void sort_in(const Forest::Tree& tree, double weight) {
    if (tree.splits.empty()) {
      intercept_ += weight * tree.value[0];
      return;
    }
    WeightedTree sorted{&tree, weight, std::vector<Pair>(tree.value.size())};
    std::set<Pair> parts;
    std::vector<std::pair<int32_t, std::set<size_t>>> open = {{0, {}}};  // node, features above it
    while (!open.empty()) {
      auto [at, used] = std::move(open.back());
      open.pop_back();
      if (at < 0) {
        FR_CHECK(!used.empty() && used.size() <= 2);
        Pair part(*used.begin(), *used.rbegin());
        sorted.parts[static_cast<size_t>(~at)] = part;
        parts.insert(part);
        continue;
      }
      const Forest::Tree::Split& split = tree.splits[static_cast<size_t>(at)];
      used.insert(split.feature);
      if (!axes_[split.feature].is_category) axes_[split.feature].thresholds.push_back(split.threshold);
      open.emplace_back(split.left, used);
      open.emplace_back(split.right, used);
    }
    trees_.push_back(std::move(sorted));
    for (const Pair& part : parts) {
      Part& list = parts_[part];
      list.features = part;
      list.trees.push_back(&trees_.back());
    }
  }

  void add_curve(const Part& part) {
    size_t feature = part.features.first;
    std::vector<double> row(axes_.size());
    for (size_t bin = 0; bin < axes_[feature].bins(); ++bin) {
      row[feature] = axes_[feature].value_of(bin);
      curves_[feature][bin] += part.sum(row.data());
    }
  }

  /// Of the pair's function the mean by each feature alone: into the curves, and kept to be taken off the cells.
  void take_margins(const Part& part) {
    const Pair& pair = part.features;
    std::vector<double> row(axes_.size());
    size_t step = std::max<size_t>(1, x_.rows / kAveragedRows);
    double mean = 0, count = 0;
    for (size_t r = 0; r < x_.rows; r += step) mean += part.sum(x_.row(r)), ++count;
    mean /= count;
    auto margin = [&](size_t feature, size_t other) {
      std::vector<double> list(axes_[feature].bins());
      for (size_t bin = 0; bin < list.size(); ++bin) {
        row[feature] = axes_[feature].value_of(bin);
        for (size_t r = 0; r < x_.rows; r += step) {
          row[other] = x_.at(r, other);
          list[bin] += part.sum(row.data()) / count;
        }
        list[bin] -= mean;
        curves_[feature][bin] += list[bin];
      }
      return list;
    };
    margins_[pair] = {margin(pair.first, pair.second), margin(pair.second, pair.first)};
    intercept_ += mean;
    means_[pair] = mean;
  }

  ShapeBin describe(size_t feature, size_t first, size_t last) const {
    const Axis& axis = axes_[feature];
    ShapeBin bin{feature, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN(), ""};
    if (first + 1 == axis.bins()) {
      bin.value = "missing";
    } else if (axis.is_category) {
      bin.value = model_.features.category_value(feature, first);
    } else {
      bin.from = first == 0 ? -kInfinite : axis.thresholds[first - 1];
      bin.to = last < axis.thresholds.size() ? axis.thresholds[last] : kInfinite;
    }
    return bin;
  }

  void write_curve(size_t feature, Shapes& shapes) {
    const Axis& axis = axes_[feature];
    std::vector<double>& curve = curves_[feature];
    std::vector<uint64_t> rows(axis.bins());
    double mean = 0;
    for (size_t r = 0; r < x_.rows; ++r) {
      size_t bin = axis.bin_of(x_.at(r, feature));
      ++rows[bin];
      mean += curve[bin] / static_cast<double>(x_.rows);
    }
    intercept_ += mean;
    bool says_nothing = std::all_of(curve.begin(), curve.end(), [&](double e) { return std::abs(e - mean) < 1e-12; });
    if (says_nothing) return;
    for (size_t bin = 0; bin < curve.size(); ++bin) {
      size_t last = bin;  // neighbours of equal effect are one
      uint64_t count = rows[bin];
      while (!axis.is_category && last + 2 < curve.size() && std::abs(curve[last + 1] - curve[bin]) < 1e-12)
        count += rows[++last];
      if (bin + 1 < curve.size() || count > 0)
        shapes.effects.push_back({output_, describe(feature, bin, last), std::nullopt, count, curve[bin] - mean});
      bin = last;
    }
  }

  /// The first bins of at most kCellsOfAxis cells of about equal share.
  std::vector<size_t> cells_of(size_t feature) const {
    const Axis& axis = axes_[feature];
    std::vector<size_t> starts;
    if (axis.is_category || axis.bins() <= kCellsOfAxis + 1) {
      for (size_t bin = 0; bin + 1 < axis.bins(); ++bin) starts.push_back(bin);
      return starts;
    }
    std::vector<size_t> bins;
    for (size_t r = 0; r < x_.rows; ++r)
      if (size_t bin = axis.bin_of(x_.at(r, feature)); bin + 1 < axis.bins()) bins.push_back(bin);
    std::sort(bins.begin(), bins.end());
    starts.push_back(0);
    for (size_t c = 1; c < kCellsOfAxis && !bins.empty(); ++c)
      if (size_t bin = bins[bins.size() * c / kCellsOfAxis]; bin > starts.back()) starts.push_back(bin);
    return starts;
  }

  void write_cells(const Part& part, Shapes& shapes) const {
    const Pair& pair = part.features;
    const Axis &first = axes_[pair.first], &second = axes_[pair.second];
    std::vector<size_t> across = cells_of(pair.first), down = cells_of(pair.second);
    across.push_back(first.bins() - 1), down.push_back(second.bins() - 1);  // missing
    auto cell_of = [](const std::vector<size_t>& starts, size_t bin) {
      return static_cast<size_t>(std::upper_bound(starts.begin(), starts.end(), bin) - starts.begin()) - 1;
    };
    const auto& [by_first, by_second] = margins_.at(pair);
    std::vector<double> sum(across.size() * down.size());
    std::vector<uint64_t> rows(sum.size());
    for (size_t r = 0; r < x_.rows; ++r) {
      size_t a = first.bin_of(x_.at(r, pair.first)), b = second.bin_of(x_.at(r, pair.second));
      size_t cell = cell_of(across, a) * down.size() + cell_of(down, b);
      sum[cell] += part.sum(x_.row(r)) - means_.at(pair) - by_first[a] - by_second[b];
      ++rows[cell];
    }
    for (size_t cell = 0; cell < sum.size(); ++cell) {
      if (rows[cell] == 0) continue;
      size_t a = cell / down.size(), b = cell % down.size();
      auto bin = [&](size_t feature, const std::vector<size_t>& starts, size_t at) {
        return describe(feature, starts[at], at + 1 < starts.size() ? starts[at + 1] - 1 : starts[at]);
      };
      shapes.effects.push_back({output_, bin(pair.first, across, a), bin(pair.second, down, b), rows[cell],
                                sum[cell] / static_cast<double>(rows[cell])});
    }
  }

  const Model& model_;
  const Matrix& x_;
  size_t output_;
  double intercept_ = 0;
  std::vector<Axis> axes_;                   // by feature
  std::vector<std::vector<double>> curves_;  // by feature and bin
  std::deque<WeightedTree> trees_;
  std::map<Pair, Part> parts_;
  std::map<Pair, std::pair<std::vector<double>, std::vector<double>>> margins_;
  std::map<Pair, double> means_;
};

}  // namespace

Shapes shapes_of(const Model& model, const Matrix& x) {
  Shapes shapes;
  for (size_t output = 0; output < model.outputs(); ++output) Output(model, x, output).fill(shapes);
  return shapes;
}

}  // namespace filrouge
