#include "steps/check_values.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <regex>

#include "base/text.h"
#include "tables/portable.h"
#include "tables/schema.h"

namespace filrouge {
namespace {

struct TypeName {
  const char* written;
  const char* type;
};
constexpr TypeName kTypeNames[] = {{"BOOLEAN", "BOOLEAN"},
                                   {"BOOL", "BOOLEAN"},
                                   {"TINYINT", "TINYINT"},
                                   {"SMALLINT", "SMALLINT"},
                                   {"INTEGER", "INTEGER"},
                                   {"INT", "INTEGER"},
                                   {"BIGINT", "BIGINT"},
                                   {"LONG", "BIGINT"},
                                   {"FLOAT", "FLOAT"},
                                   {"REAL", "FLOAT"},
                                   {"DOUBLE", "DOUBLE"},
                                   {"VARCHAR", "VARCHAR"},
                                   {"STRING", "VARCHAR"},
                                   {"TEXT", "VARCHAR"},
                                   {"DATE", "DATE"},
                                   {"TIME", "TIME"},
                                   {"TIMESTAMP", "TIMESTAMP"},
                                   {"DATETIME", "TIMESTAMP"},
                                   {"INTERVAL", "INTERVAL"},
                                   {"BLOB", "BLOB"},
                                   {"UUID", "UUID"},
                                   {"DECIMAL", "DECIMAL(18,3)"},
                                   {"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"},
                                   {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"}};

std::string upper(std::string_view text) {
  std::string out;
  for (char c : text) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

/// Four digits, two, two: a day of the calendar?
bool is_day(const std::string& text) {
  using namespace std::chrono;
  return year_month_day(year(std::stoi(text)), month(static_cast<unsigned>(std::stoi(text.substr(5)))),
                        day(static_cast<unsigned>(std::stoi(text.substr(8)))))
      .ok();
}

const std::regex& timestamp_form() {
  static const std::regex form(
      R"((\d{4}-\d\d-\d\d)(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,6})?))?)?(Z|\+00(?::?00)?)?)");
  return form;
}

std::optional<std::string> time_literal(const std::string& text) {
  static const std::regex form(R"(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)");
  if (!std::regex_match(text, form)) return std::nullopt;
  return "TIME " + quote_text(text.size() == 5 ? text + ":00" : text);
}

std::optional<std::string> moment_literal(const std::string& type, const std::string& text) {
  auto moment = parse_timestamp(text);
  if (!moment) return std::nullopt;
  return type == "TIMESTAMP WITH TIME ZONE" ? "TIMESTAMPTZ " + quote_text(*moment + "+00")
                                            : "TIMESTAMP " + quote_text(*moment);
}

}  // namespace

TypeClass class_of(const std::string& type) {
  static const std::set<std::string> numbers = {"TINYINT",   "SMALLINT", "INTEGER", "BIGINT",   "HUGEINT", "UTINYINT",
                                                "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT",   "DOUBLE"};
  if (type.ends_with(']')) return TypeClass::other;
  if (numbers.contains(type) || type.starts_with("DECIMAL(")) return TypeClass::number;
  if (type == "VARCHAR") return TypeClass::text;
  if (type == "BOOLEAN") return TypeClass::boolean;
  if (type == "DATE") return TypeClass::date;
  if (type == "TIME") return TypeClass::time;
  if (type.starts_with("TIMESTAMP")) return TypeClass::timestamp;
  return TypeClass::other;
}

const char* words_for(TypeClass type) {
  switch (type) {
    case TypeClass::number:
      return "a number";
    case TypeClass::text:
      return "a text";
    case TypeClass::boolean:
      return "true or false";
    case TypeClass::date:
      return "a date such as 2013-12-31";
    case TypeClass::timestamp:
      return "a time such as 2013-12-31 18:00";
    case TypeClass::time:
      return "a time of day such as 18:00";
    case TypeClass::other:
      break;
  }
  return "a value";
}

bool comparable(const std::string& a, const std::string& b) {
  auto is_moment = [](TypeClass c) { return c == TypeClass::date || c == TypeClass::timestamp; };
  TypeClass left = class_of(a), right = class_of(b);
  if (left == TypeClass::other || right == TypeClass::other) return a == b;
  return left == right || (is_moment(left) && is_moment(right));
}

std::optional<std::string> literal_for(const std::string& type, const Json& value) {
  TypeClass kind = class_of(type);
  if (kind == TypeClass::number && value.is_number()) {
    if (value.is_number_float() && !std::isfinite(value.get<double>())) return std::nullopt;
    return dump(value);
  }
  if (kind == TypeClass::boolean && value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (!value.is_string()) return std::nullopt;
  std::string text = value.get<std::string>();
  if (kind == TypeClass::text) return quote_text(text);
  if (kind == TypeClass::time) return time_literal(text);
  if (kind == TypeClass::timestamp || kind == TypeClass::date) return moment_literal(type, text);
  return std::nullopt;
}

std::optional<std::string> parse_timestamp(const std::string& text) {
  std::smatch part;
  if (!std::regex_match(text, part, timestamp_form()) || !is_day(part[1])) return std::nullopt;
  if (!part[2].matched) return part[1].str() + " 00:00:00";
  return fmt::format("{} {}:{}:{}", part[1].str(), part[2].str(), part[3].str(),
                     part[4].matched ? part[4].str() : "00");
}

std::string utc_day() {
  using namespace std::chrono;
  year_month_day day(floor<days>(system_clock::now()));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::optional<std::string> parse_age(const std::string& text) {
  struct Unit {
    const char* names;  ///< between blanks
    const char* word;
  };
  constexpr Unit kUnits[] = {{" s sec second seconds ", "seconds"},
                             {" m min minute minutes ", "minutes"},
                             {" h hour hours ", "hours"},
                             {" d day days ", "days"},
                             {" w week weeks ", "weeks"},
                             {" month months ", "months"},
                             {" y year years ", "years"}};
  static const std::regex form(R"((\d{1,6})\s*([a-z]+))");
  std::smatch part;
  std::string small = lower(trim(text));
  if (!std::regex_match(small, part, form)) return std::nullopt;
  for (const Unit& unit : kUnits)
    if (std::string(unit.names).find(" " + part[2].str() + " ") != std::string::npos) {
      std::string word = unit.word;
      if (part[1].str() == "1") word.pop_back();
      return part[1].str() + " " + word;
    }
  return std::nullopt;
}

std::string one_line(const std::string& text) {
  std::string out;
  for (char c : trim(text)) {
    bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank || !out.ends_with(' ')) out += blank ? ' ' : c;
  }
  return out;
}

bool is_count_of_rows(const Json& value) {
  return value.is_number_integer() && value >= 0;
}

std::optional<double> parse_share(const Json& value) {
  double number = 0;
  if (value.is_number()) {
    number = value.get<double>();
  } else if (value.is_string()) {
    std::string text = value.get<std::string>();
    std::string_view digits = trim(text);
    if (!digits.ends_with('%')) return std::nullopt;
    digits = trim(digits.substr(0, digits.size() - 1));
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    number /= 100;
  } else {
    return std::nullopt;
  }
  if (!(number >= 0 && number <= 1)) return std::nullopt;
  return number;
}

std::optional<std::string> type_named(const std::string& text) {
  std::string name = upper(trim(text));
  for (const TypeName& row : kTypeNames)
    if (name == row.written) return row.type;
  static const std::regex decimal(R"((?:DECIMAL|NUMERIC)\s*\(\s*(\d{1,2})\s*(?:,\s*(\d{1,2})\s*)?\))");
  std::smatch part;
  if (std::regex_match(name, part, decimal))
    return fmt::format("DECIMAL({},{})", part[1].str(), part[2].matched ? part[2].str() : "0");
  if (name.ends_with("[]"))
    if (auto inner = type_named(text.substr(0, text.rfind('[')))) return *inner + "[]";
  if (name.starts_with("STRUCT(") || name.starts_with("MAP(")) return std::string(trim(text));
  std::string portable = portable_type(name);
  return portable == name ? std::nullopt : std::optional(portable);
}

const std::vector<std::string>& type_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const TypeName& row : kTypeNames) all.push_back(row.written);
    return all;
  }();
  return names;
}

}  // namespace filrouge
