// task: anomaly. Which detector suits follows from the columns: where all are numbers that move together (the
// components that hold 90 % of the variance are at most half as many as the columns), a row is unusual when it breaks
// that, which principal components see and cuts along single columns do not; else an isolation forest, which takes all
// kinds of columns and shapes. What is known of the rows (`predict`) never decides, it only judges.
#include <cmath>

#include "base/text.h"
#include "models/metrics_intervals.h"
#include "steps/learn_unsupervised.h"

namespace filrouge {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kDefaultLimit = 0.01;

struct Attempt {
  UnsupervisedModel model;
  std::string settings, why;
  Oddness found;
  std::vector<Metric> judged;  ///< auc and average precision, where the truth is known
  bool kept = false;
};

double share_at_limit(const Json& config) {
  return config.contains("limit") ? share_said(config["limit"]) : kDefaultLimit;
}

/// The rows whose truth is known, as the metrics take them.
Judged judged_of(const PlainRows& rows, const std::vector<double>& prediction) {
  Judged judged;
  judged.task = Task::anomaly;
  for (uint32_t row : rows.rows) {
    if (std::isnan(rows.truth[row])) continue;
    judged.y.push_back(rows.truth[row]);
    judged.prediction.push_back(prediction[row]);
  }
  return judged;
}

Attempt isolate(const PlainRows& rows, const LearnJob& job) {
  IsolationOptions options;
  options.seed = job.plan.split.seed;
  options.threads = job.request.limits.threads;
  Attempt attempt;
  attempt.model.fitted = IsolationForest::fit(rows.set, rows.rows, options);
  size_t sample = std::min(rows.rows.size(), static_cast<size_t>(options.sample));
  attempt.settings = fmt::format("{} trees of {} rows", options.trees, sample);
  return attempt;
}

Attempt project(const PlainRows& rows, const LearnJob& job) {
  ComponentOptions options;
  double share = share_at_limit(job.config);
  if (share > 0 && share < 1) options.confidence = 1 - share;
  options.threads = job.request.limits.threads;
  Attempt attempt;
  Components components = Components::fit(rows.set, rows.rows, options);
  attempt.settings = fmt::format("{} of {} hold {:.0f} % of the variance",
                                 plural(static_cast<size_t>(components.components()), "component"),
                                 rows.set.features.size(), 100 * components.variance_held());
  attempt.model.fitted = std::move(components);
  return attempt;
}

bool all_numbers(const PlainRows& rows) {
  return std::all_of(rows.set.features.begin(), rows.set.features.end(),
                     [](const FeatureSpec& feature) { return feature.categories == 0; });
}

/// One attempt, or with `auto` both where both can be had; one of them is kept.
std::vector<Attempt> attempt_all(const PlainRows& rows, const LearnJob& job) {
  std::vector<Attempt> attempts;
  const std::string& method = job.plan.method;
  bool numbers = all_numbers(rows);
  if (method != "pca") attempts.push_back(isolate(rows, job));
  if (method == "pca" || (method == "auto" && numbers && rows.rows.size() >= 3)) attempts.push_back(project(rows, job));
  if (method != "auto") {
    attempts[0].kept = true;
    attempts[0].why = "asked for";
    return attempts;
  }
  const auto* components = attempts.size() > 1 ? std::get_if<Components>(&attempts[1].model.fitted) : nullptr;
  bool together = components && 2 * static_cast<size_t>(components->components()) <= rows.set.features.size();
  Attempt& kept = attempts[together ? 1 : 0];
  kept.kept = true;
  kept.why = together  ? "the columns are numbers that move together"
             : numbers ? "the columns do not move together"
                       : "some columns are no numbers";
  return attempts;
}

void judge_all(const PlainRows& rows, const LearnJob& job, std::vector<Attempt>& attempts) {
  for (Attempt& attempt : attempts) {
    attempt.found = oddness(attempt.model, rows.set.x, false, job.request.limits.threads);
    attempt.model.limit = limit_of(attempt.found.score, share_at_limit(job.config));
    if (!rows.truth.empty()) attempt.judged = judge(judged_of(rows, attempt.found.score), job.plan.split.seed);
  }
}

/// A share of `all` rows with its interval; NaN of none.
Figure share_figure(const char* name, double part, double all, double baseline) {
  if (all == 0) return {{name, kNone, kNone, kNone, true}, baseline, 0};
  Bounds bounds = wilson_bounds(part / all, all);
  return {{name, part / all, bounds.lower, bounds.upper, true}, baseline, static_cast<uint64_t>(all)};
}

/// What is said at the limit, against saying it of as many rows drawn at random.
std::vector<Figure> figures_at_limit(const PlainRows& rows, const Attempt& kept) {
  Judged judged = judged_of(rows, kept.found.score);
  double said = 0, found = 0, unusual = 0, count = static_cast<double>(judged.y.size());
  for (size_t i = 0; i < judged.y.size(); ++i) {
    bool beyond = judged.prediction[i] > kept.model.limit;
    said += beyond, unusual += judged.y[i], found += beyond && judged.y[i] == 1;
  }
  return {share_figure("precision", found, said, unusual / count),
          share_figure("recall", found, unusual, said / count)};
}

std::vector<Figure> figures_of(const PlainRows& rows, const Attempt& kept) {
  std::vector<Figure> figures;
  uint64_t count = rows.rows.size();
  if (!rows.truth.empty()) {
    Judged constant = judged_of(rows, std::vector<double>(rows.truth.size(), 0.5));
    for (const Metric& m : kept.judged) figures.push_back({m, metric(m.name, constant), constant.y.size()});
    for (Figure& figure : figures_at_limit(rows, kept)) figures.push_back(std::move(figure));
  }
  auto fact = [&](const char* name, double value) {
    figures.push_back({{name, value, kNone, kNone, false}, kNone, count, false});
  };
  double beyond = 0;
  for (double score : kept.found.score) beyond += score > kept.model.limit;
  fact("flagged_share", beyond / rows.count());
  fact("score_limit", kept.model.limit);
  if (const auto* components = std::get_if<Components>(&kept.model.fitted)) {
    fact("components", components->components());
    fact("variance_held", components->variance_held());
    fact("t2_limit", components->t2_limit());
    fact("q_limit", components->q_limit());
  }
  return figures;
}

double judged_as(const Attempt& attempt, const char* name) {
  for (const Metric& m : attempt.judged)
    if (m.name == name) return m.value;
  return kNone;
}

void fill_tried(const std::vector<Attempt>& attempts, ResultTable& table) {
  for (const Attempt& attempt : attempts)
    table.add({attempt.model.method(), attempt.settings, judged_as(attempt, "auc"),
               judged_as(attempt, "average_precision"), attempt.kept ? 1.0 : 0.0,
               attempt.why.empty() ? CellValue() : CellValue(attempt.why)});
}

void fill_predictions(const PlainRows& rows, const Attempt& kept, const ModelPlan& plan, ResultTable& table) {
  for (uint32_t row : rows.rows) {
    double score = kept.found.score[row];
    std::vector<CellValue> values = {row + 1.0, "train"};
    if (!plan.target.empty()) values.push_back(rows.truth[row]);
    values.push_back(score > kept.model.limit ? 1.0 : 0.0);
    values.push_back(score);
    if (plan.method == "pca") {
      values.push_back(kept.found.t2[row]);
      values.push_back(kept.found.q[row]);
    }
    table.add(values);
  }
}

Schema predictions_schema(const ModelPlan& plan) {
  Schema schema = schema_of({{"row", kCount}, {"part", kText}});
  if (!plan.target.empty()) schema.columns.push_back({"actual", kYesOrNo, {}});
  for (const Column& column : prediction_columns(plan).columns) schema.columns.push_back(column);
  return schema;
}

std::string summary_of(const PlainRows& rows, const Attempt& kept) {
  size_t beyond = 0;
  for (double score : kept.found.score) beyond += score > kept.model.limit;
  std::string text = fmt::format("{} of {} rows beyond the limit ({})", with_commas(beyond),
                                 with_commas(rows.rows.size()), kept.model.method());
  return kept.judged.empty() ? text : fmt::format("auc {:.4g} (baseline 0.5), {}", judged_as(kept, "auc"), text);
}

}  // namespace

