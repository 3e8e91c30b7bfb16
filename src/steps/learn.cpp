// learn: a model from a table, judged honestly, with everything it yields a table. This file is what the thread says;
// learn_work.cpp does it.
#include "base/text.h"
#include "models/boosting.h"
#include "models/metrics.h"
#include "steps/learn_costs.h"
#include "steps/learn_quantiles.h"
#include "steps/learn_work.h"
#include "steps/model_step.h"
#include "steps/result_table.h"
#include "steps/verbs.h"

namespace filrouge {
namespace {

std::vector<std::string> yields(const Step& step) {
  std::vector<std::string> names = {step.name};
  for (const LearnTable& table : learn_tables(step.config)) names.push_back(step.name + "." + table.name);
  return names;
}

std::vector<std::string> references(const Step& step, BindContext&) {
  return {step.config.value("from", "")};
}

/// The sources of a column: the columns of `read` steps that its values come from; itself where it is one.
std::set<ColumnRef> origins(const LineageGraph& graph, const ColumnRef& column) {
  if (!graph.contains(column.table)) return {column};
  return trace_up(graph, column).values;
}

/// What is known when the model is used, as the thread says with its reasons: the columns under `allow_leak`, and what
/// they are computed from.
std::set<ColumnRef> allowed_origins(const Step& step, const std::string& table, const LineageGraph& graph) {
  std::set<ColumnRef> allowed;
  if (step.config.contains("allow_leak"))
    for (const auto& [column, reason] : step.config["allow_leak"].items())
      allowed.merge(origins(graph, {table, column}));
  return allowed;
}

void report_leak(const Step& step, const std::string& target, const std::string& origin,
                 const std::vector<std::string>& features, BindContext& context) {
  constexpr size_t kShown = 5;
  std::string names =
      "`" + join({features.begin(), features.begin() + std::min(features.size(), kShown)}, "`, `") + "`";
  if (features.size() > kShown) names += fmt::format(" and {} more", features.size() - kShown);
  bool one = features.size() == 1;
  context.report(context.thread().at(
      step, {"predict"}, "FR0808",
      fmt::format("the feature{} {} tell{} the target: {} computed from {}, as `{}` is", one ? "" : "s", names,
                  one ? "s" : "", one ? "it is" : "they are", origin, target),
      fmt::format("put {} under `ignore`, or say why it is fair: allow_leak: {{{}: \"reason\"}}", one ? "it" : "them",
                  features[0])));
}

/// A feature that is computed from what the target is computed from would tell it.
bool check_lineage(const Step& step, const ModelPlan& plan, const LineageGraph& graph, BindContext& context) {
  std::set<ColumnRef> target = origins(graph, {plan.from, plan.target});
  std::set<ColumnRef> allowed = allowed_origins(step, plan.from, graph);
  std::map<std::string, std::vector<std::string>> leaks;  // by what is shared
  for (const SourceColumn& source : plan.sources) {
    std::vector<std::string> shared;
    for (const ColumnRef& ref : origins(graph, {plan.from, source.name}))
      if (target.contains(ref) && !allowed.contains(ref)) shared.push_back(ref.text());
    if (!shared.empty()) leaks[join(shared, ", ")].push_back(source.name);
  }
  for (const auto& [shared, features] : leaks) report_leak(step, plan.target, shared, features, context);
  return leaks.empty();
}

/// What the thread says of a column where it is read, found along its lineage.
Json meaning_of(const ColumnRef& column, const LineageGraph& graph, BindContext& context) {
  for (const ColumnRef& origin : origins(graph, column)) {
    const Schema* schema = context.schema(origin.table);
    const Column* source = schema ? schema->find(origin.column) : nullptr;
    if (source && source->meaning.is_object()) return source->meaning;
  }
  return Json::object();
}

/// Rows of one entity, or of one time, on both sides flatter a model: the thread must split by them or say why not.
bool check_split(const Step& step, const ModelPlan& plan, const Schema& schema, const LineageGraph& graph,
                 BindContext& context) {
  bool apart = plan.split.kind == SplitPlan::Kind::time || plan.split.kind == SplitPlan::Kind::group;
  std::string because = step.config.value("because", "");
  if (apart || !because.empty()) return true;
  for (const Column& column : schema.columns) {
    Json meaning = meaning_of({plan.from, column.name}, graph, context);
    for (const char* kind : {"time", "entity"}) {
      if (!meaning.value(kind, false)) continue;
      std::string way = kind == std::string("time") ? "time" : "group";
      context.report(context.thread().at(
          step, {step.config.contains("split") ? "split" : "from"}, "FR0813",
          fmt::format("`{}` is declared as {}: rows drawn at random would put the same {} on both sides", column.name,
                      kind, kind),
          fmt::format("split: {{{}: {}, test: 20%}}, or say why not: split: random, because: \"reason\"", way,
                      column.name)));
      return false;
    }
  }
  return true;
}

bool check_options(const Step& step, const ModelPlan& plan, BindContext& context) {
  bool fine = check_costs(step, plan, context);
  fine = check_quantiles(step, plan, context) && fine;
  auto report = [&](const std::vector<std::string>& path, const std::string& message, const std::string& hint) {
    fine = false;
    context.report(context.thread().at(step, path, "FR0809", message, hint));
  };
  if (step.config.contains("metric")) {
    std::string name = step.config["metric"];
    const MetricSpec* spec = find_metric(name);
    int classes = plan.task == Task::classify ? 2 : 1;
    std::vector<std::string> names;
    for (const MetricSpec& row : metric_specs())
      if (row.applies(plan.task, classes) || (classes == 2 && row.applies(plan.task, 3))) names.push_back(row.name);
    bool applies = spec && std::find(names.begin(), names.end(), name) != names.end();
    auto near = nearest(name, names);
    if (!applies && !plan.task_is_open)
      report({"metric"},
             spec ? fmt::format("`{}` does not judge this task", name) : fmt::format("no metric `{}`", name),
             near ? fmt::format("did you mean `{}`?", *near) : "one of " + join(names, ", "));
  }
  if (step.config.contains("budget") && budget_seconds(step.config) <= 0)
    report({"budget"}, "a budget must be more than nothing", "quick, normal, thorough, or seconds such as 60");
  std::vector<std::string> feature_names;
  for (const SourceColumn& source : plan.sources) feature_names.push_back(source.name);
  if (step.config.contains("monotone"))
    for (const auto& [column, way] : step.config["monotone"].items()) {
      bool known = std::find(feature_names.begin(), feature_names.end(), column) != feature_names.end();
      auto near = nearest(column, feature_names);
      if (!known)
        report({"monotone", column}, fmt::format("`{}` is not one of the features", column),
               near ? fmt::format("did you mean `{}`?", *near) : "");
      if (way != "up" && way != "down")
        report({"monotone", column}, fmt::format("`{}` must be up or down", column), "monotone: {age: up}");
    }
  if (step.config.contains("allow_leak"))
    for (const auto& [column, reason] : step.config["allow_leak"].items()) {
      bool known = std::find(feature_names.begin(), feature_names.end(), column) != feature_names.end();
      auto near = nearest(column, feature_names);
      if (!known && column != "rows")
        report({"allow_leak", column}, fmt::format("`{}` is not one of the features", column),
               near ? fmt::format("did you mean `{}`?", *near) : "");
      if (!reason.is_string() || reason.get<std::string>().empty())
        report({"allow_leak", column}, "a leak is allowed only with a reason",
               fmt::format("allow_leak: {{{}: \"known before the flight\"}}", column));
    }
  return fine;
}

std::optional<Binding> bind(const Step& step, BindContext& context) {
  const std::string from = step.config.value("from", "");
  const Schema* table = find_table(step, {"from"}, from, context);
  if (!table || !check_task(step, context)) return std::nullopt;
  std::optional<ModelPlan> plan = plan_model(step, *table, &context);
  if (!plan) return std::nullopt;
  // A copy of the whole thread's: asked for once.
  LineageGraph graph = context.lineage();
  bool fine = plan->target.empty() || check_lineage(step, *plan, graph, context);
  fine = (plan->unsupervised() || check_split(step, *plan, *table, graph, context)) && fine;
  fine = check_options(step, *plan, context) && fine;
  if (!fine) return std::nullopt;

  Use use{from, plan->others};
  for (const SourceColumn& source : plan->sources)
    if (std::find(use.columns.begin(), use.columns.end(), source.name) == use.columns.end())
      use.columns.push_back(source.name);
  Schema read;
  for (const Column& column : table->columns)
    if (std::find(use.columns.begin(), use.columns.end(), column.name) != use.columns.end())
      read.columns.push_back({column.name, column.type, {}});
  // Of the table the step says only what it reads: a new column that the model ignores learns nothing anew.
  Json config = step.config;
  config.erase("ignore");
  config["named"] = step.config.contains("features");
  config["features"] = Json::array();
  for (const SourceColumn& source : plan->sources) config["features"].push_back(source.name);
  Binding binding;
  binding.canonical = config;
  binding.canonical["library"] = kLightgbmVersion;
  binding.work = {{"config", std::move(config)}, {"schema", to_json(read)}};
  std::set<ColumnRef> refs;
  for (const std::string& column : use.columns) refs.insert({from, column});
  auto add = [&](const std::string& name, Schema schema) {
    TableLineage lineage = lineage_of_all(schema, refs);
    binding.tables.push_back({name, std::move(schema), std::move(lineage)});
  };
  add(step.name, model_files_schema());
  for (const LearnTable& spec : learn_tables(step.config)) add(step.name + "." + spec.name, spec.schema(*plan));
  binding.uses.push_back(std::move(use));
  return binding;
}

constexpr const char* kMethods =
    "auto tries and blends; boosting = LightGBM; additive = one curve per feature and a few pairs that help, "
    "readable; linear = ridge; "
    "baseline = the mean, or the shares of the classes. Of cluster: kmeans, mixture (Gaussian); auto keeps the "
    "higher silhouette. Of rank boosting is lambdarank, and linear a ridge on the grade. Of anomaly: isolation "
    "(forest), pca (T2 and Q); auto takes pca where numbers move "
    "together";

std::vector<KeySpec> setting_keys() {
  return {
      {.name = "trees", .type = ValueType::integer, .about = "how many"},
      {.name = "leaves", .type = ValueType::integer, .default_value = "31", .about = "per tree"},
      {.name = "depth", .type = ValueType::integer, .about = "of a tree, at most"},
      {.name = "rate", .type = ValueType::number, .default_value = "0.1", .about = "how much of each tree is added"},
      {.name = "min_rows", .type = ValueType::integer, .default_value = "20", .about = "in a leaf"},
      {.name = "l1", .type = ValueType::number, .about = "penalty on leaf values"},
      {.name = "l2", .type = ValueType::number, .about = "penalty on squared leaf values"},
      {.name = "feature_share", .type = ValueType::number, .about = "of the features, drawn for each tree"},
      {.name = "row_share", .type = ValueType::number, .about = "of the rows, drawn for each tree"}};
}

std::vector<KeySpec> keys() {
  return {
      {.name = "from", .type = ValueType::table, .required = true, .about = "the table to learn from"},
      {.name = "predict",
       .type = ValueType::column,
       .about = "the column to be predicted; `cluster` has none, `anomaly` is only judged by it: true or 1 is unusual"},
      {.name = "task",
       .type = ValueType::choice,
       .default_value = "by the target's type",
       .about =
           "texts, booleans and whole numbers with two values are classes; other numbers are regressed on; cluster = "
           "groups of similar rows; anomaly = rows unlike the others; rank = rows in order within each `group`",
       .choices = {"classify", "regress", "rank", "cluster", "anomaly"}},
      {.name = "group",
       .type = ValueType::column,
       .about =
           "of rank: the column that tells the lists (a query, a customer); `predict` is a grade from 0 to 30, and "
           "no list is ever cut in two"},
      {.name = "method",
       .type = ValueType::choice,
       .default_value = "auto",
       .about = kMethods,
       .choices = {"auto", "boosting", "linear", "additive", "baseline", "kmeans", "mixture", "isolation", "pca"}},
      {.name = "k",
       .type = ValueType::integer,
       .default_value = "chosen, 2 to 10",
       .about = "how many clusters; chosen by the highest silhouette (kmeans) or the lowest BIC (mixture)",
       .least = 2},
      {.name = "limit",
       .type = ValueType::percent,
       .default_value = "1%",
       .about = "of anomaly: at most this share of the rows learned from is unusual"},
      {.name = "budget",
       .type = ValueType::any,
       .default_value = "normal",
       .about =
           "quick, normal, thorough (10, 30, 300), or seconds of work on a common machine: it decides what is tried; "
           "the clock never does"},
      {.name = "features",
       .type = ValueType::text_list,
       .about = "the columns to learn from; without it all but the target"},
      {.name = "ignore",
       .type = ValueType::text_list,
       .about = "columns that are not known when the prediction is needed"},
      {.name = "split",
       .type = ValueType::any,
       .default_value = "cross-validation",
       .about =
           "{time: COLUMN, test: 20%, gap: 7 days, folds: 3}: the latest rows judge; {group: COLUMN, test: 20%}: whole "
           "groups judge; test: none: cross-validation within it, fitted on all rows; random"},
      {.name = "because", .about = "why rows may be split at random though a column is declared as time or entity"},
      {.name = "classes",
       .type = ValueType::text_list,
       .about = "the classes, in order; more than two give `score` a column for each"},
      {.name = "positive",
       .about = "which of two classes the probability is of; without it true, 1, or the last by name"},
      {.name = "weight", .type = ValueType::column, .about = "how much each row counts"},
      {.name = "class_weight", .type = ValueType::any, .about = "balanced, or {CLASS: weight}"},
      {.name = "costs",
       .type = ValueType::mapping,
       .about = "what mistakes cost: {false_positive: 1, false_negative: 5}, or {ACTUAL: {PREDICTED: cost}}; the class "
                "with the least expected cost is said. What is not named costs 1"},
      {.name = "quantiles",
       .type = ValueType::any,
       .about = "of a number, besides its mean: [0.1, 0.5, 0.9], a boosted model each, set right by out-of-fold rows"},
      {.name = "monotone",
       .type = ValueType::mapping,
       .about = "{COLUMN: up | down}: the prediction may only rise, or fall, with it (boosting)"},
      {.name = "metric", .about = "the figure shown first; without it auc, log_loss, rmse or ndcg@10"},
      {.name = "segments",
       .type = ValueType::text_list,
       .about = "columns by whose values NAME.segments judges; without it those with few values"},
      {.name = "allow_leak",
       .type = ValueType::mapping,
       .about = "{COLUMN: reason}: use it though it seems to tell the target; kept in the card"},
      {.name = "settings",
       .type = ValueType::mapping,
       .about = "of boosting and additive, in place of tuning",
       .keys = setting_keys()},
      {.name = "sample",
       .type = ValueType::integer,
       .default_value = "as many as 1 GB holds",
       .about = "so many rows at most are in memory to choose and to judge; trees grow on all rows, block by block",
       .least = 20},
      {.name = "seed", .type = ValueType::integer, .default_value = "1", .about = "of everything that is drawn"},
  };
}

}  // namespace

Verb learn_verb() {
  Verb verb;
  verb.spec.name = "learn";
  verb.spec.makes = "a model";
  verb.spec.about =
      "Learns to predict a column. NAME lists the model's files; NAME.metrics, .folds, .importance, .calibration, "
      ".confusion, .thresholds, .segments, .tried, .features and .predictions say what it is worth, .shapes of "
      "`method: "
      "additive` is the model itself, curve by curve. A column that "
      "would tell the target fails the step. With `task: cluster` or `task: anomaly` nothing is predicted: "
      "NAME.metrics, "
      ".tried, .features and .predictions, and NAME.profiles of the clusters.";
  verb.spec.keys = keys();
  verb.spec.example =
      "- learn: late\n"
      "  from: departures\n"
      "  predict: is_late\n"
      "  ignore: [arr_delay, arr_time, air_time, dep_delay, dep_time]\n"
      "  split: {time: time_hour, test: 20%}\n";
  verb.version = 2;
  verb.yields = yields;
  verb.references = references;
  verb.bind = bind;  // not `remembered`: leaks are found along the lineage of its table
  verb.work = work_on_learn;
  return verb;
}

}  // namespace filrouge
