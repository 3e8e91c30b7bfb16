// The walk over a plan that writes Spark's SQL; the idea stands in spark_sql.h.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engines/spark_sql.h"

namespace filrouge {

/// Stops the translation of one construct: it means something else on Spark, or nobody has compared it.
struct NotPortable {
  std::string what;  ///< "CAST(DOUBLE AS VARCHAR)"
  std::string why;   ///< "Spark writes 1e7 as 1.0E7"
  std::string hint;  ///< the portable spelling

  Error error() const;  ///< FR0220
};

/// A type of the plan, as DuckDB names it: id DECIMAL has width and scale.
struct PlanType {
  std::string id;
  uint64_t width = 0, scale = 0;
  std::vector<PlanType> children;  ///< of LIST: one
  bool is_integer() const;
  bool is_float() const { return id == "DOUBLE" || id == "FLOAT"; }
  bool is_number() const { return is_integer() || is_float() || id == "DECIMAL"; }
  std::string text() const;  ///< "DECIMAL(10,2)"
};
PlanType plan_type(PlanNode node);
/// Spark's name of a type. Throws NotPortable for one that it lacks.
std::string spark_type(const PlanType& type);
/// The type for DuckDB's text of it: "DECIMAL(10,2)".
PlanType plan_type_of(std::string_view text);

/// 'it\'s'
std::string spark_text(std::string_view text);
/// `a name`
std::string spark_name(std::string_view name);
/// A value printed by DuckDB as a literal of Spark's.
std::string spark_literal(const PlanType& type, const std::optional<std::string>& value);

/// A regular expression of DuckDB's (RE2) in Java's syntax with the same meaning. Throws NotPortable.
std::string java_pattern(std::string_view re2);
/// The replacement of regexp_replace: `\1` is `$1` in Java.
std::string java_replacement(std::string_view text);
/// A pattern of strftime as one of Spark's date_format. Throws NotPortable.
std::string date_format_pattern(std::string_view strftime);

/// An expression written in Spark's SQL.
struct Piece {
  std::string text;
  PlanType type;
  bool constant = false;             ///< folded: `value` is it, as DuckDB prints it
  std::optional<std::string> value;  ///< nothing = NULL
};

class SparkWalk;

/// The operator's input of that number.
PlanNode child_of(PlanNode op, size_t number);

/// The join of a subquery to its outer rows, which keeps each of those once: scalar subqueries, IN, EXISTS.
bool is_subquery_join(PlanNode op);

/// One call of a function, operator or aggregate.
struct Call {
  std::string name;
  std::vector<Piece> arguments;
  PlanType result;
  std::string distinct, after;  ///< of an aggregate: "DISTINCT ", and FILTER and OVER behind it
};

/// How one overload is written. `text` has $1, $2 ... for the arguments, $* for all of them, $r for the result's
/// type; in aggregates $d for DISTINCT and $f for FILTER and OVER.
struct FunctionRow {
  std::string_view name;
  std::string_view
      arguments;  ///< classes: int float double decimal number text date timestamp moment bool list any; with `=`
                  ///< behind it: a constant that is not NULL; `...` last: any number more of the same
  std::string_view text;  ///< empty: refused, with `note` as the portable spelling
  std::string_view note;  ///< the name of the rule where the text is not simply the same function
  std::string (*make)(const Call& call) = nullptr;  ///< instead of `text`
};
/// spark_functions.cpp and spark_aggregates.cpp
std::span<const FunctionRow> spark_functions();
std::span<const FunctionRow> spark_aggregates();
/// Writes a call by its row. `rules` gets the rule's name. Throws NotPortable.
std::string spark_call(const Call& call, std::span<const FunctionRow> table, std::set<std::string>& rules);
/// spark_casts.cpp
std::string spark_cast(const Piece& from, const PlanType& to, bool try_cast, std::set<std::string>& rules);

/// What an operator puts out: a common table expression with the columns c0 .. c(width-1), then, hidden, those of
/// `order`. Or, from walk() only, a table with names of its own, of whose columns these are some: Spark keeps a
/// projection that renames below an aggregate, which costs a tenth of its time.
struct SparkRelation {
  std::string name;
  size_t width = 0;
  struct Key {
    std::string column;
    std::string direction;  ///< "DESC NULLS LAST"
  };
  std::vector<Key> order = {};
  std::vector<std::string> names = {};  ///< instead of c0 ..
  std::vector<std::string> columns(const std::string& prefix = "") const;
};

class SparkWalk {
 public:
  SparkWalk(const std::map<std::string, Schema>& schemas, const ConstantFolder& folder)
      : schemas_(schemas), folder_(folder) {}

