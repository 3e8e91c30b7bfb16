#include "thread/diagnostic.h"

#include "base/text.h"
#include "thread/lines.h"

namespace filrouge {

namespace {

constexpr size_t kMaxLineWidth = 160;
constexpr size_t kShownBeforeCaret = 60;  ///< of a line that is cut
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Colors {
  std::string_view severity, bold, gutter, reset;
};

Colors colors_for(Severity severity, bool color) {
  if (!color) return {};
  return {severity == Severity::error ? "\x1b[1;31m" : "\x1b[1;33m", "\x1b[1m", "\x1b[1;34m", "\x1b[0m"};
}

/// The code points of a line as they may be shown on a terminal: a tab is one blank, what cannot be shown is U+FFFD.
std::vector<std::string> drawable(std::string_view line) {
  std::vector<std::string> points;
  while (!line.empty()) {
    size_t length = 1;
    while (length < line.size() && length < 4 && (line[length] & 0xC0) == 0x80) ++length;
    std::string_view point = line.substr(0, length);
    auto first = static_cast<unsigned char>(point[0]);
    if (first_invalid_utf8(point)) {
      length = 1;
      points.emplace_back(kReplacement);
    } else if (first == '\t') {
      points.emplace_back(" ");
    } else if (first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<unsigned char>(point[1]) < 0xA0)) {
      points.emplace_back(kReplacement);
    } else {
      points.emplace_back(point);
    }
    line.remove_prefix(length);
  }
  return points;
}

/// A text of ours, which may quote the user's: one line, nothing that moves the cursor.
std::string printable(std::string_view text) {
  std::string out;
  for (const std::string& point : drawable(text)) out += point;
  return out;
}

size_t width_of(std::span<const std::string> points) {
  size_t width = 0;
  for (const std::string& point : points) width += display_width(point);
  return width;
}

/// The user's line and where the carets stand under it, in terminal columns.
struct MarkedLine {
  std::string text;
  size_t blanks = 0, carets = 1;
};

MarkedLine mark_line(std::string_view line, const Diagnostic& diagnostic) {
  std::vector<std::string> points = drawable(line);
  size_t begin = std::min(static_cast<size_t>(std::max(diagnostic.column, 1)) - 1, points.size());
  size_t end = std::min(begin + static_cast<size_t>(std::max(diagnostic.length, 1)), points.size());
  std::span<const std::string> all(points);

  size_t first = 0, last = points.size();
  if (width_of(all) > kMaxLineWidth) {
    first = begin > kShownBeforeCaret ? begin - kShownBeforeCaret : 0;
    last = first;
    for (size_t width = 2; last < points.size(); ++last) {  // two columns for the signs that something was cut
      width += display_width(points[last]);
      if (width > kMaxLineWidth) break;
    }
    end = std::min(end, std::max(last, begin));
  }
  MarkedLine marked;
  if (first > 0) marked.text = "…";
  for (const std::string& point : all.subspan(first, last - first)) marked.text += point;
  if (last < points.size()) marked.text += "…";
  marked.blanks = width_of(all.subspan(first, begin - first)) + (first > 0 ? 1 : 0);
  marked.carets = std::max<size_t>(1, width_of(all.subspan(begin, end - begin)));
  return marked;
}

std::string_view text_of(const std::vector<SourceText>& sources, const std::string& name) {
  for (const SourceText& source : sources)
    if (source.name == name) return source.text;
  return {};
}

}  // namespace

std::string render(const Diagnostic& diagnostic, const std::vector<SourceText>& sources, bool color) {
  Colors c = colors_for(diagnostic.severity, color);
  std::string out =
      fmt::format("{}{}[{}]{}{}: {}{}\n", c.severity, diagnostic.severity == Severity::error ? "error" : "warning",
                  diagnostic.code, c.reset, c.bold, printable(diagnostic.message), c.reset);
  bool placed = !diagnostic.file.empty() && diagnostic.line > 0;
  std::string margin(placed ? std::to_string(diagnostic.line).size() : 1, ' ');
  bool hint_shown = diagnostic.hint.empty();
  if (placed) {
    out += fmt::format("{}{}-->{} {}:{}:{}\n", margin, c.gutter, c.reset, printable(diagnostic.file), diagnostic.line,
                       diagnostic.column);
    if (auto line = find_line(text_of(sources, diagnostic.file), diagnostic.line)) {
      MarkedLine marked = mark_line(*line, diagnostic);
      std::string carets(marked.carets, '^'), blanks(marked.blanks, ' ');
      std::string hint = diagnostic.hint.empty() ? "" : " " + printable(diagnostic.hint);
      out += fmt::format("{} {}|{}\n", margin, c.gutter, c.reset);
      out += fmt::format("{}{} |{} {}\n", c.gutter, diagnostic.line, c.reset, marked.text);
      out += fmt::format("{} {}|{} {}{}{}{}{}\n", margin, c.gutter, c.reset, blanks, c.severity, carets, hint, c.reset);
      hint_shown = true;
    }
  }
  auto below = [&](std::string_view text) {
    const char* sign = "=";
    for (const std::string& line : split(text, '\n')) {
      out += fmt::format("{} {}{}{} {}\n", margin, c.gutter, sign, c.reset, printable(line));
      sign = " ";
    }
  };
  if (!hint_shown) below(diagnostic.hint);
  if (!diagnostic.note.empty()) below(diagnostic.note);
  return out;
}

Json to_json(const Diagnostic& diagnostic) {
  bool placed = !diagnostic.file.empty() && diagnostic.line > 0;
  Json json;
  json["code"] = diagnostic.code;
  json["severity"] = diagnostic.severity == Severity::error ? "error" : "warning";
  json["file"] = placed ? Json(diagnostic.file) : Json();
  json["line"] = placed ? Json(diagnostic.line) : Json();
  json["column"] = placed ? Json(diagnostic.column) : Json();
  json["step"] = diagnostic.step;
  json["message"] = diagnostic.message;
  json["hint"] = diagnostic.hint;
  json["note"] = diagnostic.note;
  return json;
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::error; });
}

}  // namespace filrouge
