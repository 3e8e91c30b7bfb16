#include "tables/lineage.h"

#include <deque>

namespace filrouge {
namespace {

Json texts(const std::set<ColumnRef>& refs) {
  Json json = Json::array();
  for (const ColumnRef& ref : refs) json.push_back(ref.text());
  return json;
}

/// The table of "flights.rejects.line" is "flights.rejects".
ColumnRef ref_from(const std::string& text, const std::set<std::string>& tables) {
  for (size_t dot = text.rfind('.'); dot != std::string::npos && dot > 0; dot = text.rfind('.', dot - 1))
    if (tables.count(text.substr(0, dot))) return {text.substr(0, dot), text.substr(dot + 1)};
  size_t dot = std::min(text.rfind('.'), text.size());
  return {text.substr(0, dot), text.substr(std::min(dot + 1, text.size()))};
}

std::set<ColumnRef> refs_from(const Json& json, const std::set<std::string>& tables) {
  std::set<ColumnRef> refs;
  for (const Json& text : json) refs.insert(ref_from(text.get<std::string>(), tables));
  return refs;
}

}  // namespace

const ColumnLineage* TableLineage::find(std::string_view column) const {
  for (const ColumnLineage& entry : columns)
    if (entry.column == column) return &entry;
  return nullptr;
}

Json to_json(const TableLineage& lineage) {
  Json columns = Json::array();
  for (const ColumnLineage& column : lineage.columns) {
    Json entry = {{"column", column.column}, {"values", texts(column.values)}, {"rows", texts(column.rows)}};
    if (!column.tables.empty()) entry["tables"] = column.tables;
    columns.push_back(std::move(entry));
  }
  return {{"tables", lineage.tables}, {"rows", texts(lineage.rows)}, {"columns", std::move(columns)}};
}

TableLineage lineage_from_json(const Json& json) {
  TableLineage lineage;
  lineage.tables = json.at("tables").get<std::set<std::string>>();
  lineage.rows = refs_from(json.at("rows"), lineage.tables);
  for (const Json& entry : json.at("columns")) {
    ColumnLineage column{entry.at("column"),
                         refs_from(entry.at("values"), lineage.tables),
                         refs_from(entry.at("rows"), lineage.tables),
                         {}};
    if (entry.contains("tables")) column.tables = entry.at("tables").get<std::set<std::string>>();
    lineage.columns.push_back(std::move(column));
  }
  return lineage;
}

namespace {

/// Adds what `from`, a column of `original`, was made of.
void add_origin(const TableLineage& original, const ColumnRef& from, bool is_row, ColumnLineage& to) {
  const ColumnLineage* origin = original.find(from.column);
  if (!origin) return;
  (is_row ? to.rows : to.values).insert(origin->values.begin(), origin->values.end());
  to.rows.insert(origin->rows.begin(), origin->rows.end());
  to.tables.insert(origin->tables.begin(), origin->tables.end());
}

}  // namespace

void add_replacement(LineageGraph& graph, const std::string& table, const TableLineage& replacement) {
  auto found = graph.find(table);
  if (found == graph.end()) {
    graph[table] = replacement;
    return;
  }
  const TableLineage original = found->second;
  TableLineage whole = original;
  whole.tables.insert(replacement.tables.begin(), replacement.tables.end());
  whole.tables.erase(table);
  ColumnLineage rows;
  auto add = [&](const std::set<ColumnRef>& refs, bool is_row, ColumnLineage& to) {
    for (const ColumnRef& ref : refs)
      if (ref.table == table)
        add_origin(original, ref, is_row, to);
      else
        (is_row ? to.rows : to.values).insert(ref);
  };
  add(replacement.rows, true, rows);
  whole.rows.insert(rows.rows.begin(), rows.rows.end());
  whole.columns.clear();
  for (const ColumnLineage& column : replacement.columns) {
    ColumnLineage made{column.column, {}, {}, {}};
    add(column.values, false, made);
    add(column.rows, true, made);
    whole.columns.push_back(std::move(made));
  }
  found->second = std::move(whole);
}

bool is_source(const LineageGraph& graph, const ColumnRef& column) {
  auto table = graph.find(column.table);
  if (table == graph.end()) return true;
  const ColumnLineage* lineage = table->second.find(column.column);
  return lineage && lineage->values.contains(column);
}

namespace {

/// A column met on the way, and whether a link that decides rows was passed before it.
using Place = std::pair<ColumnRef, bool>;

/// Breadth first, so that `via` is in order of distance. Every column is met at most twice, every link noted once.
class Tracer {
 public:
  explicit Tracer(const ColumnRef& start) { meet({start, false}); }

