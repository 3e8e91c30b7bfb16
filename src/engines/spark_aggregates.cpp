// Aggregates and windows of a plan in Spark's SQL.
#include "base/error.h"
#include "base/text.h"
#include "engines/spark_walk.h"

namespace filrouge {
namespace {

const FunctionRow kRows[] = {
    {"count_star", "", "count(1)$f", ""},
    {"count", "", "count(1)$f", ""},
    {"count", "any", "count($d$1)$f", ""},
    {"sum", "int", "CAST(sum($d$1)$f AS $r)", "sums of integers"},
    {"sum", "decimal", "CAST(sum($d$1)$f AS $r)", "sums of decimals"},
    {"sum", "double", "sum($d$1)$f", ""},
    {"avg", "int", "try_divide(CAST(sum($d$1)$f AS DOUBLE), count($d$1)$f)", "averages are doubles"},
    {"avg", "decimal", "try_divide(CAST(sum($d$1)$f AS DOUBLE), count($d$1)$f)", "averages are doubles"},
    {"avg", "double", "avg($d$1)$f", ""},
    {"mean", "int", "try_divide(CAST(sum($d$1)$f AS DOUBLE), count($d$1)$f)", "averages are doubles"},
    {"mean", "decimal", "try_divide(CAST(sum($d$1)$f AS DOUBLE), count($d$1)$f)", "averages are doubles"},
    {"mean", "double", "avg($d$1)$f", ""},
    {"min", "any", "min($d$1)$f", ""},
    {"max", "any", "max($d$1)$f", ""},
    {"bool_and", "bool", "bool_and($d$1)$f", ""},
    {"bool_or", "bool", "bool_or($d$1)$f", ""},
    {"count_if", "bool", "CAST(count_if($1)$f AS $r)", ""},
    {"countif", "bool", "CAST(count_if($1)$f AS $r)", ""},
    {"stddev", "double", "stddev_samp($d$1)$f", ""},
    {"stddev_samp", "double", "stddev_samp($d$1)$f", ""},
    {"stddev_pop", "double", "stddev_pop($d$1)$f", ""},
    {"variance", "double", "var_samp($d$1)$f", ""},
    {"var_samp", "double", "var_samp($d$1)$f", ""},
    {"var_pop", "double", "var_pop($d$1)$f", ""},
    {"corr", "double double", "corr($1, $2)$f", ""},
    {"covar_pop", "double double", "covar_pop($1, $2)$f", ""},
    {"covar_samp", "double double", "covar_samp($1, $2)$f", ""},
    {"median", "double", "percentile($d$1, 0.5D)$f", "quantiles"},
    {"median", "int", "percentile($d$1, 0.5D)$f", "quantiles"},
    {"quantile_cont", "double double=", "percentile($d$1, $2)$f", "quantiles"},
    {"quantile_cont", "int double=", "percentile($d$1, $2)$f", "quantiles"},
    {"any_value", "any", "", "use min() or max(): which value it is depends on the order of the rows"},
    {"first", "any", "", "use min() or max(), or row_number(): which value it is depends on the order of the rows"},
    {"last", "any", "", "use min() or max(), or row_number(): which value it is depends on the order of the rows"},
    {"arg_max", "any...", "", "use row_number() over an order without ties"},
    {"arg_min", "any...", "", "use row_number() over an order without ties"},
    {"mode", "any", "", "use row_number() over an order without ties"},
    {"list", "any", "", "its order depends on that of the rows"},
    {"approx_count_distinct", "any", "", "use count(DISTINCT x): the estimates differ"},
    {"approx_quantile", "any...", "", "use quantile_cont: the estimates differ"},
};

struct FrameBound {
  const char* duckdb;
  const char* unit;
  const char* spark;  ///< {} = the offset
};
constexpr FrameBound kBounds[] = {
    {"UNBOUNDED_PRECEDING", "", "UNBOUNDED PRECEDING"}, {"UNBOUNDED_FOLLOWING", "", "UNBOUNDED FOLLOWING"},
    {"CURRENT_ROW_RANGE", "RANGE", "CURRENT ROW"},      {"CURRENT_ROW_ROWS", "ROWS", "CURRENT ROW"},
    {"EXPR_PRECEDING_ROWS", "ROWS", "{} PRECEDING"},    {"EXPR_FOLLOWING_ROWS", "ROWS", "{} FOLLOWING"}};

struct WindowFunction {
  const char* duckdb;
  const char* spark;
  bool framed, ties;  ///< ties: rows of equal order may come in any
};
constexpr WindowFunction kWindows[] = {{"WINDOW_RANK", "rank", false, false},
                                       {"WINDOW_RANK_DENSE", "dense_rank", false, false},
                                       {"WINDOW_DENSE_RANK", "dense_rank", false, false},
                                       {"WINDOW_ROW_NUMBER", "row_number", false, true},
                                       {"WINDOW_PERCENT_RANK", "percent_rank", false, false},
                                       {"WINDOW_CUME_DIST", "cume_dist", false, false},
                                       {"WINDOW_NTILE", "ntile", false, true},
                                       {"WINDOW_LAG", "lag", false, true},
                                       {"WINDOW_LEAD", "lead", false, true},
                                       {"WINDOW_FIRST_VALUE", "first_value", true, true},
                                       {"WINDOW_LAST_VALUE", "last_value", true, true}};

}  // namespace

std::span<const FunctionRow> spark_aggregates() {
  return kRows;
}

std::string SparkWalk::sort_direction(PlanNode order) const {
  PlanNode nulls = order["null_order"];
  bool first = nulls.is("NULLS FIRST") || nulls.is("NULLS_FIRST");
  return fmt::format("{} NULLS {}", order["type"].is("DESCENDING") ? "DESC" : "ASC", first ? "FIRST" : "LAST");
}

std::string SparkWalk::sort_keys(PlanNode orders, const Columns& columns) {
  std::vector<std::string> keys;
  for (PlanNode order : orders) keys.push_back(text_of(order["expression"], columns) + " " + sort_direction(order));
  return join(keys, ", ");
}

namespace {

/// The one quantile that quantile_cont was bound with, a decimal or a double.
Piece quantile_of(PlanNode node) {
  PlanNode quantiles = node["function_data"]["quantiles"];
  if (quantiles.size() != 1)
    throw NotPortable{"several quantiles in one call", "it has not been compared", "ask for one at a time"};
  Piece piece{"", {"DOUBLE", 0, 0, {}}, true, {}};
  for (PlanNode quantile : quantiles) {
    PlanType type = plan_type(quantile["type"]);
    piece.text = quantile["value"].text() + (type.id == "DECIMAL" ? fmt::format("E-{}D", type.scale) : "D");
    piece.value = piece.text;
  }
  return piece;
}

}  // namespace

std::string SparkWalk::string_agg(PlanNode node, const Call& call, const Columns& columns) {
  std::string orders = sort_keys(node["order_bys"]["orders"], columns);
  if (orders.empty())
    throw NotPortable{"string_agg without an order", "its result depends on the order of the rows",
                      "string_agg(x, ',' ORDER BY x) is portable"};
  if (!call.distinct.empty())
    throw NotPortable{"string_agg(DISTINCT ..)", "it has not been compared", "make the rows distinct before"};
  PlanNode separator = node["function_data"]["separator"];
  rules.insert("string_agg is listagg");
  return fmt::format("listagg({}, {}) WITHIN GROUP (ORDER BY {}){}", call.arguments.at(0).text,
                     spark_text(separator ? separator.text() : ","), orders, call.after);
}

/// `over`: the OVER clause where the aggregate is a window's.
std::string SparkWalk::aggregate_call(PlanNode node, const Columns& columns, const std::string& over) {
  Call call{node["name"].text(), {}, plan_type(node["return_type"]), "", ""};
  for (PlanNode argument : node["children"]) call.arguments.push_back(expression(argument, columns));
  if (node["aggregate_type"].is("DISTINCT")) call.distinct = "DISTINCT ";
  PlanNode filter = node["filter"] ? node["filter"] : node["filters"];
  if (filter) call.after = fmt::format(" FILTER (WHERE {})", text_of(filter, columns));
  call.after += over;
  if (call.name == "string_agg") return string_agg(node, call, columns);
  if (node["order_bys"]["orders"].size())
    throw NotPortable{call.name + " with an order", "it has not been compared", ""};
  if (call.name == "quantile_cont" && call.arguments.size() == 1) call.arguments.push_back(quantile_of(node));
  return spark_call(call, spark_aggregates(), rules);
}

std::string SparkWalk::frame(PlanNode node, const Columns& columns) {
  auto bound = [&](const char* side, const char* offset, std::string& unit) {
    for (const FrameBound& row : kBounds) {
      if (!node[side].is(row.duckdb)) continue;
      if (*row.unit) unit = row.unit;
      if (std::string_view(row.spark).find("{}") == std::string_view::npos) return std::string(row.spark);
      Piece count = expression(node[offset], columns);
      if (!count.constant || !count.value)
        throw NotPortable{"a window whose size is no constant", "Spark needs one", ""};
      return fmt::format("{} {}", *count.value, std::string_view(row.spark).substr(3));
    }
    throw NotPortable{"a window's frame " + node[side].text(), "it has not been compared", "use ROWS"};
  };
  if (!node["exclude_clause"].is("NO_OTHER")) throw NotPortable{"EXCLUDE in a window's frame", "Spark has none", ""};
  std::string unit_of_start, unit_of_end;
  std::string start = bound("start", "start_expr", unit_of_start), end = bound("end", "end_expr", unit_of_end);
  if (!unit_of_start.empty() && !unit_of_end.empty() && unit_of_start != unit_of_end)
    throw NotPortable{"a frame of two units", "", ""};
  std::string unit = unit_of_start.empty() ? unit_of_end : unit_of_start;
  if (unit.empty()) unit = "ROWS";
  // Without an order every row is a peer of every other: the frame is the whole partition.
  if (node["orders"].size() == 0 && unit == "RANGE") return "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING";
  return fmt::format("{} BETWEEN {} AND {}", unit, start, end);
}

std::string SparkWalk::window_call(PlanNode node, const Columns& columns) {
  std::vector<std::string> partitions, arguments;
  for (PlanNode part : node["partitions"]) partitions.push_back(text_of(part, columns));
  std::string over = partitions.empty() ? "" : "PARTITION BY " + join(partitions, ", ");
  std::string orders = sort_keys(node["orders"], columns);
  if (!orders.empty()) over += (over.empty() ? "" : " ") + std::string("ORDER BY ") + orders;
  if (node["ignore_nulls"].is("true") || node["arg_orders"].size())
    throw NotPortable{"IGNORE NULLS or an order inside a window's function", "it has not been compared", ""};
  if (node["type"].is("WINDOW_AGGREGATE")) {
    if (node["distinct"].is("true"))
      throw NotPortable{"DISTINCT in a window", "Spark has none", "count in a step of its own"};
    return aggregate_call(node, columns,
                          fmt::format(" OVER ({}{}{})", over, over.empty() ? "" : " ", frame(node, columns)));
  }
  for (const WindowFunction& row : kWindows) {
    if (!node["type"].is(row.duckdb)) continue;
    if (orders.empty())
      throw NotPortable{std::string(row.spark) + " without an order", "it depends on the order of the rows",
                        "add ORDER BY"};
    if (row.ties)
      notes.insert(fmt::format("{} numbers rows of equal order as they come: which is first may differ", row.spark));
    for (PlanNode argument : node["children"]) arguments.push_back(text_of(argument, columns));
    if (std::string_view(row.spark) == "ntile") arguments.at(0) = fmt::format("CAST({} AS INT)", arguments.at(0));
    for (const char* more : {"offset_expr", "default_expr"})
      if (node[more]) {
        Piece piece = expression(node[more], columns);
        arguments.push_back(std::string_view(more) == "offset_expr" ? fmt::format("CAST({} AS INT)", piece.text)
                                                                    : piece.text);
      }
    std::string text = fmt::format("{}({}) OVER ({}{})", row.spark, join(arguments, ", "), over,
                                   row.framed ? " " + frame(node, columns) : "");
    return fmt::format("CAST({} AS {})", text, spark_type(plan_type(node["return_type"])));
  }
  throw NotPortable{"the window function " + node["type"].text(), "it has not been compared", ""};
}

}  // namespace filrouge
