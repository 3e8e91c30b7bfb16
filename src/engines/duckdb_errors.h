// DuckDB's errors about a query, told in the words of someone who writes a thread. All Errors are of kind user;
// `text_offset` and `text_length` count in the SQL text given.
#pragma once

#include "base/error.h"
#include "engines/duckdb_plan.h"
#include "engines/duckdb_syntax.h"

namespace filrouge {

/// FR0201 or FR0202 or FR0212, from the answer of json_serialize_sql.
Error syntax_error(const std::string& sql, PlanNode answer);
Error not_one_select(const std::string& sql, size_t statements);
/// FR0205: `?` and `$1`.
Error unnamed_parameter(const std::string& sql);
/// FR0204, with the nearest known name.
Error unknown_table(const TableUse& use, const Schemas& schemas, const std::string& sql);
/// FR0213
Error duplicate_column(const std::string& name);
/// From the answer of json_serialize_plan for a text that has `prefix` bytes before the user's.
Error bind_error(const std::string& sql, size_t prefix, PlanNode answer, const SyntaxFacts& facts,
                 const Schemas& schemas, const std::vector<std::string>& functions);

/// These throw FR0214: data enters through `read` only, never through a query.
void check_table_name(const TableUse& use, const std::string& sql);
void check_table_function(const TableUse& call, const std::string& sql);
void check_scans(PlanNode plan, const std::string& sql);

}  // namespace filrouge
