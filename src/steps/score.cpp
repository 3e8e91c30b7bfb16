// score: a model applied to a table. This file is what the thread says; score_work.cpp does it.
#include "base/text.h"
#include "steps/model_step.h"
#include "steps/score_work.h"
#include "steps/sql_step.h"
#include "steps/verbs.h"

namespace filrouge {
namespace {

std::vector<std::string> references(const Step& step, BindContext&) {
  return {step.config.value("from", ""), step.config.value("model", "")};
}

bool suits(const Step& step, const ModelPlan& plan, const Schema& table, const Schema& added, BindContext& context) {
  bool fine = true;
  std::string from = step.config.value("from", "");
  auto report = [&](const std::string& message, const std::string& hint) {
    fine = false;
    context.report(context.thread().at(step, {"from"}, "FR0812", message, hint));
  };
  for (const SourceColumn& source : plan.sources) {
    const Column* column = table.find(source.name);
    if (!column) {
      report(fmt::format("`{}` has no column `{}`, which the model `{}` reads", from, source.name, plan.name),
             fmt::format("select it in `{}`, or take it out of the model's features", from));
      continue;
    }
    std::optional<SourceKind> kind = source_kind(column->type);
    if (!kind || *kind != source.kind)
      report(fmt::format("`{}` of `{}` is a {}, and the model `{}` learned from a {}", column->name, from, column->type,
                         plan.name, to_string(source.kind)),
             "cast it in SQL");
  }
  for (const Column& column : added.columns)
    if (table.find(column.name))
      report(fmt::format("`{}` has a column `{}` already, which scoring would add", from, column.name),
             "rename it in SQL");
  return fine;
}

/// What needs a prediction that can be taken apart, or can be right or wrong.
bool check_task(const Step& step, const ModelPlan& plan, BindContext& context) {
  bool fine = true;
  auto report = [&](const char* key, const std::string& message, const std::string& hint) {
    fine = false;
    context.report(context.thread().at(step, {key}, "FR0814", message, hint));
  };
  if (step.config.contains("interval") && plan.unsupervised())
    report("interval", fmt::format("`{}` predicts nothing that an interval could hold", plan.name),
           "take `interval` out");
  if (step.config.contains("interval") && plan.task == Task::rank)
    report("interval",
           fmt::format("`{}` puts rows in order: its score estimates nothing that could be measured", plan.name),
           "take `interval` out, or predict the grade with `task: regress`");
  if (step.config.contains("reasons") && plan.task == Task::cluster)
    report("reasons", fmt::format("`{}` puts rows into clusters, which has no reasons by column", plan.name),
           fmt::format("`{}.profiles` says what stands out in each cluster", plan.name));
  return fine;
}

bool check_options(const Step& step, const ScoreOptions& options, BindContext& context) {
  if (!step.config.contains("interval") || (options.interval > 0 && options.interval < 1)) return true;
  context.report(context.thread().at(step, {"interval"}, "FR0812",
                                     "an interval covers a share between 0 and 1 of the rows", "such as 90%"));
  return false;
}

/// Why the rows cannot be scored in parts, in words; empty where they can.
std::string whole_only(const ModelPlan& plan, const ScoreOptions& options) {
  if (!options.group.empty())
    return fmt::format("the rank within a list by `{}` needs all its rows at once", options.group);
  if (plan.method == "mixture")
    return "the last digits of a mixture's probabilities depend on which rows are computed together";
  return "";
}

std::optional<Binding> bind(const Step& step, BindContext& context) {
  const std::string from = step.config.value("from", ""), model = step.config.value("model", "");
  const Step* learn = find_model(step, "model", model, context);
  const Schema* table = find_table(step, {"from"}, from, context);
  if (!learn || !table || !context.schema(model)) return std::nullopt;
  const Schema* learned = context.schema(learn->config.value("from", ""));
  std::optional<ModelPlan> plan = learned ? plan_model(*learn, *learned, nullptr) : std::nullopt;
  if (!plan) return std::nullopt;  // reported at the learn step
  if (!check_task(step, *plan, context)) return std::nullopt;
  ScoreOptions options = score_options(step.config);
  const Column* group = plan->group.empty() ? nullptr : table->find(plan->group);
  if (group) options.group = group->name;
  Schema added = scored_columns(*plan, options);
  if (!check_options(step, options, context) || !suits(step, *plan, *table, added, context)) return std::nullopt;

  Binding binding;
  OutputTable output{step.name, *table, {}};
  std::set<ColumnRef> values = {{model, "hash"}};
  for (const SourceColumn& source : plan->sources) values.insert({from, table->find(source.name)->name});
  for (const Column& column : table->columns)
    output.lineage.columns.push_back({column.name, {{from, column.name}}, {}, {}});
  for (const Column& column : added.columns) {
    output.schema.columns.push_back(column);
    output.lineage.columns.push_back({column.name, values, {}, {}});
    if (group && column.name == "rank") output.lineage.columns.back().values.insert({from, group->name});
  }
  output.lineage.tables = {from};
  binding.tables.push_back(std::move(output));
  binding.uses = {{from, table->names()}, {model, {"file", "hash"}}};
  // Where it runs is no part of what the step says: the result is the same, bit for bit.
  binding.canonical = step.config;
  binding.canonical.erase("engine");
  EngineChoice choice = engine_of(step, {"spark", "hadoop"}, context);
  binding.cuts = from;
  if (!choice.name.empty()) binding.stays = whole_only(*plan, options);
  if (binding.stays.empty()) binding.stays = why_no_parts(choice, context);
  if (binding.stays.empty()) binding.engine = choice.name, binding.by_size = choice.by_size;
  binding.work = {{"config", binding.canonical},
                  {"added", to_json(added)},
                  {"unsupervised", plan->unsupervised()},
                  {"group", options.group}};
  return binding;
}

}  // namespace

Verb score_verb() {
  Verb verb;
  verb.spec.name = "score";
  verb.spec.makes = "a table";
  verb.spec.about =
      "A model applied to a table: its rows with `prediction`, the probability where there are classes, and `unseen`, "
      "the columns whose value the training never saw. `reasons` says what moved each prediction most. Clusters give "
      "the number of the nearest one (1 = the largest) and the `distance` to its centre, in deviations; anomalies "
      "whether a row is beyond the limit, and its `score` from 0 to 1. Ranks give a score, and where the table has the "
      "lists' column the `rank` within them: 1 = first, equal scores share it. What only one method has comes where "
      "`learn` "
      "says `method`: `probability` of a mixture, `t2` and `q` of pca.";
  verb.spec.keys = {
      {.name = "from",
       .type = ValueType::table,
       .required = true,
       .about = "the table to score; it has every column that the model may read"},
      {.name = "model", .type = ValueType::table, .required = true, .about = "the name of a `learn` step"},
      {.name = "engine",
       .about =
           "where it runs: duckdb, an engine of engines.yaml, part by part, or auto: there where its inputs take more "
           "than the memory; --engine goes before it"},
      {.name = "reasons",
       .type = ValueType::integer,
       .default_value = "0",
       .about = "so many columns in `reasons`, strongest first: column, value, and how much it moved the raw score "
                "(exact SHAP); of anomalies, how much shorter it made the path (isolation) or its part of T2 or Q, in "
                "limits (pca)"},
      {.name = "interval",
       .type = ValueType::percent,
       .about = "such as 90%: `lower` and `upper` hold the truth that often (split conformal); of classes, `classes` "
                "lists those that may be true"},
  };
  verb.spec.example =
      "- score: scored\n"
      "  from: departures\n"
      "  model: late\n"
      "  reasons: 3\n";
  verb.remembered = false;  // it depends on the learn step's text too
  verb.references = references;
  verb.bind = bind;
  verb.work = work_on_score;
  return verb;
}

}  // namespace filrouge
