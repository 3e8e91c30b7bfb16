// The pictures of a model's page, in Vega-Lite.
#include <cmath>

#include "base/text.h"
#include "charts/page.h"
#include "charts/theme.h"
#include "steps/explain_report.h"

namespace filrouge {
namespace {

Json field(const char* name, const char* type, const std::string& title) {
  return {{"field", name}, {"type", type}, {"title", title.empty() ? Json(nullptr) : Json(title)}};
}

Json with(Json channel, const Json& more) {
  channel.update(more);
  return channel;
}

/// A line that is there to compare with.
Json reference(const char* channel, double at) {
  return {{"mark", {{"type", "rule"}, {"strokeDash", {4, 3}}}}, {"encoding", {{channel, {{"datum", at}}}}}};
}

Json diagonal(double low, double high) {
  return {{"data", {{"values", {{{"at", low}}, {{"at", high}}}}}},
          {"mark",
           {{"type", "line"}, {"strokeDash", {4, 3}}, {"strokeWidth", 1}, {"color", theme_colors(Theme::light).quiet}}},
          {"encoding",
           {{"x", {{"field", "at"}, {"type", "quantitative"}}}, {"y", {{"field", "at"}, {"type", "quantitative"}}}}}};
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
double number(const Json& row, const char* name) {
  return row.contains(name) && row[name].is_number() ? row[name].get<double>() : kNone;
}

/// Rows of one curve: those of one column, part and class.
struct Curve {
  std::string column, part, class_name;
  Json rows = Json::array();
};

std::string text_of(const Json& row, const char* name) {
  return row.contains(name) && row[name].is_string() ? row[name].get<std::string>() : "";
}

std::vector<Curve> curves_of(const Json& effects) {
  std::vector<Curve> curves;
  for (const Json& row : effects) {
    std::string column = text_of(row, "column"), part = text_of(row, "part"), of = text_of(row, "class");
    if (curves.empty() || curves.back().column != column || curves.back().part != part ||
        curves.back().class_name != of)
      curves.push_back({column, part, of, Json::array()});
    curves.back().rows.push_back(row);
  }
  return curves;
}

std::string title_of(const Curve& curve) {
  return curve.part.empty() ? curve.column : curve.column + ": " + curve.part;
}

Json number_curve(const Curve& curve, Json& rows) {
  for (const Json& row : curve.rows) {
    double from = number(row, "from"), to = number(row, "to");
    if (std::isnan(from) || std::isnan(to)) continue;
    rows.push_back(
        {{"at", (from + to) / 2}, {"effect", row["effect"]}, {"lower", row["lower"]}, {"upper", row["upper"]}});
  }
  Json x = with(field("at", "quantitative", ""),
                {{"scale", {{"zero", false}, {"nice", false}}}, {"axis", {{"tickCount", 6}}}});
  Json band = {{"mark", {{"type", "area"}, {"fillOpacity", 0.18}, {"interpolate", "monotone"}}},
               {"encoding", {{"y", field("lower", "quantitative", "")}, {"y2", {{"field", "upper"}}}}}};
  Json line = {{"mark", {{"type", "line"}, {"interpolate", "monotone"}, {"point", {{"size", 18}}}}},
               {"encoding", {{"y", with(field("effect", "quantitative", ""), {{"axis", {{"tickCount", 5}}}})}}}};
  return {{"width", 300}, {"height", 130}, {"encoding", {{"x", x}}}, {"layer", {reference("y", 0), band, line}}};
}

Json text_curve(const Curve& curve, Json& rows) {
  constexpr size_t kMostBars = 10;
  std::vector<Json> bars;
  for (const Json& row : curve.rows)
    if (number(row, "rows") >= static_cast<double>(kFewestNamed)) bars.push_back(row);
  std::stable_sort(bars.begin(), bars.end(),
                   [](const Json& a, const Json& b) { return number(a, "rows") > number(b, "rows"); });
  if (bars.size() > kMostBars) bars.resize(kMostBars);
  for (const Json& row : bars)
    rows.push_back({{"value", text_of(row, "value").empty() ? "missing" : text_of(row, "value")},
                    {"effect", row["effect"]},
                    {"lower", row["lower"]},
                    {"upper", row["upper"]}});
  Json y = with(field("value", "nominal", ""),
                {{"sort", {{"field", "effect"}, {"order", "descending"}}}, {"axis", {{"labelLimit", 130}}}});
  Json x = with(field("effect", "quantitative", ""), {{"axis", {{"tickCount", 4}, {"grid", true}}}});
  Json bar = {{"mark", {{"type", "bar"}, {"height", 9}}}, {"encoding", {{"x", x}}}};
  Json interval = {{"mark", {{"type", "rule"}, {"strokeWidth", 1.2}, {"color", theme_colors(Theme::light).label}}},
                   {"encoding", {{"x", field("lower", "quantitative", "")}, {"x2", {{"field", "upper"}}}}}};
  return {{"width", 220},
          {"height", {{"step", 17}}},
          {"encoding", {{"y", y}}},
          {"layer", {bar, interval, reference("x", 0)}}};
}

/// "It rises from -0.8 to 1.2."
std::string in_words(const Json& rows) {
  const Json *low = nullptr, *high = nullptr;
  for (const Json& row : rows) {
    if (!low || number(row, "effect") < number(*low, "effect")) low = &row;
    if (!high || number(row, "effect") > number(*high, "effect")) high = &row;
  }
  if (!low) return "";
  auto place = [](const Json& row) {
    return row.contains("value") ? row["value"].get<std::string>()
                                 : fmt::format("about {:.3g}", row["at"].get<double>());
  };
  return fmt::format("lowest ({:.2g}) at {}, highest ({:+.2g}) at {}", number(*low, "effect"), place(*low),
                     number(*high, "effect"), place(*high));
}

}  // namespace

std::string importance_figure(const Json& importance) {
  constexpr size_t kMostBars = 15;
  Json rows = Json::array();
  for (const Json& row : importance)
    if (rows.size() < kMostBars && number(row, "importance") > 0) rows.push_back(row);
  if (rows.empty()) return "";
  Json y = with(field("column", "nominal", ""), {{"sort", nullptr}, {"axis", {{"labelLimit", 220}}}});
  Json bar = {{"mark", {{"type", "bar"}, {"height", 13}}},
              {"encoding",
               {{"x", with(field("importance", "quantitative", "mean absolute contribution"),
                           {{"axis", {{"grid", true}, {"tickCount", 6}}}})}}}};
  Json interval = {{"mark", {{"type", "rule"}, {"strokeWidth", 1.2}, {"color", theme_colors(Theme::light).label}}},
                   {"encoding", {{"x", field("lower", "quantitative", "")}, {"x2", {{"field", "upper"}}}}}};
  std::string alt = "Bars of the importance of columns, the largest first: ";
  for (size_t i = 0; i < std::min<size_t>(3, rows.size()); ++i)
    alt += fmt::format("{}{} {:.0f} %", i ? ", " : "", text_of(rows[i], "column"), 100 * number(rows[i], "share"));
  return html_figure({{"width", 480}, {"height", {{"step", 21}}}, {"encoding", {{"y", y}}}, {"layer", {bar, interval}}},
                     rows, alt);
}

std::string effect_figures(const Json& effects, const std::string& unit, size_t most) {
  std::string html;
  size_t count = 0;
  std::set<std::string> columns;
  for (const Curve& curve : curves_of(effects)) {
    if (!columns.contains(curve.column) && columns.size() >= most) break;
    if (++count > 2 * most) break;  // the parts of times, and the classes, of the columns
    columns.insert(curve.column);
    bool is_number = std::any_of(curve.rows.begin(), curve.rows.end(),
                                 [](const Json& row) { return !std::isnan(number(row, "from")); });
    Json rows = Json::array();
    Json spec = is_number ? number_curve(curve, rows) : text_curve(curve, rows);
    if (rows.size() < 2) continue;
    std::string title = title_of(curve);
    if (!curve.class_name.empty()) title += ", towards " + curve.class_name;
    html += html_figure(
        spec, rows, fmt::format("How {} moves the {}: {}", title, unit, in_words(rows)),
        fmt::format("`{}`{}", title_of(curve), curve.class_name.empty() ? "" : ", towards `" + curve.class_name + "`"));
  }
  return html.empty() ? "" : "<div class=\"pair\">\n" + html + "</div>\n";
}

std::string calibration_figure(const Json& bins) {
  if (bins.size() < 2) return "";
  Json scale = {{"scale", {{"domain", {0, 1}}}}, {"axis", {{"format", ".0%"}, {"tickCount", 5}}}};
  Json x = with(field("predicted", "quantitative", "predicted probability"), scale);
  Json y = with(field("observed", "quantitative", "share that came true"), scale);
  Json interval = {
      {"mark", {{"type", "rule"}, {"strokeWidth", 1.5}, {"color", theme_colors(Theme::light).categories[0]}}},
      {"encoding",
       {{"x", x},
        {"y", with(field("lower", "quantitative", "share that came true"), scale)},
        {"y2", {{"field", "upper"}}}}}};
  Json points = {{"mark", {{"type", "point"}, {"size", 55}}}, {"encoding", {{"x", x}, {"y", y}}}};
  double worst = 0;
  for (const Json& bin : bins) worst = std::max(worst, std::abs(number(bin, "predicted") - number(bin, "observed")));
  return html_figure(
      {{"width", 340}, {"height", 300}, {"layer", {diagonal(0, 1), interval, points}}}, bins,
      fmt::format("Predicted probability against the share that came true, in {} bins; the largest distance "
                  "from the diagonal is {:.1f} percentage points",
                  bins.size(), 100 * worst),
      "Each point is a tenth of the rows; the line through it holds the true share with 95 %. On the dashed "
      "line predictions come true as often as they say.");
}

std::string threshold_figure(const Json& thresholds, double chosen) {
  Json rows = Json::array();
  bool costs = !thresholds.empty() && thresholds[0].contains("cost");
  for (const Json& row : thresholds) {
    if (costs) {
      rows.push_back({{"threshold", row["threshold"]}, {"value", row["cost"]}});
      continue;
    }
    for (const char* name : {"precision", "recall"})
      if (row[name].is_number())
        rows.push_back({{"threshold", row["threshold"]}, {"value", row[name]}, {"figure", name}});
  }
  if (rows.size() < 3) return "";
  Json x = with(field("threshold", "quantitative", "threshold"),
                {{"scale", {{"domain", {0, 1}}}}, {"axis", {{"format", ".0%"}, {"tickCount", 5}}}});
  Json y = field("value", "quantitative", costs ? "cost a row" : "");
  if (!costs) y.update({{"scale", {{"domain", {0, 1}}}}, {"axis", {{"format", ".0%"}, {"tickCount", 5}}}});
  Json line = {{"mark", {{"type", "line"}}}, {"encoding", {{"x", x}, {"y", y}}}};
  if (!costs)
    line["encoding"]["color"] =
        with(field("figure", "nominal", ""), {{"legend", {{"orient", "top"}, {"symbolType", "stroke"}}}});
  return html_figure({{"width", 440}, {"height", 220}, {"layer", {line, reference("x", chosen)}}}, rows,
                     costs ? fmt::format("Cost a row by threshold; {:.3g} is used", chosen)
                           : fmt::format("Precision and recall by threshold; {:.3g} is used", chosen),
                     costs
                         ? "What the decisions cost by the threshold; the dashed line is the one in use."
                         : "Of the rows that are flagged, how many are right (precision), and of those that should be, "
                           "how many are flagged (recall). The dashed line is the threshold in use.");
}

std::string tenths_figure(const Json& tenths) {
  if (tenths.size() < 2) return "";
  double low = number(tenths.front(), "predicted"), high = number(tenths.back(), "predicted");
  Json flat = {{"scale", {{"zero", false}}}, {"axis", {{"tickCount", 6}}}};
  Json x = with(field("predicted", "quantitative", "predicted, mean of a tenth"), flat);
  Json interval = {
      {"mark", {{"type", "rule"}, {"strokeWidth", 1.5}, {"color", theme_colors(Theme::light).categories[0]}}},
      {"encoding",
       {{"x", x}, {"y", with(field("low", "quantitative", "true value"), flat)}, {"y2", {{"field", "high"}}}}}};
  Json points = {{"mark", {{"type", "point"}, {"size", 55}}},
                 {"encoding", {{"x", x}, {"y", with(field("actual", "quantitative", "true value"), flat)}}}};
  return html_figure(
      {{"width", 380}, {"height", 300}, {"layer", {diagonal(low, high), interval, points}}}, tenths,
      "Predicted against true values, by tenths of the prediction",
      "Each point is the mean of a tenth of the rows, ordered by prediction; its line holds the middle 80 % of "
      "the true values. On the dashed line predictions are right on average.");
}

}  // namespace filrouge
