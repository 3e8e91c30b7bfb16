// trace: from which columns a column comes, and which depend on it. Made from the bound thread: no data is read, and
// nothing needs to have been built as long as the columns of its files are known.
#include <iostream>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/named.h"
#include "commands/text_table.h"

namespace filrouge {
namespace {

constexpr size_t kLabel = 9;  // "used by" and two blanks

[[noreturn]] void no_table(const std::string& name, const Plan& plan) {
  std::vector<std::string> names;
  for (const auto& [table, provider] : plan.provider) names.push_back(table);
  auto near = nearest(name, names);
  throw Error(ErrorKind::user, "FR0606", fmt::format("no table `{}` in this thread", name),
              near ? fmt::format("did you mean `{}`?", *near) : "next: filrouge plan");
}

const Schema& known_schema(const std::string& table, const Plan& plan) {
  if (!plan.provider.contains(table)) no_table(table, plan);
  if (const Schema* schema = plan.schema(table)) return *schema;
  throw Error(ErrorKind::user, "FR0607", fmt::format("the columns of `{}` are not known", table),
              "next: filrouge plan");
}

/// "departures.plane_age" -> the column, spelt as in the table. The table's name may have a dot itself. Where `score`
/// made the table, the model's name means its prediction.
ColumnRef parse_column(const std::string& text, const Plan& plan, const Thread& thread) {
  size_t dot = text.rfind('.');
  std::string table = text.substr(0, dot), column = text.substr(dot + 1);
  const Schema& schema = known_schema(table, plan);
  if (const Column* found = schema.find(column)) return {table, found->name};
  const Step* score = thread.find("score", table);
  if (score && score->config.value("model", "") == column) return {table, "prediction"};
  auto near = nearest(column, schema.names());
  throw Error(ErrorKind::user, "FR0607", fmt::format("no column `{}` in `{}`", column, table),
              near ? fmt::format("did you mean `{}`?", *near) : "its columns: " + join(schema.names(), ", "));
}

/// "departures <- flights, planes": what stands next to a table on the way, one line for each table, in the order met.
/// Not the table itself, whose rows a quarantine decides by its own columns.
std::vector<std::string> path_lines(const std::vector<Trace::Hop>& via) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> sources;
  for (const Trace::Hop& hop : via) {
    if (hop.from.table == hop.to.table) continue;
    if (!sources.contains(hop.to.table)) order.push_back(hop.to.table);
    std::vector<std::string>& from = sources[hop.to.table];
    if (std::find(from.begin(), from.end(), hop.from.table) == from.end()) from.push_back(hop.from.table);
  }
  std::vector<std::string> lines;
  for (const std::string& table : order) lines.push_back(fmt::format("{} <- {}", table, join(sources[table], ", ")));
  return lines;
}

Json hops_json(const std::vector<Trace::Hop>& via) {
  Json hops = Json::array();
  for (const Trace::Hop& hop : via)
    hops.push_back({{"from", hop.from.text()}, {"to", hop.to.text()}, {"kind", hop.is_row ? "rows" : "values"}});
  return hops;
}

/// How much a model makes of a column that it reads: its share of the mean |SHAP| of the rows that judged the model.
struct Weight {
  std::string model;
  ColumnRef column;
  double share = 0;
};

/// Weights by model; each model's card is checked and read once.
class ModelWeights {
 public:
  explicit ModelWeights(Workspace& workspace) : workspace_(workspace) {}

  /// Of every model that the paths lead through and that was built, its columns with the heaviest first.
  std::vector<Weight> on(const Trace& up) {
    std::vector<Weight> weights;
    std::set<std::string> seen;
    for (const Trace::Hop& hop : up.via) {
      const Step* learn = hop.from.column == "hash" ? workspace_.thread.find("learn", hop.from.table) : nullptr;
      if (!learn || !seen.insert(learn->name).second) continue;
      auto [known, is_new] = by_model_.try_emplace(learn->name);
      if (is_new) known->second = read(*learn);
      weights.insert(weights.end(), known->second.begin(), known->second.end());
    }
    return weights;
  }

