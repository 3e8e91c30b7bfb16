// The order of lines between mappers and reducers on other machines. Here lines of one key reach the reducer in the
// order of the input; Hadoop promises none. So the worker there puts a tag behind the key of each line that a mapper
// prints, by which Hadoop sorts too, and takes it away before the reducer:
//
//   KEY TAB VALUE   ->   KEY TAB tag TAB VALUE        tag: the number of the part, the number of the line in it
//
// Where there is a combiner, lines of one key are put together in an order of nobody's, and there are no tags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace filrouge {

inline constexpr size_t kMostTaggedFields = 12;

/// Why Hadoop streaming would not pass this line on as it is, in words; empty where it would.
std::string_view line_problem(std::string_view line);

class LineTagger {
 public:
  /// `key_fields`: from 1 to kMostTaggedFields.
  LineTagger(size_t key_fields, uint64_t part);
  /// The next line with its tag; valid until the next call. Nothing where bytes sort before TAB stand in the key: it
  /// would be sorted otherwise than here.
  std::optional<std::string_view> tagged(std::string_view line);

 private:
  size_t key_fields_;
  std::string part_;
  uint64_t lines_ = 0;
  std::string line_;
};

/// What tagged() made, as the reducer gets it: KEY TAB VALUE, with the TAB also where there is no value. False where it
/// has no tag.
bool untag(std::string_view tagged, size_t key_fields, std::string& line);

}  // namespace filrouge
