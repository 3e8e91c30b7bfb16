// The choices that make a chart readable, in one place each: which way bars lie, in what order they stand, how large
// the picture is, when colours become groups beside each other. They follow common practice (Cleveland; the defaults of
// Observable Plot) and the data.
#include "charts/spec.h"

#include <cmath>

#include "charts/encoding.h"
#include "charts/notes.h"
#include "charts/text_width.h"
#include "charts/titles.h"

namespace filrouge {
namespace {

constexpr const char* kSchema = "https://vega.github.io/schema/vega-lite/v6.json";
constexpr double kWidth = 640, kHeight = 400;  // pixels of the whole picture
constexpr double kFacetedWidth = 760;
constexpr double kPadding = 12;  // as in theme_config
constexpr double kLabelSize = 11, kTitleSize = 15, kSubtitleSize = 12;
constexpr double kPlotMargin = 70;  // what axes take of the width, about
constexpr double kLegendWidth = 110;
constexpr double kBarStep = 22;  // pixels from one horizontal bar to the next
constexpr double kWidestBar = 110;
constexpr size_t kMaxBarsOfNumbers = 60;  // more different whole numbers under bars become an axis of numbers
constexpr size_t kMaxNamedMarks = 300;    // with more marks a name for each, for screen readers, helps nobody

class Builder {
 public:
  Builder(const Json& config, const ShortForm& form, const ChartTable& table, Theme theme)
      : config_(config), form_(form), table_(table), theme_(theme) {}

  Chart build() {
    collect();
    lay_bars();
    const Json encoding = encode();
    Json spec = {{"$schema", kSchema}, {"description", description()}};
    if (const Json title = title_of(); !title.is_null()) spec["title"] = title;
    size(spec);
    spec["data"] = {{"values", table_.rows}};
    spec["mark"] = mark();
    spec["encoding"] = is_faceted() ? without_axis_titles(encoding) : encoding;
    spec["config"] = theme_config(theme_);
    return {std::move(spec), chart_notes(form_.mark, channels_, table_)};
  }

 private:
  // ---- what is drawn ----
  void collect() {
    for (const Channel& channel : form_.channels) {
      DrawnChannel drawn{channel, column_facts(table_, channel.field), "", unit_of(channel)};
      const std::string title_key = channel.name + "_title";
      if (config_.contains(title_key)) drawn.channel.definition["title"] = config_[title_key];
      drawn.type = channel_type(form_.mark, channel, drawn.facts);
      drawn.is_computed = form_.is_computed;
      channels_[channel.name] = std::move(drawn);
    }
    if (is_bars() && channels_.contains("x") && channels_.contains("y")) {
      DrawnChannel& category = channels_.at(category_name());
      if (category.facts.kind == ColumnKind::number && category.facts.whole && !category.channel.bin &&
          category.facts.distinct <= kMaxBarsOfNumbers && !category.channel.definition.contains("type"))
        category.type = "ordinal";
    }
    if (is_faceted() || config_.value("height", kHeight) < 250)
      for (auto& [name, drawn] : channels_) drawn.tick_count = 4;
    else if (has("x"))
      channels_.at("x").tick_count = 8;
  }

  std::string unit_of(const Channel& channel) const {
    if (channel.definition.contains("unit") && channel.definition["unit"].is_string())
      return channel.definition["unit"];
    if (config_.contains(channel.name + "_unit")) return config_[channel.name + "_unit"];
    const bool is_measure = channel.name == (form_.mark == "heatmap" ? "color" : "y");
    return is_measure && channel.aggregate != "count" ? config_.value("unit", "") : "";
  }

  bool is_bars() const {
    return form_.mark == "bar" || form_.mark == "histogram" || form_.mark == "boxplot" || form_.mark == "tick";
  }
  bool has(const char* name) const { return channels_.contains(name); }
  bool is_faceted() const { return has("facet") || has("row") || has("column"); }

  /// The axis of bars that names them; the other one measures.
  std::string category_name() const {
    if (!has("x")) return "y";
    if (!has("y")) return "x";
    const DrawnChannel& x = channels_.at("x");
    const DrawnChannel& y = channels_.at("y");
    if (!x.channel.aggregate.empty() || y.is_discrete() || y.channel.bin) return "y";
    if (y.type == "temporal" && x.type == "quantitative") return "y";
    return "x";
  }

