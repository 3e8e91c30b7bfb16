#include "steps/learn_task.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "steps/learn_unsupervised.h"
#include "steps/learn_work.h"

namespace filrouge {
namespace {

bool has(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// The task that has what this one has not, for hints.
const LearnTask* owner_of(const std::vector<std::string> LearnTask::*list, const std::string& name) {
  for (const LearnTask& task : learn_tasks())
    if (has(task.*list, name)) return &task;
  return nullptr;
}

std::string said_task(const Json& config) {
  std::string task = config.value("task", "");
  return task.empty() ? "a model that predicts a column" : "`task: " + task + "`";
}

std::string hint_for(const std::string& key, const LearnTask& task) {
  const LearnTask* owner = owner_of(&LearnTask::keys, key);
  FR_CHECK(owner != nullptr);  // every key of the verb goes with all tasks or stands in the list of one
  if (task.names[0] == "rank") return "it goes with a model that predicts a column: take it out";
  if (owner->names.size() == 1) return fmt::format("it goes with `task: {}`", owner->names[0]);
  return key == "split" ? "nothing is predicted, so all rows are learned from: take it out"
                        : fmt::format("`{}` predicts nothing: take it out", task.names[0]);
}

bool check_keys(const Step& step, const LearnTask& task, BindContext& context) {
  static const std::vector<std::string> of_all = {"from", "task", "method", "features", "ignore", "seed", "about"};
  bool fine = true;
  for (const auto& [key, value] : step.config.items()) {
    if (has(of_all, key) || has(task.keys, key)) continue;
    fine = false;
    context.report(context.thread().at(step, {key}, "FR0809",
                                       fmt::format("`{}` does not go with {}", key, said_task(step.config)),
                                       hint_for(key, task)));
  }
  return fine;
}

bool check_method(const Step& step, const LearnTask& task, BindContext& context) {
  std::string method = step.config.value("method", "auto");
  if (method == "auto" || has(task.methods, method)) return true;
  const LearnTask* owner = owner_of(&LearnTask::methods, method);
  bool says_task = step.config.contains("task");
  context.report(context.thread().at(
      step, {"method"}, "FR0809", fmt::format("`{}` is no method of {}", method, said_task(step.config)),
      says_task || !owner ? "auto, " + join(task.methods, ", ") : fmt::format("add `task: {}`", owner->names[0])));
  return false;
}

bool check_k(const Step& step, BindContext& context) {
  constexpr int64_t kMost = 50;
  if (!step.config.contains("k") || step.config["k"].get<int64_t>() <= kMost) return true;
  context.report(context.thread().at(
      step, {"k"}, "FR0809",
      fmt::format("{} clusters are more than a reader can tell apart", step.config["k"].get<int64_t>()),
      fmt::format("2 to {}; without `k` it is chosen", kMost)));
  return false;
}

}  // namespace

const std::vector<LearnTask>& learn_tasks() {
  static const std::vector<LearnTask> tasks = {
      {{"classify", "regress"},
       {"boosting", "linear", "additive", "baseline"},
       {"predict", "budget", "split", "because", "classes", "positive", "weight", "class_weight", "monotone", "metric",
        "segments", "sample", "allow_leak", "settings", "quantiles", "costs"},
       supervised_tables,
       work_on_supervised},
      {{"rank"},
       {"boosting", "linear", "additive"},
       {"predict", "group", "budget", "split", "because", "monotone", "metric", "allow_leak", "settings"},
       ranking_tables,
       work_on_supervised},
      {{"cluster"}, {"kmeans", "mixture"}, {"k"}, cluster_tables, work_on_clusters},
      {{"anomaly"}, {"isolation", "pca"}, {"limit", "predict", "allow_leak"}, anomaly_tables, work_on_anomalies},
  };
  return tasks;
}

const LearnTask& learn_task(const Json& config) {
  std::string name = config.value("task", "");
  for (const LearnTask& task : learn_tasks())
    if (has(task.names, name)) return task;
  return learn_tasks()[0];
}

std::vector<LearnTable> learn_tables(const Json& config) {
  std::vector<LearnTable> wanted;
  for (const LearnTable& table : learn_task(config).tables())
    if (!table.wanted || table.wanted(config)) wanted.push_back(table);
  return wanted;
}

bool check_task(const Step& step, BindContext& context) {
  const LearnTask& task = learn_task(step.config);
  bool fine = check_keys(step, task, context);
  fine = check_method(step, task, context) && fine;
  return check_k(step, context) && fine;
}

WorkResult work_on_learn(const WorkRequest& request, WorkContext& context) {
  const Json& config = request.work.at("config");
  Schema schema = schema_from_json(request.work.at("schema"));
  Step step{"learn", request.name, config, {}, ""};
  std::optional<ModelPlan> plan = plan_model(step, schema, nullptr);
  FR_CHECK(plan.has_value());
  return learn_task(config).work({request, *plan, config, schema}, context);
}

Schema model_files_schema() {
  return schema_of({{"file", kText}, {"bytes", kCount}, {"hash", kText}});
}

Schema metrics_schema(const ModelPlan&) {
  return schema_of({{"part", kText},
                    {"metric", kText},
                    {"value", kReal},
                    {"lower", kReal},
                    {"upper", kReal},
                    {"baseline", kReal},
                    {"rows", kCount},
                    {"higher_is_better", kYesOrNo}});
}

Schema features_schema(const ModelPlan&) {
  return schema_of({{"column", kText},
                    {"kind", kText},
                    {"used_as", kText},
                    {"note", kText},
                    {"missing", kCount},
                    {"values", kCount}});
}

WrittenTable list_files(const std::vector<std::string>& files, const WorkRequest& request, Engine& engine) {
  ResultTable listing(request.name, model_files_schema());
  for (const std::string& file : files)
    listing.add({file, static_cast<double>(std::filesystem::file_size(request.staging / file)),
                 hash_file(request.staging / file)});
  return listing.write(engine, request.staging);
}

void fill_features(const std::vector<ColumnUse>& uses, ResultTable& table) {
  for (const ColumnUse& use : uses)
    table.add({use.column, use.kind, text_or_nothing(use.used_as), text_or_nothing(use.reason), use.missing,
               use.kind == "text" ? CellValue(use.values) : CellValue()});
}

std::vector<std::string> reasons_for_leaks(const Json& config) {
  std::vector<std::string> lines;
  if (config.contains("allow_leak"))
    for (const auto& [column, reason] : config["allow_leak"].items())
      lines.push_back(column + ": " + reason.get<std::string>());
  return lines;
}

std::vector<std::string> notes_on_left_out(const std::string& model, const std::vector<ColumnUse>& uses) {
  constexpr size_t kMostShown = 6;
  std::vector<std::string> notes;
  for (const ColumnUse& use : uses)
    if (use.used_as.empty()) notes.push_back(fmt::format("`{}` is left out: {}", use.column, use.reason));
  if (notes.size() <= kMostShown) return notes;
  return {fmt::format("{} of {} columns are left out; {}.features says why", notes.size(), uses.size(), model)};
}

}  // namespace filrouge
