// The columns of a table. Types are DuckDB's names in upper case (BIGINT, VARCHAR, DECIMAL(18,3), STRUCT(a INTEGER),
// INTEGER[]).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace filrouge {

struct Column {
  std::string name;
  std::string type;
  Json meaning;  ///< what the thread says of it at its source: {about, time, entity, subject, purpose, keep}; null
                 ///< where nothing
};

struct Schema {
  std::vector<Column> columns;

  const Column* find(std::string_view name) const;  ///< letter case is ignored, as in SQL
  std::vector<std::string> names() const;
};

/// [{name, type, meaning?}]
Json to_json(const Schema& schema);
Schema schema_from_json(const Json& json);

/// `name` as a SQL identifier, quoted.
std::string quote_name(std::string_view name);
/// "flights.rejects" -> "flights"."rejects"
std::string quote_table(std::string_view name);
/// `text` as a SQL string literal.
std::string quote_text(std::string_view text);

}  // namespace filrouge
