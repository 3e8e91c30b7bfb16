#include "thread/lines.h"

#include "base/text.h"

namespace filrouge {

namespace {

/// Where the line break at or after `from` begins, and where the next line begins; {size, npos} on the last line.
std::pair<size_t, size_t> next_break(std::string_view text, size_t from) {
  size_t end = text.find_first_of("\r\n", from);
  if (end == std::string_view::npos) return {text.size(), std::string_view::npos};
  bool two = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
  return {end, end + (two ? 2 : 1)};
}

bool continues(char c) {
  return (c & 0xC0) == 0x80;
}

}  // namespace

std::optional<std::string_view> find_line(std::string_view text, int number) {
  if (number < 1) return std::nullopt;
  for (size_t begin = bom_length(text), line = 1;; ++line) {
    auto [end, next] = next_break(text, begin);
    if (line == static_cast<size_t>(number)) return text.substr(begin, end - begin);
    if (next == std::string_view::npos) return std::nullopt;
    begin = next;
  }
}

Place place_of_byte(std::string_view text, size_t offset) {
  offset = std::clamp(offset, bom_length(text), text.size());
  size_t begin = bom_length(text);
  for (int line = 1;; ++line) {
    size_t next = next_break(text, begin).second;
    if (next == std::string_view::npos || next > offset)
      return {line, static_cast<int>(count_code_points(text.substr(begin, offset - begin))) + 1, offset};
    begin = next;
  }
}

Lines::Lines(std::string_view text) : text_(text) {
  size_t at = bom_length(text);
  starts_.push_back({at, 0});
  for (; at < text.size(); ++at) {
    if (continues(text[at])) continue;
    if (num_code_points_ % kStride == 0) milestones_.push_back(at);
    ++num_code_points_;
    bool lone_cr = text[at] == '\r' && !(at + 1 < text.size() && text[at + 1] == '\n');
    if (text[at] == '\n' || lone_cr) starts_.push_back({at + 1, num_code_points_});
  }
}

std::string_view Lines::line(int number) const {
  if (number < 1 || number > count()) return {};
  size_t begin = starts_[static_cast<size_t>(number) - 1].byte;
  return text_.substr(begin, next_break(text_, begin).first - begin);
}

Place Lines::at_byte(size_t offset) const {
  offset = std::clamp(offset, starts_.front().byte, text_.size());
  auto after = std::upper_bound(starts_.begin(), starts_.end(), offset,
                                [](size_t wanted, const Start& start) { return wanted < start.byte; });
  size_t begin = std::prev(after)->byte;
  return {static_cast<int>(after - starts_.begin()),
          static_cast<int>(count_code_points(text_.substr(begin, offset - begin))) + 1, offset};
}

Place Lines::at_code_point(size_t index) const {
  index = std::min(index, num_code_points_);
  auto after = std::upper_bound(starts_.begin(), starts_.end(), index,
                                [](size_t wanted, const Start& start) { return wanted < start.code_point; });
  size_t byte = text_.size();
  if (index < num_code_points_) {
    byte = milestones_[index / kStride];
    for (size_t left = index % kStride; left > 0; --left) do
        ++byte;
      while (byte < text_.size() && continues(text_[byte]));
  }
  return {static_cast<int>(after - starts_.begin()), static_cast<int>(index - std::prev(after)->code_point) + 1, byte};
}

}  // namespace filrouge
