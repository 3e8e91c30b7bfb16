#include "steps/run_tags.h"

#include <algorithm>

#include "base/error.h"

namespace filrouge {
namespace {

/// Sorted by their bytes.
constexpr std::string_view kDigits = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
constexpr size_t kPartDigits = 4, kLineDigits = 6;
/// Before the tag of a line that has fewer fields than the key: this minus so many as are missing. They are put in
/// empty, and such a key comes before the one that really ends in empty fields.
constexpr char kShort = '-' - 1;
static_assert(kShort - static_cast<char>(kMostTaggedFields) >= ' ');

void add_number(uint64_t number, size_t digits, std::string& text) {
  for (size_t i = digits; i-- > 0;) text += kDigits[(number >> (6 * i)) & 63];
}

/// Where the Nth TAB stands; npos where there are fewer.
size_t find_tab(std::string_view line, size_t count) {
  size_t at = line.find('\t');
  while (--count > 0 && at != std::string_view::npos) at = line.find('\t', at + 1);
  return at;
}

}  // namespace

std::string_view line_problem(std::string_view line) {
  if (line.find('\r') != std::string_view::npos) return "a carriage return";
  if (line.starts_with("\xEF\xBB\xBF")) return "a byte order mark";
  return {};
}

LineTagger::LineTagger(size_t key_fields, uint64_t part) : key_fields_(key_fields) {
  FR_CHECK(key_fields >= 1 && key_fields <= kMostTaggedFields && part < (uint64_t{1} << (6 * kPartDigits)));
  add_number(part, kPartDigits, part_);
}

std::optional<std::string_view> LineTagger::tagged(std::string_view line) {
  size_t tab = find_tab(line, key_fields_);
  std::string_view key = line.substr(0, tab), value = tab == std::string_view::npos ? "" : line.substr(tab + 1);
  auto sorts_first = [](char byte) { return static_cast<unsigned char>(byte) < '\t'; };
  if (std::any_of(key.begin(), key.end(), sorts_first)) return std::nullopt;
  size_t fields = static_cast<size_t>(std::count(key.begin(), key.end(), '\t')) + 1;
  size_t missing = tab == std::string_view::npos ? key_fields_ - fields : 0;
  line_.assign(key);
  line_.append(missing + 1, '\t');
  if (missing > 0) line_ += static_cast<char>(kShort - static_cast<char>(missing));
  line_ += part_;
  add_number(lines_++, kLineDigits, line_);
  line_ += '\t';
  line_ += value;
  return line_;
}

bool untag(std::string_view tagged, size_t key_fields, std::string& line) {
  size_t tab = find_tab(tagged, key_fields);
  if (tab == std::string_view::npos || tab + 1 >= tagged.size()) return false;
  size_t end = std::min(tagged.find('\t', tab + 1), tagged.size());
  size_t missing = tagged[tab + 1] <= kShort ? static_cast<size_t>(kShort - tagged[tab + 1]) : 0;
  if (end - tab - 1 != kPartDigits + kLineDigits + (missing > 0) || missing > tab) return false;
  line.assign(tagged.substr(0, tab - missing));
  line += '\t';
  if (end < tagged.size()) line += tagged.substr(end + 1);
  return true;
}

}  // namespace filrouge
