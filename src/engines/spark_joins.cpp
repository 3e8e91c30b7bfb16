// Joins and set operations of a plan in Spark's SQL.
#include "base/error.h"
#include "base/text.h"
#include "engines/spark_walk.h"

namespace filrouge {
namespace {

std::string both_sides(const SparkRelation& left, const SparkRelation& right, bool with_right) {
  std::vector<std::string> out;
  for (const std::string& column : left.columns("l.")) out.push_back(fmt::format("{} AS c{}", column, out.size()));
  if (with_right)
    for (const std::string& column : right.columns("r.")) out.push_back(fmt::format("{} AS c{}", column, out.size()));
  return join(out, ", ");
}

struct JoinRow {
  const char* duckdb;
  const char* spark;
  bool right_columns;
};
constexpr JoinRow kJoins[] = {{"INNER", "JOIN", true},           {"LEFT", "LEFT JOIN", true},
                              {"RIGHT", "RIGHT JOIN", true},     {"OUTER", "FULL JOIN", true},
                              {"FULL", "FULL JOIN", true},       {"SEMI", "LEFT SEMI JOIN", false},
                              {"ANTI", "LEFT ANTI JOIN", false}, {"SINGLE", "LEFT JOIN", true}};

/// How many of the input's first columns an expression needs.
size_t columns_needed(PlanNode node) {
  size_t needed = node["expression_class"].is("BOUND_REF") ? node["index"].number() + 1 : 0;
  for (PlanNode member : node)
    if (member.is_object() || member.is_array()) needed = std::max(needed, columns_needed(member));
  return needed;
}

/// Whether there is at most one row for each value of the correlated columns: an aggregate grouped by them.
bool one_row_per_key(PlanNode op) {
  PlanNode type = op["type"];
  if (type.is("LOGICAL_AGGREGATE_AND_GROUP_BY")) return op["grouping_sets"].size() <= 1;
  if (type.is("LOGICAL_PROJECTION") || type.is("LOGICAL_FILTER")) return one_row_per_key(child_of(op, 0));
  if (type.is("LOGICAL_COMPARISON_JOIN") && child_of(op, 0)["type"].is("LOGICAL_DELIM_GET"))
    return one_row_per_key(child_of(op, 1));
  return false;
}

}  // namespace

bool is_subquery_join(PlanNode op) {
  bool join = op["type"].is("LOGICAL_DELIM_JOIN") || op["type"].is("LOGICAL_COMPARISON_JOIN");
  return join && (op["join_type"].is("MARK") || op["join_type"].is("SINGLE")) && op["left_projection_map"].size() == 0;
}

/// `conditions`: of a filter above. The plan is not optimised: the WHERE of a query with a subquery stands above the
/// join to the subquery, whose distinct outer values would otherwise be taken from all combinations of the tables in
/// FROM.
SparkRelation SparkWalk::joined(PlanNode op, std::vector<PlanNode> conditions) {
  PlanNode outer = child_of(op, 0);
  bool chained = is_subquery_join(op) && is_subquery_join(outer);
  SparkRelation left = chained ? joined(outer, conditions) : walk(outer);
  if (is_subquery_join(op)) {
    std::erase_if(conditions, [&](PlanNode node) { return columns_needed(node) > left.width; });
    if (!conditions.empty()) left = filtered(left, conditions);
  }
  bool delim = op["type"].is("LOGICAL_DELIM_JOIN");
  if (delim) {
    if (op["delim_flipped"].is("true"))
      throw NotPortable{"this correlated subquery", "it has not been compared", "write it as a join"};
    Columns columns;
    for (PlanNode node : op["duplicate_eliminated_columns"])
      columns.push_back(fmt::format("{} AS c{}", text_of(node, left.columns()), columns.size()));
    delim_.push_back(
        add(fmt::format("SELECT DISTINCT {} FROM {}", filrouge::join(columns, ", "), left.name), columns.size()));
  }
  SparkRelation right = walk(child_of(op, 1));
  if (delim) delim_.pop_back();
  if (op["join_type"].is("MARK")) return mark_join(op, numbered(left), numbered(right));
  if (op["join_type"].is("SINGLE")) right = at_most_one(op, numbered(right));
  return plain_join(op, left, right);
}

SparkRelation SparkWalk::plain_join(PlanNode op, const SparkRelation& left, const SparkRelation& right) {
  std::vector<std::string> conditions;
  for (PlanNode condition : op["conditions"]) {
    Piece a = expression(condition["left"], left.columns("l."));
    conditions.push_back(
        compare(condition["comparison"].text(), a.text, text_of(condition["right"], right.columns("r.")), a.type));
  }
  if (op["predicate"]) {
    Columns both = left.columns("l.");
    for (const std::string& column : right.columns("r.")) both.push_back(column);
    conditions.push_back(text_of(op["predicate"], both));
  }
  for (const JoinRow& row : kJoins) {
    if (!op["join_type"].is(row.duckdb)) continue;
    SparkRelation out = add(fmt::format("SELECT {} FROM {} l {} {} r ON {}", both_sides(left, right, row.right_columns),
                                        left.name, row.spark, right.name, filrouge::join(conditions, " AND ")),
                            left.width + (row.right_columns ? right.width : 0));
    if (op["left_projection_map"].size() == 0 && op["right_projection_map"].size() == 0) return out;
    Columns kept;
    auto keep = [&](PlanNode map, size_t first, size_t width) {
      if (map.size() == 0)
        for (size_t i = 0; i < width; ++i) kept.push_back(fmt::format("c{} AS c{}", first + i, kept.size()));
      for (PlanNode position : map) kept.push_back(fmt::format("c{} AS c{}", first + position.number(), kept.size()));
    };
    keep(op["left_projection_map"], 0, left.width);
    if (row.right_columns) keep(op["right_projection_map"], left.width, right.width);
    return add(fmt::format("SELECT {} FROM {}", filrouge::join(kept, ", "), out.name), kept.size());
  }
  throw NotPortable{"a join of type " + op["join_type"].text(), "it has not been compared", ""};
}

/// A join whose condition is one expression over both sides.
SparkRelation SparkWalk::any_join(PlanNode op) {
  SparkRelation left = child(op, 0), right = child(op, 1);
  Columns both = left.columns("l.");
  for (const std::string& column : right.columns("r.")) both.push_back(column);
  std::string condition = text_of(op["condition"], both);
  for (const JoinRow& row : kJoins)
    if (op["join_type"].is(row.duckdb) && std::string_view(row.duckdb) != "SINGLE")
      return add(fmt::format("SELECT {} FROM {} l {} {} r ON {}", both_sides(left, right, row.right_columns), left.name,
                             row.spark, right.name, condition),
                 left.width + (row.right_columns ? right.width : 0));
  throw NotPortable{"a subquery compared by other than = or IN", "it has not been compared", "write it as a join"};
}

/// A scalar subquery may give one row for each row outside; a second one is an error in DuckDB.
SparkRelation SparkWalk::at_most_one(PlanNode op, const SparkRelation& right) {
  if (one_row_per_key(child_of(op, 1))) return right;
  Columns keys;
  for (PlanNode condition : op["conditions"]) keys.push_back(text_of(condition["right"], right.columns()));
  SparkRelation counted =
      add(fmt::format("SELECT *, count(1) OVER (PARTITION BY {}) AS n FROM {}", filrouge::join(keys, ", "), right.name),
          right.width);
  Columns out = right.columns();
  std::string guard =
      "CASE WHEN n > 1 THEN CAST(raise_error('more than one row returned by a subquery used as an expression') AS "
      "BOOLEAN) ELSE true END";
  return add(fmt::format("SELECT {} FROM {} WHERE {}", filrouge::join(out, ", "), counted.name, guard), right.width);
}

/// x IN (SELECT y ..), EXISTS (..): one more column, with the logic of three values. Conditions by IS NOT DISTINCT FROM
/// tie the subquery to its outer row; at most one other, by `=`, is the comparison itself.
SparkRelation SparkWalk::mark_join(PlanNode op, const SparkRelation& left, const SparkRelation& right) {
  Columns left_keys, right_keys;
  std::optional<std::pair<std::string, std::string>> compared;
  for (PlanNode condition : op["conditions"]) {
    std::string a = text_of(condition["left"], left.columns("l.")), b = text_of(condition["right"], right.columns());
    if (condition["comparison"].is("COMPARE_NOT_DISTINCT_FROM")) {
      left_keys.push_back(a), right_keys.push_back(b);
    } else if (condition["comparison"].is("COMPARE_EQUAL") && !compared) {
      compared = {a, b};
    } else {
      throw NotPortable{"a subquery compared by other than = or IN", "it has not been compared", "write it as a join"};
    }
  }
  auto distinct = [&](const std::string& extra, const std::string& filter) {
    Columns out;
    for (const std::string& key : right_keys) out.push_back(fmt::format("{} AS k{}", key, out.size()));
    if (!extra.empty()) out.push_back(extra);
    if (out.empty()) out.push_back("1 AS k0");
    return add(
        fmt::format("SELECT DISTINCT {}, true AS found FROM {}{}", filrouge::join(out, ", "), right.name, filter),
        out.size());
  };
  auto on = [&](const std::string& side) {
    std::string text = "true";
    for (size_t i = 0; i < left_keys.size(); ++i) text += fmt::format(" AND {} <=> {}.k{}", left_keys[i], side, i);
    return text;
  };
  std::string columns = filrouge::join(left.columns("l."), ", ");
  rules.insert("IN and EXISTS are joins");
  if (!compared) {
    SparkRelation any = distinct("", "");
    return add(fmt::format("SELECT {}{}a.found IS NOT NULL AS c{} FROM {} l LEFT JOIN {} a ON {}", columns,
                           columns.empty() ? "" : ", ", left.width, left.name, any.name, on("a")),
               left.width + 1);
  }
  SparkRelation matches = distinct(compared->second + " AS y", fmt::format(" WHERE {} IS NOT NULL", compared->second));
  SparkRelation any = distinct("", "");
  SparkRelation nulls = distinct("", fmt::format(" WHERE {} IS NULL", compared->second));
  std::string mark = fmt::format(
      "CASE WHEN m.found IS NOT NULL THEN true WHEN a.found IS NULL THEN false WHEN {} IS NULL OR n.found IS NOT NULL "
      "THEN NULL ELSE false END",
      compared->first);
  return add(
      fmt::format(
          "SELECT {}, {} AS c{} FROM {} l LEFT JOIN {} m ON {} AND {} = m.y LEFT JOIN {} a ON {} LEFT JOIN {} n ON {}",
          columns, mark, left.width, left.name, matches.name, on("m"), compared->first, any.name, on("a"), nulls.name,
          on("n")),
      left.width + 1);
}

SparkRelation SparkWalk::cross_product(PlanNode op) {
  SparkRelation left = child(op, 0), right = child(op, 1);
  return add(fmt::format("SELECT {} FROM {} l CROSS JOIN {} r", both_sides(left, right, true), left.name, right.name),
             left.width + right.width);
}

SparkRelation SparkWalk::set_operation(PlanNode op) {
  SparkRelation out = child(op, 0);
  bool all = !op["setop_all"].is("false") || op["type"].is("LOGICAL_UNION");  // a DISTINCT stands above UNION
  std::string word = op["type"].is("LOGICAL_UNION")    ? "UNION"
                     : op["type"].is("LOGICAL_EXCEPT") ? "EXCEPT"
                                                       : "INTERSECT";
  for (size_t number = 1; number < op["children"].size(); ++number) {
    SparkRelation other = child(op, number);
    FR_CHECK(other.width == out.width);
    out = add(fmt::format("SELECT {} FROM {} {} {} SELECT {} FROM {}", filrouge::join(out.columns(), ", "), out.name,
                          word, all ? "ALL" : "DISTINCT", filrouge::join(other.columns(), ", "), other.name),
              out.width);
  }
  return out;
}

}  // namespace filrouge