  SparkRelation walk(PlanNode op);
  /// The whole plan's, with the columns c0 ..
  SparkRelation result(PlanNode op) { return numbered(walk(op)); }
  /// All that was written, with `last` after it.
  std::string text(const std::string& last) const;

  std::set<std::string> rules, notes;
  std::vector<Error> problems;

 private:
  using Step = SparkRelation (SparkWalk::*)(PlanNode);
  struct OperatorRow {
    const char* type;
    Step step;
  };
  static const OperatorRow kOperators[];
  using Columns = std::vector<std::string>;

  SparkRelation get(PlanNode op);
  SparkRelation dummy(PlanNode op);
  SparkRelation value_rows(PlanNode op);
  SparkRelation delim_get(PlanNode op);
  SparkRelation cte_ref(PlanNode op);
  SparkRelation projection(PlanNode op);
  SparkRelation filter(PlanNode op);
  SparkRelation order_by(PlanNode op);
  SparkRelation limit(PlanNode op);
  SparkRelation distinct(PlanNode op);
  SparkRelation distinct_on(PlanNode op, const SparkRelation& input);
  SparkRelation aggregate(PlanNode op);
  SparkRelation aggregate_by_sets(PlanNode op, const SparkRelation& input);
  Columns aggregates(PlanNode op, const Columns& columns);
  SparkRelation window(PlanNode op);
  SparkRelation unnest(PlanNode op);
  SparkRelation comparison_join(PlanNode op) { return joined(op, {}); }
  SparkRelation joined(PlanNode op, std::vector<PlanNode> conditions);
  SparkRelation plain_join(PlanNode op, const SparkRelation& left, const SparkRelation& right);
  SparkRelation any_join(PlanNode op);
  SparkRelation mark_join(PlanNode op, const SparkRelation& left, const SparkRelation& right);
  SparkRelation at_most_one(PlanNode op, const SparkRelation& right);
  SparkRelation cross_product(PlanNode op);
  SparkRelation set_operation(PlanNode op);
  SparkRelation materialized_cte(PlanNode op);

  SparkRelation input_of(PlanNode op) { return walk(child_of(op, 0)); }
  /// With the columns c0 ..
  SparkRelation child(PlanNode op, size_t number) { return numbered(walk(child_of(op, number))); }
  SparkRelation numbered(const SparkRelation& relation);
  /// `select` becomes a common table expression of this many columns.
  SparkRelation add(std::string select, size_t width, std::vector<SparkRelation::Key> order = {});
  SparkRelation filtered(const SparkRelation& relation, const std::vector<PlanNode>& conditions);
  SparkRelation keep_mapped(PlanNode map, const SparkRelation& relation);

  Piece expression(PlanNode node, const Columns& columns);
  std::string text_of(PlanNode node, const Columns& columns) { return expression(node, columns).text; }
  Piece constant(PlanNode node);
  Piece reference(PlanNode node, const Columns& columns);
  Piece cast(PlanNode node, const Columns& columns);
  Piece comparison(PlanNode node, const Columns& columns);
  Piece conjunction(PlanNode node, const Columns& columns);
  Piece operation(PlanNode node, const Columns& columns);
  Piece case_of(PlanNode node, const Columns& columns);
  Piece between(PlanNode node, const Columns& columns);
  Piece function(PlanNode node, const Columns& columns);
  std::string aggregate_call(PlanNode node, const Columns& columns, const std::string& over = "");
  std::string string_agg(PlanNode node, const Call& call, const Columns& columns);
  std::string window_call(PlanNode node, const Columns& columns);
  std::string frame(PlanNode node, const Columns& columns);
  std::string sort_keys(PlanNode orders, const Columns& columns);
  std::string sort_direction(PlanNode order) const;
  std::optional<Piece> fold(PlanNode node);
  std::optional<std::string> duckdb_text(PlanNode node) const;
  std::string interval(PlanNode node, const std::string& start, bool minus);
  std::string compare(const std::string& comparison, const std::string& left, const std::string& right,
                      const PlanType& type);

  const std::map<std::string, Schema>& schemas_;
  const ConstantFolder& folder_;
  std::vector<std::pair<std::string, std::string>> parts_;  ///< name, select
  std::vector<SparkRelation> delim_;                        ///< duplicate-eliminated columns, innermost last
  std::map<uint64_t, SparkRelation> ctes_;
};

}  // namespace filrouge
