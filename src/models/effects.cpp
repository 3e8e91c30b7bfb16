#include "models/effects.h"

#include <cmath>

namespace filrouge {
namespace {

constexpr size_t kMostBins = 20;
constexpr size_t kLocalRows = 2000;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Edges of bins with about equal numbers of rows; a column of few values gets one bin for each.
std::vector<double> edges_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::vector<double> distinct = values;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<double> edges;
  if (distinct.size() <= kMostBins + 4) {  // hours of the day too
    edges = distinct;
    edges.push_back(distinct.back());
    return edges;
  }
  for (size_t k = 0; k <= kMostBins; ++k) {
    double edge = values[std::min(values.size() - 1, k * values.size() / kMostBins)];
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  return edges;
}

}  // namespace

Effects::Effects(const Model& model, const Frame& frame, const Matrix& x) : model_(model) {
  const Features& features = model.features;
  for (size_t source = 0; source < features.sources().size(); ++source) {
    const FrameColumn& column = *frame.find(features.sources()[source].name);
    if (column.is_text()) {
      add_text(source, column);
      continue;
    }
    for (size_t f = 0; f < features.features().size(); ++f)
      if (features.features()[f].source == source)
        add_number(source, f, features.features()[f].part != Feature::Part::value, x);
  }
}

void Effects::add_number(size_t source, size_t feature, bool is_part, const Matrix& x) {
  std::vector<double> values;
  for (size_t r = 0; r < x.rows; ++r)
    if (!std::isnan(x.at(r, feature))) values.push_back(x.at(r, feature));
  if (values.empty()) return;
  Item item;
  item.source = source, item.feature = feature, item.is_part = is_part;
  item.edges = edges_of(std::move(values));
  if (item.edges.size() < 2) return;
  item.sums.resize((item.num_bins() + 1) * model_.outputs());
  accumulate(item, x);
  items_.push_back(std::move(item));
}

void Effects::add_text(size_t source, const FrameColumn& column) {
  std::vector<std::pair<uint64_t, std::string>> counts;
  for (const std::string& value : column.dictionary) counts.emplace_back(0, value);
  for (uint32_t code : column.codes)
    if (code != FrameColumn::kNull) ++counts[code].first;
  std::sort(counts.begin(), counts.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  Item item;
  item.source = source, item.is_text = true;
  for (size_t i = 0; i < std::min(kMostBins, counts.size()); ++i) item.values.push_back(counts[i].second);
  item.sums.resize((item.num_bins() + 1) * model_.outputs());
  items_.push_back(std::move(item));
}

size_t Effects::bin_of(const Item& item, double value) const {
  if (std::isnan(value)) return item.num_bins();
  auto place = static_cast<size_t>(std::upper_bound(item.edges.begin(), item.edges.end(), value) - item.edges.begin());
  return std::min(item.num_bins() - 1, place > 0 ? place - 1 : 0);
}

/// Apley & Zhu 2020, section 2: within each bin the mean change of the raw score from its lower to its upper edge, all
/// else of the row as it is; summed up along the bins and centred over the rows.
void Effects::accumulate(Item& item, const Matrix& x) const {
  size_t bins = item.num_bins(), outputs = model_.outputs();
  Rows sample;
  size_t step = std::max<size_t>(1, x.rows / kLocalRows);
  for (size_t r = 0; r < x.rows; r += step)
    if (!std::isnan(x.at(r, item.feature))) sample.push_back(static_cast<uint32_t>(r));
  Matrix low(sample.size(), x.columns), high(sample.size(), x.columns);
  std::vector<size_t> place;
  for (size_t i = 0; i < sample.size(); ++i) {
    size_t bin = bin_of(item, x.at(sample[i], item.feature));
    std::copy_n(x.row(sample[i]), x.columns, low.row(i));
    std::copy_n(x.row(sample[i]), x.columns, high.row(i));
    low.at(i, item.feature) = item.edges[bin];
    high.at(i, item.feature) = item.edges[bin + 1];
    place.push_back(bin);
  }
  std::vector<double> below = model_.raw(low), above = model_.raw(high);
  std::vector<double> change(bins * outputs), count(bins);
  for (size_t i = 0; i < sample.size(); ++i) {
    ++count[place[i]];
    for (size_t k = 0; k < outputs; ++k)
      change[place[i] * outputs + k] += above[i * outputs + k] - below[i * outputs + k];
  }
  item.accumulated.resize(bins * outputs);
  bool single = item.edges[bins] == item.edges[bins - 1];  // a bin per value: the level is that of the value itself
  for (size_t k = 0; k < outputs; ++k) {
    double level = 0, mean = 0;
    for (size_t b = 0; b < bins; ++b) {
      double step_up = count[b] > 0 ? change[b * outputs + k] / count[b] : 0;
      item.accumulated[b * outputs + k] = level + (single ? 0 : step_up / 2);  // else at the bin's middle
      mean += item.accumulated[b * outputs + k] * count[b];
      level += step_up;
    }
    for (size_t b = 0; b < bins; ++b)
      item.accumulated[b * outputs + k] -= mean / static_cast<double>(std::max<size_t>(1, sample.size()));
  }
}

void Effects::add(const Frame& frame, const Matrix& x, const std::vector<double>& by_feature,
                  const std::vector<double>& by_source) {
  size_t outputs = model_.outputs(), sources = model_.features.sources().size();
  for (Item& item : items_) {
    const FrameColumn& column = *frame.find(model_.features.sources()[item.source].name);
    std::vector<size_t> bins_by_code(column.dictionary.size(), item.values.size());
    for (size_t code = 0; item.is_text && code < bins_by_code.size(); ++code)
      bins_by_code[code] = static_cast<size_t>(
          std::find(item.values.begin(), item.values.end(), column.dictionary[code]) - item.values.begin());
    for (size_t r = 0; r < frame.rows; ++r) {
      size_t bin = !item.is_text       ? bin_of(item, x.at(r, item.feature))
                   : column.is_null(r) ? item.num_bins()
                                       : bins_by_code[column.codes[r]];
      for (size_t k = 0; k < outputs; ++k) {
        size_t line = r * outputs + k;
        double value = item.is_part ? by_feature[line * (x.columns + 1) + item.feature]
                                    : by_source[line * (sources + 1) + item.source];
        item.sums[bin * outputs + k].add(value);
      }
    }
  }
}

EffectBin Effects::describe(const Item& item, size_t bin, size_t output) const {
  EffectBin out;
  const SourceColumn& source = model_.features.sources()[item.source];
  out.column = source.name;
  if (item.is_part) out.part = model_.features.features()[item.feature].name.substr(source.name.size() + 2);
  if (model_.outputs() > 1) out.class_name = model_.classes[output];
  out.from = out.to = kNone;
  if (bin == item.num_bins()) {
    out.label = "missing";
  } else if (item.is_text) {
    out.label = bin < item.values.size() ? item.values[bin] : "all others";
  } else {
    out.from = item.edges[bin], out.to = item.edges[bin + 1];
    bool single = item.edges.back() == item.edges[item.edges.size() - 2];  // one bin per value
    if (single) out.to = out.from;
    out.label = single ? fmt::format("{}", out.from) : fmt::format("{:.6g} to {:.6g}", out.from, out.to);
    if (source.kind == SourceKind::boolean && single) out.label = out.from != 0 ? "true" : "false";
    if (!item.accumulated.empty()) out.accumulated = item.accumulated[bin * model_.outputs() + output];
  }
  const Moments& sum = item.sums[bin * model_.outputs() + output];
  out.rows = static_cast<uint64_t>(sum.n);
  out.effect = sum.mean();
  double error = sum.error();
  out.lower = out.effect - error, out.upper = out.effect + error;
  return out;
}

std::vector<EffectBin> Effects::bins() const {
  std::vector<EffectBin> bins;
  for (const Item& item : items_)
    for (size_t output = 0; output < model_.outputs(); ++output)
      for (size_t bin = 0; bin <= item.num_bins(); ++bin)
        if (item.sums[bin * model_.outputs() + output].n > 0) bins.push_back(describe(item, bin, output));
  return bins;
}

}  // namespace filrouge
