#include "steps/learn_costs.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr const char* kForms =
    "{false_positive: 1, false_negative: 5}, or {ACTUAL: {PREDICTED: cost}}; what is not said costs 1";

bool of_two_classes(const Json& costs) {
  return costs.contains("false_positive") || costs.contains("false_negative");
}

size_t class_named(const std::string& name, const ModelPlan& plan, const std::vector<std::string>& labels) {
  auto place = std::find(labels.begin(), labels.end(), name);
  if (place == labels.end())
    throw Error(
        ErrorKind::data, "FR0806",
        fmt::format("`costs` names `{}`, and `{}` has no such class: {}", name, plan.target, join(labels, ", ")));
  return static_cast<size_t>(place - labels.begin());
}

void refuse_cheap_mistakes(const std::vector<double>& costs, const std::vector<std::string>& labels) {
  size_t k = labels.size();
  for (size_t actual = 0; actual < k; ++actual)
    for (size_t said = 0; said < k; ++said)
      if (said != actual && !(costs[actual * k + said] > costs[actual * k + actual]))
        throw Error(ErrorKind::data, "FR0809",
                    fmt::format("by `costs` it is no worse to say `{}` for `{}` than to be right", labels[said],
                                labels[actual]),
                    "a mistake must cost more than being right; the cost of being right is 0 unless said");
}

}  // namespace

bool check_costs(const Step& step, const ModelPlan& plan, BindContext& context) {
  bool fine = true;
  auto report = [&](const std::vector<std::string>& path, const std::string& message, const std::string& hint) {
    fine = false;
    context.report(context.thread().at(step, path, "FR0809", message, hint));
  };
  std::string metric = step.config.value("metric", "");
  if (!step.config.contains("costs")) {
    if (metric == "cost") report({"metric"}, "`cost` needs `costs`: what the mistakes cost", kForms);
    return fine;
  }
  const Json& costs = step.config["costs"];
  if (!plan.classifies())
    report({"costs"}, fmt::format("`costs` weigh classes, and `{}` is a number", plan.target),
           "`task: classify`, or take `costs` out");
  if (step.config.contains("class_weight"))
    report({"class_weight"}, "`class_weight` shifts the probabilities by which `costs` are weighed",
           "take `class_weight` out: `costs` alone decide which class is said");
  for (const auto& [actual, said] : costs.items()) {
    if (of_two_classes(costs)) {
      if (actual != "false_positive" && actual != "false_negative")
        report({"costs", actual}, fmt::format("`{}` is no mistake of two classes", actual), kForms);
      else if (!said.is_number())
        report({"costs", actual}, fmt::format("`{}` is no number", scalar_text(said)), kForms);
      continue;
    }
    if (!said.is_object()) {
      report({"costs", actual}, fmt::format("`costs` says of `{}` no class that is predicted", actual), kForms);
      continue;
    }
    for (const auto& [predicted, cost] : said.items())
      if (!cost.is_number())
        report({"costs", actual, predicted}, fmt::format("`{}` is no number", scalar_text(cost)), kForms);
  }
  return fine;
}

std::vector<double> costs_of(const Json& config, const ModelPlan& plan, const std::vector<std::string>& labels) {
  if (!config.contains("costs")) return {};
  const Json& said = config["costs"];
  size_t k = labels.size();
  if (k == 0)
    throw Error(ErrorKind::data, "FR0809", fmt::format("`costs` weigh classes, and `{}` is a number", plan.target),
                "`task: classify`, or take `costs` out");
  std::vector<double> costs(k * k, 1);
  for (size_t c = 0; c < k; ++c) costs[c * k + c] = 0;
  if (of_two_classes(said)) {
    if (k != 2)
      throw Error(ErrorKind::data, "FR0809",
                  fmt::format("`{}` has {} classes: which mistake is a false positive?", plan.target, k),
                  "costs: {ACTUAL: {PREDICTED: cost}}");
    costs[1] = said.value("false_positive", 1.0);
    costs[2] = said.value("false_negative", 1.0);
  } else {
    for (const auto& [actual, line] : said.items())
      for (const auto& [predicted, cost] : line.items())
        costs[class_named(actual, plan, labels) * k + class_named(predicted, plan, labels)] = cost.get<double>();
  }
  refuse_cheap_mistakes(costs, labels);
  return costs;
}

CardFacts::Decision decision_of(const Verdicts& v) {
  const Part& part = v.judge();
  Judged judged = judged_of(v.data, part.rows, part.answers);
  CardFacts::Decision decision;
  decision.labels = v.data.labels;
  decision.costs = v.data.costs;
  decision.part = part.name;
  decision.rows = part.rows.size();
  decision.cost = judge_by("cost", judged, v.seed);
  size_t k = v.data.labels.size();
  if (k == 2) decision.threshold = least_cost_threshold(v.data.costs);
  for (size_t said = 0; said < k; ++said) {
    double sum = 0, total = 0;
    for (size_t r = 0; r < judged.y.size(); ++r) {
      double weight = judged.weight.empty() ? 1 : judged.weight[r];
      sum += weight * v.data.costs[static_cast<size_t>(judged.y[r]) * k + said];
      total += weight;
    }
    decision.always.push_back(sum / total);
  }
  return decision;
}

}  // namespace filrouge
