// The values that stand in expectations: bounds and lists as SQL literals of a column's type, shares, ages, dates.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace filrouge {

enum class TypeClass { number, text, boolean, date, timestamp, time, other };
/// "DECIMAL(18,3)" -> number.
TypeClass class_of(const std::string& type);
/// "a number", "a text": what a literal of the class is, for messages.
const char* words_for(TypeClass type);
/// True where values of the two can be compared without a cast that might fail.
bool comparable(const std::string& a, const std::string& b);

/// `value` as a SQL literal that compares with a column of `type`; nothing where it is of another kind (a text beside a
/// number) or no date of the calendar.
std::optional<std::string> literal_for(const std::string& type, const Json& value);

/// "2013-12-31", "2013-12-31 18:00", "2013-12-31T18:00:00Z" -> the same with seconds, in UTC. Nothing where it is none.
std::optional<std::string> parse_timestamp(const std::string& text);
/// Today in UTC: "2013-12-31".
std::string utc_day();
/// "30 days", "2 h", "1 month" -> "30 days" as a SQL interval's text.
std::optional<std::string> parse_age(const std::string& text);

/// `text` with each run of white space one blank.
std::string one_line(const std::string& text);

/// A whole number that is not negative.
bool is_count_of_rows(const Json& value);
/// "1%", "0.5 %", 0.01 -> a share from 0 to 1.
std::optional<double> parse_share(const Json& value);

/// The DuckDB name of a type that a person wrote: "int" -> INTEGER, "Decimal(18, 3)" -> DECIMAL(18,3). Nothing where
/// there is no such type.
std::optional<std::string> type_named(const std::string& text);
/// Names that type_named knows, for hints.
const std::vector<std::string>& type_names();

}  // namespace filrouge
