#include "steps/model_step.h"

#include "base/error.h"
#include "base/text.h"
#include "models/model.h"

namespace filrouge {
namespace {

bool is_whole_number(const std::string& type) {
  return type.ends_with("INT") || type == "INTEGER" || (type.starts_with("DECIMAL") && type.ends_with(",0)"));
}

/// Reads the step's keys against the table, reporting as it goes.
class ModelReader {
 public:
  ModelReader(const Step& step, const Schema& table, BindContext* context)
      : step_(step), table_(table), context_(context) {}

  std::optional<ModelPlan> read() {
    plan_.name = step_.name;
    plan_.from = step_.config.value("from", "");
    plan_.split.seed = step_.config.value("seed", uint64_t{1});
    plan_.method = step_.config.value("method", "auto");
    if (std::string task = step_.config.value("task", ""); task == "cluster" || task == "anomaly") {
      plan_.task = task == "cluster" ? Task::cluster : Task::anomaly;
      if (step_.config.contains("predict")) read_truth();
    } else {
      read_target();
    }
    if (plan_.task == Task::rank) read_group();
    if (step_.config.contains("quantiles")) read_quantiles(step_.config["quantiles"]);
    plan_.has_costs = step_.config.contains("costs");
    read_split();
    for (const char* key : {"weight", "segments"})
      for (const std::string& column : names_under(key)) add_other(column);
    read_sources();
    return failed_ ? std::nullopt : std::optional(std::move(plan_));
  }

 private:
  void report(const std::vector<std::string>& path, const char* code, const std::string& message,
              const std::string& hint = "") {
    failed_ = true;
    if (context_) context_->report(context_->thread().at(step_, path, code, message, hint));
  }

  /// The table's own spelling of a column, or nothing after reporting it.
  const Column* column_at(const std::vector<std::string>& path, const std::string& name) {
    const Column* found = table_.find(name);
    if (found) return found;
    failed_ = true;
    if (context_) report_no_column(step_, path, name, plan_.from, table_, *context_);
    return nullptr;
  }

  std::vector<std::string> names_under(const std::string& key) {
    std::vector<std::string> names;
    if (!step_.config.contains(key)) return names;
    const Json& said = step_.config[key];
    std::vector<std::string> texts =
        said.is_array() ? said.get<std::vector<std::string>>() : std::vector{said.get<std::string>()};
    for (size_t i = 0; i < texts.size(); ++i) {
      std::vector<std::string> path = {key};
      if (said.is_array()) path.push_back(std::to_string(i));
      if (const Column* column = column_at(path, texts[i])) names.push_back(column->name);
    }
    return names;
  }

  void add_other(const std::string& column) {
    if (std::find(plan_.others.begin(), plan_.others.end(), column) == plan_.others.end())
      plan_.others.push_back(column);
  }

  void read_target() {
    if (!step_.config.contains("predict"))
      return report({}, "FR0112", "`learn` needs the key `predict`",
                    "add `predict: COLUMN`, or `task: cluster` or `task: anomaly`, which predict nothing");
    const Column* column = column_at({"predict"}, step_.config.value("predict", ""));
    if (!column) return;
    plan_.target = column->name;
    plan_.target_type = column->type;
    add_other(column->name);
    std::optional<SourceKind> kind = source_kind(column->type);
    std::string task = step_.config.value("task", "");
    if (!kind)
      return report({"predict"}, "FR0802",
                    fmt::format("`{}` is a {}: no model predicts that", column->name, column->type));
    bool is_number = *kind == SourceKind::number;
    if (task.empty()) {
      bool classify = *kind == SourceKind::boolean || *kind == SourceKind::text;
      plan_.task = classify ? Task::classify : Task::regress;
      plan_.task_is_open = is_whole_number(column->type);
      if (!classify && !is_number)
        report({"predict"}, "FR0802", fmt::format("`{}` is a {}: no model predicts that", column->name, column->type),
               "make it a number in SQL, as in epoch(x)");
    } else {
      plan_.task = task == "regress" ? Task::regress : task == "rank" ? Task::rank : Task::classify;
      if (plan_.task == Task::regress && !is_number)
        report({"task"}, "FR0802",
               fmt::format("`{}` is a {}: only a number can be regressed on", column->name, column->type),
               "`task: classify`, or cast it in SQL");
      if (plan_.task == Task::rank && !is_number)
        report({"predict"}, "FR0802",
               fmt::format("`{}` is a {}: rows are ranked by a number, 0 for what should come last", column->name,
                           column->type),
               fmt::format("cast it in SQL, as in {}::INTEGER", column->name));
    }
    if (step_.config.contains("classes")) plan_.classes = step_.config["classes"].get<std::vector<std::string>>();
  }

