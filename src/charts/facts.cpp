#include "charts/facts.h"

#include <cmath>
#include <cstdlib>

namespace filrouge {
namespace {

constexpr const char* kIntegers[] = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                                     "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"};

/// "2013-01-01 05:00:00", "2013-01-01T05:00:00+00", "05:00:00" -> ISO 8601 in UTC; a date stays a date.
Json iso_time(std::string text, const std::string& type) {
  if (type.starts_with("TIME") && !type.starts_with("TIMESTAMP")) text = "1970-01-01T" + text;
  if (text.size() <= 10) return text;
  text[10] = 'T';
  if (text.ends_with("+00")) text.resize(text.size() - 3);
  if (!text.ends_with('Z')) text += 'Z';
  const size_t point = text.find('.');
  if (point != std::string::npos && text.size() > point + 5)
    text = text.substr(0, point + 4) + "Z";  // JavaScript has milliseconds
  return text;
}

Json chart_value(Json value, const Column& column) {
  if (value.is_null()) return value;
  switch (column_kind(column.type)) {
    case ColumnKind::number:
      return value.is_string() ? Json(std::strtod(value.get<std::string>().c_str(), nullptr)) : value;
    case ColumnKind::time:
      return value.is_string() ? iso_time(value.get<std::string>(), column.type) : value;
    case ColumnKind::boolean:
      return value;
    case ColumnKind::text:
      return value.is_string() ? value : Json(dump(value));
  }
  return value;
}

/// Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
/// algorithms").
int64_t days_from_civil(int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const unsigned year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<int64_t>(day_of_era) - 719468;
}

std::optional<double> milliseconds(const std::string& text) {
  int year = 0, hour = 0, minute = 0;
  unsigned month = 0, day = 0;
  double second = 0;
  const int found = std::sscanf(text.c_str(), "%d-%u-%uT%d:%d:%lf", &year, &month, &day, &hour, &minute, &second);
  if (found < 3 || month < 1 || month > 12) return std::nullopt;
  return static_cast<double>(days_from_civil(year, month, day)) * 86'400'000 + hour * 3'600'000.0 + minute * 60'000.0 +
         second * 1000;
}

std::optional<double> number_of(const Json& value, ColumnKind kind) {
  if (kind == ColumnKind::time) return value.is_string() ? milliseconds(value.get<std::string>()) : std::nullopt;
  if (value.is_number()) return value.get<double>();
  return std::nullopt;
}

void take_numbers(ColumnFacts& facts, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  facts.distinct = values.size();
  if (values.empty()) return;
  facts.min = values.front(), facts.max = values.back();
  facts.whole = std::all_of(values.begin(), values.end(), [](double value) { return value == std::floor(value); });
  for (size_t i = 1; i < values.size(); ++i) {
    const double gap = values[i] - values[i - 1];
    if (i == 1 || gap < facts.smallest_gap) facts.smallest_gap = gap;
  }
}

}  // namespace

ColumnKind column_kind(const std::string& type) {
  if (is_integer(type) || type == "DOUBLE" || type == "FLOAT" || type.starts_with("DECIMAL"))
    return type.ends_with("]") ? ColumnKind::text : ColumnKind::number;
  if (type == "BOOLEAN") return ColumnKind::boolean;
  const bool is_time = type == "DATE" || type.starts_with("TIME");
  return is_time && !type.ends_with("]") ? ColumnKind::time : ColumnKind::text;
}

bool is_integer(const std::string& type) {
  return std::find(std::begin(kIntegers), std::end(kIntegers), type) != std::end(kIntegers);
}

ChartTable chart_table(const Json& rows) {
  ChartTable table;
  table.schema = schema_from_json(rows.at("columns"));
  table.rows.reserve(rows.at("rows").size());
  for (const Json& row : rows.at("rows")) {
    Json object = Json::object();
    for (size_t i = 0; i < table.schema.columns.size(); ++i)
      object[table.schema.columns[i].name] = chart_value(row.at(i), table.schema.columns[i]);
    table.rows.push_back(std::move(object));
  }
  return table;
}

ColumnFacts column_facts(const ChartTable& table, const std::string& column) {
  ColumnFacts facts;
  if (const Column* found = table.schema.find(column)) facts.type = found->type, facts.kind = column_kind(found->type);
  facts.rows = table.rows.size();
  std::vector<double> numbers;
  std::unordered_set<std::string> seen;
  for (const Json& row : table.rows) {
    const auto at = row.find(column);
    if (at == row.end() || at->is_null()) {
      ++facts.nulls;
    } else if (facts.kind == ColumnKind::number || facts.kind == ColumnKind::time) {
      if (const auto number = number_of(*at, facts.kind)) numbers.push_back(*number);
    } else {
      std::string label = at->is_string() ? at->get<std::string>() : dump(*at);
      if (seen.insert(label).second) facts.labels.push_back(std::move(label));
    }
  }
  facts.distinct = facts.labels.size();
  if (facts.kind == ColumnKind::number || facts.kind == ColumnKind::time) take_numbers(facts, std::move(numbers));
  return facts;
}

}  // namespace filrouge
