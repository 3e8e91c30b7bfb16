// What is known of single functions in a plan.
#pragma once

#include "engines/plan_json.h"

namespace filrouge {

/// Every function called anywhere in the plan, each once, sorted; "USING SAMPLE" for a sample without a seed.
std::vector<std::string> functions_in(PlanNode plan);

/// A BOUND_AGGREGATE that gives the same value in whatever order its rows come: count, min, sum of integers ... but not
/// a sum of floating-point numbers, nor first, list, string_agg.
bool is_exact_aggregate(PlanNode call);

/// The aggregate that DuckDB puts above an uncorrelated scalar subquery: first(value) and count(*), where a count above
/// 1 is an error. So there `first` has no choice.
bool is_scalar_subquery(PlanNode aggregate);

}  // namespace filrouge
