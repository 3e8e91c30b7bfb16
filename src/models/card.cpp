#include "models/card.h"

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr const char* kByHand = "*To be written by a person who knows the use.*";

std::string split_in_words(const SplitPlan& split) {
  std::string test = fmt::format("{:.3g} %", 100 * split.test_share);
  const char* no_test = "no test: figures come from cross-validation, and the model is fitted on all rows";
  if (split.test_share <= 0 && split.kind != SplitPlan::Kind::none)
    return fmt::format("{}; {} of `{}`", no_test,
                       split.kind == SplitPlan::Kind::time ? "folds are expanding windows" : "folds keep whole groups",
                       split.column);
  switch (split.kind) {
    case SplitPlan::Kind::time:
      return fmt::format("the latest {} of the rows by `{}` are the test; folds are expanding windows before them",
                         test, split.column);
    case SplitPlan::Kind::group:
      return fmt::format("whole groups of `{}`, {} of the rows, are the test; folds keep groups whole too",
                         split.column, test);
    case SplitPlan::Kind::random:
      return fmt::format("{} of the rows, drawn at random, are the test", test);
    default:
      return no_test;
  }
}

bool predicts(const CardFacts& facts) {
  return facts.task != Task::cluster && facts.task != Task::anomaly;
}

std::string split_in_words(const CardFacts& facts) {
  return predicts(facts) ? split_in_words(facts.split) : "none: nothing is predicted, so all rows are learned from";
}

Json decision_json(const CardFacts::Decision& decision) {
  Json always = Json::object(), costs = Json::object();
  size_t k = decision.labels.size();
  for (size_t actual = 0; actual < k; ++actual) {
    always[decision.labels[actual]] = decision.always[actual];
    for (size_t said = 0; said < k; ++said)
      costs[decision.labels[actual]][decision.labels[said]] = decision.costs[actual * k + said];
  }
  return {{"costs", std::move(costs)},
          {"threshold", std::isnan(decision.threshold) ? Json(nullptr) : Json(decision.threshold)},
          {"says", decision.labels.back()},
          {"part", decision.part},
          {"rows", decision.rows},
          {"cost", decision.cost.value},
          {"lower", decision.cost.lower},
          {"upper", decision.cost.upper},
          {"always", std::move(always)}};
}

std::string decision_in_words(const CardFacts::Decision& d) {
  std::string text = std::isnan(d.threshold)
                         ? "The class with the least expected cost is said, given the probabilities.\n\n"
                         : fmt::format("`{}` is said from a probability of {:.3g} on: from there on it costs less.\n\n",
                                       d.labels.back(), d.threshold);
  text += fmt::format("| on {} {} rows | cost a row |\n|---|---|\n| the model | {:.4g} ({:.4g} to {:.4g}) |\n",
                      with_commas(d.rows), d.part, d.cost.value, d.cost.lower, d.cost.upper);
  for (size_t k = 0; k < d.labels.size(); ++k)
    text += fmt::format("| always `{}` | {:.4g} |\n", d.labels[k], d.always[k]);
  return text;
}

Json card_json(const CardFacts& facts) {
  Json parts = Json::array(), tried = Json::array(), importance = Json::array();
  for (const CardFacts::Part& part : facts.parts) {
    Json metrics = Json::array();
    for (size_t i = 0; i < part.metrics.size(); ++i) {
      const Metric& m = part.metrics[i];
      metrics.push_back({{"metric", m.name},
                         {"value", m.value},
                         {"lower", m.lower},
                         {"upper", m.upper},
                         {"baseline", part.baseline[i].value}});
    }
    parts.push_back({{"part", part.name}, {"rows", part.rows}, {"metrics", std::move(metrics)}});
  }
  for (const Tried& t : facts.tried)
    tried.push_back(
        {{"method", t.method}, {"settings", t.settings}, {"trees", t.trees}, {"loss", t.loss}, {"weight", t.weight}});
  for (const auto& [column, value] : facts.importance)
    importance.push_back({{"column", column}, {"importance", value}});
  Json json = {{"name", facts.name},
               {"from", facts.from},
               {"predicts", facts.target},
               {"split", split_in_words(facts)},
               {"because", facts.because},
               {"allowed_leaks", facts.allowed_leaks},
               {"seed", facts.seed},
               {"notes", facts.notes},
               {"evaluation", std::move(parts)},
               {"tried", std::move(tried)},
               {"importance", std::move(importance)}};
  if (facts.decision) json["decision"] = decision_json(*facts.decision);
  return json;
}

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "- " + line + "\n";
  return text;
}

