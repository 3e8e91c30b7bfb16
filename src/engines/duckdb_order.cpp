// Whether the result of a plan depends on the order in which rows are met, and so on the number of threads.
#include "engines/duckdb_plan.h"
#include "engines/plan_functions.h"

namespace filrouge {

namespace {

template <size_t N>
bool is_one_of(PlanNode node, const std::string_view (&names)[N]) {
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view name) { return node.is(name); });
}

/// What is known of the rows that an operator puts out.
struct Rows {
  bool streaming = false;               ///< the same rows in the same order, whatever the number of threads
  bool settled = false;                 ///< the same rows, in some order
  std::optional<std::set<size_t>> key;  ///< columns that no two rows have in common
  bool ordered_by_key = false;
};

class OrderWalk {
 public:
  explicit OrderWalk(PlanNode plan) { count_references(plan); }
  Rows walk(PlanNode op);

 private:
  void count_references(PlanNode node);
  Rows child(PlanNode op, size_t number) {
    for (PlanNode input : op["children"])
      if (number-- == 0) return walk(input);
    return {};
  }
  Rows projection(PlanNode op);
  Rows aggregate(PlanNode op);
  Rows order_by(PlanNode op);
  Rows cte(PlanNode op);
  Rows several(PlanNode op);
  Rows leaf(PlanNode op);

  std::map<uint64_t, int> references_;
  std::map<uint64_t, Rows> ctes_;
};

void OrderWalk::count_references(PlanNode node) {
  if (node["type"].is("LOGICAL_CTE_REF")) ++references_[node["cte_index"].number()];
  for (PlanNode input : node["children"]) count_references(input);
}

Rows OrderWalk::leaf(PlanNode op) {
  Rows rows;
  rows.settled = true;
  rows.streaming = !op["type"].is("LOGICAL_DELIM_GET") && op["children"].size() == 0;
  return rows;
}

Rows OrderWalk::projection(PlanNode op) {
  Rows rows = child(op, 0);
  if (!rows.key) return rows;
  std::set<size_t> kept, key;
  size_t position = 0;
  for (PlanNode node : op["expressions"]) {
    uint64_t source = node["index"].number();
    if (node["expression_class"].is("BOUND_REF") && rows.key->count(source) && kept.insert(source).second)
      key.insert(position);
    ++position;
  }
  if (kept == *rows.key)
    rows.key = key;
  else
    rows.key.reset();
  return rows;
}

Rows OrderWalk::aggregate(PlanNode op) {
  Rows rows = child(op, 0);
  bool scalar = is_scalar_subquery(op);
  rows.streaming = rows.ordered_by_key = false;
  for (PlanNode call : op["expressions"]) rows.settled = rows.settled && (scalar || is_exact_aggregate(call));
  rows.key.reset();
  if (op["grouping_sets"].size() <= 1) {
    rows.key.emplace();
    for (size_t i = 0; i < op["groups"].size(); ++i) rows.key->insert(i);
  }
  return rows;
}

/// A sort is the same on any number of threads where no two rows are equal in what it sorts by.
Rows OrderWalk::order_by(PlanNode op) {
  Rows rows = child(op, 0);
  std::set<size_t> sorted;
  for (PlanNode order : op["orders"])
    if (order["expression"]["expression_class"].is("BOUND_REF")) sorted.insert(order["expression"]["index"].number());
  bool total = rows.key && std::includes(sorted.begin(), sorted.end(), rows.key->begin(), rows.key->end());
  rows.streaming = rows.ordered_by_key = rows.settled && total;
  if (op["projection_map"].size()) rows.key.reset();
  return rows;
}

/// A common table expression used once is put in its place by the optimiser; used more often it is computed first.
Rows OrderWalk::cte(PlanNode op) {
  uint64_t index = op["table_index"].number();
  Rows body = child(op, 0);
  if (references_[index] > 1 || op["materialize"].is("CTE_MATERIALIZE_ALWAYS"))
    body.streaming = body.ordered_by_key = false;
  ctes_[index] = body;
  return child(op, 1);
}

/// Joins and set operations.
Rows OrderWalk::several(PlanNode op) {
  Rows rows;
  rows.settled = !op["type"].is("LOGICAL_ASOF_JOIN") && !op["type"].is("LOGICAL_POSITIONAL_JOIN");
  rows.streaming = op["type"].is("LOGICAL_UNION");
  if (op["type"].is("LOGICAL_RECURSIVE_CTE")) {
    rows.settled = op["key_targets"].size() == 0;
    ctes_[op["table_index"].number()] = Rows{false, rows.settled, {}, false};
  }
  for (PlanNode input : op["children"]) {
    Rows side = walk(input);
    rows.settled = rows.settled && side.settled;
    rows.streaming = rows.streaming && side.streaming;
  }
  return rows;
}