  /// Names that do not fit beside each other under upright bars are read better beside lying ones.
  void lay_bars() {
    if (!is_bars() || !has("x") || !has("y") || category_name() != "x") return;
    const DrawnChannel& x = channels_.at("x");
    if (x.facts.kind != ColumnKind::text || !x.is_discrete()) return;
    double needed = 0;
    for (const std::string& label : x.facts.labels)
      needed = std::max(needed, text_width(label, false) * kLabelSize + 10);
    if (needed * static_cast<double>(x.facts.distinct) <= plot_width()) return;
    std::swap(channels_["x"], channels_["y"]);
    channels_["x"].channel.name = "x";
    channels_["y"].channel.name = "y";
    is_swapped_ = true;
  }

  double plot_width() const {
    const bool has_legend = has("color") && channels_.at("color").channel.field != channels_.at("x").channel.field;
    return config_.value("width", kWidth) - kPlotMargin - (has_legend ? kLegendWidth : 0);
  }

  // ---- the mark ----
  Json mark() const {
    static const std::map<std::string, std::string> kVegaNames = {{"heatmap", "rect"}, {"histogram", "bar"}};
    const auto vega_name = kVegaNames.find(form_.mark);
    Json mark = {{"type", vega_name == kVegaNames.end() ? form_.mark : vega_name->second}};
    if (table_.rows.size() > kMaxNamedMarks) mark["aria"] = false;
    if (form_.mark == "point") shape_points(mark);
    if (form_.mark == "line" && has("x") && channels_.at("x").facts.distinct <= 1) mark["point"] = true;
    if (form_.mark == "line" && rows_a_series() > 200) mark["strokeWidth"] = 1.3;
    if (form_.mark == "boxplot" && has("x") && has("y")) mark["size"] = box_width();
    if (form_.mark == "area" && stacking() == Json(nullptr)) mark["fillOpacity"] = 0.35, mark["line"] = true;
    if (is_bars() && form_.mark != "boxplot" && form_.mark != "tick") shape_bars(mark);
    return overlaid(mark, form_.mark_properties);
  }

  double rows_a_series() const {
    const double series =
        has("color") ? static_cast<double>(std::max<size_t>(channels_.at("color").facts.distinct, 1)) : 1;
    return static_cast<double>(table_.rows.size()) / series;
  }

  double box_width() const {
    double boxes = static_cast<double>(channels_.at(category_name()).facts.distinct);
    if (has("color") && channels_.at("color").channel.field != channels_.at(category_name()).channel.field)
      boxes *= static_cast<double>(channels_.at("color").facts.distinct);
    const double length = category_name() == "x" ? plot_width() : natural_height() - 110;
    return std::round(std::clamp(length / std::max(boxes, 1.0) * 0.55, 3.0, 60.0));
  }

  /// Many points: smaller and more transparent, so that density shows.
  void shape_points(Json& mark) const {
    const double rows = static_cast<double>(std::max<size_t>(table_.rows.size(), 1));
    const bool is_shaded = has("color") && channels_.at("color").type == "quantitative";  // transparent shades lie
    mark["opacity"] = std::round(100 * std::clamp(14 / std::sqrt(rows), is_shaded ? 0.8 : 0.12, 0.85)) / 100;
    if (!has("size")) mark["size"] = std::round(std::clamp(900 / std::sqrt(rows), 6.0, 45.0));
  }

  /// Bars over time are as wide as the step of the data, which Vega does not know.
  void shape_bars(Json& mark) const {
    const DrawnChannel* time = time_axis_of_bars();
    const bool has_few =
        has("x") && has("y") && category_name() == "x" && channels_.at("x").is_discrete() && !has("color");
    if (has_few && channels_.at("x").facts.distinct * kWidestBar < plot_width() * 0.9) mark["width"] = kWidestBar;
    if (time) mark[time->channel.name == "x" ? "width" : "height"] = bar_width(*time);
  }

  const DrawnChannel* time_axis_of_bars() const {
    if (!has("x") || !has("y") || form_.mark == "boxplot") return nullptr;
    const DrawnChannel& category = channels_.at(category_name());
    return category.type == "temporal" && !category.channel.definition.contains("timeUnit") ? &category : nullptr;
  }

