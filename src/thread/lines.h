// Lines of a source text, the same way wherever a place is computed or shown: a line ends at \n, \r\n or a lone \r, and
// a byte order mark at the start of the text belongs to no column.
#pragma once

#include <string_view>
#include <vector>

#include "thread/yaml.h"

namespace filrouge {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Length of the byte order mark at the start of `text`: 3 or 0.
inline size_t bom_length(std::string_view text) {
  return text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

/// The line `number` (from 1) without its line end; nothing where the text has no such line. Linear in the text.
std::optional<std::string_view> find_line(std::string_view text, int number);

/// The place of a byte. Linear in the text before it; a byte past the end stands at the end.
Place place_of_byte(std::string_view text, size_t offset);

/// An index over a text, for many places. The text must outlive it.
class Lines {
 public:
  explicit Lines(std::string_view text);

  int count() const { return static_cast<int>(starts_.size()); }
  std::string_view line(int number) const;  ///< from 1, without its line end; empty where there is no such line
  Place at_byte(size_t offset) const;
  /// `index` counts code points, the byte order mark not among them (as libyaml does with the text after the mark).
  Place at_code_point(size_t index) const;

 private:
  static constexpr size_t kStride = 256;
  struct Start {
    size_t byte, code_point;
  };
  std::string_view text_;
  std::vector<Start> starts_;       ///< of each line
  std::vector<size_t> milestones_;  ///< byte of every kStride-th code point, so that long lines cost no linear walk
  size_t num_code_points_ = 0;
};

}  // namespace filrouge
