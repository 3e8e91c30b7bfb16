#include "models/quantiles.h"

#include <cmath>

#include "models/conformal.h"

namespace filrouge {
namespace {

double quantile_of(std::vector<double> values, double level) {
  auto rank = static_cast<size_t>(std::ceil(level * static_cast<double>(values.size())));
  auto place = values.begin() + static_cast<long>(std::clamp<size_t>(rank, 1, values.size()) - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

double conformal_shift(double level, const std::vector<double>& y, const std::vector<double>& predicted) {
  bool upper = level >= 0.5;
  std::vector<double> errors(y.size());
  for (size_t i = 0; i < y.size(); ++i) errors[i] = upper ? y[i] - predicted[i] : predicted[i] - y[i];
  double size = conformal_quantile(std::move(errors), upper ? level : 1 - level);
  return std::isfinite(size) ? (upper ? size : -size) : 0;
}

FittedQuantile fit_quantile(double level, BoostingOptions options, const QuantileRows& rows) {
  FittedQuantile fitted;
  fitted.quantile.level = level;
  fitted.quantile.constant = quantile_of(rows.y, level);
  options.objective = "quantile";
  options.classes = 1;
  options.quantile = level;
  std::vector<double>& judged = fitted.judged;
  judged.resize(rows.judged_y.size());
  double trees = 0;
  size_t next = 0;
  for (const FoldRows& fold : rows.folds) {
    Boosted boosted = boost(rows.training, fold.train, fold.validation, options);
    trees += static_cast<double>(boosted.trees) / static_cast<double>(rows.folds.size());
    for (double value : boosted.validation_raw) judged[rows.places[next++]] = value;
  }
  if (options.patience > 0 && !rows.folds.empty())
    options.trees = std::max(1, static_cast<int>(std::lround(trees * 1.1)));
  options.patience = 0;
  if (!judged.empty()) fitted.quantile.shift = conformal_shift(level, rows.judged_y, judged);
  for (double& value : judged) value += fitted.quantile.shift;
  Boosted boosted = boost(rows.all(), {}, {}, options);
  Forest forest = Forest::parse(boosted.text);
  fitted.quantile.members.push_back({"boosting", 1, std::move(forest), std::move(boosted.text)});
  return fitted;
}

}  // namespace filrouge