  double bar_width(const DrawnChannel& time) const {
    const double slots = time.facts.smallest_gap > 0 ? time.span() / time.facts.smallest_gap + 1 : 12;
    return std::round(10 * std::max(1.0, plot_width() / slots * 0.82)) / 10;
  }

  // ---- channels ----
  Json encode() {
    Json encoding = Json::object();
    for (const char* name : {"x", "y"})
      if (has(name)) encode_position(name, encoding);
    if (has("color")) encode_color(encoding);
    if (has("size"))
      encoding["size"] = overlaid({{"scale", {{"range", {12, 500}}}}}, channel_base(channels_.at("size")));
    for (const char* name : {"facet", "row", "column"})
      if (has(name)) encoding[name] = facet(channels_.at(name));
    if (form_.mark == "arc") turn_into_arc(encoding);
    return encoding;
  }

  void encode_position(const char* name, Json& encoding) {
    const DrawnChannel& drawn = channels_.at(name);
    Json position = position_encoding(drawn, form_.mark, theme_);
    const bool is_category = is_bars() ? name == category_name() : drawn.is_discrete();
    if (drawn.is_discrete() && is_category && !drawn.channel.definition.contains("sort"))
      position["sort"] = order_of(drawn, name);
    if (const DrawnChannel* time = time_axis_of_bars(); time == &drawn)
      position["scale"]["padding"] = std::ceil(bar_width(drawn) / 2) + 2;
    const bool is_measure = drawn.type == "quantitative" && !drawn.channel.bin && !is_category;
    if (is_measure && has("color") && (is_bars() || form_.mark == "area")) {
      const Json stack = stacking();
      if (stack != Json("zero")) position["stack"] = stack;
      if (stack == Json("normalize")) {
        position["axis"]["format"] = "%";
        for (const char* key : {"labelExpr", "tickMinStep"}) position["axis"].erase(key);
        const bool counts_rows = drawn.channel.aggregate == "count" && drawn.channel.column.empty();
        position["title"] = "share of " + (counts_rows ? std::string("rows") : channel_title(drawn.channel, ""));
      }
    }
    encoding[name] = std::move(position);
    if (drawn.channel.bin && form_.is_computed)
      encoding[std::string(name) + "2"] = {{"field", drawn.channel.field_end}};
  }

  /// zero, normalize, center, or null: groups beside each other (bars) or areas over each other.
  Json stacking() const {
    const Json said = config_.value("stack", Json());
    if (said.is_boolean()) return said.get<bool>() ? Json("zero") : Json(nullptr);
    if (said.is_string()) return said == "none" ? Json(nullptr) : said;
    const DrawnChannel* measure = nullptr;
    for (const char* name : {"y", "x"})
      if (has(name) && channels_.at(name).type == "quantitative" && !channels_.at(name).channel.bin && !measure)
        measure = &channels_.at(name);
    return form_.mark == "area" || !measure || is_additive(*measure) ? Json("zero") : Json(nullptr);
  }

  void encode_color(Json& encoding) {
    const DrawnChannel& drawn = channels_.at("color");
    Json color = color_encoding(drawn, form_.mark, theme_);
    if (drawn.type == "nominal" && !drawn.channel.definition.contains("sort"))
      if (auto ordered = calendar_order(drawn.facts.labels); !ordered.empty()) color["sort"] = ordered;
    const bool says_legend = drawn.channel.definition.contains("legend");
    const bool repeats_axis = (has("x") && channels_.at("x").channel.field == drawn.channel.field) ||
                              (has("y") && channels_.at("y").channel.field == drawn.channel.field);
    if (repeats_axis && !says_legend) color["legend"] = nullptr;
    if (form_.mark == "line" && drawn.type == "nominal" && !repeats_axis && !says_legend) order_legend(color);
    if (form_.mark == "line" && drawn.facts.distinct > theme_colors(theme_).categories.size())
      encoding["strokeDash"] = dashes(drawn, color);
    const bool is_grouped = is_bars() && form_.mark != "tick" && drawn.is_discrete() && !repeats_axis && has("x") &&
                            has("y") && channels_.at(category_name()).is_discrete() &&
                            (form_.mark == "boxplot" || stacking().is_null());
    if (is_grouped) encoding[category_name() + "Offset"] = {{"field", color["field"]}, {"type", drawn.type}};
    encoding["color"] = std::move(color);
  }

