// What can be told from the syntax tree of a query alone: the tables it names.
#pragma once

#include <string>
#include <vector>

#include "engines/plan_json.h"

namespace filrouge {

struct TableUse {
  std::string name;   ///< "flights", "flights.checks"; lower case; as written where the file system is meant
  std::string alias;  ///< empty where it has none
  size_t offset;      ///< of the name in the SQL text
};

struct SyntaxFacts {
  std::vector<TableUse> tables;     ///< without names of common table expressions, in the order of the text
  std::vector<TableUse> functions;  ///< table functions: range(..), read_csv(..)
  bool shows_catalog = false;       ///< DESCRIBE, SHOW: what they tell is no data
  bool has_parameters = false;      ///< ? or $1
};

/// `statement`: an element of `statements` of DuckDB's json_serialize_sql.
SyntaxFacts syntax_facts(PlanNode statement);

}  // namespace filrouge
