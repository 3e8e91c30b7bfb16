#include "sources/column_types.h"

#include <string.h>
#include <time.h>

#include "base/text.h"

namespace filrouge {
namespace {

constexpr std::string_view kMissingWords[] = {"na", "n/a", "#n/a", "null",    "none", "nil", "\\n",  "-",
                                              "--", "?",   ".",    "missing", "n.a.", "#na", "<na>", "void"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Reads `most` digits at the most; the number read, or -1 where there is none.
int digits(std::string_view& text, size_t most, size_t least = 1) {
  int value = 0;
  size_t count = 0;
  while (count < most && count < text.size() && is_digit(text[count])) value = value * 10 + (text[count++] - '0');
  if (count < least) return -1;
  text.remove_prefix(count);
  return value;
}

bool eat(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

bool is_day(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool eat_date(std::string_view& text) {
  int year = digits(text, 4, 4);
  if (year < 0 || text.empty()) return false;
  char separator = text[0];
  if ((separator != '-' && separator != '/') || !eat(text, separator)) return false;
  int month = digits(text, 2);
  if (month < 0 || !eat(text, separator)) return false;
  return is_day(year, month, digits(text, 2));
}

bool eat_time(std::string_view& text) {
  int hour = digits(text, 2);
  if (hour < 0 || hour > 23 || !eat(text, ':')) return false;
  int minute = digits(text, 2, 2);
  if (minute < 0 || minute > 59) return false;
  if (!eat(text, ':')) return true;
  int second = digits(text, 2, 2);
  if (second < 0 || second > 59) return false;
  if (eat(text, '.')) return digits(text, 9) >= 0;
  return true;
}

bool eat_zone(std::string_view& text) {
  if (eat(text, 'Z')) return true;
  if (!eat(text, '+') && !eat(text, '-')) return false;
  int hour = digits(text, 2, 2);
  if (hour < 0 || hour > 15) return false;
  eat(text, ':');
  return text.empty() || digits(text, 2, 2) >= 0;
}

ValueKind moment_kind(std::string_view text) {
  std::string_view rest = text;
  if (eat_date(rest)) {
    if (rest.empty()) return ValueKind::date;
    if (!eat(rest, ' ') && !eat(rest, 'T')) return ValueKind::text;
    if (!eat_time(rest)) return ValueKind::text;
    if (rest.empty()) return ValueKind::timestamp;
    eat(rest, ' ');
    return eat_zone(rest) && rest.empty() ? ValueKind::timestamp_tz : ValueKind::text;
  }
  rest = text;
  return text.find(':') != std::string_view::npos && eat_time(rest) && rest.empty() ? ValueKind::time : ValueKind::text;
}

ValueKind formatted_kind(std::string_view text, const std::string& format) {
  struct tm parts {};
  std::string copy(text);
  const char* end = strptime(copy.c_str(), format.c_str(), &parts);
  if (!end || *end != '\0' || !is_day(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)) return ValueKind::text;
  for (const char* part : {"%H", "%I", "%T", "%R", "%c", "%X"})
    if (format.find(part) != std::string::npos) return ValueKind::timestamp;
  return ValueKind::date;
}

/// What starts like a number: an integer, a real, or neither.
ValueKind number_kind(std::string_view text, char decimal) {
  std::string_view rest = text;
  if (!eat(rest, '-')) eat(rest, '+');
  size_t whole = 0;
  while (whole < rest.size() && is_digit(rest[whole])) ++whole;
  std::string_view integer = rest.substr(0, whole);
  rest.remove_prefix(whole);
  if (rest.empty() && whole > 0) {
    if (whole > 1 && integer[0] == '0') return ValueKind::leading_zero;
    if (whole < 19 || (whole == 19 && integer <= "9223372036854775807")) return ValueKind::integer;
    return ValueKind::long_integer;
  }
  size_t fraction = 0;
  if (eat(rest, decimal)) {
    while (fraction < rest.size() && is_digit(rest[fraction])) ++fraction;
    rest.remove_prefix(fraction);
  }
  if (whole + fraction == 0) return ValueKind::text;
  if (!rest.empty()) {
    if (!eat(rest, 'e') && !eat(rest, 'E')) return ValueKind::text;
    if (!eat(rest, '-')) eat(rest, '+');
    if (digits(rest, 4) < 0 || !rest.empty()) return ValueKind::text;
  }
  return ValueKind::real;
}

ValueKind word_kind(std::string_view text) {
  // None of the words below: asked of every cell of a text column.
  constexpr std::string_view kFirst = "tTfFnNiI-#\\?.mM<vV";
  if (text.size() > 8 || text.size() == 6 || kFirst.find(text[0]) == std::string_view::npos) return ValueKind::text;
  std::string small = lower(text);
  if (small == "true" || small == "false") return ValueKind::boolean;
  if (small == "nan" || small == "inf" || small == "-inf" || small == "infinity") return ValueKind::real;
  for (std::string_view word : kMissingWords)
    if (small == word) return ValueKind::missing_word;
  return ValueKind::text;
}

bool fits(ValueKind kind, const std::string& type) {
  switch (kind) {
    case ValueKind::null:
      return true;
    case ValueKind::boolean:
      return type == "BOOLEAN";
    case ValueKind::integer:
      return type == "BIGINT" || type == "DOUBLE";
    case ValueKind::long_integer:
    case ValueKind::real:
      return type == "DOUBLE";
    case ValueKind::date:
      return type == "DATE" || type == "TIMESTAMP";
    case ValueKind::timestamp:
      return type == "TIMESTAMP";
    case ValueKind::timestamp_tz:
      return type == "TIMESTAMP WITH TIME ZONE";
    case ValueKind::time:
      return type == "TIME";
    case ValueKind::leading_zero:
    case ValueKind::missing_word:
    case ValueKind::text:
      return false;
  }
  return false;
}

std::string in_yaml(const std::string& word) {
  bool plain =
      std::all_of(word.begin(), word.end(), [](char c) { return isalpha(static_cast<unsigned char>(c)) || c == '/'; });
  return plain && lower(word) != "null" ? word : "\"" + (word == "\\N" ? "\\\\N" : word) + "\"";
}

constexpr const char* kTypes[] = {"BOOLEAN", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE",
                                  "TIME"};

}  // namespace

ValueKind kind_of(std::string_view text, const ValueRules& rules) {
  if (rules.is_null(text)) return ValueKind::null;
  if (!rules.date_format.empty())
    if (ValueKind kind = formatted_kind(text, rules.date_format); kind != ValueKind::text) return kind;
  text = trim(text);
  if (text.empty()) return ValueKind::text;
  char first = text[0];
  if (is_digit(first) || first == '-' || first == '+' || first == rules.decimal) {
    ValueKind kind = number_kind(text, rules.decimal);
    if (kind != ValueKind::text) return kind;
    if (is_digit(first) && rules.date_format.empty()) return moment_kind(text);
    if (is_digit(first)) {
      kind = moment_kind(text);
      return kind == ValueKind::time ? kind : ValueKind::text;
    }
  }
  return word_kind(text);
}

bool is_integer_type(std::string_view type) {
  for (std::string_view name :
       {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT"})
    if (type == name) return true;
  return false;
}

bool fits_exactly(std::string_view text, const ValueRules& rules) {
  ValueKind kind = kind_of(text, rules);
  if (kind != ValueKind::real) return true;  // what is not a number at all, DuckDB refuses itself
  size_t point = text.find(rules.decimal);
  if (point == std::string_view::npos) return true;
  std::string_view fraction = text.substr(point + 1);
  size_t last = fraction.find_last_not_of("0");
  return last == std::string_view::npos || fraction.find_first_of("eE") != std::string_view::npos;
}

namespace {

bool is_moment(ValueKind kind) {
  return kind == ValueKind::date || kind == ValueKind::timestamp || kind == ValueKind::timestamp_tz ||
         kind == ValueKind::time;
}

/// Most cells of most files: a whole number of few digits. Says no to anything unusual.
bool is_plain_integer(std::string_view text) {
  if (text.empty() || text.size() > 18 || (text[0] == '0' && text.size() > 1)) return false;
  return std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

void ColumnGuess::add(std::string_view text, const ValueRules& rules) {
  if (rules.date_format.empty() && is_plain_integer(text) && !rules.is_null(text)) {
    ++counts_[static_cast<size_t>(ValueKind::integer)];
    return;
  }
  if (text == last_) {
    ++counts_[static_cast<size_t>(last_kind_)];
    return;
  }
  ValueKind kind = kind_of(text, rules);
  ++counts_[static_cast<size_t>(kind)];
  if (kind == ValueKind::missing_word) {
    ++missing_words_[std::string(trim(text))];
  } else if (kind == ValueKind::text && !trim(text).empty() && is_digit(trim(text)[0])) {
    add_date_hint(trim(text));
  } else if (is_moment(kind) && text.size() < 32) {
    last_ = text, last_kind_ = kind;
  }
}

void ColumnGuess::add(const ColumnGuess& later) {
  for (size_t kind = 0; kind < kValueKinds; ++kind) counts_[kind] += later.counts_[kind];
  for (const auto& [word, times] : later.missing_words_) missing_words_[word] += times;
  if (other_dates_ == 0) date_separator_ = later.date_separator_;
  other_dates_ += later.other_dates_;
  day_first_ = day_first_ || later.day_first_;
  month_first_ = month_first_ || later.month_first_;
}

/// 31/12/2024 or 12/31/2024: not guessed, since 01/02/2024 may be either; the note says how to say it.
void ColumnGuess::add_date_hint(std::string_view text) {
  int first = digits(text, 2);
  if (first < 0 || text.empty() || std::string_view("/.-").find(text[0]) == std::string_view::npos) return;
  char separator = text[0];
  eat(text, separator);
  int second = digits(text, 2);
  if (second < 0 || !eat(text, separator) || digits(text, 4, 4) < 0 || !text.empty()) return;
  if (other_dates_++ == 0) date_separator_ = separator;
  if (first > 12) day_first_ = true;
  if (second > 12) month_first_ = true;
}

/// "%d.%m.%Y", or nothing where the column is not all dates of one form.
std::string ColumnGuess::date_hint() const {
  if (other_dates_ == 0 || other_dates_ != values() || (day_first_ && month_first_)) return "";
  std::string separator(1, date_separator_);
  return (month_first_ ? "%m" + separator + "%d" : "%d" + separator + "%m") + separator + "%Y";
}

uint64_t ColumnGuess::values() const {
  uint64_t sum = 0;
  for (uint64_t count : counts_) sum += count;
  return sum - count(ValueKind::null);
}

uint64_t ColumnGuess::failing(const std::string& type) const {
  uint64_t sum = 0;
  for (size_t kind = 0; kind < kValueKinds; ++kind)
    if (!fits(static_cast<ValueKind>(kind), type)) sum += counts_[kind];
  return sum;
}

std::string ColumnGuess::best(uint64_t forgiven) const {
  for (const char* type : kTypes)
    if (failing(type) <= forgiven) return type;
  return "VARCHAR";
}

std::string ColumnGuess::type() const {
  uint64_t all = values();
  if (all == 0) return "VARCHAR";
  if (std::string exact = best(0); exact != "VARCHAR") {
    // Integers too long for BIGINT among integers only: digits matter more than arithmetic.
    if (exact == "DOUBLE" && count(ValueKind::long_integer) > 0 && count(ValueKind::real) == 0) return "VARCHAR";
    return exact;
  }
  if (count(ValueKind::missing_word) > 0 || count(ValueKind::leading_zero) > 0) return "VARCHAR";
  return best(std::min(all / 100, std::max<uint64_t>(10, all / 1000)));
}

std::optional<std::string> ColumnGuess::missing_word() const {
  uint64_t all = values(), missing = count(ValueKind::missing_word);
  if (missing == 0 || missing == all || count(ValueKind::leading_zero) > 0) return std::nullopt;
  uint64_t forgiven = std::min(all / 100, std::max<uint64_t>(10, all / 1000));
  if (best(missing) == "VARCHAR" && best(missing + forgiven) == "VARCHAR") return std::nullopt;
  std::vector<std::string> words;
  for (const auto& [word, times] : missing_words_) words.push_back(in_yaml(word));
  return words.size() == 1 ? words[0] : "[" + join(words, ", ") + "]";
}

std::optional<std::string> ColumnGuess::note(const std::string& column) const {
  uint64_t all = values();
  if (count(ValueKind::leading_zero) > 0 && count(ValueKind::leading_zero) + count(ValueKind::integer) == all)
    return fmt::format(
        "column `{0}` is text to keep its leading zeros; `columns: {{{0}: {{type: BIGINT}}}}` makes it a number",
        column);
  if (std::string format = date_hint(); !format.empty())
    return fmt::format("column `{}` is text that looks like dates; with `date_format: \"{}\"` it is DATE{}", column,
                       format, day_first_ || month_first_ ? "" : " (or day and month the other way round)");
  return std::nullopt;
}

}  // namespace filrouge
