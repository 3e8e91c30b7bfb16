#include "models/fairness.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "models/metrics_intervals.h"

namespace filrouge {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A share of some rows, collected row by row.
struct Counter {
  double yes = 0, total = 0, squares = 0;

  void add(bool is, double w) {
    yes += is ? w : 0;
    total += w;
    squares += w * w;
  }
  GroupRate rate() const {
    if (!(total > 0)) return {kNan, kNan, kNan};
    Bounds bounds = wilson_bounds(yes / total, total * total / squares);
    return {yes / total, bounds.lower, bounds.upper};
  }
};

struct GroupCounters {
  uint64_t rows = 0;
  double predicted = 0;
  Counter base, selected, true_positive, false_positive, precision, accuracy;

  void add(bool y, double p, bool said, double w) {
    ++rows;
    predicted += w * p;
    base.add(y, w);
    selected.add(said, w);
    (y ? true_positive : false_positive).add(said, w);
    if (said) precision.add(y, w);
    accuracy.add(y == said, w);
  }
  FairnessGroup group(uint32_t number) const {
    return {number,
            rows,
            base.rate(),
            selected.rate(),
            true_positive.rate(),
            false_positive.rate(),
            precision.rate(),
            accuracy.rate(),
            base.total > 0 ? predicted / base.total : kNan};
  }
};

using Rate = GroupRate FairnessGroup::*;

/// The groups with the highest and the lowest rate; nullptr where fewer than two have it.
struct Ends {
  const FairnessGroup *high = nullptr, *low = nullptr;