  /// The legend in the order in which the lines end on the right, so that the eye finds them; colours stay
  /// alphabetical.
  void order_legend(Json& color) const {
    if (!has("x") || !has("y") || is_faceted()) return;
    const std::string& x = channels_.at("x").channel.field;
    const std::string& y = channels_.at("y").channel.field;
    const std::string& series = channels_.at("color").channel.field;
    std::map<std::string, std::pair<Json, double>> last;  // of each series: the largest x and the y there
    for (const Json& row : table_.rows) {
      if (row[series].is_null() || row[x].is_null() || !row[y].is_number()) continue;
      const std::string name = row[series].is_string() ? row[series].get<std::string>() : dump(row[series]);
      auto [at, is_new] = last.try_emplace(name, row[x], row[y].get<double>());
      if (!is_new && !(row[x] < at->second.first)) at->second = {row[x], row[y].get<double>()};
    }
    if (last.size() != channels_.at("color").facts.distinct || channels_.at("color").facts.kind != ColumnKind::text)
      return;
    std::vector<std::pair<double, std::string>> order;
    for (const auto& [name, end] : last) order.push_back({-end.second, name});
    std::sort(order.begin(), order.end());
    std::vector<std::string> names;
    for (const auto& [unused, name] : order) names.push_back(name);
    color["legend"]["values"] = names;
  }

  /// After ten lines the colours begin again; dashes tell the second ten from the first.
  Json dashes(const DrawnChannel& drawn, const Json& color) const {
    const size_t colors = theme_colors(theme_).categories.size();
    Json range = Json::array();
    for (size_t i = 0; i < drawn.facts.distinct; ++i)
      range.push_back(i < colors ? Json::array({1, 0}) : i < 2 * colors ? Json::array({5, 3}) : Json::array({1.5, 3}));
    Json dash = {
        {"field", color["field"]}, {"type", drawn.type}, {"title", color["title"]}, {"scale", {{"range", range}}}};
    if (color.contains("legend")) dash["legend"] = color["legend"];
    if (color.contains("sort")) dash["sort"] = color["sort"];
    return dash;
  }

  Json facet(const DrawnChannel& drawn) const {
    Json facet = channel_base(drawn);
    if (!drawn.channel.definition.contains("title")) facet["title"] = nullptr;
    if (drawn.channel.name == "facet") facet["columns"] = facet_columns();
    if (drawn.facts.kind == ColumnKind::text)
      if (auto ordered = calendar_order(drawn.facts.labels); !ordered.empty()) facet["sort"] = ordered;
    return overlaid(facet, drawn.channel.definition.contains("columns")
                               ? Json{{"columns", drawn.channel.definition["columns"]}}
                               : Json::object());
  }

  void turn_into_arc(Json& encoding) const {
    Json theta = encoding["y"];
    for (const char* key : {"axis", "scale", "sort"}) theta.erase(key);
    theta["stack"] = true;
    encoding.erase("y");
    encoding["theta"] = theta;
    encoding["order"] = {{"field", theta["field"]}, {"type", "quantitative"}, {"sort", "descending"}};
    encoding["color"]["sort"] = {{"field", theta["field"]}, {"order", "descending"}};
  }

  /// Titles beside every small chart would collide with its heading; the title of the whole says what is shown.
  static Json without_axis_titles(Json encoding) {
    for (const char* name : {"x", "y"})
      if (encoding.contains(name)) encoding[name]["axis"]["title"] = nullptr;
    return encoding;
  }

  // ---- order ----
  /// `sort:` as the thread says; else names of days and months by the calendar, numbers up, the rest of bars by length.
  Json order_of(const DrawnChannel& category, const std::string& name) const {
    if (config_.contains("sort")) return said_order(config_["sort"], name);
    if (category.facts.kind == ColumnKind::number)
      return form_.mark == "heatmap" && name == "y" ? "descending" : "ascending";
    if (category.facts.kind == ColumnKind::time) return "ascending";
    if (auto ordered = calendar_order(category.facts.labels); !ordered.empty()) return ordered;
    if (form_.keeps_order || form_.mark == "line" || form_.mark == "area") return nullptr;
    if (!is_bars() || begin_with_digits(category.facts.labels)) return "ascending";
    const std::string other = name == "x" ? "y" : "x";
    if (!has(other.c_str()) || form_.mark == "tick") return "ascending";
    if (form_.mark == "boxplot") return by_median(category.channel.field, channels_.at(other).channel.field);
    return "-" + other;
  }

