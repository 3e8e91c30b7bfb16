// Operators of a plan in Spark's SQL; the idea stands in spark_sql.h. Joins are in spark_joins.cpp.
#include "engines/spark_sql.h"

#include "base/error.h"
#include "base/text.h"
#include "engines/plan_functions.h"
#include "engines/spark_walk.h"

namespace filrouge {

const SparkWalk::OperatorRow SparkWalk::kOperators[] = {
    {"LOGICAL_GET", &SparkWalk::get},
    {"LOGICAL_PROJECTION", &SparkWalk::projection},
    {"LOGICAL_FILTER", &SparkWalk::filter},
    {"LOGICAL_COMPARISON_JOIN", &SparkWalk::comparison_join},
    {"LOGICAL_DELIM_JOIN", &SparkWalk::comparison_join},
    {"LOGICAL_ANY_JOIN", &SparkWalk::any_join},
    {"LOGICAL_CROSS_PRODUCT", &SparkWalk::cross_product},
    {"LOGICAL_AGGREGATE_AND_GROUP_BY", &SparkWalk::aggregate},
    {"LOGICAL_ORDER_BY", &SparkWalk::order_by},
    {"LOGICAL_LIMIT", &SparkWalk::limit},
    {"LOGICAL_DISTINCT", &SparkWalk::distinct},
    {"LOGICAL_WINDOW", &SparkWalk::window},
    {"LOGICAL_UNNEST", &SparkWalk::unnest},
    {"LOGICAL_MATERIALIZED_CTE", &SparkWalk::materialized_cte},
    {"LOGICAL_CTE_REF", &SparkWalk::cte_ref},
    {"LOGICAL_DELIM_GET", &SparkWalk::delim_get},
    {"LOGICAL_UNION", &SparkWalk::set_operation},
    {"LOGICAL_EXCEPT", &SparkWalk::set_operation},
    {"LOGICAL_INTERSECT", &SparkWalk::set_operation},
    {"LOGICAL_DUMMY_SCAN", &SparkWalk::dummy},
    {"LOGICAL_EXPRESSION_GET", &SparkWalk::value_rows},
};

std::vector<std::string> SparkRelation::columns(const std::string& prefix) const {
  std::vector<std::string> out;
  for (size_t i = 0; i < width; ++i) out.push_back(prefix + (names.empty() ? fmt::format("c{}", i) : names[i]));
  return out;
}

SparkRelation SparkWalk::walk(PlanNode op) {
  for (const OperatorRow& row : kOperators)
    if (op["type"].is(row.type)) return (this->*row.step)(op);
  std::string name = op["type"].text();
  if (name.starts_with("LOGICAL_")) name = name.substr(8);
  throw NotPortable{name, "it has not been compared", ""};
}

PlanNode child_of(PlanNode op, size_t number) {
  for (PlanNode input : op["children"])
    if (number-- == 0) return input;
  FR_CHECK(!"an operator without input");
  return {};
}

/// No table of a thread has a name that begins so.
SparkRelation SparkWalk::add(std::string select, size_t width, std::vector<SparkRelation::Key> order) {
  std::string name = fmt::format("_r{}", parts_.size() + 1);
  parts_.emplace_back(name, std::move(select));
  return {name, width, std::move(order), {}};
}

std::string SparkWalk::text(const std::string& last) const {
  std::string out;
  for (const auto& [name, select] : parts_)
    out += fmt::format("{}{} AS ({})", out.empty() ? "WITH " : ",\n", name, select);
  return out + (out.empty() ? "" : "\n") + last;
}

namespace {

std::string named(const std::vector<std::string>& expressions) {
  std::vector<std::string> out;
  for (size_t i = 0; i < expressions.size(); ++i) out.push_back(fmt::format("{} AS c{}", expressions[i], i));
  return out.empty() ? "1 AS c0" : join(out, ", ");
}

std::string hidden(const SparkRelation& relation) {
  std::string out;
  for (const SparkRelation::Key& key : relation.order) out += ", " + key.column;
  return out;
}

}  // namespace

SparkRelation SparkWalk::numbered(const SparkRelation& relation) {
  if (relation.names.empty()) return relation;
  return add(fmt::format("SELECT {} FROM {}", named(relation.columns()), relation.name), relation.width);
}

// ---- leaves

SparkRelation SparkWalk::get(PlanNode op) {
  if (!op["name"].is("seq_scan"))
    throw NotPortable{"the table function " + op["name"].text(), "it has not been compared", ""};
  std::string table = op["function_data"]["table"].text();
  if (!op["function_data"]["schema"].is("main")) table = op["function_data"]["schema"].text() + "." + table;
  const Schema& schema = schemas_.at(table);
  std::vector<std::string> columns;
  for (PlanNode entry : op["column_indexes"]) {
    uint64_t number = entry["index"].number();
    // count(*) asks for no column, and DuckDB then for the row's number.
    columns.push_back(number < schema.columns.size() ? spark_name(schema.columns[number].name) : "0L");
  }
  bool all_there = !columns.empty() && std::find(columns.begin(), columns.end(), "0L") == columns.end();
  if (all_there) return {spark_name(table), columns.size(), {}, columns};
  return add(fmt::format("SELECT {} FROM {}", named(columns), spark_name(table)), std::max<size_t>(columns.size(), 1));
}

SparkRelation SparkWalk::dummy(PlanNode) {
  return add("SELECT 0 AS c0", 1);
}

SparkRelation SparkWalk::value_rows(PlanNode op) {
  std::vector<std::string> rows;
  for (PlanNode row : op["expressions"]) {
    Columns values;
    for (PlanNode value : row) values.push_back(text_of(value, {}));
    rows.push_back("SELECT " + named(values));
  }
  return add(filrouge::join(rows, " UNION ALL "), op["expr_types"].size());
}

SparkRelation SparkWalk::delim_get(PlanNode) {
  FR_CHECK(!delim_.empty());
  return delim_.back();
}

SparkRelation SparkWalk::cte_ref(PlanNode op) {
  auto found = ctes_.find(op["cte_index"].number());
  if (found == ctes_.end()) throw NotPortable{"WITH RECURSIVE", "it has not been compared", ""};
  SparkRelation relation = found->second;
  relation.order.clear();
  return relation;
}

SparkRelation SparkWalk::materialized_cte(PlanNode op) {
  ctes_[op["table_index"].number()] = child(op, 0);
  return child(op, 1);
}

// ---- operators with one input

SparkRelation SparkWalk::projection(PlanNode op) {
  SparkRelation input = input_of(op);
  Columns out;
  for (PlanNode node : op["expressions"]) out.push_back(text_of(node, input.columns()));
  return add(fmt::format("SELECT {}{} FROM {}", named(out), hidden(input), input.name), out.size(), input.order);
}

SparkRelation SparkWalk::keep_mapped(PlanNode map, const SparkRelation& relation) {
  if (map.size() == 0) return relation;
  Columns kept, columns = relation.columns();
  for (PlanNode position : map) kept.push_back(columns.at(position.number()));
  return add(fmt::format("SELECT {}{} FROM {}", named(kept), hidden(relation), relation.name), kept.size(),
             relation.order);
}

SparkRelation SparkWalk::filtered(const SparkRelation& relation, const std::vector<PlanNode>& conditions) {
  std::vector<std::string> texts;
  for (PlanNode node : conditions) texts.push_back(text_of(node, relation.columns()));
  SparkRelation out = add(fmt::format("SELECT * FROM {} WHERE {}", relation.name, filrouge::join(texts, " AND ")),
                          relation.width, relation.order);
  out.names = relation.names;
  return out;
}

SparkRelation SparkWalk::filter(PlanNode op) {
  std::vector<PlanNode> conditions;
  for (PlanNode node : op["expressions"]) conditions.push_back(node);
  PlanNode below = child_of(op, 0);
  SparkRelation input = is_subquery_join(below) ? joined(below, conditions) : walk(below);
  return keep_mapped(op["projection_map"], filtered(input, conditions));
}

SparkRelation SparkWalk::order_by(PlanNode op) {
  SparkRelation input = child(op, 0);
  std::vector<SparkRelation::Key> order;
  std::string keys;
  for (PlanNode node : op["orders"]) {
    std::string name = fmt::format("o{}_{}", parts_.size() + 1, order.size());
    keys += fmt::format(", {} AS {}", text_of(node["expression"], input.columns()), name);
    order.push_back({name, sort_direction(node)});
  }
  SparkRelation out =
      add(fmt::format("SELECT {}{} FROM {}", named(input.columns()), keys, input.name), input.width, order);
  return keep_mapped(op["projection_map"], out);
}

SparkRelation SparkWalk::limit(PlanNode op) {
  SparkRelation input = child(op, 0);
  if (input.order.empty())
    throw NotPortable{"LIMIT without ORDER BY", "which rows stay depends on their order", "add ORDER BY"};
  std::vector<std::string> keys;
  for (const SparkRelation::Key& key : input.order) keys.push_back(key.column + " " + key.direction);
  for (const std::string& column : input.columns()) keys.push_back(column);
  std::string tail;
  for (const auto& [part, word] : {std::pair{"limit_val", "LIMIT"}, std::pair{"offset_val", "OFFSET"}}) {
    PlanNode value = op[part];
    if (!value["type"] || value["type"].is("UNSET")) continue;
    if (!value["type"].is("CONSTANT_VALUE"))
      throw NotPortable{"LIMIT by what is no constant number", "it has not been compared", ""};
    tail += fmt::format(" {} {}", word, value["constant_integer"].number());
  }
  notes.insert("LIMIT: of rows with equal sort keys, which ones stay may differ");
  return add(fmt::format("SELECT * FROM {} ORDER BY {}{}", input.name, filrouge::join(keys, ", "), tail), input.width,
             input.order);
}

SparkRelation SparkWalk::distinct(PlanNode op) {
  SparkRelation input = child(op, 0);
  if (op["distinct_type"].is("DISTINCT_ON")) return distinct_on(op, input);
  return add(fmt::format("SELECT DISTINCT {} FROM {}", named(input.columns()), input.name), input.width);
}

SparkRelation SparkWalk::distinct_on(PlanNode op, const SparkRelation& input) {
  std::vector<std::string> targets;
  for (PlanNode node : op["distinct_targets"]) targets.push_back(text_of(node, input.columns()));
  std::string order = sort_keys(op["order_by"]["orders"], input.columns());
  if (order.empty())
    throw NotPortable{"DISTINCT ON without ORDER BY", "which row stays depends on their order", "add ORDER BY"};
  notes.insert("DISTINCT ON: of rows with equal sort keys, which one stays may differ");
  SparkRelation numbered = add(fmt::format("SELECT *, row_number() OVER (PARTITION BY {} ORDER BY {}) AS n FROM {}",
                                           filrouge::join(targets, ", "), order, input.name),
                               input.width);
  return add(fmt::format("SELECT {} FROM {} WHERE n = 1", named(input.columns()), numbered.name), input.width);
}

namespace {

/// first() above a scalar subquery has no choice: there is one row, or error() is called.
std::string first_of_one(const std::string& argument) {
  return fmt::format("any_value({})", argument);
}

}  // namespace

SparkWalk::Columns SparkWalk::aggregates(PlanNode op, const Columns& columns) {
  Columns out;
  bool scalar = is_scalar_subquery(op);
  for (PlanNode call : op["expressions"]) {
    if (!scalar || !call["name"].is("first"))
      out.push_back(aggregate_call(call, columns));
    else
      for (PlanNode argument : call["children"]) out.push_back(first_of_one(text_of(argument, columns)));
  }
  return out;
}

SparkRelation SparkWalk::aggregate(PlanNode op) {
  SparkRelation input = input_of(op);
  const Columns columns = input.columns();
  if (op["grouping_sets"].size() > 1 || op["grouping_functions"].size()) return aggregate_by_sets(op, numbered(input));
  Columns keys;
  for (PlanNode key : op["groups"]) keys.push_back(text_of(key, columns));
  // A number in GROUP BY would be a position, so only what is a column stands there as it is.
  for (const std::string& key : keys)
    if (std::find(columns.begin(), columns.end(), key) == columns.end()) return aggregate_by_sets(op, numbered(input));
  Columns out = keys;
  for (std::string& call : aggregates(op, columns)) out.push_back(std::move(call));
  std::string group = keys.empty() ? "" : " GROUP BY " + filrouge::join(keys, ", ");
  return add(fmt::format("SELECT {} FROM {}{}", named(out), input.name, group), out.size());
}

/// Keys that are expressions get names, k0 .., in a projection below.
SparkRelation SparkWalk::aggregate_by_sets(PlanNode op, const SparkRelation& input) {
  Columns keys, names;
  for (PlanNode key : op["groups"]) {
    names.push_back(fmt::format("k{}", keys.size()));
    keys.push_back(fmt::format("{} AS {}", text_of(key, input.columns()), names.back()));
  }
  SparkRelation keyed =
      keys.empty() ? input
                   : add(fmt::format("SELECT *, {} FROM {}", filrouge::join(keys, ", "), input.name), input.width);
  Columns out = names;
  for (std::string& call : aggregates(op, input.columns())) out.push_back(std::move(call));
  for (PlanNode function : op["grouping_functions"]) {
    std::string bits;  // grouping(a, b): the last column is the lowest bit
    for (PlanNode index : function)
      bits = fmt::format("{}CAST(grouping({}) AS BIGINT)", bits.empty() ? "" : "(" + bits + ") * 2 + ",
                         names.at(index.number()));
    out.push_back(bits);
  }
  std::string group;
  std::vector<std::string> sets;
  for (PlanNode set : op["grouping_sets"]) {
    std::vector<std::string> of;
    for (PlanNode index : set) of.push_back(names.at(index.number()));
    sets.push_back("(" + filrouge::join(of, ", ") + ")");
  }
  if (sets.size() > 1 || (sets.size() == 1 && op["grouping_functions"].size()))
    group = " GROUP BY GROUPING SETS (" + filrouge::join(sets, ", ") + ")";
  else if (!names.empty())
    group = " GROUP BY " + filrouge::join(names, ", ");
  return add(fmt::format("SELECT {} FROM {}{}", named(out), keyed.name, group), out.size());
}

SparkRelation SparkWalk::window(PlanNode op) {
  SparkRelation input = child(op, 0);
  Columns out = input.columns();
  for (PlanNode call : op["expressions"]) out.push_back(window_call(call, input.columns()));
  return add(fmt::format("SELECT {} FROM {}", named(out), input.name), out.size());
}

SparkRelation SparkWalk::unnest(PlanNode op) {
  SparkRelation input = child(op, 0);
  if (op["expressions"].size() != 1)
    throw NotPortable{"several unnest() in one SELECT", "it has not been compared", "unnest one list per step"};
  std::string list;
  for (PlanNode call : op["expressions"]) list = text_of(call["child"], input.columns());
  Columns out = input.columns();
  out.push_back(fmt::format("explode({})", list));
  rules.insert("unnest is explode");
  return add(fmt::format("SELECT {} FROM {}", named(out), input.name), out.size());
}

// ---- the whole

Error NotPortable::error() const {
  std::string message = fmt::format("{} is not portable to Spark", what);
  if (!why.empty()) message += ": " + why;
  return Error(ErrorKind::user, "FR0220", message, hint);
}

PortableQuery to_spark(PlanNode plan, const std::map<std::string, Schema>& schemas, const Schema& result,
                       const ConstantFolder& folder) {
  SparkWalk walk(schemas, folder);
  PortableQuery query;
  try {
    SparkRelation top = walk.result(plan);
    FR_CHECK(top.width == result.columns.size());
    std::vector<std::string> columns, keys;
    for (const SparkRelation::Key& key : top.order) keys.push_back(key.column + " " + key.direction);
    for (size_t i = 0; i < top.width; ++i) {
      const Column& column = result.columns[i];
      columns.push_back(
          fmt::format("CAST(c{} AS {}) AS {}", i, spark_type(plan_type_of(column.type)), spark_name(column.name)));
      keys.push_back(fmt::format("c{} ASC NULLS LAST", i));
    }
    std::string select = fmt::format("SELECT {} FROM {}", join(columns, ", "), top.name);
    query.sql = walk.text(fmt::format("{} ORDER BY {}", select, join(keys, ", ")));
    if (top.order.empty()) query.unsorted = walk.text(select);
  } catch (const NotPortable& reason) {
    walk.problems.push_back(reason.error());
  }
  query.problems = std::move(walk.problems);
  if (!query.problems.empty()) query.sql.clear(), query.unsorted.clear();
  query.rules.assign(walk.rules.begin(), walk.rules.end());
  query.notes.assign(walk.notes.begin(), walk.notes.end());
  return query;
}

}  // namespace filrouge
