#include "steps/sql_step.h"

#include "base/error.h"
#include "base/text.h"
#include "thread/engines_file.h"

namespace filrouge {
namespace {

/// The step that yields `table`: its main table or one of its side tables (flights.rejects).
const Step* provider_of(const Thread& thread, const std::string& table) {
  std::string owner = table.substr(0, table.find('.'));
  for (const Step& step : thread.steps)
    if (step.name == owner) return &step;
  return nullptr;
}

/// "`flights` comes from line 8 and has 19 columns; next: filrouge show flights"
std::string about_table(const std::string& table, const BindContext& context) {
  const Step* step = provider_of(context.thread(), table);
  const Schema* schema = context.schema(table);
  if (!step || !schema) return "";
  std::string place = step->node.file == "thread.yaml" ? "" : step->node.file + " ";
  return fmt::format("`{}` comes from {}line {} and has {}; next: filrouge show {}", table, place,
                     step->node.begin.line, plural(schema->columns.size(), "column"), table);
}

/// The last `name` in back quotes of a message, which for "no column `a` in `t`" is the table.
std::string last_name(const std::string& message) {
  size_t close = message.rfind('`');
  size_t open = close == std::string::npos || close == 0 ? std::string::npos : message.rfind('`', close - 1);
  return open == std::string::npos ? "" : message.substr(open + 1, close - open - 1);
}

/// Shows a problem of the engine in the user's own text.
void report_sql_error(const Error& error, const Step& step, const std::vector<std::string>& path, const BoundSql& bound,
                      BindContext& context) {
  std::string hint = error.hint, note;
  if (error.code == "FR0204") {
    if (auto near = nearest(last_name(error.message), context.table_names()))
      hint = fmt::format("did you mean `{}`?", *near);
    note = tables_note(context);
  } else if (error.code == "FR0203") {
    note = about_table(last_name(error.message), context);
  }
  if (!error.text_offset) return context.report(context.thread().at(step, path, error.code, error.message, hint, note));
  size_t offset = bound.original_offset(static_cast<size_t>(*error.text_offset));
  context.report(context.thread().at_text(step, path, offset, static_cast<size_t>(error.text_length), error.code,
                                          error.message, hint, note));
}

/// What `engine: auto` means for a step that engines of these kinds can do.
EngineChoice engine_by_size(const Step& step, const std::vector<std::string>& kinds, BindContext& context) {
  const Thread& thread = context.thread();
  if (thread.engine != "auto")  // else it was said already
    if (std::optional<Error> problem = cannot_choose(thread.engines))
      context.report(thread.at(step, {"engine"}, problem->code, problem->message, problem->hint));
  for (const std::string& kind : kinds)
    if (std::vector<std::string> names = engines_of_kind(thread.engines, kind); !names.empty())
      return {names.front(), kind, true};
  return {};
}

/// The SQL with its parameters filled in; reports an unknown one.
std::optional<BoundSql> fill_parameters(const Step& step, const std::vector<std::string>& path, const std::string& sql,
                                        BindContext& context) {
  try {
    return BoundSql(sql, context.thread().params);
  } catch (const Error& error) {
    size_t offset = static_cast<size_t>(error.text_offset.value_or(0));
    context.report(context.thread().at_text(step, path, offset, static_cast<size_t>(error.text_length), error.code,
                                            error.message, error.hint));
    return std::nullopt;
  }
}

}  // namespace

std::vector<std::string> sql_references(const Step& step, const std::vector<std::string>& path, const std::string& sql,
                                        BindContext& context) {
  auto bound = fill_parameters(step, path, sql, context);
  if (!bound) return {};
  try {
    return context.binder().tables_of(bound->text());
  } catch (const Error& error) {
    report_sql_error(error, step, path, *bound, context);
    return {};
  }
}

std::optional<BoundQuery> bind_sql(const Step& step, const std::vector<std::string>& path, const std::string& sql,
                                   BindContext& context) {
  auto bound = fill_parameters(step, path, sql, context);
  if (!bound) return std::nullopt;
  try {
    BoundQuery result{bound->text(), context.binder().describe(bound->text()), bound->used(), {}};
    result.uses = uses_of(result.query.lineage);
    if (!result.query.volatile_functions.empty()) {
      Diagnostic warning = context.thread().at(
          step, path, "FR0210",
          fmt::format("`{}` gives another result at every run", result.query.volatile_functions.front()), "",
          "the step is rebuilt only when its text or inputs change; pass a time or a seed as a parameter instead");
      warning.severity = Severity::warning;
      context.report(std::move(warning));
    }
    return result;
  } catch (const Error& error) {
    report_sql_error(error, step, path, *bound, context);
    return std::nullopt;
  }
}

EngineChoice engine_of(const Step& step, const std::vector<std::string>& kinds, BindContext& context) {
  const Thread& thread = context.thread();
  std::string engine = thread.engine;
  if (!thread.engine_is_asked_for) engine = step.config.value("engine", engine);
  if (engine == "duckdb") return {};
  if (engine == "auto") return engine_by_size(step, kinds, context);
  if (auto found = thread.engines.find(engine); found != thread.engines.end())
    return {engine, found->second.at("kind")};
  if (engine != thread.engine)
    context.report(thread.at(step, {"engine"}, "FR0221", fmt::format("there is no engine `{}`", engine),
                             "name it in engines.yaml, beside the thread or in ~/.config/filrouge",
                             fmt::format("engines besides duckdb: {}", engine_names(thread.engines))));
  return {engine, ""};
}

std::string why_no_parts(const EngineChoice& choice, BindContext& context) {
  if (choice.kind != "hadoop" || context.thread().engines.at(choice.name).value("shared", false)) return "";
  return fmt::format("where the machines of `{}` mount the store's disk, say so: `shared: true`", choice.name);
}

void refuse_engine(const Step& step, const std::string& why, const std::string& hint, BindContext& context) {
  if (!step.config.contains("engine") || context.thread().engine_is_asked_for) return;
  context.report(context.thread().at(step, {"engine"}, "FR0223", why, hint));
}

bool check_portable(const Step& step, const std::vector<std::string>& path, const std::string& sql,
                    BindContext& context) {
  auto bound = fill_parameters(step, path, sql, context);
  if (!bound) return false;
  PortableQuery query = context.binder().for_spark(bound->text());
  for (const Error& problem : query.problems) report_sql_error(problem, step, path, *bound, context);
  return query.problems.empty();
}

std::optional<std::string> not_portable(const BoundQuery& query, BindContext& context) {
  PortableQuery portable = context.binder().for_spark(query.sql);
  if (portable.problems.empty()) return std::nullopt;
  return portable.problems.front().message;
}

std::vector<Use> uses_of(const TableLineage& lineage) {
  std::map<std::string, std::set<std::string>> columns;
  for (const std::string& table : lineage.tables) columns[table];
  auto add = [&](const std::set<ColumnRef>& refs) {
    for (const ColumnRef& ref : refs) columns[ref.table].insert(ref.column);
  };
  add(lineage.rows);
  for (const ColumnLineage& column : lineage.columns) add(column.values), add(column.rows);
  std::vector<Use> uses;
  for (const auto& [table, names] : columns) uses.push_back({table, {names.begin(), names.end()}});
  return uses;
}

}  // namespace filrouge