  Ends(const std::vector<FairnessGroup>& groups, Rate rate) {
    int have = 0;
    for (const FairnessGroup& group : groups) {
      double value = (group.*rate).value;
      if (std::isnan(value)) continue;
      ++have;
      if (!high || value > (high->*rate).value) high = &group;
      if (!low || value < (low->*rate).value) low = &group;
    }
    if (have < 2) high = low = nullptr;
  }
};

Criterion difference(const std::vector<FairnessGroup>& groups, Rate rate) {
  Ends ends(groups, rate);
  if (!ends.high) return {"", kNan, kNan, kNan, 0, 0};
  const GroupRate &a = ends.high->*rate, &b = ends.low->*rate;
  double value = a.value - b.value;
  double down = std::hypot(a.value - a.lower, b.upper - b.value), up = std::hypot(a.upper - a.value, b.value - b.lower);
  return {"", value, std::max(-1.0, value - down), std::min(1.0, value + up), ends.high->group, ends.low->group};
}

Criterion ratio(const std::vector<FairnessGroup>& groups, Rate rate) {
  Ends ends(groups, rate);
  if (!ends.high) return {"", kNan, kNan, kNan, 0, 0};
  double high = (ends.high->*rate).value, low = (ends.low->*rate).value;
  return {"", high > 0 ? low / high : kNan, kNan, kNan, ends.high->group, ends.low->group};
}

/// The worse of two; one that is NaN does not count.
Criterion larger(const Criterion& a, const Criterion& b) {
  return std::isnan(a.value) || b.value > a.value ? b : a;
}
Criterion smaller(const Criterion& a, const Criterion& b) {
  return std::isnan(a.value) || b.value < a.value ? b : a;
}

/// How far mean predictions are from what came true, at the ends.
Criterion calibration_difference(const std::vector<FairnessGroup>& groups) {
  const FairnessGroup *high = nullptr, *low = nullptr;
  auto gap = [](const FairnessGroup& group) { return group.base_rate.value - group.mean_predicted; };
  for (const FairnessGroup& group : groups) {
    if (std::isnan(gap(group))) continue;
    if (!high || gap(group) > gap(*high)) high = &group;
    if (!low || gap(group) < gap(*low)) low = &group;
  }
  if (!high || high == low) return {"", groups.size() < 2 ? kNan : 0, kNan, kNan, 0, 0};
  // The predictions are given: what is uncertain is what came true.
  const GroupRate &a = high->base_rate, &b = low->base_rate;
  double value = gap(*high) - gap(*low);
  return {"",
          value,
          value - std::hypot(a.value - a.lower, b.upper - b.value),
          value + std::hypot(a.upper - a.value, b.value - b.lower),
          high->group,
          low->group};
}

struct CriterionDefinition {
  CriterionSpec spec;
  Criterion (*value)(const std::vector<FairnessGroup>& groups);
};

const std::vector<CriterionDefinition>& criterion_definitions() {
  using Groups = std::vector<FairnessGroup>;
  static const std::vector<CriterionDefinition> kDefinitions = {
      {{"demographic_parity_difference", "Groups are said class 1 equally often, whatever their members deserve.",
        "highest - lowest selection rate", "Dwork et al. 2012; Agarwal et al. 2018", 0},
       [](const Groups& groups) { return difference(groups, &FairnessGroup::selection_rate); }},
      {{"demographic_parity_ratio", "The same as a ratio; below 0.8 a common rule of thumb sees disparate impact.",
        "lowest / highest selection rate", "Feldman et al. 2015", 1},
       [](const Groups& groups) { return ratio(groups, &FairnessGroup::selection_rate); }},
      {{"equalized_odds_difference", "Both kinds of error are equally frequent in all groups.",
        "the larger of highest - lowest true positive rate and highest - lowest false positive rate",
        "Hardt, Price, Srebro 2016", 0},
       [](const Groups& groups) {
         return larger(difference(groups, &FairnessGroup::true_positive_rate),
                       difference(groups, &FairnessGroup::false_positive_rate));
       }},
      {{"equalized_odds_ratio", "The same as a ratio.",
        "the smaller of lowest / highest true positive rate and lowest / highest false positive rate",
        "Hardt, Price, Srebro 2016", 1},
       [](const Groups& groups) {
         return smaller(ratio(groups, &FairnessGroup::true_positive_rate),
                        ratio(groups, &FairnessGroup::false_positive_rate));
       }},
      {{"equal_opportunity_difference", "Those of class 1 are found equally often in all groups.",
        "highest - lowest true positive rate", "Hardt, Price, Srebro 2016", 0},
       [](const Groups& groups) { return difference(groups, &FairnessGroup::true_positive_rate); }},
      {{"predictive_parity_difference", "Being said class 1 means the same in all groups.",
        "highest - lowest precision", "Chouldechova 2017", 0},
       [](const Groups& groups) { return difference(groups, &FairnessGroup::precision); }},
      {{"calibration_difference", "Probabilities are as true for one group as for another.",
        "highest - lowest of (share of class 1 - mean probability)", "Kleinberg, Mullainathan, Raghavan 2017", 0},
       calibration_difference},
  };
  return kDefinitions;
}

}  // namespace

const std::vector<CriterionSpec>& criterion_specs() {
  static const std::vector<CriterionSpec> kSpecs = [] {
    std::vector<CriterionSpec> specs;
    for (const CriterionDefinition& definition : criterion_definitions()) specs.push_back(definition.spec);
    return specs;
  }();
  return kSpecs;
}

Fairness fairness(const std::vector<double>& y, const std::vector<double>& p, const std::vector<double>& weight,
                  const std::vector<uint32_t>& group, double threshold) {
  FR_CHECK(y.size() == p.size() && y.size() == group.size() && (weight.empty() || weight.size() == y.size()));
  std::map<uint32_t, GroupCounters> counters;
  for (size_t r = 0; r < y.size(); ++r) {
    counters[group[r]].add(y[r] > 0.5, p[r], p[r] >= threshold, weight_of(weight, r));
  }
  Fairness found;
  for (const auto& [number, counter] : counters) found.groups.push_back(counter.group(number));
  for (const CriterionDefinition& definition : criterion_definitions()) {
    found.criteria.push_back(definition.value(found.groups));
    found.criteria.back().name = definition.spec.name;
  }
  return found;
}

}  // namespace filrouge
