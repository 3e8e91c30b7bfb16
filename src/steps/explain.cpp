// explain: what a model has learned. This file is what the thread says; explain_work.cpp does it.
#include "base/text.h"
#include "steps/explain_counterfactuals.h"
#include "steps/explain_report.h"
#include "steps/explain_work.h"
#include "steps/result_table.h"
#include "steps/sql_step.h"
#include "steps/verbs.h"

namespace filrouge {
namespace {

std::vector<std::string> yields(const Step& step) {
  std::vector<std::string> names;
  for (const ExplainTable& table : explain_tables())
    if (table.wanted(step.config)) names.push_back(step.name + "." + table.name);
  return names;
}

std::string table_of(const Step& step, BindContext& context) {
  if (step.config.contains("from")) return step.config["from"];
  const Step* learn = context.thread().find("learn", step.name);
  return learn ? learn->config.value("from", "") : "";
}

std::vector<std::string> references(const Step& step, BindContext& context) {
  std::vector<std::string> names = {step.name, step.name + ".predictions"};
  const Step* learned = context.thread().find("learn", step.name);
  if (learned && step.config.value("report", false))
    for (const std::string& table : report_tables(*learned)) names.push_back(table);
  if (std::string from = table_of(step, context); !from.empty()) names.push_back(from);
  return names;
}

/// The columns that explaining reads of its table; nothing after reporting one that is not there.
std::optional<std::vector<std::string>> columns_read(const Step& step, const ModelPlan& plan, const std::string& from,
                                                     const Schema& table, BindContext& context) {
  std::vector<std::string> columns;
  bool fine = true;
  auto add = [&](const std::string& name) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
  };
  for (const SourceColumn& source : plan.sources) {
    const Column* column = table.find(source.name);
    if (column && source_kind(column->type) == source.kind) {
      add(column->name);
      continue;
    }
    fine = false;
    context.report(context.thread().at(
        step, {"from"}, "FR0812",
        fmt::format("`{}` has no column `{}` of the kind that the model `{}` reads", from, source.name, plan.name),
        "explain a table with the columns that the model learned from"));
  }
  if (const Column* target = table.find(plan.target)) add(target->name);
  std::vector<std::string> groups = groups_named(step.config);
  for (size_t i = 0; i < groups.size(); ++i) {
    std::vector<std::string> path = {"by"};
    if (step.config["by"].is_array()) path.push_back(std::to_string(i));
    if (const Column* column = table.find(groups[i]))
      add(column->name);
    else
      fine = false, report_no_column(step, path, groups[i], from, table, context);
  }
  if (!groups.empty() && !table.find(plan.target)) {
    fine = false;
    context.report(context.thread().at(
        step, {"by"}, "FR0812",
        fmt::format("`{}` has no column `{}`: without the truth no group can be compared", from, plan.target)));
  }
  return fine ? std::optional(std::move(columns)) : std::nullopt;
}

std::optional<Binding> bind(const Step& step, BindContext& context) {
  const Step* learn = find_model(step, "", step.name, context);
  if (!learn) return std::nullopt;
  std::string from = table_of(step, context);
  const Schema* table = find_table(step, {"from"}, from, context);
  const Schema* learned = context.schema(learn->config.value("from", ""));
  if (!table || !learned || !context.schema(step.name)) return std::nullopt;
  std::optional<ModelPlan> plan = plan_model(*learn, *learned, nullptr);
  if (!plan) return std::nullopt;
  if (plan->unsupervised()) {
    bool clusters = plan->task == Task::cluster;
    context.report(
        context.thread().at(step, {}, "FR0814",
                            fmt::format("`{}` predicts nothing that could be explained: it finds {}", step.name,
                                        clusters ? "clusters" : "anomalies"),
                            clusters ? fmt::format("`{}.profiles` says what stands out in each cluster", step.name)
                                     : "`score` with `reasons: 3` says what is unusual in a row"));
    return std::nullopt;
  }
  if (!groups_named(step.config).empty() && !plan->classifies()) {
    context.report(context.thread().at(
        step, {"by"}, "FR0812", "groups are compared by how classes are told, and this model predicts a number"));
    return std::nullopt;
  }
  if (!check_counterfactuals(step, *plan, context)) return std::nullopt;
  auto columns = columns_read(step, *plan, from, *table, context);
  if (!columns) return std::nullopt;
  Schema read;
  for (const std::string& name : *columns) read.columns.push_back({name, table->find(name)->type, {}});
  Binding binding;
  bool is_judged = from == plan->from;  // then the rows are those that judged the model
  Json config = step.config;
  config.erase("engine");  // the result is the same, bit for bit
  EngineChoice choice = engine_of(step, {"spark", "hadoop"}, context);
  binding.stays = why_no_parts(choice, context);
  if (binding.stays.empty()) binding.engine = choice.name, binding.by_size = choice.by_size;
  binding.canonical = config;
  binding.canonical["from"] = from;
  binding.canonical["reads"] = *columns;
  binding.work = {
      {"config", config}, {"from", from}, {"schema", to_json(read)}, {"target", plan->target}, {"judged", is_judged}};
  std::set<ColumnRef> refs = {{step.name, "hash"}};
  for (const std::string& column : *columns) refs.insert({from, column});
  for (const ExplainTable& spec : explain_tables())
    if (spec.wanted(step.config))
      binding.tables.push_back({step.name + "." + spec.name, spec.schema, lineage_of_all(spec.schema, refs)});
  binding.uses = {{from, *columns}, {step.name, {"file", "hash"}}};
  if (is_judged) binding.uses.push_back({step.name + ".predictions", {"row", "part"}});
  if (step.config.value("report", false)) bind_report(step, *learn, *plan, context, binding);
  return binding;
}

}  // namespace