 private:
  std::vector<Weight> read(const Step& learn) {
    std::optional<Version> version = workspace_.store().current("learn", learn.name);
    if (!version) return {};
    workspace_.store().check_unchanged(*version);
    fs::path card = workspace_.store().folder_of(*version) / "card.json";
    if (!fs::exists(card)) return {};  // clusters and anomalies have none
    Json importance = parse_json(read_file(card), card.string()).value("importance", Json::array());
    double total = 0;
    for (const Json& entry : importance) total += entry.at("importance").get<double>();
    std::vector<Weight> weights;
    for (const Json& entry : importance)
      if (total > 0)
        weights.push_back({learn.name,
                           {learn.config.value("from", ""), entry.at("column")},
                           entry.at("importance").get<double>() / total});
    return weights;
  }

  Workspace& workspace_;
  std::map<std::string, std::vector<Weight>> by_model_;
};

/// "late: hour 28 %, origin 20 %, 3 more 5 %", one line for each model.
std::vector<std::string> weight_lines(const std::vector<Weight>& weights) {
  constexpr size_t kMost = 5;
  std::vector<std::string> lines;
  for (size_t begin = 0, end = 0; begin < weights.size(); begin = end) {
    std::vector<std::string> parts;
    double rest = 0;
    for (; end < weights.size() && weights[end].model == weights[begin].model; ++end)
      if (end - begin < kMost)
        parts.push_back(fmt::format("{} {:.0f} %", weights[end].column.column, 100 * weights[end].share));
      else
        rest += weights[end].share;
    if (end - begin > kMost) parts.push_back(fmt::format("{} more {:.0f} %", end - begin - kMost, 100 * rest));
    lines.push_back(fmt::format("{}: {}", weights[begin].model, join(parts, ", ")));
  }
  return lines;
}

Json weights_json(const LineageGraph& graph, const std::vector<Weight>& weights) {
  Json list = Json::array();
  for (const Weight& weight : weights)
    list.push_back({{"model", weight.model},
                    {"column", weight.column.text()},
                    {"share", weight.share},
                    {"sources", is_source(graph, weight.column) ? Json::array({weight.column.text()})
                                                                : json_of(trace_up(graph, weight.column).values)}});
  return list;
}

void print_labelled(const std::string& label, const std::string& text) {
  std::cout << labelled(label, kLabel, text);
}

void print_lines(const std::string& label, const std::vector<std::string>& lines) {
  for (size_t i = 0; i < lines.size(); ++i)
    std::cout << fmt::format("  {:<{}}{}\n", i == 0 ? label : "", kLabel, lines[i]);
}

void print_up(const LineageGraph& graph, const ColumnRef& column, ModelWeights& weights) {
  Trace up = trace_up(graph, column);
  print_labelled("values", is_source(graph, column) ? "read from outside the thread"
                           : up.values.empty()      ? "none: a constant, or a count of rows"
                                                    : list_of(up.values));
  print_lines("weights", weight_lines(weights.on(up)));
  print_labelled("rows", list_of(up.rows));
  print_lines("via", path_lines(up.via));
}

/// What changes with the column: its values in `values`, only which rows are there in `rows`.
struct Dependents {
  std::set<ColumnRef> values, rows;
};
Dependents dependents(const Trace& down) {
  Dependents found{down.values, {}};
  for (const ColumnRef& ref : down.rows)
    if (!down.values.contains(ref)) found.rows.insert(ref);
  return found;
}

/// One line a table: with the names of columns while they are few.
std::vector<std::string> by_table(const std::set<ColumnRef>& refs) {
  std::map<std::string, std::vector<std::string>> tables;
  for (const ColumnRef& ref : refs) tables[ref.table].push_back(ref.column);
  std::vector<std::string> lines;
  for (const auto& [table, columns] : tables)
    lines.push_back(columns.size() <= 6 ? fmt::format("{}: {}", table, join(columns, ", "))
                                        : fmt::format("{}: {}", table, plural(columns.size(), "column")));
  return lines;
}

void print_down(const Trace& down) {
  Dependents found = dependents(down);
  if (found.values.empty() && found.rows.empty()) return print_labelled("used by", "nothing");
  print_lines("used by", by_table(found.values));
  print_lines(found.values.empty() ? "used by" : "", [&] {
    std::vector<std::string> lines = by_table(found.rows);
    for (std::string& line : lines) line += "  (which rows)";
    return lines;
  }());
}

void add_lineage(Json& answer, const LineageGraph& graph, const ColumnRef& column, ModelWeights& weights) {
  Trace up = trace_up(graph, column);
  answer["values"] = json_of(up.values);
  answer["weights"] = weights_json(graph, weights.on(up));
  answer["rows"] = json_of(up.rows);
  answer["via"] = hops_json(up.via);
}

Json used_by(const Trace& down) {
  Dependents found = dependents(down);
  return {{"values", json_of(found.values)}, {"rows", json_of(found.rows)}};
}

int trace_column(const Arguments& arguments, Workspace& workspace, const Plan& plan, const ColumnRef& column) {
  ModelWeights weights(workspace);
  LineageGraph graph = plan.lineage();
  Trace down = trace_down(graph, column);
  const Column& described = *known_schema(column.table, plan).find(column.column);
  bool only_down = arguments.has("--down");
  if (arguments.json()) {
    Json answer = {{"column", column.text()}, {"type", described.type}};
    add_lineage(answer, graph, column, weights);
    answer["used_by"] = used_by(down);
    if (only_down) answer["via"] = hops_json(down.via);
    print_json(std::move(answer));
    return 0;
  }
  TextStyle style = output_style();
  std::cout << fmt::format("{}  {}\n", bold(column.text(), style.color), grey(described.type, style.color));
  if (described.meaning.is_object()) print_labelled("about", described.meaning.value("about", ""));
  if (!only_down) print_up(graph, column, weights);
  print_down(down);
  if (only_down) print_lines("via", path_lines(down.via));
  return 0;
}

/// All columns of a table; what decides the rows of all of them is said once.
int trace_table(const Arguments& arguments, Workspace& workspace, const Plan& plan, const std::string& table) {
  ModelWeights weights(workspace);
  LineageGraph graph = plan.lineage();
  const Schema& schema = known_schema(table, plan);
  Json columns = Json::array();
  TextTable text({{"column"}, {"type"}, {arguments.has("--down") ? "used by" : "values"}});
  std::set<ColumnRef> common;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    ColumnRef column{table, schema.columns[i].name};
    Trace up = trace_up(graph, column), down = trace_down(graph, column);
    Dependents users = dependents(down);
    std::set<ColumnRef> shown = users.values;
    shown.insert(users.rows.begin(), users.rows.end());
    std::string values = arguments.has("--down")    ? list_of(shown)
                         : is_source(graph, column) ? "(read)"
                         : up.values.empty()        ? "(none)"
                                                    : list_of(up.values);
    text.add({column.column, {schema.columns[i].type, true}, values});
    if (i == 0) common = up.rows;
    std::erase_if(common, [&](const ColumnRef& ref) { return !up.rows.contains(ref); });
    if (!arguments.json()) continue;
    Json entry = {{"column", column.text()}, {"type", schema.columns[i].type}};
    add_lineage(entry, graph, column, weights);
    entry["used_by"] = used_by(down);
    columns.push_back(std::move(entry));
  }
  if (arguments.json()) {
    print_json({{"table", table}, {"columns", columns}, {"rows", json_of(common)}});
    return 0;
  }
  std::cout << text.draw(output_style()).text;
  if (!arguments.has("--down")) print_labelled("rows", list_of(common));
  return 0;
}