  /// Largest median first. (Vega-Lite cannot sort boxes by a median itself.)
  Json by_median(const std::string& category, const std::string& measure) const {
    std::map<std::string, std::vector<double>> values;
    for (const Json& row : table_.rows)
      if (row[category].is_string() && row[measure].is_number()) values[row[category]].push_back(row[measure]);
    std::vector<std::pair<double, std::string>> medians;
    for (auto& [label, numbers] : values) {
      const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
      std::nth_element(numbers.begin(), middle, numbers.end());
      medians.push_back({-*middle, label});
    }
    std::sort(medians.begin(), medians.end());
    Json order = Json::array();
    for (const auto& [median, label] : medians) order.push_back(label);
    return order;
  }

  Json said_order(const Json& said, const std::string& name) const {
    if (!said.is_string()) return said;
    std::string text = said.get<std::string>();
    if (text == "none") return nullptr;
    if (text != "x" && text != "-x" && text != "y" && text != "-y") return text;
    const bool is_down = text[0] == '-';
    std::string axis = text.substr(is_down);
    if (is_swapped_) axis = axis == "x" ? "y" : "x";
    if (axis == name) return is_down ? "descending" : "ascending";
    return (is_down ? "-" : "") + axis;
  }

  static bool begin_with_digits(const std::vector<std::string>& labels) {
    return std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
      const size_t at = label.find_first_not_of("<>=-+$[( ");
      return at != std::string::npos && label[at] >= '0' && label[at] <= '9';
    });
  }

  // ---- size ----
  void size(Json& spec) const {
    const double width = config_.value("width", form_.mark == "arc" ? 440 : is_faceted() ? kFacetedWidth : kWidth);
    if (is_faceted()) {
      const int columns = has("row") ? 1 : facet_columns();
      const double legend = has("color") ? kLegendWidth : 0;
      const double unit = std::max(90.0, std::floor((width - kPlotMargin - legend) / columns - 18));
      spec["width"] = unit;
      spec["height"] =
          config_.contains("height") ? config_["height"] : Json(std::floor(std::clamp(unit * 0.7, 90.0, 260.0)));
      return;
    }
    spec["width"] = width;
    spec["height"] = config_.contains("height") ? config_["height"] : Json(natural_height());
    spec["autosize"] = {{"type", "fit"}, {"contains", "padding"}};
  }

  double natural_height() const {
    if (form_.mark == "arc") return 360;
    if (!has("y") || !has("x")) return has("y") && !has("x") ? kHeight : 150;
    const DrawnChannel& y = channels_.at("y");
    if (!y.is_discrete()) return kHeight;
    double rows = static_cast<double>(y.facts.distinct);
    const bool is_grouped = has("color") && is_bars() && (stacking().is_null() || form_.mark == "boxplot");
    if (is_grouped) rows *= std::max(1.0, static_cast<double>(channels_.at("color").facts.distinct) * 0.6);
    return std::clamp(rows * kBarStep + 110, 150.0, 1600.0);
  }

  int facet_columns() const {
    if (has("facet")) {
      const Channel& facet = channels_.at("facet").channel;
      if (facet.definition.contains("columns") && facet.definition["columns"].is_number_integer())
        return std::max(1, facet.definition["columns"].get<int>());
    }
    const size_t count = channels_.at(has("facet") ? "facet" : "column").facts.distinct;
    if (has("column")) return static_cast<int>(std::max<size_t>(count, 1));
    return count <= 3 ? static_cast<int>(std::max<size_t>(count, 1)) : count == 4 ? 2 : count <= 9 ? 3 : 4;
  }

  // ---- words ----
  std::string title_text() const {
    return config_.contains("title") ? config_["title"].is_string() ? config_["title"].get<std::string>() : ""
                                     : natural_title(form_, x_is_measure());
  }