  /// Of an anomaly: what is known of the rows, to judge by.
  void read_truth() {
    const Column* column = column_at({"predict"}, step_.config.value("predict", ""));
    if (!column) return;
    plan_.target = column->name;
    plan_.target_type = column->type;
    add_other(column->name);
    if (column->type != "BOOLEAN" && !is_whole_number(column->type))
      report({"predict"}, "FR0802",
             fmt::format("`{}` is a {}: what is known to be unusual is true and false, or 1 and 0", column->name,
                         column->type),
             fmt::format("make it so in SQL, as in {} = '...'", column->name));
  }

  /// Whose list a row stands in. Lists are never cut in two: without `split` the folds are made of whole ones.
  void read_group() {
    if (!step_.config.contains("group"))
      return report({}, "FR0112", "`learn` with `task: rank` needs the key `group`",
                    "add `group: COLUMN`: rows with the same value are put in order among themselves");
    const Column* column = column_at({"group"}, step_.config.value("group", ""));
    if (!column) return;
    std::optional<SourceKind> kind = source_kind(column->type);
    if (!kind)
      return report({"group"}, "FR0803",
                    fmt::format("rows cannot be grouped by `{}`: it is a {}", column->name, column->type));
    plan_.group = column->name;
    add_other(column->name);
    plan_.split.kind = SplitPlan::Kind::group;
    plan_.split.column = column->name;
    plan_.split.test_share = 0;
    plan_.split_column = SourceColumn{column->name, *kind};
  }

  void read_quantiles(const Json& said) {
    constexpr size_t kMost = 20;
    std::set<double> levels;
    for (const Json& level : said.is_array() ? said : Json::array({said})) {
      double share = share_said(level);
      if (!(share > 0 && share < 1))
        return report({"quantiles"}, "FR0809", fmt::format("`{}` is no quantile", scalar_text(level)),
                      "shares between 0 and 1, such as quantiles: [0.1, 0.5, 0.9]");
      levels.insert(share);
    }
    if (levels.empty() || levels.size() > kMost)
      return report({"quantiles"}, "FR0809", fmt::format("{} quantiles cannot be learned", levels.size()),
                    fmt::format("1 to {}: each is a model of its own", kMost));
    plan_.quantiles.assign(levels.begin(), levels.end());
  }

  /// A share between 0 and 1; 0 for `none`: then the folds alone judge, and the model is fitted on all rows.
  double share_at(const Json& said) {
    if (said == "none") return 0;
    double value = share_said(said);
    if (!(value > 0 && value < 1))
      report({"split", "test"}, "FR0803",
             fmt::format("`test: {}` leaves nothing to learn from or nothing to judge by", scalar_text(said)),
             "a share such as 20%, or none for cross-validation alone");
    return value;
  }