int trace(const Arguments& arguments) {
  Workspace workspace(arguments);
  const Plan& plan = workspace.plan();
  if (plan.steps.empty())
    if (auto code = workspace.fail_on_problems()) return *code;
  mention_problems(workspace, arguments);
  const std::string& name = arguments.positional[0];
  if (name.find('.') == std::string::npos || plan.provider.contains(name))
    return trace_table(arguments, workspace, plan, name);
  return trace_column(arguments, workspace, plan, parse_column(name, plan, workspace.thread));
}

}  // namespace

Command trace_command() {
  Command command;
  command.name = "trace";
  command.usage = "TABLE.COLUMN | TABLE";
  command.about = "where a column comes from, and what depends on it";
  command.details =
      "`values` are the source columns that the values are computed from, `rows` those\n"
      "that decide which rows are there (filters, join keys, grouping). Nothing needs to\n"
      "have been built, but a model for its `weights`: each column's share of the mean\n"
      "contribution (|SHAP|) to its predictions. For example:\n"
      "  filrouge trace departures.plane_age\n"
      "  filrouge trace scored.late               the prediction of the model `late`\n"
      "  filrouge trace flights.arr_delay --down";
  command.options = {{"--down", "", "only what depends on the column"}};
  command.min_positional = command.max_positional = 1;
  command.run = trace;
  return command;
}

}  // namespace filrouge
