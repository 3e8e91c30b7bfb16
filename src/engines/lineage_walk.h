// The walk over a plan that makes lineage; the idea stands in duckdb_plan.h. Operators with one input or none are in
// duckdb_lineage.cpp, those with several in lineage_joins.cpp.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engines/duckdb_plan.h"

namespace filrouge {

/// Source columns as sorted numbers; the numbers are given by LineageWalk::number_of. A column without a name stands
/// for the rows of its table, of which count(*) depends without using any column.
using Ids = std::vector<uint32_t>;

inline void add(Ids& to, const Ids& from) {
  if (from.empty()) return;
  Ids both;
  both.reserve(to.size() + from.size());
  std::set_union(to.begin(), to.end(), from.begin(), from.end(), std::back_inserter(both));
  to = std::move(both);
}

/// Where a value comes from.
struct Origin {
  Ids values;  ///< columns it is computed from
  Ids rows;    ///< columns that decided which values were combined, for this value alone

  void add_all(const Origin& other) {
    add(values, other.values);
    add(rows, other.rows);
  }
  /// `other` decides about this value without being part of it.
  void add_to_rows(const Origin& other) {
    add(rows, other.values);
    add(rows, other.rows);
  }
};

/// DuckDB's name of a column: (index of the operator that made it, position).
struct ColumnBinding {
  uint64_t table = 0, column = 0;
  bool operator==(const ColumnBinding&) const = default;
};

struct PlanColumn {
  Origin origin;
  ColumnBinding binding;
};

/// What an operator puts out.
struct Relation {
  std::vector<PlanColumn> columns;
  Ids rows;   ///< what decides which rows there are
  Ids order;  ///< what decides no more than their order

  void decide_rows(const Origin& origin) {
    add(rows, origin.values);
    add(rows, origin.rows);
  }
  void decide_order(const Origin& origin) {
    add(order, origin.values);
    add(order, origin.rows);
  }
  void decide_rows_by_all_columns() {
    for (const PlanColumn& column : columns) decide_rows(column.origin);
  }
};

class LineageWalk {
 public:
  explicit LineageWalk(const Schemas& schemas) : schemas_(schemas) {}

  Relation walk(PlanNode op);
  ColumnLineage lineage_of(const std::string& column, const Origin& origin) const;
  std::set<ColumnRef> refs(const Ids& ids) const;

  std::vector<std::string> unknown;  ///< operators that are not understood
  std::set<std::string> tables;      ///< tables scanned

 private:
  using Step = Relation (LineageWalk::*)(PlanNode);
  struct OperatorRow {
    const char* type;
    Step step;
  };
  static const OperatorRow kOperators[];

  Relation table_scan(PlanNode op);
  Relation get(PlanNode op);
  Relation table_function(PlanNode op);
  Relation constants(PlanNode op);
  Relation value_rows(PlanNode op);
  Relation delim_get(PlanNode op);
  Relation cte_ref(PlanNode op);
  Relation projection(PlanNode op);
  Relation filter(PlanNode op);
  Relation order_by(PlanNode op);
  Relation limit(PlanNode op);
  Relation sample(PlanNode op);
  Relation distinct(PlanNode op);
  Relation aggregate(PlanNode op);
  Relation window(PlanNode op);
  Relation unnest(PlanNode op);
  Relation pivot(PlanNode op);
  Relation join(PlanNode op);
  Relation cross_product(PlanNode op);
  Relation positional_join(PlanNode op);
  Relation set_operation(PlanNode op);
  Relation materialized_cte(PlanNode op);
  Relation recursive_cte(PlanNode op);

  Relation child(PlanNode op, size_t number);
  Relation right_of_join(PlanNode op, const Relation& left);
  Origin join_keys(PlanNode op, const Relation& left, const Relation& right);
  Origin aggregate_column(PlanNode call, const Relation& input);
  Origin window_column(PlanNode call, Relation& input, const Relation& before);

  Origin expression(PlanNode node, const Relation& input);
  void collect(PlanNode node, const Relation& input, Origin& origin);
  void collect_reference(PlanNode node, const Relation& input, Origin& origin);
  uint32_t number_of(const std::string& table, const std::string& column);
  void keep_mapped(PlanNode map, Relation& relation);
  Relation give_up(std::string_view what);

  const Schemas& schemas_;
  std::map<ColumnRef, uint32_t> numbers_;
  std::vector<ColumnRef> named_;
  std::vector<std::vector<PlanColumn>>
      delim_columns_;  ///< of the correlated joins around the place walked, innermost last
  std::map<uint64_t, Relation> ctes_;
};

}  // namespace filrouge
