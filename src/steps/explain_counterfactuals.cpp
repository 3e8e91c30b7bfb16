#include "steps/explain_counterfactuals.h"

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr uint64_t kMostRows = 20'000;  // that may lend their values: about 10 MB, and 0.2 s for 100 rows of 20 columns
constexpr int64_t kMostAnswered = 1000;

std::vector<std::string> listed(const Json& said, const char* key) {
  if (!said.contains(key)) return {};
  if (said[key].is_string()) return {said[key].get<std::string>()};
  return said[key].get<std::vector<std::string>>();
}

const SourceColumn* feature_named(const ModelPlan& plan, const std::string& name) {
  for (const SourceColumn& source : plan.sources)
    if (lower(source.name) == lower(name)) return &source;
  return nullptr;
}

CounterfactualOrder order_of(const Json& said, const Model& model) {
  auto spelled = [&](const std::string& name) {
    for (const SourceColumn& source : model.features.sources())
      if (lower(source.name) == lower(name)) return source.name;
    return name;  // a feature that says nothing: there is nothing to change
  };
  CounterfactualOrder order;
  order.rows = said.value("rows", order.rows);
  for (const std::string& name : listed(said, "change")) order.change.push_back(spelled(name));
  for (const std::string& name : listed(said, "keep")) order.keep.push_back(spelled(name));
  if (said.contains("costs"))
    for (const auto& [name, cost] : said["costs"].items()) order.costs[spelled(name)] = cost.get<double>();
  if (said.contains("to")) order.to = scalar_text(said["to"]);
  bool known =
      order.to.empty() || std::find(model.classes.begin(), model.classes.end(), order.to) != model.classes.end();
  if (model.task != Task::classify)
    throw Error(ErrorKind::data, "FR0812",
                fmt::format("`{}` is a number: it has no other outcome to get to", model.target),
                "make classes in SQL, as in delay > 15, or leave `counterfactuals` out");
  if (!known)
    throw Error(ErrorKind::data, "FR0812", fmt::format("`{}` has no class `{}`", model.target, order.to),
                "to: one of " + join(model.classes, ", "));
  return order;
}

}  // namespace

bool check_counterfactuals(const Step& step, const ModelPlan& plan, BindContext& context) {
  if (!step.config.contains("counterfactuals")) return true;
  const Json& said = step.config["counterfactuals"];
  bool fine = true;
  auto report = [&](std::vector<std::string> path, const char* code, const std::string& message,
                    const std::string& hint) {
    fine = false;
    path.insert(path.begin(), "counterfactuals");
    context.report(context.thread().at(step, path, code, message, hint));
  };
  if (!plan.classifies())
    report({}, "FR0812", "counterfactuals lead to another class, and this model predicts a number",
           "make classes in SQL, as in delay > 15, or leave `counterfactuals` out");
  if (said.value("rows", int64_t{1}) > kMostAnswered)
    report({"rows"}, "FR0812", fmt::format("more than {} rows are not answered", with_commas(kMostAnswered)),
           "name the rows that matter: from: a query with those rows");
  std::vector<std::string> names;
  for (const SourceColumn& source : plan.sources) names.push_back(source.name);
  auto check_name = [&](std::vector<std::string> path, const std::string& name) {
    if (feature_named(plan, name)) return;
    auto near = nearest(name, names);
    report(std::move(path), "FR0801", fmt::format("`{}` is not one of the features of `{}`", name, plan.name),
           near ? fmt::format("did you mean `{}`?", *near) : "");
  };
  for (const char* key : {"change", "keep"})
    for (const std::string& name : listed(said, key)) check_name({key}, name);
  for (const std::string& name : listed(said, "keep"))
    for (const std::string& other : listed(said, "change"))
      if (lower(name) == lower(other))
        report({"keep"}, "FR0812", fmt::format("`{}` may change and may not", name),
               "with `change` every other column is kept already");
  if (said.contains("costs"))
    for (const auto& [name, cost] : said["costs"].items()) {
      check_name({"costs", name}, name);
      if (!cost.is_number() || !(cost.get<double>() > 0))
        report({"costs", name}, "FR0812", fmt::format("`{}` is no cost of a change", scalar_text(cost)),
               "a number above 0; 1 unless said, and `keep` for what may not change at all");
    }
  return fine;
}

void fill_counterfactuals(const WorkRequest& request, const Model& model, WorkContext& context, ResultTable& table,
                          std::vector<std::string>& notes) {
  CounterfactualOrder order = order_of(request.work.at("config").at("counterfactuals"), model);
  const std::vector<SourceColumn>& sources = model.features.sources();
  std::vector<std::string> expressions;
  for (const SourceColumn& source : sources) expressions.push_back(scan_expression(source));
  uint64_t total = count_explained(request, context.engine()), step = (total + kMostRows - 1) / kMostRows;
  if (step > 1)
    notes.push_back(fmt::format("counterfactuals: one of {} of the {} rows was looked at, to be answered and to lend",
                                step, with_commas(total)));
  Frame frame(sources);
  std::vector<double> rows;
  context.phase("looking for what would have to be different");
  context.engine().scan(explained_rows_sql(request, expressions, step), kScanRows, [&](Block&& block) {
    frame.add(block);
    rows.insert(rows.end(), block.columns.back().numbers.begin(), block.columns.back().numbers.end());
  });
  size_t none = 0;
  std::vector<Counterfactual> found = counterfactuals(model, frame, order, request.limits.threads);
  for (const Counterfactual& one : found) {
    std::string said = model.classes[one.said];
    if (one.changes.empty()) {
      ++none;
      table.add({rows[one.row], said, CellValue(), CellValue(), CellValue(), CellValue(), CellValue(), CellValue(),
                 CellValue(), CellValue(), CellValue()});
    }
    for (const CounterfactualChange& change : one.changes)
      table.add({rows[one.row], said, model.classes[one.wanted], one.before, one.after, one.distance,
                 sources[change.source].name, text_or_nothing(change.value), text_or_nothing(change.becomes),
                 change.distance, rows[one.twin]});
  }
  if (none > 0)
    notes.push_back(
        fmt::format("counterfactuals: {} of {} rows find no way to another outcome by the columns that may "
                    "change; their lines have no column",
                    none, found.size()));
}

}  // namespace filrouge
