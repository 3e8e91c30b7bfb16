#include "charts/titles.h"

#include "base/text.h"
#include "charts/text_width.h"

namespace filrouge {
namespace {

struct Unit {
  const char* suffix;
  const char* shown;
};
// Only endings that mean nothing else: not `_min` (minimum), `_m`, `_c`.
constexpr Unit kUnits[] = {{"_ms", "ms"},       {"_sec", "s"},     {"_secs", "s"},  {"_seconds", "s"},
                           {"_minutes", "min"}, {"_hours", "h"},   {"_km", "km"},   {"_miles", "miles"},
                           {"_kg", "kg"},       {"_mb", "MB"},     {"_gb", "GB"},   {"_kb", "kB"},
                           {"_bytes", "bytes"}, {"_usd", "USD"},   {"_eur", "EUR"}, {"_gbp", "GBP"},
                           {"_pct", "%"},       {"_percent", "%"}, {"_kwh", "kWh"}, {"_mw", "MW"},
                           {"_kw", "kW"},       {"_rpm", "rpm"},   {"_mm", "mm"},   {"_cm", "cm"}};

std::string spaced(std::string name) {
  for (char& letter : name)
    if (letter == '_') letter = ' ';
  return std::string(trim(name));
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

bool has_word(const std::string& column, std::span<const char* const> words) {
  for (const std::string& part : split(lower(column), '_'))
    for (const char* word : words)
      if (part == word) return true;
  return false;
}

constexpr const char* kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                   "july",    "august",   "september", "october", "november", "december"};
constexpr const char* kWeekdays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

/// The labels in the order of `names`, which they may shorten to three letters or more; nothing when one label is none
/// of them.
std::vector<std::string> in_order_of(std::span<const char* const> names, const std::vector<std::string>& labels) {
  std::vector<std::string> ordered;
  for (const char* name : names)
    for (const std::string& label : labels)
      if (label.size() >= 3 && std::string_view(name).starts_with(lower(label))) ordered.push_back(label);
  return ordered.size() == labels.size() ? ordered : std::vector<std::string>();
}

std::string words_of(const Channel* channel) {
  return channel ? channel_title(*channel, "") : "";
}

}  // namespace

std::string readable(const std::string& column) {
  const std::string name = lower(column);
  for (const Unit& unit : kUnits)
    if (name.ends_with(unit.suffix) && name.size() > std::string_view(unit.suffix).size())
      return fmt::format("{} ({})", spaced(column.substr(0, column.size() - std::string_view(unit.suffix).size())),
                         unit.shown);
  return spaced(column);
}

std::string channel_title(const Channel& channel, const std::string& unit) {
  std::string title = readable(channel.column);
  if (channel.definition.contains("title") && channel.definition["title"].is_string())
    title = channel.definition["title"].get<std::string>();
  else if (channel.aggregate == "count")
    title = channel.column.empty() ? "number of rows" : "number of " + title;
  else if (channel.aggregate == "distinct")
    title = "different " + title;
  else if (!channel.aggregate.empty())
    title = channel.aggregate == "sum" ? "total " + title : channel.aggregate + " " + title;
  return unit.empty() ? title : fmt::format("{} ({})", title, unit);
}

std::string natural_title(const ShortForm& form, bool x_is_measure) {
  const std::string x = words_of(form.find("x")), y = words_of(form.find("y")), color = words_of(form.find("color"));
  std::string title;
  if (form.mark == "histogram")
    title = "Distribution of " + words_of(form.find("x") && form.find("x")->bin ? form.find("x") : form.find("y"));
  else if (form.mark == "heatmap")
    title = fmt::format("{} by {} and {}", color, x, y);
  else if (form.mark == "arc")
    title = fmt::format("{} by {}", y, color);
  else if (form.mark == "point")
    title = fmt::format("{} against {}", y, x);
  else if (x.empty() || y.empty())
    title = x + y;
  else if (x_is_measure)
    title = fmt::format("{} by {}", x, y);
  else
    title = fmt::format("{} by {}", y, x);
  std::vector<std::string> more;
  for (const char* name : {"color", "facet", "row", "column"})
    if (const Channel* channel = form.find(name);
        channel && !channel->column.empty() && form.mark != "heatmap" && form.mark != "arc")
      if (const std::string words = words_of(channel); title.find(words) == std::string::npos) more.push_back(words);
  for (size_t i = 0; i < more.size(); ++i) {
    const bool is_first = i == 0 && title.find(" by ") == std::string::npos;
    title += (is_first ? " by " : i + 1 < more.size() ? ", " : " and ") + more[i];
  }
  return capital(title);
}

std::vector<std::string> wrap(const std::string& text, double font_size, bool bold, double width) {
  std::vector<std::string> lines;
  for (const std::string& paragraph : split(text, '\n')) {
    std::string line;
    for (const std::string& word : split(paragraph, ' ')) {
      const std::string longer = line.empty() ? word : line + " " + word;
      if (!line.empty() && text_width(longer, bold) * font_size > width) {
        lines.push_back(line);
        line = word;
      } else {
        line = longer;
      }
    }
    lines.push_back(line);
  }
  while (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  return lines;
}

bool names_a_share(const std::string& column) {
  constexpr const char* kWords[] = {"share", "rate", "percent", "percentage", "pct", "ratio", "proportion", "fraction"};
  return has_word(column, kWords);
}

bool names_a_year(const std::string& column) {
  constexpr const char* kWords[] = {"year", "yr", "jahr", "annee"};
  return has_word(column, kWords);
}

std::vector<std::string> calendar_order(const std::vector<std::string>& labels) {
  std::vector<std::string> ordered = in_order_of(kWeekdays, labels);
  return ordered.empty() ? in_order_of(kMonths, labels) : ordered;
}

}  // namespace filrouge
