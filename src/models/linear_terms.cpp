#include "models/linear_terms.h"

#include <cmath>
#include <stdexcept>

#include "models/metrics_intervals.h"

namespace filrouge {

namespace {

constexpr size_t kLeastRowsOfValue = 10;  ///< rarer values of a category share one term
constexpr size_t kMostIndicators = 500;   ///< of all categories: the normal equations grow with the square

/// Rows by code of a category; the last count is of missing and impossible codes.
std::vector<size_t> rows_by_code(const TrainingSet& set, const Rows& rows, size_t feature) {
  uint32_t categories = set.features[feature].categories;
  std::vector<size_t> counts(categories + 1, 0);
  for (uint32_t r : rows) {
    double code = set.x.at(r, feature);
    ++counts[code >= 0 && code < categories ? static_cast<size_t>(code) : categories];
  }
  return counts;
}

size_t indicators_needed(const std::vector<std::vector<size_t>>& counts, size_t least_rows) {
  size_t sum = 0;
  for (const std::vector<size_t>& of_feature : counts) {
    for (size_t count : of_feature) sum += count >= least_rows ? 1 : 0;
    sum += of_feature.empty() ? 0 : 1;
  }
  return sum;
}

}  // namespace

LinearTerms LinearTerms::learn(const TrainingSet& set, const Rows& rows) {
  LinearTerms terms;
  std::vector<std::vector<size_t>> counts(set.features.size());
  for (size_t f = 0; f < set.features.size(); ++f) {
    if (set.features[f].categories > 0) counts[f] = rows_by_code(set, rows, f);
  }
  size_t least_rows = kLeastRowsOfValue;
  while (indicators_needed(counts, least_rows) > kMostIndicators && least_rows < rows.size()) least_rows *= 2;
  for (size_t f = 0; f < set.features.size(); ++f) {
    terms.features_.push_back({set.features[f].name, set.features[f].categories > 0});
    if (set.features[f].categories > 0) {
      terms.learn_category(set, rows, f, least_rows);
    } else {
      terms.learn_number(set, rows, f);
    }
  }
  terms.learn_shares(set, rows);
  return terms;
}

void LinearTerms::learn_number(const TrainingSet& set, const Rows& rows, size_t f) {
  double largest = 0;
  size_t missing = 0;
  for (uint32_t r : rows) {
    double x = set.x.at(r, f);
    if (std::isfinite(x))
      largest = std::max(largest, std::abs(x));
    else
      ++missing;
  }
  Feature& feature = features_[f];
  if (missing > 0 && missing < rows.size()) feature.missing = static_cast<int>(indicators_++);
  if (largest == 0) return;                // all missing or zero
  double sum = 0, squares = 0, total = 0;  // of x / largest, so that squares of huge numbers do not overflow
  for (uint32_t r : rows) {
    double x = set.x.at(r, f), w = weight_of(set.weight, r);
    if (!std::isfinite(x)) continue;
    sum += w * (x / largest);
    total += w;
  }
  double mean = total > 0 ? sum / total : 0;
  for (uint32_t r : rows) {
    double x = set.x.at(r, f);
    if (std::isfinite(x)) squares += weight_of(set.weight, r) * (x / largest - mean) * (x / largest - mean);
  }
  double deviation = total > 0 ? std::sqrt(squares / total) : 0;
  if (deviation < 1e-10) return;  // constant, up to rounding
  feature.mean = mean * largest;
  feature.deviation = deviation * largest;
  feature.number = static_cast<int>(numbers_++);
}

void LinearTerms::learn_category(const TrainingSet& set, const Rows& rows, size_t f, size_t least_rows) {
  Feature& feature = features_[f];
  std::vector<size_t> counts = rows_by_code(set, rows, f);
  size_t missing = counts.back(), rare = 0;
  counts.pop_back();
  feature.values.assign(counts.size(), -1);
  if (std::count(counts.begin(), counts.end(), rows.size()) > 0) return;  // one value only
  for (size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] >= least_rows)
      feature.values[code] = static_cast<int>(indicators_++);
    else
      rare += counts[code];
  }
  if (missing >= least_rows)
    feature.missing = static_cast<int>(indicators_++);
  else
    rare += missing;
  if (rare > 0 && rare < rows.size()) feature.other = static_cast<int>(indicators_++);
}

void LinearTerms::learn_shares(const TrainingSet& set, const Rows& rows) {
  shares_.assign(indicators_, 0);
  std::vector<double> dense(numbers_ + 1);
  std::vector<int> slots(features_.size());
  double total = 0;
  for (uint32_t r : rows) {
    double w = weight_of(set.weight, r);
    encode(set.x.row(r), dense.data(), slots.data());
    for (int slot : slots) {
      if (slot >= 0) shares_[static_cast<size_t>(slot)] += w;
    }
    total += w;
  }
  for (double& share : shares_) share = total > 0 ? share / total : 0;
}

void LinearTerms::encode(const double* row, double* dense, int* slots) const {
  for (size_t f = 0; f < features_.size(); ++f) {
    const Feature& feature = features_[f];
    double x = row[f];
    if (!feature.category) {
      bool there = std::isfinite(x);
      slots[f] = there ? -1 : feature.missing;
      if (feature.number < 0) continue;
      dense[feature.number] = there ? x / feature.deviation - feature.mean / feature.deviation : 0;
      continue;
    }
    bool known = x >= 0 && x < static_cast<double>(feature.values.size());
    int slot = known ? feature.values[static_cast<size_t>(x)] : feature.missing;
    slots[f] = slot >= 0 ? slot : feature.other;
  }
}

Json LinearTerms::to_json() const {
  Json list = Json::array();
  for (const Feature& feature : features_) {
    Json one = {{"name", feature.name}};
    if (feature.category) {
      one["values"] = feature.values;
      one["other"] = feature.other;
    } else {
      one["number"] = feature.number;
      one["mean"] = feature.mean;
      one["deviation"] = feature.deviation;
    }
    one["missing"] = feature.missing;
    list.push_back(one);
  }
  return {{"features", list}, {"shares", shares_}};
}

LinearTerms LinearTerms::from_json(const Json& json) {
  LinearTerms terms;
  terms.shares_ = json.at("shares").get<std::vector<double>>();
  terms.indicators_ = terms.shares_.size();
  auto indicator = [&](int index) {
    if (index < -1 || index >= static_cast<int>(terms.indicators_)) throw std::out_of_range("indicator");
    return index;
  };
  for (const Json& one : json.at("features")) {
    Feature feature{one.at("name").get<std::string>(), one.contains("values")};
    feature.missing = indicator(one.at("missing"));
    if (feature.category) {
      feature.values = one.at("values").get<std::vector<int>>();
      for (int value : feature.values) indicator(value);
      feature.other = indicator(one.at("other"));
    } else {
      feature.number = one.at("number");
      feature.mean = one.at("mean");
      feature.deviation = one.at("deviation");
      if (!(feature.deviation > 0)) throw std::out_of_range("deviation");
      bool used = feature.number >= 0;
      if (used && feature.number != static_cast<int>(terms.numbers_)) throw std::out_of_range("number");
      terms.numbers_ += used ? 1 : 0;
    }
    terms.features_.push_back(std::move(feature));
  }
  return terms;
}

}  // namespace filrouge
