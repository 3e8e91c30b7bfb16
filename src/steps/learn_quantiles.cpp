#include "steps/learn_quantiles.h"

#include "base/text.h"
#include "models/metrics_intervals.h"

namespace filrouge {
namespace {

Metric share_below(const std::string& name, const std::vector<double>& holds, const std::vector<double>& weight) {
  double share = weighted_mean(holds, weight);
  Bounds bounds = wilson_bounds(share, effective_rows(holds.size(), weight));
  return {name, share, bounds.lower, bounds.upper, false};
}

std::vector<double> share_of(const std::vector<double>& y, const std::function<bool(size_t row)>& holds) {
  std::vector<double> list(y.size());
  for (size_t r = 0; r < y.size(); ++r) list[r] = holds(r) ? 1 : 0;
  return list;
}

}  // namespace

bool check_quantiles(const Step& step, const ModelPlan& plan, BindContext& context) {
  if (plan.quantiles.empty()) return true;
  bool fine = true;
  auto report = [&](const std::string& key, const std::string& message, const std::string& hint) {
    fine = false;
    context.report(context.thread().at(step, {key}, "FR0809", message, hint));
  };
  if (plan.task == Task::classify)
    report("quantiles", fmt::format("quantiles are of a number, and `{}` has classes", plan.target),
           "`probability` says how sure a class is: take `quantiles` out");
  if (step.config.contains("monotone"))
    report("monotone", "LightGBM grows no quantiles that only rise or fall with a column",
           "take `monotone` or `quantiles` out");
  if (plan.method == "linear" || plan.method == "baseline")
    report("method", fmt::format("`{}` learns no quantiles: they are boosted", plan.method),
           "auto, boosting or additive; or `interval` of `score`, which suits every method");
  return fine;
}

std::vector<QuantileFigure> judge_quantiles(const Model& model, const Judged& truth,
                                            const std::vector<double>& quantiles) {
  std::vector<QuantileFigure> figures;
  size_t width = model.quantiles.size();
  auto at = [&](size_t row, size_t q) { return quantiles[row * width + q]; };
  for (size_t q = 0; q < width; ++q) {
    const Quantile& quantile = model.quantiles[q];
    Judged judged = truth, constant = truth;
    judged.quantile = constant.quantile = quantile.level;
    for (size_t r = 0; r < truth.y.size(); ++r) judged.prediction[r] = at(r, q);
    constant.prediction.assign(truth.y.size(), quantile.constant);
    Metric pinball = judge_by("pinball", judged, 1);
    pinball.name = fmt::format("pinball@{}", quantile.level);
    figures.push_back({pinball, metric("pinball", constant)});
    auto below = share_of(truth.y, [&](size_t r) { return truth.y[r] <= at(r, q); });
    auto below_constant = share_of(truth.y, [&](size_t r) { return truth.y[r] <= quantile.constant; });
    figures.push_back({share_below(fmt::format("coverage@{}", quantile.level), below, truth.weight),
                       weighted_mean(below_constant, truth.weight)});
  }
  if (width < 2) return figures;
  const Quantile &low = model.quantiles.front(), &high = model.quantiles.back();
  std::string range = fmt::format("{}-{}", low.level, high.level);
  auto inside = share_of(truth.y, [&](size_t r) { return truth.y[r] >= at(r, 0) && truth.y[r] <= at(r, width - 1); });
  auto inside_constant =
      share_of(truth.y, [&](size_t r) { return truth.y[r] >= low.constant && truth.y[r] <= high.constant; });
  figures.push_back(
      {share_below("coverage@" + range, inside, truth.weight), weighted_mean(inside_constant, truth.weight)});
  std::vector<double> widths(truth.y.size());
  for (size_t r = 0; r < widths.size(); ++r) widths[r] = at(r, width - 1) - at(r, 0);
  Bounds bounds = mean_bounds(widths, truth.weight);
  figures.push_back({{"width@" + range, weighted_mean(widths, truth.weight), bounds.lower, bounds.upper, false},
                     high.constant - low.constant});
  return figures;
}

bool has_direction(const std::string& metric) {
  return !metric.starts_with("coverage@");
}

}  // namespace filrouge
