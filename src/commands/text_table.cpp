#include "commands/text_table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "commands/command.h"

namespace filrouge {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kPageWidth = 100;  // of running text where there is no terminal
constexpr size_t kNarrowest = 12;   // a text cut shorter than this says nothing

/// Bytes of the code point that begins at `at`.
size_t length_at(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
  return end - at;
}

/// Control characters as escapes: data must not move the cursor of the terminal it is shown on.
std::string one_line(const std::string& text) {
  std::string shown;
  for (char c : text) {
    if (c == '\n')
      shown += "\\n";
    else if (c == '\t')
      shown += "\\t";
    else if (c == '\r')
      shown += "\\r";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      shown += c;
  }
  return shown;
}

}  // namespace

TextStyle output_style() {
  TextStyle style;
  style.color = use_color(STDOUT_FILENO);
  const char* columns = std::getenv("COLUMNS");
  winsize size{};
  if (columns && *columns && std::string_view(columns).find_first_not_of("0123456789") == std::string_view::npos)
    style.width = std::strtoul(columns, nullptr, 10);
  else if (::isatty(STDOUT_FILENO) && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    style.width = size.ws_col;
  return style;
}

std::string fit(const std::string& text, size_t width) {
  std::string shown = one_line(text);
  if (display_width(shown) <= width) return shown;
  std::string cut;
  size_t used = 0;
  for (size_t at = 0; at < shown.size();) {
    size_t length = length_at(shown, at);
    std::string_view piece = std::string_view(shown).substr(at, length);
    if (used + display_width(piece) + 1 > width) break;
    cut += piece, used += display_width(piece), at += length;
  }
  return cut + "…";
}

std::string wrap(const std::string& text, size_t width, size_t indent) {
  std::string lines;
  size_t used = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    size_t size = display_width(word);
    if (used > 0 && used + 1 + size > width) lines += "\n" + std::string(indent, ' '), used = 0;
    if (used > 0) lines += " ", ++used;
    lines += word, used += size;
  }
  return lines;
}

std::string labelled(const std::string& label, size_t label_width, const std::string& text) {
  if (text.empty()) return "";
  size_t width = output_style().width, indent = label_width + 2;
  if (width == 0) width = kPageWidth;
  return fmt::format("  {:<{}}{}\n", label, label_width, wrap(text, std::max(width, indent + 30) - indent, indent));
}

std::string grey(const std::string& text, bool color) {
  return color && !text.empty() ? "\x1b[90m" + text + "\x1b[0m" : text;
}

std::string bold(const std::string& text, bool color) {
  return color && !text.empty() ? "\x1b[1m" + text + "\x1b[0m" : text;
}

std::string short_time(const std::string& iso) {
  if (iso.size() < 19) return iso;
  std::string text = iso.substr(0, 19);
  text[10] = ' ';
  return text;
}

void TextTable::add(std::vector<TextCell> cells) {
  cells.resize(columns_.size());
  for (TextCell& cell : cells) cell.text = one_line(cell.text);
  rows_.push_back(std::move(cells));
}

std::vector<size_t> TextTable::widths() const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns_.size(); ++c) {
    size_t width = std::max(display_width(one_line(columns_[c].title)), display_width(columns_[c].type));
    for (const auto& row : rows_) width = std::max(width, display_width(row[c].text));
    widths.push_back(width);
  }
  return widths;
}

namespace {

size_t total(const std::vector<size_t>& widths, const TextStyle& style) {
  size_t sum = style.indent + (widths.empty() ? 0 : kGap * (widths.size() - 1));
  for (size_t width : widths) sum += width;
  return sum;
}

/// Makes the widest texts narrower, then forgets the last columns, until the line fits.
void squeeze(std::vector<size_t>& widths, const std::vector<TextColumn>& columns, const TextStyle& style) {
  if (style.width == 0) return;
  while (total(widths, style) > style.width) {
    size_t widest = widths.size();
    for (size_t c = 0; c < widths.size(); ++c)
      if (!columns[c].right && widths[c] > kNarrowest && (widest == widths.size() || widths[c] > widths[widest]))
        widest = c;
    if (widest == widths.size()) break;
    --widths[widest];
  }
  while (widths.size() > 1 && total(widths, style) > style.width) widths.pop_back();
}

}  // namespace

std::string TextTable::line(const std::vector<TextCell>& cells, const std::vector<size_t>& widths,
                            const TextStyle& style) const {
  std::string line(style.indent, ' ');
  size_t blanks = 0;  // owed before the next text, so that no line ends in blanks
  for (size_t c = 0; c < widths.size(); ++c) {
    std::string text = fit(cells[c].text, widths[c]);
    size_t pad = widths[c] - std::min(widths[c], display_width(text));
    if (columns_[c].right) blanks += pad;
    if (!text.empty()) {
      line += std::string(blanks, ' ') + grey(text, style.color && cells[c].grey);
      blanks = 0;
    }
    blanks += (columns_[c].right ? 0 : pad) + kGap;
  }
  while (line.ends_with(' ')) line.pop_back();
  return line + "\n";
}

TextTable::Drawn TextTable::draw(const TextStyle& style) const {
  std::vector<size_t> fitted = widths();
  squeeze(fitted, columns_, style);
  std::vector<TextCell> titles, types, rules;
  bool typed = false;
  for (size_t c = 0; c < columns_.size(); ++c) {
    titles.emplace_back(columns_[c].title);
    types.emplace_back(columns_[c].type, true);
    typed = typed || !columns_[c].type.empty();
    std::string rule;
    for (size_t i = 0; c < fitted.size() && i < fitted[c]; ++i) rule += "─";
    rules.emplace_back(rule, true);
  }
  Drawn drawn;
  drawn.text = bold(line(titles, fitted, {style.width, false, style.indent}), style.color);
  if (typed) drawn.text += line(types, fitted, style) + line(rules, fitted, style);
  for (const auto& row : rows_) drawn.text += line(row, fitted, style);
  for (size_t c = fitted.size(); c < columns_.size(); ++c) drawn.hidden.push_back(columns_[c].title);
  return drawn;
}

bool is_number_type(const std::string& type) {
  static const std::set<std::string> numbers = {"TINYINT",   "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
                                                "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",  "DOUBLE",  "UHUGEINT"};
  return numbers.contains(type) || type.starts_with("DECIMAL");
}

TextCell cell_of(const Json& value) {
  if (value.is_null()) return {"NULL", true};
  if (value.is_string()) return {value.get<std::string>()};
  if (value.is_number_float()) return {fmt::format("{}", value.get<double>())};
  return {dump(value)};
}

TextTable table_of(const Json& answer) {
  std::vector<TextColumn> columns;
  for (const Json& column : answer.at("columns")) {
    std::string type = column.at("type");
    columns.push_back({column.at("name"), type, is_number_type(type)});
  }
  TextTable table(std::move(columns));
  for (const Json& row : answer.at("rows")) {
    std::vector<TextCell> cells;
    for (const Json& value : row) cells.push_back(cell_of(value));
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace filrouge
