// The short form of a chart in thread.yaml: a mark, and which column goes on which channel.
//
//   mark: bar                      short_form()  checks it against the columns of the table, finds aggregates and bins
//   x: carrier                     chart_query() lets the engine compute them: 336,776 rows become 16
//   y: mean(arr_delay)             make_chart()  (charts/spec.h) turns the form and the rows into Vega-Lite
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "tables/schema.h"

namespace filrouge {

struct ChartProblem {
  std::vector<std::string> path;  ///< the keys that lead to it inside the step: {"y"}, {"vega", "encoding", "x"}
  std::string code;               ///< FR0401 no such column, FR0402 no such mark, FR0404 channel
  std::string message;
  std::string hint;
};

struct Channel {
  std::string name;       ///< x, y, color, size, facet, row, column
  std::string column;     ///< of the source, as the schema spells it; empty for count()
  std::string aggregate;  ///< a Vega-Lite operation (mean, count ...); empty = the value itself
  bool bin = false;
  Json definition = Json::object();  ///< what else the thread says of the channel, in Vega-Lite's words

  std::string field;      ///< the column of the chart's own table, set by chart_query()
  std::string field_end;  ///< with `bin`: the column of the upper edge
};

struct ShortForm {
  std::string mark;                       ///< a row of the table of marks
  Json mark_properties = Json::object();  ///< from `mark: {type: line, point: true}`
  std::vector<Channel> channels;
  bool is_computed = false;  ///< aggregates and bins are columns of the chart's table already, set by chart_query()
  bool is_query = false;     ///< the user wrote the query (else the chart is made `from:` a table)
  bool keeps_order = false;  ///< the query has an ORDER BY of its own: categories stay in the order of the rows

  const Channel* find(std::string_view name) const;
  Channel* find(std::string_view name);
};

std::vector<std::string> mark_names();

/// Reads the chart keys of a step's configuration. Problems go into `problems`; the form is of use only without any.
ShortForm short_form(const Json& config, const Schema& schema, std::vector<ChartProblem>& problems);

/// FR0401 and FR0422 for a full Vega-Lite specification: fields that are no column of the table (nor made by a
/// transform), data by `url`.
void check_vega(const Json& vega, const Schema& schema, std::vector<ChartProblem>& problems);

/// The query of the chart's own table over `source`, one SELECT with these columns: only the columns drawn, with
/// aggregates and bins computed by the engine. Sets Channel::field. What Vega has to compute itself (timeUnit, boxplot)
/// is left as rows, and a query that has nothing to compute is left as it is, with its order.
std::string chart_query(ShortForm& form, const std::string& source, const Schema& schema);

}  // namespace filrouge