std::string figure(double value) {
  return std::isnan(value) ? "" : fmt::format("{:.4g}", value);
}

std::string evaluation(const CardFacts& facts) {
  std::string text = "| rows | metric | value | 95 % interval | baseline |\n|---|---|---|---|---|\n";
  for (const CardFacts::Part& part : facts.parts)
    for (size_t i = 0; i < part.metrics.size(); ++i) {
      const Metric& m = part.metrics[i];
      std::string interval = std::isnan(m.lower) ? "" : figure(m.lower) + " to " + figure(m.upper);
      text += fmt::format("| {} ({}) | {} | {} | {} | {} |\n", part.name, with_commas(part.rows), m.name,
                          figure(m.value), interval, figure(part.baseline[i].value));
    }
  return text;
}

std::string training(const CardFacts& facts) {
  if (!predicts(facts)) {
    std::string text = "| method | result | chosen |\n|---|---|---|\n";
    for (const Tried& t : facts.tried)
      text += fmt::format("| {} | {} | {} |\n", t.method, t.settings, t.weight > 0 ? "yes" : "");
    return text;
  }
  std::string text = "| method | settings | trees | loss | weight in the blend |\n|---|---|---|---|---|\n";
  for (const Tried& t : facts.tried)
    text += fmt::format("| {} | {} | {} | {:.5g} | {:.3g} |\n", t.method, t.settings,
                        t.trees ? std::to_string(t.trees) : "", t.loss, t.weight);
  return text;
}

std::string card_markdown(const CardFacts& facts) {
  std::string text =
      fmt::format("# Model card: {}\n\n## Model details\n\n{} the table `{}`. Seed {}.\n\n", facts.name,
                  predicts(facts) ? fmt::format("Predicts `{}` from", facts.target) : "Finds " + facts.target + " in",
                  facts.from, facts.seed);
  text += fmt::format("## Uses\n\n{0}\n\n## Bias, risks and limitations\n\n{0}\n\n", kByHand);
  if (!facts.allowed_leaks.empty())
    text += "Columns that seem to tell the target, and why they are used:\n\n" + list(facts.allowed_leaks) + "\n";
  if (!facts.because.empty())
    text += fmt::format("Rows are split at random although they belong together: {}.\n\n", facts.because);
  text += fmt::format("## Training details\n\nSplit: {}.\n\n{}\n", split_in_words(facts), training(facts));
  if (!facts.notes.empty()) text += list(facts.notes) + "\n";
  if (!facts.importance.empty())
    text += "What moves a prediction most (mean absolute contribution to the raw score):\n\n";
  for (size_t i = 0; i < std::min<size_t>(10, facts.importance.size()); ++i)
    text += fmt::format("{}. `{}` {:.4g}\n", i + 1, facts.importance[i].first, facts.importance[i].second);
  text += "\n## Evaluation\n\n" + evaluation(facts);
  return facts.decision ? text + "\n## Decisions\n\n" + decision_in_words(*facts.decision) : text;
}

}  // namespace

std::vector<std::string> write_cards(const CardFacts& facts, const std::filesystem::path& folder) {
  write_file(folder / "card.json", card_json(facts).dump(1) + "\n");
  write_file(folder / "card.md", card_markdown(facts));
  return {"card.json", "card.md"};
}

}  // namespace filrouge