  void read_split() {
    if (!step_.config.contains("split")) return;
    const Json& said = step_.config["split"];
    if (said.is_string()) {
      if (said != "random")
        return report({"split"}, "FR0803", fmt::format("no way to split called `{}`", said.get<std::string>()),
                      "{time: COLUMN, test: 20%}, {group: COLUMN, test: 20%}, or random");
      if (plan_.task == Task::rank)
        return report(
            {"split"}, "FR0803",
            fmt::format("rows drawn at random would part the rows of one `{}`", step_.config.value("group", "")),
            "take `split` out, or say {group: COLUMN, test: 20%} or {time: COLUMN, test: 20%}");
      plan_.split.kind = SplitPlan::Kind::random;
      return;
    }
    bool time = said.contains("time"), group = said.contains("group");
    if (time == group) return report({"split"}, "FR0803", "`split` takes one of `time: COLUMN` and `group: COLUMN`");
    std::string key = time ? "time" : "group";
    plan_.split.kind = time ? SplitPlan::Kind::time : SplitPlan::Kind::group;
    plan_.split.folds = time ? 3 : 5;
    plan_.split.test_share = SplitPlan().test_share;
    const Column* column = column_at({"split", key}, said[key].get<std::string>());
    if (column) read_split_column(*column, key);
    if (said.contains("test")) plan_.split.test_share = share_at(said["test"]);
    if (said.contains("folds")) read_folds(said["folds"]);
    if (said.contains("gap")) read_gap(said["gap"]);
  }

  void read_split_column(const Column& column, const std::string& key) {
    plan_.split.column = column.name;
    add_other(column.name);
    std::optional<SourceKind> kind = source_kind(column.type);
    if (kind && !(key == "time" && (*kind == SourceKind::text || *kind == SourceKind::boolean)))
      plan_.split_column = SourceColumn{column.name, *kind};
    else
      report({"split", key}, "FR0803",
             fmt::format("rows cannot be split by `{}`: it is a {}", column.name, column.type));
  }

  void read_folds(const Json& said) {
    std::optional<uint64_t> folds = parse_count(scalar_text(said));
    if (!folds || *folds > 50)
      report({"split", "folds"}, "FR0803", fmt::format("`folds: {}` is not a number from 0 to 50", dump(said)),
             "3; 0 = judge by the test rows alone");
    else
      plan_.split.folds = static_cast<int>(*folds);
  }

  void read_gap(const Json& said) {
    std::string text = scalar_text(said);
    bool is_number = plan_.split_column && plan_.split_column->kind == SourceKind::number;
    std::optional<uint64_t> ms = parse_duration_ms(text);
    size_t space = text.find(" day");
    if (space != std::string::npos) ms = static_cast<uint64_t>(std::strtod(text.c_str(), nullptr) * 86'400'000);
    if (!ms)
      return report({"split", "gap"}, "FR0803", fmt::format("`{}` is not a length of time", text),
                    "such as 7 days, 12h, 30m");
    plan_.split.gap = is_number ? std::strtod(text.c_str(), nullptr) : static_cast<double>(*ms) / 1000;
  }

  void read_sources() {
    std::vector<std::string> wanted = names_under("features"), ignored = names_under("ignore");
    auto has = [](const std::vector<std::string>& list, const std::string& name) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    if (has(wanted, plan_.target))
      report({"features"}, "FR0802",
             fmt::format("`{}` is what is to be predicted: it cannot be a feature", plan_.target),
             "take it out of `features`");
    std::string weight = step_.config.value("weight", "");
    for (const Column& column : table_.columns) {
      bool given = step_.config.contains("features") ? has(wanted, column.name) : !has(ignored, column.name);
      if (column.name == plan_.target || !given || lower(column.name) == lower(weight)) continue;
      bool is_group = plan_.split.kind == SplitPlan::Kind::group && column.name == plan_.split.column;
      is_group = is_group || column.name == plan_.group;
      if (is_group && !has(wanted, column.name)) continue;  // who it is tells nothing of those to come
      if (std::optional<SourceKind> kind = source_kind(column.type))
        plan_.sources.push_back({column.name, *kind});
      else
        plan_.skipped.push_back(column.name);
    }
    if (plan_.sources.empty() && !failed_)
      report({}, "FR0804",
             plan_.target.empty() ? "nothing is left to learn from"
                                  : "nothing is left to learn from: no column but the target",
             "name fewer columns in `ignore`");
  }

