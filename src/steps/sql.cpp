// sql: one SELECT over tables of the thread makes a table.
#include "steps/sql_step.h"
#include "steps/verbs.h"

namespace filrouge {
namespace {

const std::vector<std::string> kQuery = {"query"};

std::string text_of(const Step& step) {
  return step.config.value("query", "");
}

std::vector<std::string> references(const Step& step, BindContext& context) {
  return sql_references(step, kQuery, text_of(step), context);
}

std::optional<Binding> bind(const Step& step, BindContext& context) {
  auto bound = bind_sql(step, kQuery, text_of(step), context);
  if (!bound) return std::nullopt;
  Binding binding;
  binding.canonical = {{"sql", canonical_sql(text_of(step))}};
  EngineChoice choice = engine_of(step, {"spark"}, context);
  if (choice.kind == "hadoop") {
    refuse_engine(
        step, fmt::format("`{}` is a Hadoop, which runs programs, `score` and `explain`, but no SQL", choice.name),
        "leave `engine:` out and it runs here, or name one of kind spark, which may run on the same YARN", context);
    choice = {};
  }
  bool portable = step.config.value("portable", false) || (!choice.name.empty() && !choice.by_size);
  if (portable && !check_portable(step, kQuery, text_of(step), context)) return std::nullopt;
  if (choice.by_size && !portable)
    if (std::optional<std::string> why = not_portable(*bound, context)) binding.stays = *why, choice = {};
  binding.engine = choice.name;
  binding.by_size = choice.by_size;
  // Where it runs may show in the last digits of a sum; who writes `auto` takes either.
  if (!choice.name.empty()) binding.canonical["engine"] = choice.by_size ? "auto" : choice.name;
  binding.work = {{"sql", bound->sql}, {"order", static_cast<int>(bound->query.order)}};
  binding.uses = bound->uses;
  binding.params = bound->params;
  binding.tables.push_back({step.name, std::move(bound->query.schema), std::move(bound->query.lineage)});
  return binding;
}

WorkResult work(const WorkRequest& request, WorkContext& context) {
  WorkResult result;
  auto order = static_cast<RowOrder>(request.work.at("order").get<int>());
  result.tables.push_back(
      context.engine().materialise(request.name, request.work.at("sql").get<std::string>(), order, request.staging));
  return result;
}

}  // namespace

Verb sql_verb() {
  Verb verb;
  verb.spec.name = "sql";
  verb.spec.makes = "a table";
  verb.spec.about =
      "One SELECT over tables of the thread. `$name` is a parameter; dependencies are found from the query.";
  verb.spec.keys = {
      {.name = "query",
       .type = ValueType::sql,
       .about = "the SELECT, in DuckDB's SQL; tables are named as in the thread"},
      {.name = "engine",
       .about = "where it runs: duckdb, an engine of engines.yaml, or auto: there where its inputs take more than the "
                "memory; "
                "--engine goes before it"},
      {.name = "portable",
       .type = ValueType::boolean,
       .default_value = "false",
       .about = "refuse what means something else on Spark, also while it runs here"},
      {.name = "file", .type = ValueType::file, .about = "a .sql file with the query, relative to the thread's folder"},
  };
  verb.spec.exactly_one_of = {{"query", "file"}};
  verb.spec.example =
      "- sql: departures\n"
      "  query: |\n"
      "    SELECT carrier, count(*) AS flights, avg(dep_delay) AS mean_delay\n"
      "    FROM flights WHERE dep_delay > $late_after GROUP BY carrier\n";
  verb.remembered = true;
  verb.references = references;
  verb.bind = bind;
  verb.work = work;
  return verb;
}

}  // namespace filrouge
