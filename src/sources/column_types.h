// Which type a column of texts has. Every value is looked at, not a sample: a type that holds for the first 20,000 rows
// only would turn good rows into rejects, or a late `NA` into a failed run.
//
// What differs from DuckDB's own guess, and why:
// - 00742 stays text: as a number it loses its zeros (post codes, account numbers). Integers over BIGINT stay text: as
// DOUBLE they lose digits.
// - A column is a number or a date although a few values are not (at most 1 in 100 and at most 10, or 1 in 1,000):
// those rows are
//   rejected with their line, and the rest of the thread keeps a number to reckon with.
// - Words such as NA are not guessed to be missing values: the column stays text, and a note says `null: NA`.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filrouge {

enum class ValueKind {
  null,
  boolean,
  integer,
  long_integer,
  leading_zero,
  real,
  date,
  timestamp,
  timestamp_tz,
  time,
  missing_word,
  text
};
inline constexpr size_t kValueKinds = 12;

/// How texts are to be read.
struct ValueRules {
  std::vector<std::string> nulls;  ///< words for a missing value besides the empty field
  char decimal = '.';
  std::string date_format;                     ///< strptime's form; empty = ISO 8601
  bool is_null(std::string_view text) const {  // asked of every cell: most differ in their first byte
    if (text.empty()) return true;
    for (const std::string& word : nulls)
      if (word.size() == text.size() && word[0] == text[0] && text == word) return true;
    return false;
  }
};

ValueKind kind_of(std::string_view text, const ValueRules& rules);

/// A whole number, for columns declared as one: DuckDB would round 1.5 to 2 without a word.
bool is_integer_type(std::string_view type);
/// False where a value that DuckDB would convert loses something: 1.5 as BIGINT.
bool fits_exactly(std::string_view text, const ValueRules& rules);

class ColumnGuess {
 public:
  void add(std::string_view text, const ValueRules& rules);
  /// What another guess has seen, after what this one has.
  void add(const ColumnGuess& later);
  /// "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME" or "VARCHAR".
  std::string type() const;
  /// Where words such as NA keep the column from being a number or a date: what `null:` should say, "NA".
  std::optional<std::string> missing_word() const;
  /// Another sentence for the user where the type is not what it might be: zeros kept, dates of another form; or
  /// nothing.
  std::optional<std::string> note(const std::string& column) const;
  uint64_t count(ValueKind kind) const { return counts_[static_cast<size_t>(kind)]; }
  uint64_t values() const;  ///< not null

 private:
  uint64_t failing(const std::string& type) const;
  std::string best(uint64_t forgiven) const;
  std::array<uint64_t, kValueKinds> counts_{};
  std::map<std::string, uint64_t> missing_words_;
  std::string last_;  ///< the last date or time: they take longest to read, and neighbours are often equal
  ValueKind last_kind_ = ValueKind::null;
  void add_date_hint(std::string_view text);
  std::string date_hint() const;
  uint64_t other_dates_ = 0;  ///< texts such as 31/12/2024
  char date_separator_ = 0;
  bool day_first_ = false, month_first_ = false;
};

}  // namespace filrouge
