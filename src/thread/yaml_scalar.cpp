// Scalars of YAML: which values they stand for, and where each byte of a value stands in the file.
#include <charconv>

#include "base/text.h"
#include "thread/lines.h"
#include "thread/yaml.h"

namespace filrouge {

namespace {

bool all_of_set(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

template <typename Number>
std::optional<Number> parse_whole(std::string_view digits, int base) {
  Number number{};
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<Json> integer_value(std::string_view text) {
  if (text.starts_with("0x") && all_of_set(text.substr(2), "0123456789abcdefABCDEF")) {
    if (auto number = parse_whole<uint64_t>(text.substr(2), 16)) return Json(*number);
    return std::nullopt;
  }
  if (text.starts_with("0o") && all_of_set(text.substr(2), "01234567")) {
    if (auto number = parse_whole<uint64_t>(text.substr(2), 8)) return Json(*number);
    return std::nullopt;
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  if (!all_of_set(text.substr(text.starts_with('-') ? 1 : 0), "0123456789")) return std::nullopt;
  if (auto number = parse_whole<int64_t>(text, 10)) return Json(*number);
  if (auto number = parse_whole<uint64_t>(text, 10)) return Json(*number);
  return std::nullopt;  // too large for 64 bits: a float, as in JSON
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?   (YAML 1.2.2, section 10.3.2). Infinity and NaN
/// stay texts: JSON has none.
std::optional<Json> float_value(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  if (!std::isdigit(static_cast<unsigned char>(digits[0])) &&
      !(digits[0] == '.' && digits.size() > 1 && std::isdigit(static_cast<unsigned char>(digits[1]))))
    return std::nullopt;
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Json(number);
}

Json scalar_value(const Node& node) {
  const std::string& text = node.text;
  if (!node.plain) return text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (auto number = integer_value(text)) return *number;
  if (auto number = float_value(text)) return *number;
  return text;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_break(char c) {
  return c == '\n' || c == '\r';
}

/// Begin of the line after the one in which `at` stands.
size_t next_line(std::string_view source, size_t at) {
  at = source.find_first_of("\r\n", at);
  if (at == std::string_view::npos) return source.size();
  return at + (source.substr(at, 2) == "\r\n" ? 2 : 1);
}

size_t line_end(std::string_view source, size_t at) {
  return std::min(source.find_first_of("\r\n", at), source.size());
}

size_t count_leading_blanks(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

/// By how much the lines of a literal block are indented: on the first line that is not empty, the value lacks it.
size_t block_indent(std::string_view source, size_t first_line, std::string_view value) {
  size_t raw = first_line, at = 0;
  while (raw < source.size()) {
    std::string_view line = source.substr(raw, line_end(source, raw) - raw);
    std::string_view decoded = value.substr(at, value.find('\n', at) - at);
    if (count_leading_blanks(line) < line.size()) {
      size_t kept = count_leading_blanks(decoded);
      return count_leading_blanks(line) - std::min(kept, count_leading_blanks(line));
    }
    raw = next_line(source, raw);
    size_t end = value.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return 0;
}

size_t raw_in_literal(std::string_view source, size_t begin, std::string_view value, size_t offset) {
  size_t first = next_line(source, begin);
  size_t indent = block_indent(source, first, value);
  size_t raw = first, at = 0;
  for (size_t end = value.find('\n'); end < offset; end = value.find('\n', at)) {
    at = end + 1;
    raw = next_line(source, raw);
  }
  size_t end = line_end(source, raw);
  size_t lead = std::min(indent, count_leading_blanks(source.substr(raw, end - raw)));
  return std::min(raw + lead + (offset - at), end);
}

struct Unit {
  size_t raw, decoded;  ///< bytes
};

/// Bytes in UTF-8 of the code point that an escape with `digits` hexadecimal digits names.
size_t escaped_bytes(std::string_view hex) {
  uint32_t code = parse_whole<uint32_t>(hex, 16).value_or(0);
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/// What stands for itself in a scalar that is not a block: an escape, a folded line break, or one byte.
Unit unit_at(std::string_view source, size_t at, char quote) {
  std::string_view rest = source.substr(at);
  if (quote == '\'' && rest.starts_with("''")) return {2, 1};
  if (quote == '"' && rest.size() >= 2 && rest[0] == '\\') {
    if (is_break(rest[1])) {  // the line goes on: its break and the blanks that follow are nothing
      size_t end = next_line(rest, 1);
      while (end < rest.size() && is_blank(rest[end])) ++end;
      return {end, 0};
    }
    size_t digits = rest[1] == 'x' ? 2 : rest[1] == 'u' ? 4 : rest[1] == 'U' ? 8 : 0;
    if (digits > 0) return {2 + digits, escaped_bytes(rest.substr(2, digits))};
    bool two = rest[1] == 'N' || rest[1] == '_', three = rest[1] == 'L' || rest[1] == 'P';
    return {2, two ? size_t{2} : three ? size_t{3} : size_t{1}};
  }
  if (!is_blank(rest[0]) && !is_break(rest[0])) return {1, 1};
  size_t end = 0, breaks = 0;
  while (end < rest.size() && (is_blank(rest[end]) || is_break(rest[end]))) {
    breaks += is_break(rest[end]);
    end += rest.substr(end, 2) == "\r\n" ? 2 : 1;
  }
  if (breaks == 0) return {1, 1};
  return {end, breaks == 1 ? 1 : breaks - 1};  // one break is a blank, n are n - 1 empty lines
}

size_t raw_in_flow(std::string_view source, size_t begin, size_t end, size_t offset) {
  char quote = begin < source.size() && (source[begin] == '"' || source[begin] == '\'') ? source[begin] : 0;
  size_t raw = begin + (quote ? 1 : 0);
  size_t decoded = 0;
  while (raw < end) {
    Unit unit = unit_at(source, raw, quote);
    if (decoded + unit.decoded > offset) break;
    raw += unit.raw, decoded += unit.decoded;
  }
  return std::min(raw, end);
}

/// Folded blocks: runs of white space in the file and in the value stand for each other; all else is the same in both.
size_t raw_in_folded(std::string_view source, size_t begin, std::string_view value, size_t offset) {
  constexpr std::string_view kSpace = " \t\r\n";
  size_t raw = std::min(source.find_first_not_of(kSpace, next_line(source, begin)), source.size());
  size_t at = std::min(value.find_first_not_of(kSpace), value.size());
  while (at < offset && raw < source.size()) {
    if (kSpace.find(value[at]) == std::string_view::npos) {
      ++at, ++raw;
      continue;
    }
    size_t run = std::min(value.find_first_not_of(kSpace, at), value.size()) - at;
    if (offset - at < run) return raw;
    at += run;
    raw = std::min(source.find_first_not_of(kSpace, raw), source.size());
  }
  return raw;
}

}  // namespace

Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return scalar_value(node);
    case Node::Kind::sequence: {
      Json list = Json::array();
      for (const Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::mapping:
      break;
  }
  Json object = Json::object();
  for (const auto& [key, value] : node.entries) object.push_back({key.text, to_json(value)});
  return object;
}

Place place_in_scalar(const Node& node, const std::string& source, size_t offset) {
  offset = std::min(offset, node.text.size());
  size_t begin = std::min(node.begin.offset, source.size()), end = std::min(node.end.offset, source.size());
  char sign = begin < source.size() ? source[begin] : 0;
  size_t raw = sign == '|'   ? raw_in_literal(source, begin, node.text, offset)
               : sign == '>' ? raw_in_folded(source, begin, node.text, offset)
                             : raw_in_flow(source, begin, end, offset);
  // Counted from the node's own place: the file before it need not be read again.
  Place place = node.begin;
  size_t line_begin = begin;
  for (size_t at = line_end(source, begin); at < raw; at = line_end(source, line_begin)) {
    if (next_line(source, at) > raw) break;
    line_begin = next_line(source, at);
    ++place.line, place.column = 1;
  }
  place.column += static_cast<int>(count_code_points(std::string_view(source).substr(line_begin, raw - line_begin)));
  place.offset = raw;
  return place;
}

}  // namespace filrouge
