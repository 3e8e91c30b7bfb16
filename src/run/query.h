// Questions about data that are not steps: `ask`, `show`, `look` and `diff` send them to a worker, for the process that
// answers the user never touches data itself.
//
//   {"do":"rows","sql":"..","max_rows":20,"count":true}           -> {columns, rows, truncated, total}
//        `total` is there when it costs nothing or "count" asks for it
//   {"do":"export","sql":"..","format":"csv|json","path":"file"}    -> {}
//   {"do":"export","sql":"..","format":"parquet","path":"folder","order":RowOrder} -> {rows, columns, files}
//   {"do":"profile","sql":".."}                                   -> see engines/profile.h
#pragma once

#include "base/json.h"
#include "engines/engine.h"

namespace filrouge {

/// Runs in a worker, with the request's tables attached.
Json answer_query(const Json& query, Engine& engine);

}  // namespace filrouge
