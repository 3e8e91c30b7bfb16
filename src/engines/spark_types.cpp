// Types and constants in Spark's words.
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "engines/duckdb_plan.h"
#include "engines/spark_walk.h"

namespace filrouge {
namespace {

struct TypeRow {
  std::string_view duckdb, spark;
};
constexpr TypeRow kTypes[] = {{"BOOLEAN", "BOOLEAN"},
                              {"TINYINT", "TINYINT"},
                              {"SMALLINT", "SMALLINT"},
                              {"INTEGER", "INT"},
                              {"BIGINT", "BIGINT"},
                              {"HUGEINT", "DECIMAL(38,0)"},
                              {"FLOAT", "FLOAT"},
                              {"DOUBLE", "DOUBLE"},
                              {"VARCHAR", "STRING"},
                              {"DATE", "DATE"},
                              {"TIMESTAMP", "TIMESTAMP_NTZ"},
                              {"BLOB", "BINARY"},
                              {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP_LTZ"},
                              {"NULL", "INT"},
                              {"\"NULL\"", "INT"}};

std::string number_literal(const PlanType& type, const std::string& value) {
  if (type.id == "BIGINT") return value == "-9223372036854775808" ? "(-9223372036854775807L - 1L)" : value + "L";
  if (type.id == "INTEGER") return value == "-2147483648" ? "CAST(-2147483648L AS INT)" : value;
  if (!type.is_float()) return fmt::format("CAST({}BD AS {})", value, spark_type(type));
  std::string plain = lower(value);
  if (plain == "-nan") plain = "nan";
  if (plain == "inf" || plain == "-inf" || plain == "nan")
    return fmt::format("CAST('{}' AS {})",
                       plain == "nan"   ? "NaN"
                       : plain == "inf" ? "Infinity"
                                        : "-Infinity",
                       spark_type(type));
  if (type.id == "FLOAT") return fmt::format("CAST('{}' AS FLOAT)", value);
  return value + "D";
}

}  // namespace

bool PlanType::is_integer() const {
  return id == "TINYINT" || id == "SMALLINT" || id == "INTEGER" || id == "BIGINT" || id == "HUGEINT";
}

std::string PlanType::text() const {
  if (id == "DECIMAL") return fmt::format("DECIMAL({},{})", width, scale);
  if (id == "LIST") return children.at(0).text() + "[]";
  return id;
}

PlanType plan_type_of(std::string_view text) {
  PlanType type;
  if (text.ends_with("[]")) {
    type.id = "LIST";
    type.children.push_back(plan_type_of(text.substr(0, text.size() - 2)));
    return type;
  }
  type.id = std::string(text.substr(0, text.find('(')));
  if (type.id != "DECIMAL") {
    type.id = std::string(text);
    return type;
  }
  std::vector<std::string> numbers = split(text.substr(8, text.size() - 9), ',');
  type.width = parse_count(trim(numbers.at(0))).value_or(18);
  type.scale = numbers.size() > 1 ? parse_count(trim(numbers[1])).value_or(0) : 0;
  return type;
}

PlanType plan_type(PlanNode node) {
  return plan_type_of(type_text(node));
}

std::string spark_type(const PlanType& type) {
  if (type.id == "DECIMAL") return type.text();
  if (type.id == "LIST") return fmt::format("ARRAY<{}>", spark_type(type.children.at(0)));
  for (const TypeRow& row : kTypes)
    if (row.duckdb == type.id) return std::string(row.spark);
  throw NotPortable{"the type " + type.text(), "Spark has none like it", "cast it to a portable type before"};
}

std::string spark_text(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\\' || c == '\'') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    else
      out += c;
  }
  return out + "'";
}

std::string spark_name(std::string_view name) {
  std::string out = "`";
  for (char c : name) out += c == '`' ? std::string("``") : std::string(1, c);
  return out + "`";
}

std::string spark_literal(const PlanType& type, const std::optional<std::string>& value) {
  if (!value) return fmt::format("CAST(NULL AS {})", spark_type(type));
  if (type.id == "VARCHAR") return spark_text(*value);
  if (type.id == "BOOLEAN") return *value;
  if (type.id == "DATE") return "DATE" + spark_text(*value);
  if (type.id == "TIMESTAMP") return "TIMESTAMP_NTZ" + spark_text(*value);
  if (!type.is_number()) throw NotPortable{"a constant of type " + type.text(), "Spark has no literal for it", ""};
  // In parentheses: -1 ^ 2 and 1 - -1 are read otherwise.
  std::string literal = number_literal(type, *value);
  return literal.starts_with("-") ? "(" + literal + ")" : literal;
}

}  // namespace filrouge