  const Step& step_;
  const Schema& table_;
  BindContext* context_;
  ModelPlan plan_;
  bool failed_ = false;
};

}  // namespace

std::optional<ModelPlan> plan_model(const Step& learn, const Schema& table, BindContext* context) {
  return ModelReader(learn, table, context).read();
}

void report_no_column(const Step& step, const std::vector<std::string>& path, const std::string& column,
                      const std::string& table, const Schema& schema, BindContext& context) {
  std::vector<std::string> names = schema.names();
  auto near = nearest(column, names);
  context.report(context.thread().at(
      step, path, "FR0801", fmt::format("no column `{}` in `{}`", column, table),
      near ? fmt::format("did you mean `{}`?", *near) : "",
      fmt::format("`{}` has {}; next: filrouge show {}", table, plural(names.size(), "column"), table)));
}

const Step* find_model(const Step& step, const std::string& key, const std::string& model, BindContext& context) {
  if (const Step* learn = context.thread().find("learn", model)) return learn;
  std::vector<std::string> models;
  for (const Step& other : context.thread().steps)
    if (other.verb == "learn") models.push_back(other.name);
  if (context.thread().left_out.contains(model)) return nullptr;  // reported already
  auto near = nearest(model, models);
  std::string hint = near             ? fmt::format("did you mean `{}`?", *near)
                     : models.empty() ? "a `learn` step makes a model"
                                      : "models of this thread: " + join(models, ", ");
  std::vector<std::string> path;
  if (!key.empty()) path.push_back(key);
  context.report(context.thread().at(step, path, "FR0811", fmt::format("no model `{}`", model), hint));
  return nullptr;
}

double share_said(const Json& said) {
  std::string text = scalar_text(said);
  return std::strtod(text.c_str(), nullptr) / (text.ends_with('%') ? 100 : 1);
}

std::filesystem::path model_folder(const WorkRequest& request, const std::string& model) {
  // The table that lists the model's files lies in a folder of its own beside them.
  for (const TableFiles& table : request.inputs)
    if (table.name == model && !table.files.empty()) return table.files[0].parent_path().parent_path();
  throw Error(ErrorKind::internal, "FR0900", "the step was not given the model " + model);
}

Schema prediction_columns(const ModelPlan& plan) {
  Schema schema;
  auto add = [&](const char* name, const char* type) { schema.columns.push_back({name, type, {}}); };
  if (plan.task == Task::cluster) {
    add("prediction", "BIGINT"), add("distance", "DOUBLE");
    if (plan.method == "mixture") add("probability", "DOUBLE");
    return schema;
  }
  if (plan.task == Task::anomaly) {
    add("prediction", "BOOLEAN"), add("score", "DOUBLE");
    if (plan.method == "pca") add("t2", "DOUBLE"), add("q", "DOUBLE");
    return schema;
  }
  bool is_number = plan.task == Task::regress || plan.task == Task::rank;
  schema.columns.push_back({"prediction", is_number ? "DOUBLE" : plan.target_type, {}});
  for (double level : plan.quantiles) schema.columns.push_back({quantile_name(level), "DOUBLE", {}});
  if (!plan.classifies()) return schema;
  if (plan.classes.size() > 2) {
    for (const std::string& name : plan.classes) schema.columns.push_back({"probability_" + name, "DOUBLE", {}});
    return schema;
  }
  schema.columns.push_back({"probability", "DOUBLE", {}});
  bool two = plan.target_type == "BOOLEAN" || plan.classes.size() == 2 || plan.task_is_open;
  if (!two) schema.columns.push_back({"probabilities", "STRUCT(\"class\" VARCHAR, probability DOUBLE)[]", {}});
  return schema;
}

}  // namespace filrouge
