#include "steps/learn_unsupervised.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "models/card.h"

namespace filrouge {
namespace {

Frame read_frame(const ModelPlan& plan, Engine& engine) {
  std::vector<SourceColumn> columns = plan.sources;
  if (!plan.target.empty()) columns.push_back({plan.target, SourceKind::number});
  Frame frame(columns);
  engine.scan(scan_sql(columns, plan.from), kScanRows, [&](Block&& block) { frame.add(block); });
  return frame;
}

/// Whole numbers without gap or repetition, one per row.
bool counts_rows(const FrameColumn& column) {
  if (column.source.kind != SourceKind::number || column.numbers.size() < 3) return false;
  auto [least, most] = std::minmax_element(column.numbers.begin(), column.numbers.end());
  double rows = static_cast<double>(column.numbers.size());
  if (!(*most - *least + 1 == rows) || std::floor(*least) != *least) return false;
  std::vector<uint8_t> seen(column.numbers.size());
  for (double value : column.numbers) {
    double place = value - *least;
    if (!(place >= 0 && place < rows) || place != std::floor(place) || seen[static_cast<size_t>(place)]) return false;
    seen[static_cast<size_t>(place)] = 1;
  }
  return true;
}

/// Why a column tells nothing of what is like what; empty where it may.
std::string reason_against(const FrameColumn& column) {
  SourceKind kind = column.source.kind;
  if (kind == SourceKind::date || kind == SourceKind::timestamp || kind == SourceKind::time)
    return "when a row was is not what it is like";
  return counts_rows(column) ? "it only counts the rows" : "";
}

/// Takes the last column, the truth, out of the frame.
std::vector<double> take_truth(const ModelPlan& plan, Frame& frame) {
  if (plan.target.empty()) return {};
  std::vector<double> truth = std::move(frame.columns.back().numbers);
  frame.columns.pop_back();
  for (double value : truth)
    if (!std::isnan(value) && value != 0 && value != 1)
      throw Error(ErrorKind::data, "FR0806",
                  fmt::format("`{}` is also {}: what is known to be unusual is 1, all else 0", plan.target, value),
                  fmt::format("make it so in SQL, as in {} > 0", plan.target));
  return truth;
}

std::vector<ColumnUse> leave_out(Frame& frame) {
  std::vector<ColumnUse> left_out;
  std::vector<std::string> reasons;
  std::erase_if(frame.columns, [&](const FrameColumn& column) {
    std::string reason = reason_against(column);
    if (reason.empty()) return false;
    reasons.push_back(fmt::format("`{}` ({})", column.source.name, reason));
    reason += "; name it under `features` to use it";
    left_out.push_back({column.source.name, to_string(column.source.kind), "", std::move(reason), 0, 0});
    return true;
  });
  if (frame.columns.empty())
    throw Error(ErrorKind::data, "FR0804", "nothing is left to learn from: " + join(reasons, ", "),
                "name a column under `features` to use it all the same");
  return left_out;
}

CardFacts card_of(const Outcome& outcome, const LearnJob& job) {
  CardFacts card;
  card.task = job.plan.task;
  card.name = job.plan.name;
  card.from = job.plan.from;
  card.target = job.plan.task == Task::cluster ? "clusters" : "anomalies";
  card.allowed_leaks = reasons_for_leaks(job.config);
  card.seed = job.plan.split.seed;
  card.notes = outcome.rows.notes;
  for (const TriedMethod& one : outcome.tried)
    card.tried.push_back({one.method, one.result, 0, std::numeric_limits<double>::quiet_NaN(), one.chosen ? 1.0 : 0.0});
  CardFacts::Part part{"train", outcome.rows.rows.size(), {}, {}};
  for (const Figure& figure : outcome.figures) {
    part.metrics.push_back(figure.metric);
    part.baseline.push_back(figure.metric);
    part.baseline.back().value = figure.baseline;
  }
  card.parts.push_back(std::move(part));
  return card;
}

}  // namespace

PlainRows load_plain_rows(const LearnJob& job, Engine& engine) {
  const ModelPlan& plan = job.plan;
  PlainRows loaded;
  Frame frame = read_frame(plan, engine);
  if (frame.rows == 0) throw Error(ErrorKind::data, "FR0804", fmt::format("`{}` has no rows to learn from", plan.from));
  loaded.truth = take_truth(plan, frame);
  if (!job.config.value("named", false)) loaded.uses = leave_out(frame);
  for (uint32_t row = 0; row < frame.rows; ++row) loaded.rows.push_back(row);
  loaded.features = Features::fit(frame, loaded.rows, {}, 0, {}, plan.split.seed, nullptr);
  loaded.set.features = loaded.features.specs();
  loaded.set.x = loaded.features.encode(frame);
  loaded.set.y.assign(frame.rows, 0);
  for (const ColumnUse& use : loaded.features.uses()) loaded.uses.push_back(use);
  if (!plan.skipped.empty())
    loaded.notes.push_back("columns of types that no model reads are left out: " + join(plan.skipped, ", "));
  return loaded;
}

void fill_metrics(const std::vector<Figure>& figures, ResultTable& table) {
  for (const Figure& figure : figures) {
    const Metric& m = figure.metric;
    double direction = figure.has_direction ? m.higher_is_better : std::numeric_limits<double>::quiet_NaN();
    table.add(
        {"train", m.name, m.value, m.lower, m.upper, figure.baseline, static_cast<double>(figure.rows), direction});
  }
}

WorkResult write_outcome(Outcome outcome, const LearnJob& job, WorkContext& context,
                         const std::function<void(const std::string& name, ResultTable& table)>& fill) {
  const auto& [request, plan, config, schema] = job;
  context.phase("writing");
  outcome.model.task = plan.task;
  outcome.model.features = outcome.rows.features;
  outcome.model.about = {{"seed", plan.split.seed}, {"rows", outcome.rows.rows.size()}, {"from", plan.from}};
  std::vector<std::string> files = outcome.model.save(request.staging);
  for (std::string& name : write_cards(card_of(outcome, job), request.staging)) files.push_back(std::move(name));
  WorkResult result;
  result.tables.push_back(list_files(files, request, context.engine()));
  for (const LearnTable& spec : learn_tables(config)) {
    std::string name = spec.name;
    ResultTable table(request.name + "." + name, spec.schema(plan));
    if (name == "metrics")
      fill_metrics(outcome.figures, table);
    else if (name == "features")
      fill_features(outcome.rows.uses, table);
    else
      fill(name, table);
    result.tables.push_back(table.write(context.engine(), request.staging));
  }
  result.summary = outcome.summary;
  result.notes = outcome.rows.notes;
  for (std::string& note : notes_on_left_out(request.name, outcome.rows.uses)) result.notes.push_back(std::move(note));
  return result;
}

}  // namespace filrouge
