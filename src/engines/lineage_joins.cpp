// Lineage through operators with several inputs: joins, set operations, common table expressions.
#include "engines/lineage_walk.h"

namespace filrouge {

/// The conditions' columns of both sides.
Origin LineageWalk::join_keys(PlanNode op, const Relation& left, const Relation& right) {
  Origin keys;
  for (PlanNode condition : op["conditions"]) {
    collect(condition["left"], left, keys);
    collect(condition["right"], right, keys);
  }
  Relation both;  // an expression over both sides counts the columns of the left, then those of the right
  both.columns = left.columns;
  both.columns.insert(both.columns.end(), right.columns.begin(), right.columns.end());
  for (const char* part : {"condition", "predicate"}) collect(op[part], both, keys);
  return keys;
}

/// The right side of a join; what it asks of the left, if it is correlated, are the left's duplicate-eliminated
/// columns.
Relation LineageWalk::right_of_join(PlanNode op, const Relation& left) {
  if (!op["type"].is("LOGICAL_DELIM_JOIN")) return child(op, 1);
  if (op["delim_flipped"].is("true")) return give_up("a flipped delim join");
  std::vector<PlanColumn> columns;
  for (PlanNode node : op["duplicate_eliminated_columns"]) columns.push_back({expression(node, left), {}});
  delim_columns_.push_back(std::move(columns));
  Relation right = child(op, 1);
  delim_columns_.pop_back();
  return right;
}

namespace {

bool has_equalities_only(PlanNode join) {
  for (PlanNode condition : join["conditions"]) {
    PlanNode comparison = condition["comparison"];
    if (!comparison.is("COMPARE_EQUAL") && !comparison.is("COMPARE_NOT_DISTINCT_FROM")) return false;
  }
  return join["type"].is("LOGICAL_COMPARISON_JOIN") || join["type"].is("LOGICAL_DELIM_JOIN");
}

}  // namespace

Relation LineageWalk::join(PlanNode op) {
  Relation left = child(op, 0);
  Relation right = right_of_join(op, left);
  Origin keys = join_keys(op, left, right);
  keep_mapped(op["left_projection_map"], left);
  keep_mapped(op["right_projection_map"], right);
  PlanNode type = op["join_type"];
  Relation out = std::move(left);
  if (type.is("MARK")) {  // one more column: is there a match?
    PlanColumn mark{keys, {op["mark_index"].number(), 0}};
    add(mark.origin.rows, right.rows);
    // Where it is no hash join, the left's rows do not keep their order.
    if (!has_equalities_only(op)) out.decide_order(mark.origin);
    out.columns.push_back(std::move(mark));
  } else if (type.is("SINGLE")) {  // a scalar subquery: at most one match, and no row of the left goes
    Origin deciding = keys;
    add(deciding.rows, right.rows);
    add(deciding.rows, right.order);
    for (PlanColumn& column : right.columns) {
      column.origin.add_to_rows(deciding);
      out.columns.push_back(std::move(column));
    }
    out.decide_order(deciding);  // DuckDB may build on the left and probe from the right
  } else {
    add(out.rows, right.rows);
    add(out.order, right.order);
    out.decide_rows(keys);
    bool one_side = type.is("SEMI") || type.is("ANTI");
    if (!one_side) std::move(right.columns.begin(), right.columns.end(), std::back_inserter(out.columns));
  }
  return out;
}

Relation LineageWalk::cross_product(PlanNode op) {
  Relation out = child(op, 0);
  Relation right = child(op, 1);
  std::move(right.columns.begin(), right.columns.end(), std::back_inserter(out.columns));
  add(out.rows, right.rows);
  add(out.order, right.order);
  return out;
}

/// Row n meets row n: what only ordered the rows of a side now decides which rows meet.
Relation LineageWalk::positional_join(PlanNode op) {
  Relation out = cross_product(op);
  add(out.rows, out.order);
  return out;
}

/// UNION here is UNION ALL; the plan has a DISTINCT above it for UNION. EXCEPT and INTERSECT give values of the left
/// side.
Relation LineageWalk::set_operation(PlanNode op) {
  Relation out = child(op, 0);
  bool is_union = op["type"].is("LOGICAL_UNION");
  for (size_t number = 1; number < op["children"].size(); ++number) {
    Relation other = child(op, number);
    if (other.columns.size() != out.columns.size()) return give_up(op["type"].text());
    for (size_t i = 0; is_union && i < out.columns.size(); ++i) out.columns[i].origin.add_all(other.columns[i].origin);
    add(out.rows, other.rows);
    add(out.order, other.order);
    if (!is_union) other.decide_rows_by_all_columns(), add(out.rows, other.rows);
  }
  if (!is_union) out.decide_rows_by_all_columns();
  for (size_t i = 0; i < out.columns.size(); ++i) out.columns[i].binding = {op["table_index"].number(), i};
  return out;
}

Relation LineageWalk::materialized_cte(PlanNode op) {
  Relation body = child(op, 0);
  ctes_[op["table_index"].number()] = std::move(body);
  return child(op, 1);
}

/// Walks the recursive side with what is known of the whole until that is no longer news.
Relation LineageWalk::recursive_cte(PlanNode op) {
  Relation whole = child(op, 0);
  for (size_t i = 0; i < whole.columns.size(); ++i) whole.columns[i].binding = {op["table_index"].number(), i};
  bool keyed = op["key_targets"].size() > 0;
  bool all = op["union_all"].is("true") && !keyed;
  while (true) {
    if (!all) whole.decide_rows_by_all_columns();
    Relation next = whole;
    ctes_[op["table_index"].number()] = whole;
    Relation step = child(op, 1);
    if (!unknown.empty() || step.columns.size() != whole.columns.size()) return give_up("LOGICAL_RECURSIVE_CTE");
    for (size_t i = 0; i < next.columns.size(); ++i) next.columns[i].origin.add_all(step.columns[i].origin);
    add(next.rows, step.rows);
    add(next.rows, step.order);  // the rounds follow each other
    bool news = next.rows != whole.rows;
    for (size_t i = 0; i < next.columns.size(); ++i)
      news = news || next.columns[i].origin.values != whole.columns[i].origin.values ||
             next.columns[i].origin.rows != whole.columns[i].origin.rows;
    whole = std::move(next);
    if (!news) return whole;
  }
}

}  // namespace filrouge
