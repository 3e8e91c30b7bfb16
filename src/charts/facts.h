// What a chart needs to know of its data before it can choose scales, formats and sizes.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "tables/schema.h"

namespace filrouge {

enum class ColumnKind { number, time, boolean, text };
/// By the SQL type: DATE, TIME and timestamps are time; whatever is no number, time or boolean is shown as text.
ColumnKind column_kind(const std::string& sql_type);
bool is_integer(const std::string& sql_type);

/// The table that is drawn, with values as Vega takes them: numbers as numbers, times as ISO text in UTC
/// ("2013-01-01T05:00:00Z"; a TIME on 1970-01-01), the rest as text or booleans.
struct ChartTable {
  Schema schema;
  std::vector<Json> rows;  ///< objects by column name
};
/// From Engine::rows.
ChartTable chart_table(const Json& rows);

struct ColumnFacts {
  ColumnKind kind = ColumnKind::text;
  std::string type;  ///< of SQL
  size_t rows = 0, nulls = 0;
  size_t distinct = 0;              ///< without nulls
  double min = 0, max = 0;          ///< of numbers; of times in milliseconds since 1970; 0 where there are none
  bool whole = false;               ///< every value is a whole number
  double smallest_gap = 0;          ///< between two different values; 0 where there are fewer
  std::vector<std::string> labels;  ///< of text: the different values in order of first appearance
};
ColumnFacts column_facts(const ChartTable& table, const std::string& column);

}  // namespace filrouge