const std::vector<LearnTable>& anomaly_tables() {
  static const std::vector<LearnTable> tables = {
      {"metrics", metrics_schema},
      {"tried",
       [](const ModelPlan&) {
         return schema_of({{"method", kText},
                           {"settings", kText},
                           {"auc", kReal},
                           {"average_precision", kReal},
                           {"chosen", kYesOrNo},
                           {"why", kText}});
       }},
      {"features", features_schema},
      {"predictions", predictions_schema},
  };
  return tables;
}

WorkResult work_on_anomalies(const LearnJob& job, WorkContext& context) {
  context.phase("reading");
  PlainRows rows = load_plain_rows(job, context.engine());
  context.phase("learning");
  std::vector<Attempt> attempts = attempt_all(rows, job);
  context.phase("judging");
  judge_all(rows, job, attempts);
  const Attempt& kept = *std::find_if(attempts.begin(), attempts.end(), [](const Attempt& one) { return one.kept; });

  Outcome outcome{rows, kept.model, figures_of(rows, kept), {}, summary_of(rows, kept)};
  for (const Attempt& attempt : attempts)
    outcome.tried.push_back({attempt.model.method(), attempt.settings, attempt.kept});
  return write_outcome(std::move(outcome), job, context, [&](const std::string& name, ResultTable& table) {
    if (name == "tried") fill_tried(attempts, table);
    if (name == "predictions") fill_predictions(rows, kept, job.plan, table);
  });
}

}  // namespace filrouge
