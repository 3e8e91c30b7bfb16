// SQL inside a step, wherever it stands (`query:` of sql and chart, the queries that check makes): parameters,
// references and binding with diagnostics that point into the user's own text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engines/sql_text.h"
#include "steps/step.h"

namespace filrouge {

/// Tables named by the SQL text under `path` of the step. Reports syntax errors at their place and returns what it can.
std::vector<std::string> sql_references(const Step& step, const std::vector<std::string>& path, const std::string& sql,
                                        BindContext& context);

struct BoundQuery {
  std::string sql;  ///< parameters filled in
  Query query;
  std::vector<std::string> params;  ///< used
  std::vector<Use> uses;
};
/// Binds it; reports unknown tables, columns, functions, parameters with hints, and volatile functions as a warning.
std::optional<BoundQuery> bind_sql(const Step& step, const std::vector<std::string>& path, const std::string& sql,
                                   BindContext& context);

/// Where a step runs: --engine, else its own `engine:`, else the thread's.
struct EngineChoice {
  std::string name;      ///< of engines.yaml; empty = the embedded one
  std::string kind;      ///< spark or hadoop; empty of the embedded one, and of one that is not there
  bool by_size = false;  ///< `auto`: there only where its inputs take more than the memory, else here
};
/// `kinds`: of the engines that can do such a step. `auto` means the engine of the first of these kinds that there is.
/// Reports FR0221.
EngineChoice engine_of(const Step& step, const std::vector<std::string>& kinds, BindContext& context);

/// Why parts of a step's rows cannot be worked on there; empty where they can.
std::string why_no_parts(const EngineChoice& choice, BindContext& context);

/// Reports FR0223 where the step itself names an engine that cannot do it; where --engine or the thread does, the step
/// runs here without a word. `why`: what such an engine does, in words.
void refuse_engine(const Step& step, const std::string& why, const std::string& hint, BindContext& context);

/// Reports all in the SQL that means something else on Spark; false where there is any.
bool check_portable(const Step& step, const std::vector<std::string>& path, const std::string& sql,
                    BindContext& context);

/// The same without a report: the first thing that means something else there, in words.
std::optional<std::string> not_portable(const BoundQuery& query, BindContext& context);

/// The columns of each table that decide anything about the result of a query with this lineage.
std::vector<Use> uses_of(const TableLineage& lineage);

}  // namespace filrouge
