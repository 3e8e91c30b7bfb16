#include "models/pair_search.h"

#include <cmath>

namespace filrouge {
namespace {

constexpr size_t kBins = 8;
constexpr size_t kMostFeatures = 20;

/// The bin of each row; bin 0 is for missing values.
struct Binned {
  int feature = 0;
  std::vector<uint8_t> bin;
  size_t count = 1;
  double explained = 0;  // squares between bins
};

Binned bins_of(const TrainingSet& set, const Rows& rows, size_t f) {
  Binned binned{static_cast<int>(f), std::vector<uint8_t>(rows.size()), 1, 0};
  if (size_t categories = set.features[f].categories; categories > 0) {
    std::vector<std::pair<size_t, uint32_t>> order(categories);  // by falling frequency
    for (uint32_t code = 0; code < categories; ++code) order[code].second = code;
    for (uint32_t row : rows)
      if (double code = set.x.at(row, f); code >= 0) ++order[static_cast<size_t>(code)].first;
    std::sort(order.begin(), order.end(), std::greater<>());
    std::vector<uint8_t> place(categories);
    for (size_t i = 0; i < categories; ++i) place[order[i].second] = static_cast<uint8_t>(std::min(i, kBins - 1) + 1);
    for (size_t i = 0; i < rows.size(); ++i)
      if (double code = set.x.at(rows[i], f); code >= 0) binned.bin[i] = place[static_cast<size_t>(code)];
    binned.count = std::min(categories, kBins) + 1;
    return binned;
  }
  std::vector<double> values;
  for (uint32_t row : rows)
    if (double value = set.x.at(row, f); std::isfinite(value)) values.push_back(value);
  std::sort(values.begin(), values.end());
  std::vector<double> edges;
  for (size_t b = 1; b < kBins && !values.empty(); ++b) {
    double edge = values[values.size() * b / kBins];
    if (edge > values.front() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  for (size_t i = 0; i < rows.size(); ++i)
    if (double value = set.x.at(rows[i], f); std::isfinite(value))
      binned.bin[i] = static_cast<uint8_t>(std::upper_bound(edges.begin(), edges.end(), value) - edges.begin() + 1);
  binned.count = edges.size() + 2;
  return binned;
}

/// Sum over cells of (sum of residuals)^2 / rows, and how many cells have rows.
struct Explained {
  double squares = 0;
  size_t cells = 0;
};
template <class CellOf>
Explained explained(size_t cells, const std::vector<double>& residual, const CellOf& cell_of) {
  std::vector<double> sum(cells), rows(cells);
  for (size_t i = 0; i < residual.size(); ++i) {
    size_t cell = cell_of(i);
    sum[cell] += residual[i];
    rows[cell] += 1;
  }
  Explained result;
  for (size_t c = 0; c < cells; ++c)
    if (rows[c] > 0) result.squares += sum[c] * sum[c] / rows[c], ++result.cells;
  return result;
}

}  // namespace

std::vector<FeaturePair> promising_pairs(const TrainingSet& set, const Rows& rows, const std::vector<double>& residual,
                                         size_t most) {
  std::vector<Binned> features;
  double variance = 0;
  for (double r : residual) variance += r * r / static_cast<double>(residual.size());
  for (size_t f = 0; f < set.features.size(); ++f) {
    Binned binned = bins_of(set, rows, f);
    binned.explained = explained(binned.count, residual, [&](size_t i) { return binned.bin[i]; }).squares;
    if (binned.count > 2) features.push_back(std::move(binned));
  }
  std::stable_sort(features.begin(), features.end(),
                   [](const Binned& a, const Binned& b) { return a.explained > b.explained; });
  if (features.size() > kMostFeatures) features.resize(kMostFeatures);
  std::vector<std::pair<double, FeaturePair>> found;
  for (size_t a = 0; a < features.size(); ++a)
    for (size_t b = a + 1; b < features.size(); ++b) {
      const Binned &first = features[a], &second = features[b];
      auto cell = [&](size_t i) { return first.bin[i] * second.count + second.bin[i]; };
      Explained both = explained(first.count * second.count, residual, cell);
      double chance = variance * static_cast<double>(both.cells - std::min(both.cells, first.count + second.count));
      double gain = both.squares - first.explained - second.explained - chance;
      if (gain > 0) found.emplace_back(-gain, std::minmax(first.feature, second.feature));
    }
  std::sort(found.begin(), found.end());
  std::vector<FeaturePair> pairs;
  for (size_t i = 0; i < std::min(most, found.size()); ++i) pairs.push_back(found[i].second);
  return pairs;
}

}  // namespace filrouge
