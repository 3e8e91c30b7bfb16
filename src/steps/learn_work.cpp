#include "steps/learn_work.h"

#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "models/boosting.h"
#include "models/card.h"
#include "models/learner.h"
#include "steps/learn_costs.h"
#include "steps/learn_judge.h"

namespace filrouge {
namespace {

/// A regression's prediction is a number, a class is named as text.
Schema predictions_schema(const ModelPlan& plan) {
  const char* type = plan.classifies() ? kText : kReal;
  Schema schema =
      schema_of({{"row", kCount}, {"part", kText}, {"actual", type}, {"prediction", type}, {"probability", kReal}});
  for (double level : plan.quantiles) schema.columns.push_back({quantile_name(level), kReal, {}});
  return schema;
}

/// The curves of a model that is nothing but curves.
Schema shapes_schema(const ModelPlan&) {
  return schema_of({{"column", kText},
                    {"part", kText},
                    {"class", kText},
                    {"value", kText},
                    {"from", kReal},
                    {"to", kReal},
                    {"second", kText},
                    {"second_value", kText},
                    {"second_from", kReal},
                    {"second_to", kReal},
                    {"rows", kCount},
                    {"effect", kReal}});
}
bool is_additive(const Json& config) {
  return config.value("method", "") == "additive";
}

LearnOrder order_of(const ModelPlan& plan, const LearnData& data, const Json& config, const WorkRequest& request) {
  LearnOrder order;
  order.task = data.task;
  order.labels = data.labels;
  order.target = plan.target;
  order.method = config.value("method", "auto");
  order.budget_seconds = budget_seconds(config);
  if (config.contains("settings"))
    for (const auto& [name, value] : config["settings"].items()) order.settings[name] = value.get<double>();
  if (config.contains("monotone"))
    for (const auto& [column, way] : config["monotone"].items()) order.monotone[column] = way == "up" ? 1 : -1;
  // Columns that the thread names are used as they are.
  if (plan.split.kind == SplitPlan::Kind::time && !config.value("named", false))
    order.time = data.others.find(plan.split.column);
  if (!data.list.empty()) order.group = &data.list;
  order.quantiles = plan.quantiles;
  order.costs = data.costs;
  order.seed = plan.split.seed;
  order.threads = request.limits.threads;
  return order;
}

std::string note_on_order(const Learned& learned) {
  if (learned.order.way == 0) return "the baseline is no order at all: no single column orders the rows any better";
  return fmt::format("the baseline is the order by `{}`, {} first",
                     learned.model.features.features()[learned.order.feature].name,
                     learned.order.way > 0 ? "highest" : "lowest");
}

CardFacts card_of(const ModelPlan& plan, const Json& config, const Verdicts& v) {
  CardFacts card;
  card.name = plan.name;
  card.from = plan.from;
  card.target = plan.target;
  card.because = config.value("because", "");
  card.allowed_leaks = reasons_for_leaks(config);
  card.seed = plan.split.seed;
  for (size_t p = 0; p < v.parts.size(); ++p)
    card.parts.push_back({v.parts[p].name, v.parts[p].rows.size(), v.metrics[p], v.baseline[p]});
  card.importance = v.importance;
  card.tried = v.learned.tried;
  card.notes = v.data.notes;
  if (!v.data.list.empty()) card.notes.push_back(note_on_order(v.learned));
  card.split = plan.split;
  if (!v.data.costs.empty()) card.decision = decision_of(v);
  return card;
}

/// "auc 0.734 on 65,470 test rows (baseline 0.500)".
std::string summary_of(const Verdicts& v) {
  const Metric& m = v.judging_metrics()[0];
  const Rows& rows = v.judge().rows;
  std::set<uint32_t> lists;
  if (!v.data.list.empty())
    for (uint32_t row : rows) lists.insert(v.data.list[row]);
  return fmt::format("{} {:.4g} on {} {} {} (baseline {:.4g})", m.name, m.value,
                     with_commas(lists.empty() ? rows.size() : lists.size()), v.judge().name,
                     lists.empty() ? "rows" : "lists", v.baseline.back()[0].value);
}

}  // namespace

const std::vector<LearnTable>& supervised_tables() {
  static const std::vector<LearnTable> tables = {
      {"metrics", metrics_schema},
      {"folds",
       [](const ModelPlan&) {
         return schema_of({{"fold", kCount},
                           {"train_rows", kCount},
                           {"validation_rows", kCount},
                           {"from", kText},
                           {"to", kText},
                           {"metric", kText},
                           {"value", kReal}});
       }},
      {"importance",
       [](const ModelPlan&) {
         return schema_of({{"column", kText}, {"importance", kReal}, {"share", kReal}});
       }},
      {"calibration",
       [](const ModelPlan&) {
         return schema_of({{"part", kText},
                           {"bin", kCount},
                           {"from", kReal},
                           {"to", kReal},
                           {"rows", kCount},
                           {"predicted", kReal},
                           {"observed", kReal},
                           {"lower", kReal},
                           {"upper", kReal}});
       }},
      {"confusion",
       [](const ModelPlan&) {
         return schema_of({{"part", kText}, {"actual", kText}, {"predicted", kText}, {"rows", kCount}});
       }},
      {"thresholds",
       [](const ModelPlan& plan) {
         Schema schema = schema_of({{"threshold", kReal},
                                    {"precision", kReal},
                                    {"recall", kReal},
                                    {"specificity", kReal},
                                    {"f1", kReal},
                                    {"accuracy", kReal},
                                    {"flagged_share", kReal},
                                    {"true_positive", kCount},
                                    {"false_positive", kCount},
                                    {"true_negative", kCount},
                                    {"false_negative", kCount}});
         if (plan.has_costs)
           schema.columns.push_back({"cost", kReal, {}}), schema.columns.push_back({"chosen", kYesOrNo, {}});
         return schema;
       }},
      {"segments",
       [](const ModelPlan&) {
         return schema_of({{"column", kText},
                           {"value", kText},
                           {"rows", kCount},
                           {"metric", kText},
                           {"figure", kReal},
                           {"lower", kReal},
                           {"upper", kReal}});
       }},
      {"tried",
       [](const ModelPlan&) {
         return schema_of({{"method", kText},
                           {"settings", kText},
                           {"trees", kCount},
                           {"metric", kText},
                           {"loss", kReal},
                           {"weight", kReal}});
       }},
      {"features", features_schema},
      {"predictions", predictions_schema},
      {"shapes", shapes_schema, is_additive},
  };
  return tables;
}

const std::vector<LearnTable>& ranking_tables() {
  static const std::vector<LearnTable> tables = [] {
    std::vector<LearnTable> list;
    for (const LearnTable& table : supervised_tables())
      for (const char* name : {"metrics", "folds", "importance", "tried", "features", "shapes"})
        if (table.name == std::string(name)) list.push_back(table);
    list.push_back({"predictions", [](const ModelPlan&) {
                      return schema_of({{"row", kCount},
                                        {"part", kText},
                                        {"list", kText},
                                        {"actual", kReal},
                                        {"prediction", kReal},
                                        {"rank", kCount}});
                    }});
    return list;
  }();
  return tables;
}

double budget_seconds(const Json& config) {
  Json said = config.value("budget", Json("normal"));
  std::string text = scalar_text(said);
  if (text == "quick") return 10;
  if (text == "normal") return 30;
  if (text == "thorough") return 300;
  std::optional<uint64_t> ms = parse_duration_ms(text);
  return ms ? static_cast<double>(*ms) / 1000 : 0;
}

WorkResult work_on_supervised(const LearnJob& job, WorkContext& context) {
  const auto& [request, plan, config, schema] = job;
  limit_boosting_threads(request.limits.threads);
  context.phase("reading");
  LearnData data = load_learn_data(plan, config, schema, request.limits, context.engine());
  LearnOrder order = order_of(plan, data, config, request);
  order.phase = [&](const std::string& what) { context.phase(what); };
  if (data.step > 1) {
    if (!data.weight.empty())
      throw Error(ErrorKind::data, "FR0809", "weights are not supported for a table of which a sample is used",
                  "sample the table in SQL first, or leave `sample` out");
    order.all_rows = count_training_rows(plan, data, context.engine());
    order.each_block = [&](const Features& features, const std::function<void(const TrainingSet&)>& take) {
      each_training_block(plan, data, features, context.engine(), take);
    };
  }
  Learned learned = learn_model(order, data.inputs, data.y, data.weight, data.split);
  context.phase("judging");
  Verdicts verdicts = judge_model(plan, data, learned, config.value("metric", data.costs.empty() ? "" : "cost"),
                                  request.limits.threads);

  learned.model.about = {
      {"seed", order.seed}, {"library", kLightgbmVersion}, {"rows", data.split.train.size()}, {"from", plan.from}};
  std::vector<std::string> files = learned.model.save(request.staging);
  for (std::string& name : write_cards(card_of(plan, config, verdicts), request.staging))
    files.push_back(std::move(name));
  WorkResult result;
  result.tables.push_back(list_files(files, request, context.engine()));
  std::vector<LearnTable> specs = learn_tables(config);
  std::vector<ResultTable> tables;
  for (const LearnTable& spec : specs) tables.emplace_back(request.name + "." + spec.name, spec.schema(plan));
  for_parts(tables.size(), request.limits.threads,
            [&](size_t t) { fill_table(specs[t].name, verdicts, config, tables[t]); });
  for (const ResultTable& table : tables) result.tables.push_back(table.write(context.engine(), request.staging));
  result.summary = summary_of(verdicts);
  result.notes = data.notes;
  if (!data.list.empty()) result.notes.push_back(note_on_order(learned));
  for (std::string& note : notes_on_left_out(plan.name, learned.model.features.uses()))
    result.notes.push_back(std::move(note));
  return result;
}

}  // namespace filrouge
