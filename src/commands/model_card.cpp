#include "commands/model_card.h"

#include "base/files.h"
#include "base/text.h"
#include "commands/text_table.h"

namespace filrouge {
namespace {

constexpr size_t kShownMetrics = 3;  // of each part; NAME.metrics has all
constexpr size_t kShownColumns = 5;
constexpr size_t kLabel = 10;

std::string figure(const Json& value) {
  return value.is_number() ? fmt::format("{:.4g}", value.get<double>()) : "";
}

std::string evaluation(const Json& parts, const TextStyle& style) {
  TextTable table({{"rows"}, {"metric"}, {"value", "", true}, {"95 % interval"}, {"baseline", "", true}});
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    std::string rows = fmt::format("{}: {}", part->at("part").get<std::string>(), with_commas(part->at("rows")));
    const Json& metrics = part->at("metrics");
    for (size_t i = 0; i < std::min(metrics.size(), kShownMetrics); ++i) {
      const Json& m = metrics[i];
      std::string interval =
          m.at("lower").is_number() ? fmt::format("{} to {}", figure(m["lower"]), figure(m["upper"])) : "";
      table.add({i == 0 ? rows : "", m.at("metric").get<std::string>(), figure(m.at("value")), interval,
                 figure(m.at("baseline"))});
    }
  }
  return table.draw(style).text;
}

std::string importance(const Json& columns, const TextStyle& style) {
  double total = 0;
  for (const Json& column : columns) total += column.at("importance").get<double>();
  TextTable table({{"column"}, {"importance", "", true}, {"share", "", true}});
  for (size_t i = 0; i < std::min(columns.size(), kShownColumns); ++i) {
    double value = columns[i].at("importance");
    table.add({columns[i].at("column").get<std::string>(), fmt::format("{:.4g}", value),
               total > 0 ? fmt::format("{:.0f} %", 100 * value / total) : ""});
  }
  std::string text = table.draw(style).text;
  if (columns.size() > kShownColumns) text += fmt::format("and {} more\n", columns.size() - kShownColumns);
  return text;
}

/// "`true` from 0.167 on: costs 0.42 a test row; always `true`: 0.9, always `false`: 1.1".
std::string decision(const Json& said) {
  std::vector<std::string> always;
  for (const auto& [label, cost] : said.at("always").items())
    always.push_back(fmt::format("always `{}`: {}", label, figure(cost)));
  std::string rule = said.at("threshold").is_number()
                         ? fmt::format("`{}` from a probability of {} on", said.at("says").get<std::string>(),
                                       figure(said["threshold"]))
                         : "the class with the least expected cost";
  return fmt::format("{}: costs {} a {} row; {}", rule, figure(said.at("cost")), said.at("part").get<std::string>(),
                     join(always, ", "));
}

}  // namespace

Json read_model_card(const std::filesystem::path& version_folder) {
  return parse_json(read_file(version_folder / "card.json"), "card.json");
}

std::string draw_model_card(const Json& card) {
  std::string text =
      labelled("predicts", kLabel,
               fmt::format("{} of {}", card.at("predicts").get<std::string>(), card.at("from").get<std::string>()));
  text += labelled("split", kLabel, card.at("split").get<std::string>());
  text += labelled("because", kLabel, card.at("because").get<std::string>());
  for (const Json& leak : card.at("allowed_leaks")) text += labelled("leak", kLabel, leak.get<std::string>());
  for (const Json& tried : card.at("tried"))
    if (double weight = tried.at("weight"); weight > 0)
      text += labelled("method", kLabel,
                       fmt::format("{:.0f} % {} ({})", 100 * weight, tried.at("method").get<std::string>(),
                                   tried.at("settings").get<std::string>()));
  if (card.contains("decision")) text += labelled("decides", kLabel, decision(card["decision"]));
  TextStyle style = output_style();
  text += "\n" + evaluation(card.at("evaluation"), style);
  const Json& columns = card.at("importance");  // none of clusters and anomalies
  return columns.empty() ? text : text + "\n" + importance(columns, style);
}

}  // namespace filrouge
