#include "engines/plan_functions.h"

#include <algorithm>
#include <set>

namespace filrouge {
namespace {

constexpr std::string_view kExact[] = {"count",    "count_star", "min",           "max",
                                       "bool_and", "bool_or",    "bit_and",       "bit_or",
                                       "bit_xor",  "count_if",   "quantile_disc", "quantile_cont",
                                       "median",   "quantile",   "histogram",     "approx_count_distinct"};
/// Exact where the numbers are: their sum is then kept in an integer wide enough.
constexpr std::string_view kExactOnIntegers[] = {"sum", "avg", "sum_no_overflow"};
constexpr std::string_view kExactNumbers[] = {"BOOLEAN",  "TINYINT",   "SMALLINT", "INTEGER", "BIGINT",   "HUGEINT",
                                              "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "DECIMAL"};

template <size_t N>
bool is_one_of(PlanNode node, const std::string_view (&names)[N]) {
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view name) { return node.is(name); });
}

void collect_functions(PlanNode node, std::set<std::string>& names) {
  PlanNode kind = node["expression_class"];
  bool is_call = kind.is("BOUND_FUNCTION") || kind.is("BOUND_AGGREGATE") || kind.is("BOUND_WINDOW");
  if (is_call && node["name"]) names.insert(node["name"].text());
  if (node["type"].is("LOGICAL_SAMPLE") && !node["sample_options"]["repeatable"].is("true"))
    names.insert("USING SAMPLE");
  for (PlanNode member : node)
    if (member.is_object() || member.is_array()) collect_functions(member, names);
}

}  // namespace

std::vector<std::string> functions_in(PlanNode plan) {
  std::set<std::string> names;
  collect_functions(plan, names);
  return {names.begin(), names.end()};
}

bool is_exact_aggregate(PlanNode call) {
  if (is_one_of(call["name"], kExact)) return true;
  if (!is_one_of(call["name"], kExactOnIntegers)) return false;
  for (PlanNode argument : call["children"])
    if (!is_one_of(argument["return_type"]["id"], kExactNumbers)) return false;
  return true;
}

bool is_scalar_subquery(PlanNode aggregate) {
  if (aggregate["groups"].size() || aggregate["groupings_index"].number() != UINT64_MAX) return false;
  PlanNode last;
  for (PlanNode call : aggregate["expressions"]) last = call;
  return last["name"].is("count_star");
}

}  // namespace filrouge
