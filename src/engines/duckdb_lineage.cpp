// Column lineage from a bound plan; the idea stands in duckdb_plan.h.
#include "engines/lineage_walk.h"
#include "engines/plan_functions.h"

namespace filrouge {
namespace {

constexpr uint64_t kRowId = UINT64_MAX;           ///< DuckDB's column number of a row's own number
constexpr uint64_t kVirtualColumns = 1ull << 63;  ///< column numbers from here on are no columns of the table

}  // namespace

const LineageWalk::OperatorRow LineageWalk::kOperators[] = {
    {"LOGICAL_GET", &LineageWalk::get},
    {"LOGICAL_PROJECTION", &LineageWalk::projection},
    {"LOGICAL_FILTER", &LineageWalk::filter},
    {"LOGICAL_COMPARISON_JOIN", &LineageWalk::join},
    {"LOGICAL_AGGREGATE_AND_GROUP_BY", &LineageWalk::aggregate},
    {"LOGICAL_ORDER_BY", &LineageWalk::order_by},
    {"LOGICAL_LIMIT", &LineageWalk::limit},
    {"LOGICAL_DISTINCT", &LineageWalk::distinct},
    {"LOGICAL_WINDOW", &LineageWalk::window},
    {"LOGICAL_MATERIALIZED_CTE", &LineageWalk::materialized_cte},
    {"LOGICAL_CTE_REF", &LineageWalk::cte_ref},
    {"LOGICAL_DELIM_JOIN", &LineageWalk::join},
    {"LOGICAL_DELIM_GET", &LineageWalk::delim_get},
    {"LOGICAL_ANY_JOIN", &LineageWalk::join},
    {"LOGICAL_ASOF_JOIN", &LineageWalk::join},
    {"LOGICAL_CROSS_PRODUCT", &LineageWalk::cross_product},
    {"LOGICAL_POSITIONAL_JOIN", &LineageWalk::positional_join},
    {"LOGICAL_UNION", &LineageWalk::set_operation},
    {"LOGICAL_EXCEPT", &LineageWalk::set_operation},
    {"LOGICAL_INTERSECT", &LineageWalk::set_operation},
    {"LOGICAL_RECURSIVE_CTE", &LineageWalk::recursive_cte},
    {"LOGICAL_UNNEST", &LineageWalk::unnest},
    {"LOGICAL_PIVOT", &LineageWalk::pivot},
    {"LOGICAL_SAMPLE", &LineageWalk::sample},
    {"LOGICAL_DUMMY_SCAN", &LineageWalk::constants},
    {"LOGICAL_CHUNK_GET", &LineageWalk::constants},
    {"LOGICAL_EMPTY_RESULT", &LineageWalk::constants},
    {"LOGICAL_EXPRESSION_GET", &LineageWalk::value_rows},
};

Relation LineageWalk::walk(PlanNode op) {
  for (const OperatorRow& row : kOperators)
    if (op["type"].is(row.type)) return (this->*row.step)(op);
  return give_up(op["type"].text());
}

Relation LineageWalk::give_up(std::string_view what) {
  unknown.emplace_back(what);
  return {};
}

uint32_t LineageWalk::number_of(const std::string& table, const std::string& column) {
  auto [entry, is_new] = numbers_.try_emplace(ColumnRef{table, column}, static_cast<uint32_t>(named_.size()));
  if (is_new) named_.push_back(entry->first);
  return entry->second;
}

std::set<ColumnRef> LineageWalk::refs(const Ids& ids) const {
  std::set<ColumnRef> set;
  for (uint32_t id : ids)
    if (!named_[id].column.empty()) set.insert(named_[id]);
  return set;
}

ColumnLineage LineageWalk::lineage_of(const std::string& column, const Origin& origin) const {
  ColumnLineage lineage{column, refs(origin.values), refs(origin.rows), {}};
  std::set<std::string> named;
  for (const std::set<ColumnRef>* set : {&lineage.values, &lineage.rows})
    for (const ColumnRef& ref : *set) named.insert(ref.table);
  for (uint32_t id : origin.rows)
    if (!named.count(named_[id].table)) lineage.tables.insert(named_[id].table);
  return lineage;
}

Relation LineageWalk::child(PlanNode op, size_t number) {
  for (PlanNode input : op["children"])
    if (number-- == 0) return walk(input);
  return give_up(op["type"].text() + " without input");
}

// ---- expressions

Origin LineageWalk::expression(PlanNode node, const Relation& input) {
  Origin origin;
  collect(node, input, origin);
  return origin;
}

/// Any reference below `node`. What a function was bound with is passed over: the body of a lambda counts its own
/// parameters there, and the columns that it captures are arguments of the call.
void LineageWalk::collect(PlanNode node, const Relation& input, Origin& origin) {
  if (node.is_object()) {
    PlanNode kind = node["expression_class"];
    if (kind.is("BOUND_REF") || kind.is("BOUND_COLUMN_REF")) return collect_reference(node, input, origin);
    if (kind.is("BOUND_CONSTANT")) return;
  }
  for (PlanNode member : node) {
    if (!member.is_object() && !member.is_array()) continue;
    std::string_view key = member.key();
    if (key == "return_type" || key == "function_data" || key == "arguments" || key == "original_arguments") continue;
    collect(member, input, origin);
  }
}

void LineageWalk::collect_reference(PlanNode node, const Relation& input, Origin& origin) {
  if (node["expression_class"].is("BOUND_REF")) {
    uint64_t index = node["index"].number();
    if (index < input.columns.size()) return origin.add_all(input.columns[index].origin);
  } else {
    ColumnBinding binding{node["binding"]["table_index"].number(), node["binding"]["column_index"].number()};
    for (const PlanColumn& column : input.columns)
      if (column.binding == binding) return origin.add_all(column.origin);
  }
  unknown.emplace_back("a reference to nothing");
}

// ---- leaves

Relation LineageWalk::get(PlanNode op) {
  return op["name"].is("seq_scan") ? table_scan(op) : table_function(op);
}

Relation LineageWalk::table_scan(PlanNode op) {
  std::string table = op["function_data"]["table"].text();
  if (!op["function_data"]["schema"].is("main")) table = op["function_data"]["schema"].text() + "." + table;
  tables.insert(table);
  auto schema = schemas_.find(table);
  if (schema == schemas_.end() || op["projection_ids"].size()) return give_up("a scan of " + table);
  Relation out;
  out.rows = {number_of(table, "")};
  for (PlanNode entry : op["column_indexes"]) {
    uint64_t number = entry["index"].number();
    PlanColumn column;
    column.binding = {op["table_index"].number(), out.columns.size()};
    if (number < schema->second.columns.size())
      column.origin.values = {number_of(table, schema->second.columns[number].name)};
    else if (number == kRowId)
      column.origin.values = {number_of(table, "rowid")};
    else if (number < kVirtualColumns)
      return give_up("a column of " + table);
    out.columns.push_back(std::move(column));
  }
  if (out.columns.empty()) out.columns.push_back({{}, {op["table_index"].number(), 0}});
  return out;
}

/// range(..), unnest(..) in FROM: with a child where an argument is computed from columns.
Relation LineageWalk::table_function(PlanNode op) {
  Relation out;
  Relation input;
  Origin arguments;
  if (op["children"].size()) {
    input = child(op, 0);
    size_t count = op["input_table_types"].size();
    if (count == 0 || count > input.columns.size()) count = input.columns.size();
    for (size_t i = 0; i < count; ++i) arguments.add_all(input.columns[i].origin);
  }
  size_t width = std::max(op["column_indexes"].size(), size_t{1});
  for (size_t i = 0; i < width; ++i) out.columns.push_back({arguments, {op["table_index"].number(), i}});
  for (PlanNode position : op["projected_input"]) {
    if (position.number() >= input.columns.size()) return give_up("the input of a table function");
    out.columns.push_back(input.columns[position.number()]);
  }
  out.rows = std::move(input.rows);
  out.order = std::move(input.order);
  out.decide_rows(arguments);
  return out;
}

/// Rows that no table has a part in.
Relation LineageWalk::constants(PlanNode op) {
  Relation out;
  size_t width = std::max({op["chunk_types"].size(), op["bindings"].size(), size_t{1}});
  for (size_t i = 0; i < width; ++i) out.columns.push_back({{}, {op["table_index"].number(), i}});
  return out;
}

Relation LineageWalk::value_rows(PlanNode op) {
  Relation input = child(op, 0);
  Relation out;
  for (size_t i = 0; i < op["expr_types"].size(); ++i) out.columns.push_back({{}, {op["table_index"].number(), i}});
  for (PlanNode row : op["expressions"]) {
    size_t i = 0;
    for (PlanNode value : row)
      if (i < out.columns.size()) out.columns[i++].origin.add_all(expression(value, input));
  }
  out.rows = std::move(input.rows);
  out.order = std::move(input.order);
  return out;
}

/// The distinct values of the outer query's columns that a correlated subquery uses. They decide no rows by themselves:
/// the result is joined back to the outer row with equal values, so what other outer rows there are does not matter.
Relation LineageWalk::delim_get(PlanNode op) {
  if (delim_columns_.empty() || delim_columns_.back().size() != op["chunk_types"].size())
    return give_up("LOGICAL_DELIM_GET");
  Relation out;
  out.columns = delim_columns_.back();
  for (size_t i = 0; i < out.columns.size(); ++i) out.columns[i].binding = {op["table_index"].number(), i};
  return out;
}

Relation LineageWalk::cte_ref(PlanNode op) {
  auto found = ctes_.find(op["cte_index"].number());
  if (found == ctes_.end() || found->second.columns.size() != op["chunk_types"].size())
    return give_up("LOGICAL_CTE_REF");
  Relation out = found->second;
  for (size_t i = 0; i < out.columns.size(); ++i) out.columns[i].binding = {op["table_index"].number(), i};
  return out;
}

// ---- operators with one input

Relation LineageWalk::projection(PlanNode op) {
  Relation input = child(op, 0);
  Relation out;
  for (PlanNode node : op["expressions"])
    out.columns.push_back({expression(node, input), {op["table_index"].number(), out.columns.size()}});
  out.rows = std::move(input.rows);
  out.order = std::move(input.order);
  return out;
}

/// Where a map is given, only the columns at its positions leave the operator.
void LineageWalk::keep_mapped(PlanNode map, Relation& relation) {
  if (map.size() == 0) return;
  std::vector<PlanColumn> kept;
  for (PlanNode position : map) {
    if (position.number() >= relation.columns.size()) return unknown.push_back("a projection map");
    kept.push_back(relation.columns[position.number()]);
  }
  relation.columns = std::move(kept);
}

Relation LineageWalk::filter(PlanNode op) {
  Relation out = child(op, 0);
  out.decide_rows(expression(op["expressions"], out));
  keep_mapped(op["projection_map"], out);
  return out;
}

Relation LineageWalk::order_by(PlanNode op) {
  Relation out = child(op, 0);
  out.decide_order(expression(op["orders"], out));
  keep_mapped(op["projection_map"], out);
  return out;
}

Relation LineageWalk::limit(PlanNode op) {
  Relation out = child(op, 0);
  out.decide_rows(expression(op["limit_val"], out));
  out.decide_rows(expression(op["offset_val"], out));
  add(out.rows, out.order);
  return out;
}

Relation LineageWalk::sample(PlanNode op) {
  Relation out = child(op, 0);
  add(out.rows, out.order);
  return out;
}

Relation LineageWalk::distinct(PlanNode op) {
  Relation out = child(op, 0);
  bool on = op["distinct_type"].is("DISTINCT_ON");
  if (on) {  // of the rows with equal targets the first one stays
    out.decide_rows(expression(op["distinct_targets"], out));
    out.decide_rows(expression(op["order_by"], out));
    add(out.rows, out.order);
  } else {
    out.decide_rows_by_all_columns();
  }
  return out;
}

/// One aggregate call. A global aggregate has one row whatever its input is, so what decides the rows of the input
/// decides the value of each of its columns, and no rows.
Origin LineageWalk::aggregate_column(PlanNode call, const Relation& input) {
  Origin origin = expression(call["children"], input);
  for (const char* part : {"filter", "order_bys"}) origin.add_to_rows(expression(call[part], input));
  return origin;
}

Relation LineageWalk::aggregate(PlanNode op) {
  Relation input = child(op, 0);
  Relation out;
  for (PlanNode key : op["groups"])
    out.columns.push_back({expression(key, input), {op["group_index"].number(), out.columns.size()}});
  bool grouped = !out.columns.empty();
  if (grouped) {
    out.rows = input.rows;
    out.order = input.order;
    out.decide_rows_by_all_columns();
  }
  size_t position = 0;
  bool scalar = is_scalar_subquery(op);
  for (PlanNode call : op["expressions"]) {
    PlanColumn column{aggregate_column(call, input), {op["aggregate_index"].number(), position++}};
    if (!grouped) add(column.origin.rows, input.rows);
    if (!scalar && !is_exact_aggregate(call)) add(column.origin.rows, input.order);
    out.columns.push_back(std::move(column));
  }
  for (size_t i = 0; i < op["grouping_functions"].size(); ++i)
    out.columns.push_back({{}, {op["groupings_index"].number(), i}});
  return out;
}

/// `before` is the input, whose references `call` makes; `out` is told that the rows leave in the window's order.
Origin LineageWalk::window_column(PlanNode call, Relation& out, const Relation& before) {
  Origin origin = expression(call["children"], before);
  origin.add_all(expression(call["default_expr"], before));
  for (const char* part : {"partitions", "orders"}) {
    Origin deciding = expression(call[part], before);
    origin.add_to_rows(deciding);
    out.decide_order(deciding);
  }
  for (const char* part : {"filter_expr", "start_expr", "end_expr", "offset_expr", "arg_orders"})
    origin.add_to_rows(expression(call[part], before));
  add(origin.rows, before.order);
  return origin;
}

Relation LineageWalk::window(PlanNode op) {
  Relation input = child(op, 0);
  Relation out = input;
  size_t position = 0;
  for (PlanNode call : op["expressions"])
    out.columns.push_back({window_column(call, out, input), {op["window_index"].number(), position++}});
  return out;
}

/// A list decides how many rows its row becomes.
Relation LineageWalk::unnest(PlanNode op) {
  Relation input = child(op, 0);
  Relation out = input;
  size_t position = 0;
  for (PlanNode call : op["expressions"]) {
    Origin list = expression(call, input);
    out.decide_rows(list);
    out.columns.push_back({std::move(list), {op["unnest_index"].number(), position++}});
  }
  return out;
}

/// PIVOT over many values: its input has the groups, one list per aggregate, and the list of the pivot's values.
Relation LineageWalk::pivot(PlanNode op) {
  Relation out = child(op, 0);
  PlanNode pivot = op["bound_pivot"];
  size_t groups = pivot["group_count"].number(), calls = pivot["aggregates"].size(), width = pivot["types"].size();
  if (calls == 0 || out.columns.size() != groups + calls + 1 || width < groups) return give_up("LOGICAL_PIVOT");
  std::vector<PlanColumn> lists(out.columns.begin() + static_cast<long>(groups), out.columns.end());
  out.columns.resize(groups);
  for (size_t i = 0; groups + i < width; ++i) {
    PlanColumn column = lists[i % calls];
    column.origin.add_to_rows(lists.back().origin);
    out.columns.push_back(std::move(column));
  }
  for (size_t i = 0; i < width; ++i) out.columns[i].binding = {op["pivot_index"].number(), i};
  return out;
}

namespace {

/// What is sound when the plan is not understood: everything depends on everything.
void depend_on_everything(PlanNode plan, const Schemas& schemas, TableLineage& lineage) {
  if (plan["name"].is("seq_scan") && plan["function_data"]["table"]) {
    std::string table = plan["function_data"]["table"].text();
    if (!plan["function_data"]["schema"].is("main")) table = plan["function_data"]["schema"].text() + "." + table;
    lineage.tables.insert(table);
    if (auto schema = schemas.find(table); schema != schemas.end())
      for (const Column& column : schema->second.columns) lineage.rows.insert({table, column.name});
  }
  for (PlanNode member : plan)
    if (member.is_object() || member.is_array()) depend_on_everything(member, schemas, lineage);
}

}  // namespace

void read_plan(PlanNode plan, const Schemas& schemas, Query& query) {
  LineageWalk walk(schemas);
  Relation top = walk.walk(plan);
  size_t width = query.schema.columns.size();
  if (walk.unknown.empty() && top.columns.size() != width) walk.unknown.emplace_back("the number of columns");
  TableLineage& lineage = query.lineage;
  if (!walk.unknown.empty()) {
    depend_on_everything(plan, schemas, lineage);
    for (const Column& column : query.schema.columns)
      lineage.columns.push_back({column.name, lineage.rows, lineage.rows, lineage.tables});
    query.order = RowOrder::sequential;
    query.not_understood = std::move(walk.unknown);
    return;
  }
  size_t prefix = 0;
  query.order = row_order_of(plan, query.schema, prefix);
  if (query.order == RowOrder::sorted)
    for (size_t i = 0; i < prefix; ++i) top.decide_rows(top.columns[i].origin);
  else
    add(top.rows, top.order);
  lineage.tables = std::move(walk.tables);
  lineage.rows = walk.refs(top.rows);
  for (size_t i = 0; i < width; ++i) {
    add(top.columns[i].origin.rows, top.rows);
    lineage.columns.push_back(walk.lineage_of(query.schema.columns[i].name, top.columns[i].origin));
  }
}

}  // namespace filrouge
