// Column lineage: from which columns the values of a column were computed, and apart from that which columns decided
// what rows are there (filters, join keys, grouping, DISTINCT, LIMIT with its ORDER BY, set operations).
//
// Sound: changing a source column can only change output columns that have it in `values` or `rows`.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"

namespace filrouge {

struct ColumnRef {
  std::string table;  ///< a table of the thread: "flights", "flights.rejects"
  std::string column;
  auto operator<=>(const ColumnRef&) const = default;
  std::string text() const { return table + "." + column; }
};

struct ColumnLineage {
  std::string column;  ///< the output column
  std::set<ColumnRef> values;
  std::set<ColumnRef> rows;  ///< those of the whole table, and those of this column alone (a scalar subquery's filter)
  std::set<std::string>
      tables;  ///< tables whose rows decide, though none of their columns is in `values` or `rows` (count(*))
};

struct TableLineage {
  std::vector<ColumnLineage> columns;  ///< one per output column, in order
  std::set<ColumnRef> rows;            ///< what decides the rows of the whole table
  std::set<std::string> tables;        ///< tables read, also those of which no column is used (count(*))

  const ColumnLineage* find(std::string_view column) const;
};

/// {tables: [..], rows: ["t.c"], columns: [{column, values: ["t.c"], rows: ["t.c"], tables?: ["t"]}]}
Json to_json(const TableLineage& lineage);
TableLineage lineage_from_json(const Json& json);

/// The lineage of all tables of a thread, by table name; a table without an entry is a source.
using LineageGraph = std::map<std::string, TableLineage>;

/// A second version of `table` takes the place of the first, without some of its rows (a quarantine): its lineage,
/// which names the columns of the table itself, is put together with that of the first. Of a source the columns are
/// then computed from themselves.
void add_replacement(LineageGraph& graph, const std::string& table, const TableLineage& replacement);

/// True for a column that comes from outside the thread: one of a table without an entry, or one that is computed from
/// itself.
bool is_source(const LineageGraph& graph, const ColumnRef& column);

struct Trace {
  std::set<ColumnRef> values, rows;  ///< sources reached, see is_source()
  struct Hop {
    ColumnRef from, to;   ///< `from` is nearer to the sources
    bool is_row = false;  ///< the link decides rows, not values
  };
  std::vector<Hop> via;  ///< every link of the paths taken, each once, nearest to the asked column first
};

/// Upstream: a value of a value is a value; whatever is reached through a `rows` link is `rows` (a column in both stays
/// in both). Time and memory grow with the links passed, never with the number of paths; no recursion.
Trace trace_up(const LineageGraph& graph, const ColumnRef& column);
/// Downstream: every column of any table that would or could change with `column`, not only those at the ends.
Trace trace_down(const LineageGraph& graph, const ColumnRef& column);

}  // namespace filrouge
