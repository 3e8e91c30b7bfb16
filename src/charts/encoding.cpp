#include "charts/encoding.h"

#include <cmath>

#include "charts/titles.h"

namespace filrouge {
namespace {

constexpr size_t kMaxSeriesOfNumbers = 20;  // fewer different whole numbers as colours of lines are series, not a scale
constexpr double kDayMs = 86'400'000;

/// Vega-Lite reads . [ ] \ and quotes in a field as a path into an object.
std::string field_path(const std::string& column) {
  std::string path;
  for (char letter : column) {
    if (std::string_view(".[]\\'\"").find(letter) != std::string_view::npos) path += '\\';
    path += letter;
  }
  return path;
}

bool is_share(const DrawnChannel& drawn) {
  const bool is_value = drawn.channel.aggregate.empty() || drawn.channel.aggregate == "mean" ||
                        drawn.channel.aggregate == "median" || drawn.channel.aggregate == "min" ||
                        drawn.channel.aggregate == "max";
  return is_value && names_a_share(drawn.channel.column) && drawn.unit.empty() && drawn.facts.distinct > 0 &&
         drawn.facts.min >= 0 && drawn.facts.max <= 1;
}

bool is_year(const DrawnChannel& drawn) {
  return drawn.facts.whole && drawn.channel.aggregate.empty() && !drawn.channel.bin &&
         names_a_year(drawn.channel.column) && drawn.facts.min >= 1000 && drawn.facts.max < 3000;
}

/// Keys of an axis or legend that say how numbers look.
Json number_format(const DrawnChannel& drawn) {
  if (drawn.channel.definition.contains("format")) return {{"format", drawn.channel.definition["format"]}};
  if (drawn.facts.kind == ColumnKind::text) return Json::object();
  const double largest = std::max(std::abs(drawn.facts.min), std::abs(drawn.facts.max));
  if (is_share(drawn)) return {{"format", "%"}};
  if (is_year(drawn)) return {{"format", "d"}};
  // 2G flights are 2B flights to most readers; every other SI letter is theirs too.
  if (largest >= 1e15 || (largest > 0 && largest < 1e-3))
    return {{"labelExpr", "datum.value === 0 ? '0' : format(datum.value, '~e')"}};
  if (largest >= 1e6) return {{"labelExpr", "replace(format(datum.value, '~s'), 'G', 'B')"}};
  return Json::object();
}

/// Labels in one form for the whole span; the context (year, day) stands below the first label and where it changes.
std::string time_label(const DrawnChannel& drawn) {
  if (drawn.facts.type.starts_with("TIME") && !drawn.facts.type.starts_with("TIMESTAMP"))
    return "utcFormat(datum.value, '%H:%M')";
  const auto two_lines = [](const char* label, const char* context, const char* turn) {
    return fmt::format("[utcFormat(datum.value, '{0}'), datum.index === 0 || {2} ? utcFormat(datum.value, '{1}') : '']",
                       label, context, turn);
  };
  const double days = drawn.span() / kDayMs;
  if (days >= 365 * 6) return "utcFormat(datum.value, '%Y')";
  if (days >= 120) return two_lines("%b", "%Y", "utcmonth(datum.value) === 0 && utcdate(datum.value) === 1");
  if (days >= 4) return two_lines("%-d %b", "%Y", "false");
  if (drawn.span() >= 300'000)
    return two_lines("%H:%M", "%-d %b %Y", "utchours(datum.value) === 0 && utcminutes(datum.value) === 0");
  return two_lines("%H:%M:%S", "%-d %b %Y", "false");
}

/// timeUnit: month -> utcmonth: dates are drawn as they stand in the table, in no time zone.
void use_utc(Json& encoding) {
  if (!encoding.contains("timeUnit")) return;
  Json& unit = encoding["timeUnit"].is_object() && encoding["timeUnit"].contains("unit") ? encoding["timeUnit"]["unit"]
                                                                                         : encoding["timeUnit"];
  if (unit.is_string() && !unit.get<std::string>().starts_with("utc")) unit = "utc" + unit.get<std::string>();
}

/// Whether an axis should begin at zero: always where length is read (bars, areas), else where that costs little room.
bool begins_at_zero(const DrawnChannel& drawn, const std::string& mark) {
  if (drawn.channel.bin || is_year(drawn)) return false;
  if (mark == "bar" || mark == "area" || mark == "histogram") return true;
  if (drawn.channel.name == "x" && mark == "line") return false;
  return drawn.facts.min >= 0 && drawn.facts.min < 0.4 * drawn.facts.max;
}

Json quantitative_axis(const DrawnChannel& drawn, const std::string& mark, Theme theme) {
  if (drawn.facts.distinct == 0) return {{"labels", false}, {"ticks", false}, {"grid", false}};  // nothing to read off
  Json axis = number_format(drawn);
  axis["tickCount"] = drawn.tick_count;
  const ThemeColors& colors = theme_colors(theme);
  if (drawn.channel.name == "x") axis["grid"] = mark == "point" || !drawn.channel.aggregate.empty();
  if (drawn.facts.whole && drawn.channel.aggregate != "mean" && !axis.contains("format")) axis["tickMinStep"] = 1;
  if (drawn.facts.min < 0 && drawn.facts.max > 0 && !drawn.channel.bin)
    axis["gridColor"] = {{"condition", {{"test", "datum.value === 0"}, {"value", colors.quiet}}},
                         {"value", colors.grid}};
  const bool is_base_line = drawn.channel.name == "x" && axis["grid"] == false;
  if (is_base_line) axis["domain"] = true, axis["ticks"] = true;
  return axis;
}

/// `count` colours along the part of the ramp that stands out from the background.
std::vector<std::string> visible_ramp(const ThemeColors& colors, size_t count) {
  const auto part = [](const std::string& color, size_t channel) {
    return std::stoi(color.substr(1 + 2 * channel, 2), nullptr, 16);
  };
  std::vector<std::string> range;
  for (size_t i = 0; i < count; ++i) {
    const double first = 2, last = static_cast<double>(colors.ramp.size() - 1);
    const double at =
        count == 1 ? last - 1 : first + (last - first) * static_cast<double>(i) / static_cast<double>(count - 1);
    const size_t low = std::min(static_cast<size_t>(at), colors.ramp.size() - 2);
    const double share = at - static_cast<double>(low);
    std::string color = "#";
    for (size_t c = 0; c < 3; ++c)
      color += fmt::format("{:02x}", static_cast<int>(std::lround(part(colors.ramp[low], c) * (1 - share) +
                                                                  part(colors.ramp[low + 1], c) * share)));
    range.push_back(color);
  }
  return range;
}

}  // namespace

Json overlaid(Json base, const Json& patch) {
  if (!base.is_object() || !patch.is_object()) return patch;
  for (const auto& [key, value] : patch.items()) base[key] = base.contains(key) ? overlaid(base[key], value) : value;
  return base;
}

std::string channel_type(const std::string& mark, const Channel& channel, const ColumnFacts& facts) {
  if (channel.definition.contains("type") && channel.definition["type"].is_string()) return channel.definition["type"];
  const bool is_positional = channel.name == "x" || channel.name == "y";
  if (channel.aggregate == "count" || channel.aggregate == "distinct") return "quantitative";
  if (channel.name == "facet" || channel.name == "row" || channel.name == "column")
    return facts.kind == ColumnKind::text ? "nominal" : "ordinal";
  if (facts.kind == ColumnKind::time) return mark == "heatmap" && is_positional ? "ordinal" : "temporal";
  if (facts.kind != ColumnKind::number) return "nominal";
  if (channel.bin || !channel.aggregate.empty()) return "quantitative";
  if (mark == "heatmap" && is_positional) return "ordinal";
  if (channel.name != "color" || !facts.whole) return "quantitative";
  const bool draws_series = mark != "point" && mark != "heatmap" && mark != "tick";
  return facts.distinct <= (draws_series ? kMaxSeriesOfNumbers : 6) ? "ordinal" : "quantitative";
}

bool is_additive(const DrawnChannel& drawn) {
  const std::string& aggregate = drawn.channel.aggregate;
  if (aggregate == "sum" || aggregate == "count") return true;
  if (!aggregate.empty()) return false;
  for (const char* word : {"mean", "avg", "average", "median"})
    if (drawn.channel.column.find(word) != std::string::npos) return false;
  return !names_a_share(drawn.channel.column);
}

Json channel_base(const DrawnChannel& drawn) {
  Json base = Json::object();
  if (!drawn.channel.field.empty()) base["field"] = field_path(drawn.channel.field);
  base["type"] = drawn.type;
  base["title"] = channel_title(drawn.channel, drawn.unit);
  if (!drawn.is_computed && !drawn.channel.aggregate.empty()) base["aggregate"] = drawn.channel.aggregate;
  if (!drawn.is_computed && drawn.channel.bin) base["bin"] = drawn.channel.definition.value("bin", Json(true));
  Json said = drawn.channel.definition;
  for (const char* key : {"bin", "unit", "format", "title"}) said.erase(key);
  if (drawn.channel.definition.contains("title") && drawn.channel.definition["title"].is_null())
    said["title"] = nullptr;
  use_utc(said);
  return overlaid(base, said);
}

Json position_encoding(const DrawnChannel& drawn, const std::string& mark, Theme theme) {
  Json encoding = Json::object(), axis = Json::object(), scale = Json::object();
  if (drawn.type == "quantitative") {
    axis = quantitative_axis(drawn, mark, theme);
    scale["zero"] = begins_at_zero(drawn, mark);
    const bool may_round = mark != "line" || drawn.channel.name == "y";
    if (!drawn.channel.bin) scale["nice"] = may_round ? Json(drawn.tick_count) : Json(false);
  } else if (drawn.facts.kind == ColumnKind::time && !drawn.channel.definition.contains("timeUnit")) {
    axis["labelExpr"] = time_label(drawn);
    if (drawn.type == "temporal") scale["type"] = "utc";
  } else if (drawn.is_discrete() && drawn.facts.kind == ColumnKind::number) {
    axis = number_format(drawn);
  }
  if (drawn.type == "temporal") scale["type"] = "utc";
  if (drawn.is_discrete() && drawn.channel.name == "x") axis["labelAngle"] = 0;
  if (drawn.channel.bin && drawn.is_computed) encoding["bin"] = {{"binned", true}};
  if (drawn.is_discrete() && mark == "heatmap") axis["domain"] = false;
  // Dates say themselves what they are.
  if (drawn.facts.kind == ColumnKind::time && drawn.channel.name == "x" && !drawn.channel.definition.contains("title"))
    axis["title"] = nullptr;
  if (!axis.empty()) encoding["axis"] = axis;
  if (!scale.empty()) encoding["scale"] = scale;
  Json base = channel_base(drawn);
  return overlaid(encoding, base);
}

Json color_encoding(const DrawnChannel& drawn, const std::string& mark, Theme theme) {
  const ThemeColors& colors = theme_colors(theme);
  Json encoding = Json::object(), scale = Json::object();
  if (drawn.type == "quantitative") {
    encoding["legend"] = number_format(drawn);
    scale["interpolate"] = "lab";
    const double below = -drawn.facts.min, above = drawn.facts.max;
    const bool has_two_sides = std::min(below, above) > 0.1 * std::max(below, above);
    if (has_two_sides) scale["domainMid"] = 0;
    // A pale point on a pale ground is not seen; a pale cell of a heatmap is.
    if (mark == "point" && !has_two_sides) scale["range"] = visible_ramp(colors, 5);
  } else if (drawn.type == "temporal") {
    encoding["legend"] = {{"format", "%-d %b %Y"}};
  } else if (drawn.facts.distinct > colors.categories.size() && drawn.type == "nominal") {
    std::vector<std::string> range;
    for (size_t i = 0; i < drawn.facts.distinct; ++i) range.push_back(colors.categories[i % colors.categories.size()]);
    scale["range"] = range;
  } else if (drawn.type == "ordinal") {
    scale["range"] = visible_ramp(colors, std::max<size_t>(drawn.facts.distinct, 1));
  }
  if (drawn.is_discrete() && mark == "line")
    encoding["legend"]["symbolType"] = "stroke", encoding["legend"]["symbolSize"] = 220;
  if (drawn.is_discrete()) encoding["legend"]["symbolLimit"] = 40;
  if (drawn.is_discrete() && drawn.facts.distinct > 20) encoding["legend"]["columns"] = 2;
  if (!scale.empty()) encoding["scale"] = scale;
  return overlaid(encoding, channel_base(drawn));
}

}  // namespace filrouge