Verb explain_verb() {
  Verb verb;
  verb.spec.name = "explain";
  verb.spec.makes = "NAME.* tables";
  verb.spec.about =
      "What the model NAME has learned, from the rows that judged it: NAME.importance (mean contribution of each "
      "column, and "
      "what is lost when it is shuffled), NAME.pairs (columns that work together) and NAME.effects (how a column's "
      "values move the prediction); on request each "
      "row's contributions, and how groups of people fare.";
  verb.spec.keys = {
      {.name = "from",
       .type = ValueType::table,
       .default_value = "the rows that judged it",
       .about = "another table whose rows are explained"},
      {.name = "sample",
       .type = ValueType::integer,
       .about = "so many rows, evenly drawn; without it all (intervals say what a sample costs)"},
      {.name = "contributions",
       .type = ValueType::boolean,
       .default_value = "false",
       .about = "NAME.contributions: for each row and column how much it moved the raw score (exact SHAP); base + sum "
                "= raw"},
      {.name = "by",
       .type = ValueType::text_list,
       .about = "columns that tell groups: NAME.fairness has each group's rates and the usual criteria"},
      {.name = "counterfactuals",
       .type = ValueType::mapping,
       .about = "NAME.counterfactuals: what would have to be different for a row to get another outcome, with values "
                "that a real row with that outcome has; as few changes as needed",
       .keys = {{.name = "rows",
                 .type = ValueType::integer,
                 .default_value = "100",
                 .about = "so many rows are answered, evenly drawn",
                 .least = 1},
                {.name = "change",
                 .type = ValueType::text_list,
                 .default_value = "all",
                 .about = "columns that may change"},
                {.name = "keep", .type = ValueType::text_list, .about = "columns that may not"},
                {.name = "costs",
                 .type = ValueType::mapping,
                 .about = "{COLUMN: 2}: how much more a change of it counts"},
                {.name = "to", .about = "the class to get to; without it any but the row's own"}}},
      {.name = "engine",
       .about = "where each row's contributions are computed, which is most of the work: duckdb (here), an engine of "
                "engines.yaml, part by part, or auto: there where its inputs take more than the memory; --engine goes "
                "before it"},
      {.name = "report",
       .type = ValueType::boolean,
       .default_value = "false",
       .about = "reports/NAME.html: a page about the model for other people, in one file, without any row of the data"},
  };
  verb.spec.example = "- explain: late\n";
  verb.version = 2;
  verb.yields = yields;
  verb.supersedes = true;
  verb.references = references;
  verb.bind = bind;  // not `remembered`: it depends on the learn step's text
  verb.work = work_on_explain;
  return verb;
}

}  // namespace filrouge
