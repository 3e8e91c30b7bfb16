// The worker's half of check: runs the SQL that binding wrote, judges, writes the tables.
//
// One scan of the table answers everything but unique, refers and sql; each of those is one statement; each expectation
// with failing rows is one more. (5 expectations on flights, 336,776 rows: see tests/unit/steps/check_test.cpp.)
//
// Binding::work is
//   {table, no_failures: SQL, expect: [{item, label, columns, rule, severity, about, share, at_most?,
//     one of  {fails: SQL condition, alone: it has a subquery}  {query: SQL}  {found, holds: SQL aggregates},
//     failures?: SQL of the failing rows}],
//    and for a quarantine  pass, aside: SQL, pass_order}
#pragma once

#include "steps/step.h"

namespace filrouge {

/// Columns of NAME.checks.
const std::vector<Column>& verdict_columns();

WorkResult work_on_check(const WorkRequest& request, WorkContext& context);

}  // namespace filrouge