constexpr std::string_view kLeaves[] = {"LOGICAL_GET",       "LOGICAL_DUMMY_SCAN",   "LOGICAL_CHUNK_GET",
                                        "LOGICAL_DELIM_GET", "LOGICAL_EMPTY_RESULT", "LOGICAL_EXPRESSION_GET"};
constexpr std::string_view kSeveral[] = {
    "LOGICAL_COMPARISON_JOIN", "LOGICAL_DELIM_JOIN", "LOGICAL_ANY_JOIN", "LOGICAL_ASOF_JOIN", "LOGICAL_CROSS_PRODUCT",
    "LOGICAL_POSITIONAL_JOIN", "LOGICAL_UNION",      "LOGICAL_EXCEPT",   "LOGICAL_INTERSECT", "LOGICAL_RECURSIVE_CTE"};

Rows OrderWalk::walk(PlanNode op) {
  PlanNode type = op["type"];
  if (is_one_of(type, kLeaves)) {
    Rows rows = leaf(op);
    for (PlanNode input : op["children"]) rows.settled = rows.settled && walk(input).settled;
    if (type.is("LOGICAL_EXPRESSION_GET")) rows.streaming = rows.settled;
    return rows;
  }
  if (is_one_of(type, kSeveral)) return several(op);
  if (type.is("LOGICAL_PROJECTION")) return projection(op);
  if (type.is("LOGICAL_FILTER")) {
    Rows rows = child(op, 0);
    if (op["projection_map"].size()) rows.key.reset();  // its positions are others now
    return rows;
  }
  if (type.is("LOGICAL_AGGREGATE_AND_GROUP_BY")) return aggregate(op);
  if (type.is("LOGICAL_ORDER_BY")) return order_by(op);
  if (type.is("LOGICAL_MATERIALIZED_CTE")) return cte(op);
  if (type.is("LOGICAL_CTE_REF")) return ctes_[op["cte_index"].number()];
  if (type.is("LOGICAL_UNNEST")) {
    Rows rows = child(op, 0);
    rows.key.reset(), rows.ordered_by_key = false;
    return rows;
  }
  if (type.is("LOGICAL_DISTINCT") && !op["distinct_type"].is("DISTINCT_ON")) {
    Rows rows = child(op, 0);
    rows.key.emplace(), rows.streaming = rows.ordered_by_key = false;
    for (size_t i = 0; i < op["distinct_targets"].size(); ++i) rows.key->insert(i);
    return rows;
  }
  if (type.is("LOGICAL_LIMIT")) {
    Rows rows = child(op, 0);
    rows.streaming = rows.settled = rows.ordered_by_key;
    return rows;
  }
  return {};  // windows, samples, DISTINCT ON, PIVOT over many values, and what is not known
}

/// Is the top of the plan, below projections and filters, what makes a set of rows anew?
bool makes_a_set(PlanNode op) {
  PlanNode type = op["type"];
  for (std::string_view name :
       {"LOGICAL_AGGREGATE_AND_GROUP_BY", "LOGICAL_DISTINCT", "LOGICAL_UNION", "LOGICAL_EXCEPT", "LOGICAL_INTERSECT"})
    if (type.is(name)) return true;
  bool through = type.is("LOGICAL_PROJECTION") || type.is("LOGICAL_FILTER") || type.is("LOGICAL_MATERIALIZED_CTE");
  if (!through) return false;
  PlanNode last;
  for (PlanNode input : op["children"]) last = input;
  return makes_a_set(last);
}

bool can_be_sorted(const Schema& schema) {
  for (const Column& column : schema.columns)
    for (const char* type : {"VARIANT", "GEOMETRY"})
      if (column.type.find(type) != std::string::npos) return false;
  return true;
}

}  // namespace

RowOrder row_order_of(PlanNode plan, const Schema& schema, size_t& order_prefix) {
  Rows rows = OrderWalk(plan).walk(plan);
  if (rows.streaming) return RowOrder::streaming;
  if (!rows.settled || !makes_a_set(plan) || !can_be_sorted(schema)) return RowOrder::sequential;
  order_prefix = schema.columns.size();
  if (rows.key) order_prefix = rows.key->empty() ? 0 : *rows.key->rbegin() + 1;
  return RowOrder::sorted;
}

}  // namespace filrouge
