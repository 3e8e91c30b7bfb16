#include "models/explanation.h"

#include <cmath>

#include "base/parallel.h"
#include "base/text.h"
#include "models/effects.h"
#include "models/moments.h"
#include "models/pairs.h"

namespace filrouge {
namespace {

constexpr size_t kShuffledRows = 5000;
constexpr int kMostFeaturePairs = 500;
constexpr size_t kMostPairs = 50;

double loss_of(const Model& model, const double* answer, double y) {
  constexpr double kLeast = 1e-15;
  if (model.task != Task::classify) return (answer[0] - y) * (answer[0] - y);
  double p = model.outputs() > 1 ? answer[static_cast<size_t>(y)] : y > 0.5 ? answer[0] : 1 - answer[0];
  return -std::log(std::max(p, kLeast));
}

}  // namespace

struct Explanation::Impl {
  const Model& model;
  int threads;
  std::vector<Moments> sizes;                         // by source: absolute contributions
  std::vector<Moments> permutation;                   // by source: rise of the loss
  std::map<std::pair<size_t, size_t>, double> pairs;  // by sources, first < second
  std::unique_ptr<Effects> effects;
  uint64_t rows = 0;

  void shuffle(const Matrix& x, const std::vector<double>& y);
  void find_pairs(const Matrix& x);
};

/// Each source's features are moved together from one row to another, on every n-th row of the block.
void Explanation::Impl::shuffle(const Matrix& x, const std::vector<double>& y) {
  Rows sample;
  size_t step = std::max<size_t>(1, x.rows / kShuffledRows);
  for (size_t r = 0; r < x.rows && sample.size() < kShuffledRows; r += step)
    if (!std::isnan(y[r])) sample.push_back(static_cast<uint32_t>(r));
  Matrix part(sample.size(), x.columns);
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < sample.size(); ++i) {
    std::copy_n(x.row(sample[i]), x.columns, part.row(i));
    order.emplace_back(mix(i, 7), i);
  }
  std::sort(order.begin(), order.end());
  size_t outputs = model.outputs();
  std::vector<double> before = model.predict(model.raw(part));
  for_parts(permutation.size(), threads, [&](size_t source) {
    Matrix moved = part;
    for (size_t f = 0; f < x.columns; ++f)
      if (model.features.features()[f].source == source)
        for (size_t i = 0; i < sample.size(); ++i) moved.at(i, f) = part.at(order[i].second, f);
    std::vector<double> after = model.predict(model.raw(moved));
    for (size_t i = 0; i < sample.size(); ++i) {
      double target = y[sample[i]];
      permutation[source].add(loss_of(model, &after[i * outputs], target) -
                              loss_of(model, &before[i * outputs], target));
    }
  });
}

/// A blend's interactions are at most the weighted sum of its members'; parts of one column do not count as a pair.
void Explanation::Impl::find_pairs(const Matrix& x) {
  const std::vector<Feature>& features = model.features.features();
  for (const Member& member : model.members) {
    const auto* forest = std::get_if<Forest>(&member.fitted);
    if (!forest) continue;
    for (const PairStrength& pair : strongest_pairs(*forest, x, kMostFeaturePairs, threads)) {
      size_t a = features[pair.first].source, b = features[pair.second].source;
      if (a != b) pairs[std::minmax(a, b)] += member.weight * pair.strength;
    }
  }
}

Explanation::Explanation(const Model& model, int threads) : impl_(new Impl{model, threads, {}, {}, {}, nullptr, 0}) {
  impl_->sizes.resize(model.features.sources().size());
  impl_->permutation.resize(model.features.sources().size());
}
Explanation::~Explanation() = default;

uint64_t Explanation::rows() const {
  return impl_->rows;
}

std::vector<double> Explanation::add(const Frame& frame, const std::vector<double>& y, std::vector<double> by_feature) {
  Impl& self = *impl_;
  Matrix x = self.model.features.encode(frame);
  if (by_feature.empty()) by_feature = self.model.feature_contributions(x, self.threads);
  std::vector<double> folded = self.model.fold(by_feature);
  size_t sources = self.sizes.size();
  for (size_t line = 0; line * (sources + 1) < folded.size(); ++line)
    for (size_t s = 0; s < sources; ++s) self.sizes[s].add(std::abs(folded[line * (sources + 1) + s]));
  if (!self.effects) {
    self.effects = std::make_unique<Effects>(self.model, frame, x);
    if (!y.empty()) self.shuffle(x, y);
    self.find_pairs(x);
  }
  self.effects->add(frame, x, by_feature, folded);
  self.rows += frame.rows;
  return folded;
}

std::vector<ColumnImportance> Explanation::importance() const {
  const Model& model = impl_->model;
  std::vector<ColumnImportance> list;
  double total = 0;
  for (size_t s = 0; s < impl_->sizes.size(); ++s) {
    const Moments& size = impl_->sizes[s];
    const Moments& lost = impl_->permutation[s];
    ColumnImportance entry{model.features.sources()[s].name,
                           size.mean(),
                           size.mean() - size.error(),
                           size.mean() + size.error(),
                           0,
                           lost.mean(),
                           lost.mean() - lost.error(),
                           lost.mean() + lost.error(),
                           0};
    total += entry.importance;
    list.push_back(entry);
  }
  for (const Member& member : model.members)
    if (const auto* forest = std::get_if<Forest>(&member.fitted)) {
      std::vector<double> gain = forest->gain();
      for (size_t f = 0; f < gain.size(); ++f)
        list[model.features.features()[f].source].gain += member.weight * gain[f];
    }
  for (ColumnImportance& entry : list) entry.share = total > 0 ? entry.importance / total : 0;
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.importance > b.importance; });
  return list;
}

std::vector<ColumnPair> Explanation::pairs() const {
  const std::vector<SourceColumn>& sources = impl_->model.features.sources();
  std::vector<ColumnPair> list;
  for (const auto& [pair, strength] : impl_->pairs)
    list.push_back({sources[pair.first].name, sources[pair.second].name, strength});
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.strength > b.strength; });
  list.resize(std::min(list.size(), kMostPairs));
  return list;
}

std::vector<EffectBin> Explanation::effects() const {
  if (!impl_->effects) return {};
  std::vector<EffectBin> bins = impl_->effects->bins();
  std::map<std::string, size_t> place;
  for (const ColumnImportance& entry : importance()) place.emplace(entry.column, place.size());
  std::stable_sort(bins.begin(), bins.end(),
                   [&](const EffectBin& a, const EffectBin& b) { return place[a.column] < place[b.column]; });
  return bins;
}

}  // namespace filrouge