  /// In the thread's own words, before bars were laid.
  bool x_is_measure() const { return !is_swapped_ && is_bars() && has("x") && has("y") && category_name() == "y"; }

  Json title_of() const {
    const std::string text = title_text();
    const double width = config_.value("width", form_.mark == "arc" ? 440 : kWidth) - 2 * kPadding;
    std::string subtitle = config_.value("subtitle", "");
    if (subtitle.empty() && is_faceted() && has("y") && (config_.contains("title") || !channels_.at("y").unit.empty()))
      subtitle = channel_title(channels_.at("y").channel, channels_.at("y").unit);
    if (table_.rows.empty()) subtitle = "no rows" + (subtitle.empty() ? "" : "; " + subtitle);
    if (text.empty() && subtitle.empty()) return nullptr;
    Json title = {{"text", wrap(text, kTitleSize, true, width)}};
    if (!subtitle.empty()) title["subtitle"] = wrap(subtitle, kSubtitleSize, false, width);
    return title;
  }

  /// For who hears the chart instead of seeing it.
  std::string description() const {
    std::string text = fmt::format("{} chart", form_.mark == "point" ? "scatter" : form_.mark);
    if (const std::string title = title_text(); !title.empty()) text += ": " + title;
    for (const char* name : {"x", "y", "color", "size", "facet", "row", "column"})
      if (has(name))
        text += fmt::format("; {} shows {}", name, channel_title(channels_.at(name).channel, channels_.at(name).unit));
    return fmt::format("{}; {} rows", text, table_.rows.size());
  }

  const Json& config_;
  const ShortForm& form_;
  const ChartTable& table_;
  Theme theme_;
  DrawnChannels channels_;
  bool is_swapped_ = false;
};

}  // namespace

Chart make_chart(const Json& config, const ShortForm& form, const ChartTable& table, Theme theme) {
  return Builder(config, form, table, theme).build();
}

Chart make_vega_chart(const Json& config, const ChartTable& table, Theme theme) {
  Json spec = config.at("vega");
  if (!spec.contains("$schema")) spec["$schema"] = kSchema;
  if (config.contains("title") && !spec.contains("title"))
    spec["title"] = {{"text", config["title"]}, {"subtitle", config.value("subtitle", "")}};
  const Json encoding = spec.value("encoding", Json::object());
  const bool is_faceted = encoding.contains("facet") || encoding.contains("row") || encoding.contains("column");
  const bool is_single = (spec.contains("mark") || spec.contains("layer")) && !is_faceted;
  for (const char* side : {"width", "height"})
    if (config.contains(side) && !spec.contains(side)) spec[side] = config[side];
  if (is_single && !spec.contains("width") && !spec.contains("height")) {
    spec["width"] = kWidth, spec["height"] = kHeight;
    if (!spec.contains("autosize")) spec["autosize"] = {{"type", "fit"}, {"contains", "padding"}};
  }
  const std::string name =
      spec.contains("data") && spec["data"].is_object() ? spec["data"].value("name", "table") : "table";
  spec["data"] = {{"name", name}};
  spec["datasets"][name] = table.rows;
  spec["config"] = overlaid(theme_config(theme), spec.value("config", Json::object()));
  return {std::move(spec),
          table.rows.empty() ? std::vector<std::string>{"the chart shows no rows"} : std::vector<std::string>{}};
}

std::string spec_text(const Json& spec) {
  Json shell = spec;
  const Json* rows = nullptr;
  const std::string mark = "\"filrouge rows\"";
  if (spec.contains("data") && spec["data"].contains("values")) {
    rows = &spec["data"]["values"];
    shell["data"]["values"] = "filrouge rows";
  } else if (spec.contains("datasets") && spec["datasets"].size() == 1) {
    rows = &*spec["datasets"].begin();
    *shell["datasets"].begin() = "filrouge rows";
  }
  std::string text = dump(shell, 2);
  const size_t at = text.find(mark);
  if (!rows || at == std::string::npos) return text + "\n";
  std::string lines = "[";
  for (const Json& row : *rows) lines += (lines.size() > 1 ? ",\n" : "\n") + dump(row);
  return text.replace(at, mark.size(), lines + "\n]") + "\n";
}

}  // namespace filrouge
