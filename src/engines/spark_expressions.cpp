// Expressions of a plan in Spark's SQL.
#include "base/error.h"
#include "base/text.h"
#include "engines/spark_walk.h"
#include "tables/schema.h"

namespace filrouge {

Piece SparkWalk::expression(PlanNode node, const Columns& columns) {
  using Write = Piece (SparkWalk::*)(PlanNode, const Columns&);
  static constexpr std::pair<const char*, Write> kClasses[] = {
      {"BOUND_REF", &SparkWalk::reference},         {"BOUND_CAST", &SparkWalk::cast},
      {"BOUND_COMPARISON", &SparkWalk::comparison}, {"BOUND_CONJUNCTION", &SparkWalk::conjunction},
      {"BOUND_OPERATOR", &SparkWalk::operation},    {"BOUND_CASE", &SparkWalk::case_of},
      {"BOUND_BETWEEN", &SparkWalk::between},       {"BOUND_FUNCTION", &SparkWalk::function},
  };
  PlanNode kind = node["expression_class"];
  if (kind.is("BOUND_CONSTANT")) return constant(node);
  for (const auto& [name, write] : kClasses) {
    if (!kind.is(name)) continue;
    try {
      return (this->*write)(node, columns);
    } catch (const NotPortable& reason) {
      // Told once, for the innermost expression, with its place; the walk goes on to find what else is wrong.
      Error problem = reason.error();
      if (PlanNode place = node["query_location"]) problem.text_offset = static_cast<long>(place.number());
      problems.push_back(std::move(problem));
      return {"NULL", plan_type(node["return_type"]), false, {}};
    }
  }
  throw NotPortable{"an expression of kind " + kind.text(), "", ""};
}

// ---- constants

/// DuckDB's text of an expression without columns, made of constants, casts and pure functions; else nothing.
std::optional<std::string> SparkWalk::duckdb_text(PlanNode node) const {
  PlanNode kind = node["expression_class"];
  if (kind.is("BOUND_CONSTANT")) {
    PlanType type = plan_type(node["value"]["type"]);
    if (node["value"]["is_null"].is("true")) return "NULL";
    std::string value = node["value"]["value"].text();
    if (type.id == "VARCHAR") return quote_text(value);
    if (type.id == "DECIMAL") return fmt::format("(({})::DECIMAL(38,0) / 1e{})::{}", value, type.scale, type.text());
    if (type.is_number() || type.id == "BOOLEAN") return fmt::format("({})::{}", quote_text(value), type.text());
    if (type.id == "DATE") return fmt::format("(DATE '1970-01-01' + ({})::INTEGER)", value);
    if (type.id == "TIMESTAMP") return fmt::format("make_timestamp(({})::BIGINT)", value);
    return std::nullopt;
  }
  if (kind.is("BOUND_CAST")) {
    std::optional<std::string> inner = duckdb_text(node["child"]);
    if (!inner) return std::nullopt;
    return fmt::format("{}({} AS {})", node["try_cast"].is("true") ? "TRY_CAST" : "CAST", *inner,
                       plan_type(node["return_type"]).text());
  }
  if (!kind.is("BOUND_FUNCTION") || !folder_.is_pure(node["name"].text())) return std::nullopt;
  std::vector<std::string> arguments;
  for (PlanNode argument : node["children"]) {
    std::optional<std::string> text = duckdb_text(argument);
    if (!text) return std::nullopt;
    arguments.push_back(*text);
  }
  if (!node["is_operator"].is("true"))
    return fmt::format("{}({})", quote_name(node["name"].text()), join(arguments, ", "));
  if (arguments.size() == 1) return fmt::format("({} {})", node["name"].text(), arguments[0]);
  return fmt::format("({} {} {})", arguments.at(0), node["name"].text(), arguments.at(1));
}

/// What DuckDB makes of an expression without columns: its rules for reading texts and rounding then need no twin.
std::optional<Piece> SparkWalk::fold(PlanNode node) {
  PlanType type = plan_type(node["return_type"]);
  bool literal =
      type.is_number() || type.id == "VARCHAR" || type.id == "DATE" || type.id == "TIMESTAMP" || type.id == "BOOLEAN";
  if (!literal) return std::nullopt;
  std::optional<std::string> text = duckdb_text(node);
  if (!text) return std::nullopt;
  try {
    std::optional<std::string> value = folder_.value(*text);
    return Piece{spark_literal(type, value), type, true, value};
  } catch (const Error&) {
    return std::nullopt;  // 1 / 0 and the like fail, or do not, when the step runs
  }
}

Piece SparkWalk::constant(PlanNode node) {
  PlanType type = plan_type(node["value"]["type"]);
  if (node["value"]["is_null"].is("true")) return {spark_literal(type, std::nullopt), type, true, {}};
  std::string value = node["value"]["value"].text();
  if (type.id == "VARCHAR" || type.id == "BOOLEAN" || (type.is_integer() && type.id != "HUGEINT") ||
      type.id == "DOUBLE")
    return {spark_literal(type, value), type, true, value};
  std::optional<std::string> text = duckdb_text(node);
  if (!text) throw NotPortable{"a constant of type " + type.text(), "", ""};
  std::optional<std::string> printed = folder_.value(*text);
  return {spark_literal(type, printed), type, true, printed};
}

Piece SparkWalk::reference(PlanNode node, const Columns& columns) {
  size_t index = node["index"].number();
  FR_CHECK(index < columns.size());
  return {columns[index], plan_type(node["return_type"]), false, {}};
}

// ---- operators

Piece SparkWalk::cast(PlanNode node, const Columns& columns) {
  if (std::optional<Piece> folded = fold(node)) return *folded;
  Piece from = expression(node["child"], columns);
  PlanType to = plan_type(node["return_type"]);
  return {spark_cast(from, to, node["try_cast"].is("true"), rules), to, false, {}};
}

namespace {

struct Comparison {
  const char* duckdb;
  const char* spark;
};
constexpr Comparison kComparisons[] = {{"COMPARE_EQUAL", "="},
                                       {"COMPARE_NOTEQUAL", "<>"},
                                       {"COMPARE_LESSTHAN", "<"},
                                       {"COMPARE_GREATERTHAN", ">"},
                                       {"COMPARE_LESSTHANOREQUALTO", "<="},
                                       {"COMPARE_GREATERTHANOREQUALTO", ">="},
                                       {"COMPARE_NOT_DISTINCT_FROM", "<=>"}};

}  // namespace

/// -0.0 equals 0.0 and NaN equals NaN in both, and NaN is the largest number.
std::string SparkWalk::compare(const std::string& comparison, const std::string& left, const std::string& right,
                               const PlanType& type) {
  if (type.id == "LIST")
    throw NotPortable{"a comparison of lists", "NULLs inside compare otherwise", "compare their texts"};
  if (comparison == "COMPARE_DISTINCT_FROM") return fmt::format("(NOT ({} <=> {}))", left, right);
  for (const Comparison& row : kComparisons)
    if (comparison == row.duckdb) return fmt::format("({} {} {})", left, row.spark, right);
  throw NotPortable{comparison, "", ""};
}

Piece SparkWalk::comparison(PlanNode node, const Columns& columns) {
  Piece left = expression(node["left"], columns), right = expression(node["right"], columns);
  return {compare(node["type"].text(), left.text, right.text, left.type), {"BOOLEAN", 0, 0, {}}, false, {}};
}

Piece SparkWalk::conjunction(PlanNode node, const Columns& columns) {
  std::vector<std::string> parts;
  for (PlanNode part : node["children"]) parts.push_back(text_of(part, columns));
  return {
      "(" + join(parts, node["type"].is("CONJUNCTION_OR") ? " OR " : " AND ") + ")", {"BOOLEAN", 0, 0, {}}, false, {}};
}

Piece SparkWalk::operation(PlanNode node, const Columns& columns) {
  std::vector<std::string> parts;
  std::vector<Piece> pieces;
  for (PlanNode part : node["children"])
    pieces.push_back(expression(part, columns)), parts.push_back(pieces.back().text);
  PlanType type = plan_type(node["return_type"]);
  PlanNode kind = node["type"];
  std::vector<std::string> rest(parts.begin() + 1, parts.end());
  std::string text;
  if (kind.is("OPERATOR_NOT"))
    text = fmt::format("(NOT {})", parts.at(0));
  else if (kind.is("OPERATOR_IS_NULL"))
    text = fmt::format("({} IS NULL)", parts.at(0));
  else if (kind.is("OPERATOR_IS_NOT_NULL"))
    text = fmt::format("({} IS NOT NULL)", parts.at(0));
  else if (kind.is("COMPARE_IN") || kind.is("COMPARE_NOT_IN"))
    text = fmt::format("({} {}IN ({}))", parts.at(0), kind.is("COMPARE_NOT_IN") ? "NOT " : "", join(rest, ", "));
  else if (kind.is("OPERATOR_COALESCE"))
    text = fmt::format("coalesce({})", join(parts, ", "));
  else if (kind.is("ARRAY_EXTRACT"))
    text = spark_call({"array_extract", pieces, type, "", ""}, spark_functions(), rules);
  else
    throw NotPortable{"the operator " + kind.text(), "it has not been compared", ""};
  return {text, type, false, {}};
}

Piece SparkWalk::case_of(PlanNode node, const Columns& columns) {
  std::string text = "CASE";
  for (PlanNode check : node["case_checks"])
    text += fmt::format(" WHEN {} THEN {}", text_of(check["when_expr"], columns), text_of(check["then_expr"], columns));
  text += fmt::format(" ELSE {} END", text_of(node["else_expr"], columns));
  return {"(" + text + ")", plan_type(node["return_type"]), false, {}};
}

Piece SparkWalk::between(PlanNode node, const Columns& columns) {
  Piece value = expression(node["input"], columns);
  auto bound = [&](const char* side, const char* inclusive, const char* closed, const char* open) {
    std::string comparison = node[inclusive].is("true") ? closed : open;
    return compare(comparison, value.text, text_of(node[side], columns), value.type);
  };
  std::string lower = bound("lower", "lower_inclusive", "COMPARE_GREATERTHANOREQUALTO", "COMPARE_GREATERTHAN");
  std::string upper = bound("upper", "upper_inclusive", "COMPARE_LESSTHANOREQUALTO", "COMPARE_LESSTHAN");
  return {fmt::format("({} AND {})", lower, upper), {"BOOLEAN", 0, 0, {}}, false, {}};
}

/// A moment plus or minus a constant interval: months first, then days, then microseconds, as DuckDB does.
std::string SparkWalk::interval(PlanNode node, const std::string& start, bool minus) {
  std::optional<std::string> text = duckdb_text(node);
  if (!text)
    throw NotPortable{"an interval that is no constant", "it has not been compared", "use date + days, or date_diff"};
  auto part = [&](const std::string& expression) {
    return std::stoll(folder_.value(fmt::format("CAST({} AS BIGINT)", expression)).value_or("0"));
  };
  int sign = minus ? -1 : 1;
  long long months = sign * part(fmt::format("12 * date_part('year', {0}) + date_part('month', {0})", *text));
  long long days = sign * part(fmt::format("date_part('day', {})", *text));
  long long micros =
      sign * part(fmt::format(
                 "(date_part('hour', {0}) * 60 + date_part('minute', {0})) * 60000000 + date_part('microsecond', {0})",
                 *text));
  rules.insert("intervals");
  std::string out = start;
  if (months) out = fmt::format("({} + INTERVAL '{}' MONTH)", out, months);
  if (days) out = fmt::format("({} + INTERVAL '{}' DAY)", out, days);
  if (micros) out = fmt::format("timestampadd(MICROSECOND, {}L, {})", micros, out);
  return out;
}

Piece SparkWalk::function(PlanNode node, const Columns& columns) {
  if (std::optional<Piece> folded = fold(node)) return *folded;
  Call call{node["name"].text(), {}, plan_type(node["return_type"]), "", ""};
  std::vector<PlanNode> children;
  for (PlanNode argument : node["children"]) children.push_back(argument);
  bool shift = children.size() == 2 && (call.name == "+" || call.name == "-");
  if (shift && children[1]["return_type"]["id"].is("INTERVAL")) {
    Piece start = expression(children[0], columns);
    if (start.type.id != "DATE" && start.type.id != "TIMESTAMP")
      throw NotPortable{"arithmetic with intervals", "it has not been compared", ""};
    return {interval(children[1], fmt::format("CAST({} AS TIMESTAMP_NTZ)", start.text), call.name == "-"),
            call.result,
            false,
            {}};
  }
  if (!folder_.is_pure(call.name) && call.name != "error")
    throw NotPortable{call.name + "()", "it gives another value at each run", "pass it as a parameter"};
  for (PlanNode argument : children) call.arguments.push_back(expression(argument, columns));
  return {spark_call(call, spark_functions(), rules), call.result, false, {}};
}

}  // namespace filrouge
