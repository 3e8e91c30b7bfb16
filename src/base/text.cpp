#include "base/text.h"

#include <wchar.h>

#include <cmath>

namespace filrouge {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) text += separator;
    text += part;
  }
  return text;
}

std::string_view trim(std::string_view text) {
  auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

namespace {

/// Decodes one code point at `at`; its length in bytes, or 0 where the bytes are not UTF-8.
size_t decode(std::string_view text, size_t at, char32_t& code) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(at);
  if (first < 0x80) return code = first, 1;
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  code = first & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  if ((length == 3 && (code < 0x800 || (code >= 0xD800 && code < 0xE000))) ||
      (length == 4 && (code < 0x10000 || code > 0x10FFFF)))
    return 0;
  return length;
}

}  // namespace

std::optional<size_t> first_invalid_utf8(std::string_view text) {
  char32_t code;
  for (size_t at = 0; at < text.size();) {
    size_t length = decode(text, at, code);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

size_t count_code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  char32_t code;
  for (size_t at = 0; at < text.size();) {
    size_t length = decode(text, at, code);
    if (length == 0) {
      ++width, ++at;
      continue;
    }
    bool combining = (code >= 0x300 && code < 0x370) || code == 0x200B || (code >= 0xFE00 && code < 0xFE10);
    bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2E80 && code < 0xA4D0) ||
                (code >= 0xAC00 && code < 0xD7A4) || (code >= 0xF900 && code < 0xFB00) ||
                (code >= 0xFF00 && code < 0xFF61) || (code >= 0x1F300 && code < 0x1FAFF);
    width += combining ? 0 : wide ? 2 : 1;
    at += length;
  }
  return width;
}

namespace {

/// Optimal string alignment distance of two lower-case texts.
size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates) {
  if (name.size() > 200) return std::nullopt;
  size_t best = name.size() <= 4 ? 1 : name.size() <= 8 ? 2 : 3;
  std::optional<std::string> found;
  std::string small = lower(name);
  for (const std::string& candidate : candidates) {
    if (candidate.size() > name.size() + best || name.size() > candidate.size() + best) continue;
    size_t distance = edits(small, lower(candidate));
    if (distance < best || (distance == best && !found)) best = distance, found = candidate;
  }
  return found;
}

std::string with_commas(uint64_t number) {
  std::string digits = std::to_string(number), out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string short_count(uint64_t number) {
  if (number < 10'000) return with_commas(number);
  constexpr std::pair<double, const char*> kUnits[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
  for (auto [unit, name] : kUnits)
    if (static_cast<double>(number) >= unit * 0.9995) {
      double value = static_cast<double>(number) / unit;
      return fmt::format("{:.{}f}{}", value, value < 9.95 ? 1 : 0, name);
    }
  return std::to_string(number);
}

std::string human_bytes(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) value /= 1000, ++unit;
  return fmt::format("{:.{}f} {}", value, unit == 0 || value >= 99.5 ? 0 : 1, kUnits[unit]);
}

std::string human_seconds(double seconds) {
  if (seconds < 0.095) return fmt::format("{:.2f} s", seconds);
  if (seconds < 99.5) return fmt::format("{:.1f} s", seconds);
  auto whole = static_cast<uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

namespace {

/// "4.5GB" -> {4.5, "gb"}; nothing where there is no leading number or it is negative.
std::optional<std::pair<double, std::string>> number_and_unit(std::string_view text) {
  text = trim(text);
  size_t end = text.find_first_not_of("0123456789.");
  std::string digits(text.substr(0, end));
  if (digits.empty() || digits == "." || std::count(digits.begin(), digits.end(), '.') > 1) return std::nullopt;
  std::string unit = end == std::string_view::npos ? "" : lower(trim(text.substr(end)));
  return std::pair{std::stod(digits), unit};
}

template <size_t N>
std::optional<uint64_t> scaled(std::string_view text, const std::pair<const char*, double> (&units)[N]) {
  auto parsed = number_and_unit(text);
  if (!parsed) return std::nullopt;
  for (const auto& [name, factor] : units)
    if (parsed->second == name && parsed->first * factor < 9e18) return static_cast<uint64_t>(parsed->first * factor);
  return std::nullopt;
}

}  // namespace

std::optional<uint64_t> parse_bytes(std::string_view text) {
  static constexpr std::pair<const char*, double> kUnits[] = {{"", 1},
                                                              {"b", 1},
                                                              {"k", 1e3},
                                                              {"kb", 1e3},
                                                              {"m", 1e6},
                                                              {"mb", 1e6},
                                                              {"g", 1e9},
                                                              {"gb", 1e9},
                                                              {"t", 1e12},
                                                              {"tb", 1e12},
                                                              {"kib", 1024},
                                                              {"mib", 1048576},
                                                              {"gib", 1073741824.0},
                                                              {"tib", 1099511627776.0}};
  return scaled(text, kUnits);
}

std::optional<uint64_t> parse_duration_ms(std::string_view text) {
  static constexpr std::pair<const char*, double> kUnits[] = {{"", 1e3},      {"s", 1e3},        {"ms", 1},
                                                              {"m", 60e3},    {"min", 60e3},     {"h", 3600e3},
                                                              {"d", 86400e3}, {"days", 86400e3}, {"day", 86400e3}};
  return scaled(text, kUnits);
}

std::optional<uint64_t> parse_count(std::string_view text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return std::stoull(std::string(text));
}

size_t word_length(std::string_view text, size_t offset) {
  auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '$' || (c & 0x80);
  };
  size_t end = std::min(offset, text.size());
  while (end < text.size() && in_word(text[end])) ++end;
  return end - std::min(offset, text.size());
}

std::string plural(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", with_commas(count), noun, count == 1 ? "" : "s");
}

}  // namespace filrouge