  std::optional<Place> next() {
    if (waiting_.empty()) return std::nullopt;
    Place place = waiting_.front();
    waiting_.pop_front();
    return place;
  }
  /// Passes the link between `from` and `to`; `target` is the one of them that is not where we are.
  void pass(const ColumnRef& from, const ColumnRef& to, const ColumnRef& target, bool is_row, const Place& place) {
    if (links_.insert({from, to, is_row}).second) trace.via.push_back({from, to, is_row});
    meet({target, place.second || is_row});
  }
  void meet(const Place& place) {
    if (met_.insert(place).second) waiting_.push_back(place);
  }

  Trace trace;

 private:
  std::deque<Place> waiting_;
  std::set<Place> met_;
  std::set<std::tuple<ColumnRef, ColumnRef, bool>> links_;
};

/// The columns that decide the rows of `tables`, on which a count(*) depends without using a column; through tables
/// whose rows are decided by no column either.
std::set<ColumnRef> row_columns_of(const LineageGraph& graph, const std::set<std::string>& tables) {
  std::set<ColumnRef> columns;
  std::set<std::string> met = tables;
  std::vector<std::string> waiting(tables.begin(), tables.end());
  while (!waiting.empty()) {
    auto lineage = graph.find(waiting.back());
    waiting.pop_back();
    if (lineage == graph.end()) continue;
    std::set<std::string> named;
    for (const ColumnRef& ref : lineage->second.rows) columns.insert(ref), named.insert(ref.table);
    for (const std::string& table : lineage->second.tables)
      if (!named.count(table) && met.insert(table).second) waiting.push_back(table);
  }
  return columns;
}

}  // namespace

Trace trace_up(const LineageGraph& graph, const ColumnRef& column) {
  Tracer tracer(column);
  while (auto place = tracer.next()) {
    const auto& [ref, by_rows] = *place;
    if (is_source(graph, ref)) (by_rows ? tracer.trace.rows : tracer.trace.values).insert(ref);
    auto table = graph.find(ref.table);
    if (table == graph.end()) continue;
    const ColumnLineage* lineage = table->second.find(ref.column);
    if (!lineage) continue;
    for (const ColumnRef& from : lineage->values)
      if (from != ref) tracer.pass(from, ref, from, false, *place);
    for (const ColumnRef& from : lineage->rows) tracer.pass(from, ref, from, true, *place);
    for (const ColumnRef& from : row_columns_of(graph, lineage->tables)) tracer.pass(from, ref, from, true, *place);
  }
  return std::move(tracer.trace);
}

namespace {

struct Link {
  ColumnRef to;
  bool is_row;
};
using LinksDown = std::map<ColumnRef, std::vector<Link>>;

/// The links of the graph by the column they start from.
LinksDown links_down(const LineageGraph& graph) {
  LinksDown links;
  for (const auto& [name, lineage] : graph) {
    for (const ColumnLineage& column : lineage.columns) {
      ColumnRef to{name, column.column};
      for (const ColumnRef& from : column.values) links[from].push_back({to, false});
      for (const ColumnRef& from : column.rows) links[from].push_back({to, true});
      for (const ColumnRef& from : row_columns_of(graph, column.tables)) links[from].push_back({to, true});
    }
  }
  return links;
}

}  // namespace

Trace trace_down(const LineageGraph& graph, const ColumnRef& column) {
  LinksDown links = links_down(graph);
  Tracer tracer(column);
  while (auto place = tracer.next()) {
    const auto& [ref, by_rows] = *place;
    if (ref != column) (by_rows ? tracer.trace.rows : tracer.trace.values).insert(ref);
    auto from_here = links.find(ref);
    if (from_here == links.end()) continue;
    for (const Link& link : from_here->second) tracer.pass(ref, link.to, link.to, link.is_row, *place);
  }
  return std::move(tracer.trace);
}

}  // namespace filrouge
