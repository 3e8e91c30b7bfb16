#include "commands/look_text.h"

#include "base/text.h"
#include "commands/text_table.h"

#include <cmath>

namespace filrouge {
namespace {

std::string padded(const std::string& text, size_t width) {
  std::string out = fit(text, width);
  return out + std::string(width - std::min(width, display_width(out)), ' ');
}

/// A number as people read it: 12.6, 1,301, 0.00042, 3.4e+12. Years and codes keep their digits: no commas below
/// 10,000.
std::string figure(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number()) return dump(value);
  double number = value.get<double>(), size = std::fabs(number);
  if (number == std::floor(number) && size < 1e15) {
    std::string digits = size < 10000 ? fmt::format("{:.0f}", size) : with_commas(static_cast<uint64_t>(size));
    return (number < 0 ? "-" : "") + digits;
  }
  if (size >= 1e7 || size < 1e-4) return fmt::format("{:.3g}", number);
  std::string text = fmt::format("{:.{}f}", number, size >= 100 ? 1 : size >= 1 ? 2 : 4);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string percent(uint64_t part, uint64_t whole) {
  double share = whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
  return part > 0 && share < 0.1 ? "<0.1 %" : fmt::format("{:.1f} %", share);
}

/// ▁▂▃▅▇: a bin that is not empty is never blank.
std::string bars(const Json& counts) {
  constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  uint64_t most = 1;
  for (const Json& count : counts) most = std::max(most, count.get<uint64_t>());
  std::string out;
  for (const Json& count : counts) {
    uint64_t value = count.get<uint64_t>();
    out += value == 0 ? " "
                      : kBars[std::min<size_t>(
                            7, static_cast<size_t>(8.0 * static_cast<double>(value) / static_cast<double>(most)))];
  }
  return out;
}

class Renderer {
 public:
  Renderer(const Json& profile, int width, bool color)
      : profile_(profile),
        width_(static_cast<size_t>(std::max(width, 60))),
        color_(color),
        rows_(profile.at("rows").get<uint64_t>()) {}

  std::string render() {
    out_ = fmt::format("{}  {}\n", plural_rows(), plural(profile_["columns"].size(), "column"));
    for (const Json& column : profile_["columns"]) {
      names_ = std::max(names_, std::min<size_t>(24, display_width(column["name"].get<std::string>())));
      types_ = std::max(types_, std::min<size_t>(16, column["type"].get<std::string>().size()));
    }
    for (const Json& column : profile_["columns"]) one(column);
    return out_;
  }

 private:
  std::string plural_rows() const { return with_commas(rows_) + (rows_ == 1 ? " row" : " rows"); }
  std::string paint(const char* code, const std::string& text) const {
    return color_ ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
  }

  /// A line of details under the column's own.
  void line(const std::string& text) { out_ += std::string(4, ' ') + fit(text, width_ - 4) + "\n"; }

  void one(const Json& column) {
    uint64_t nulls = column["nulls"].get<uint64_t>();
    const char* about = column["approximate"] == true ? "~" : "";
    std::string facts = nulls ? percent(nulls, rows_) + " missing, " : "";
    facts += fmt::format("{}{} distinct", about, with_commas(column["distinct"].get<uint64_t>()));
    out_ += fmt::format("\n{}  {}  {}\n", paint("1", padded(column["name"].get<std::string>(), names_)),
                        paint("36", padded(column["type"].get<std::string>(), types_)), facts);
    bool constant = column["distinct"] == 1;
    if (column.contains("histogram") && !constant) distribution(column, about);
    if (column.contains("length")) lengths(column);
    if (column.contains("top") && (!column.contains("histogram") || column["distinct"].get<uint64_t>() <= 20))
      top(column);
    for (const Json& warning : column["warnings"])
      out_ += "    " + paint("33", fit("! " + warning["message"].get<std::string>(), width_ - 4)) + "\n";
  }

  void distribution(const Json& column, const char* about) {
    const Json& histogram = column["histogram"];
    if (histogram["counts"].size() > 1)
      line(fmt::format("{} |{}| {}{}", figure(histogram["from"]), bars(histogram["counts"]), figure(histogram["to"]),
                       histogram["clipped"] == true
                           ? fmt::format("   (all: {} to {})", figure(column["min"]), figure(column["max"]))
                           : ""));
    const Json& q = column["quantiles"];
    std::string text;
    if (column.contains("mean")) text = fmt::format("mean {}  std {}  ", figure(column["mean"]), figure(column["std"]));
    text += fmt::format("5 % {0}{1}  25 % {0}{2}  median {0}{3}  75 % {0}{4}  95 % {0}{5}", about, figure(q["5"]),
                        figure(q["25"]), figure(q["50"]), figure(q["75"]), figure(q["95"]));
    line(text);
    uint64_t zeros = column.value("zeros", uint64_t{0}), negatives = column.value("negatives", uint64_t{0});
    std::string special = zeros ? percent(zeros, rows_) + " zero" : "";
    if (negatives) special += (zeros ? ", " : "") + percent(negatives, rows_) + " negative";
    if (!special.empty()) line(special);
  }

  void lengths(const Json& column) {
    const Json& length = column["length"];
    if (length["min"].is_null()) return;
    line(length["min"] == length["max"]
             ? fmt::format("{} characters", figure(length["min"]))
             : fmt::format("{} to {} characters", figure(length["min"]), figure(length["max"])));
  }

  /// "EWR 120,835 (35.9 %)  JFK 111,279 (33.0 %) .." as many as fit.
  void top(const Json& column) {
    std::string text;
    for (const Json& entry : column["top"]) {
      std::string value = entry["value"].is_string() ? entry["value"].get<std::string>() : figure(entry["value"]);
      uint64_t count = entry["count"].get<uint64_t>();
      std::string part = fmt::format("{}{} {}", text.empty() ? "" : "  ", value.empty() ? "''" : fit(value, 24),
                                     percent(count, rows_));
      if (!text.empty() && display_width(text + part) + 4 > width_) break;
      text += part;
    }
    line(text);
  }

  const Json& profile_;
  size_t width_;
  bool color_;
  uint64_t rows_;
  size_t names_ = 4, types_ = 4;
  std::string out_;
};

}  // namespace

std::string render_profile(const Json& profile, int width, bool color) {
  return Renderer(profile, width, color).render();
}

}  // namespace filrouge
