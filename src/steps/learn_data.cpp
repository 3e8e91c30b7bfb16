#include "steps/learn_data.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "models/leaks.h"
#include "steps/learn_costs.h"
#include "steps/learn_lists.h"
#include "steps/learn_stream.h"

namespace filrouge {
namespace {

constexpr size_t kMostClasses = 100;

std::vector<SourceColumn> other_columns(const ModelPlan& plan, const Schema& table) {
  std::vector<SourceColumn> columns;
  for (const std::string& name : plan.others)
    columns.push_back({name, source_kind(table.find(name)->type).value_or(SourceKind::text)});
  return columns;
}

uint64_t rows_of_table(const ModelPlan& plan, Engine& engine) {
  return engine.rows("SELECT count(*) FROM " + quote_table(plan.from), 1)["rows"][0][0].get<uint64_t>();
}

/// One of how many rows is kept: by the thread's own word or by the size of the table alone, for a model must not
/// depend on the machine's memory. A row takes 8 bytes per column here, and about as much and a quarter more as
/// features.
uint64_t step_for(const LearnData& data, const Json& config, bool is_ranked, uint64_t memory_bytes) {
  constexpr uint64_t kBytesPerColumn = 8 + 10 + 2;
  constexpr uint64_t kRoom = 1'000'000'000;
  uint64_t row_bytes = (data.inputs.columns.size() + data.others.columns.size()) * kBytesPerColumn;
  uint64_t most = std::max<uint64_t>(1, config.value("sample", std::max<uint64_t>(1, kRoom / row_bytes)));
  uint64_t step = std::max<uint64_t>(1, (data.table_rows + most - 1) / most);
  if (is_ranked) step = 1;  // a sample of rows would cut the lists
  uint64_t needed = data.table_rows / step * row_bytes;
  if (needed > memory_bytes / 10 * 7)
    throw Error(ErrorKind::data, "FR0809",
                fmt::format("learning from {} rows at a time needs about {}, more than the memory of the step",
                            with_commas(data.table_rows / step), human_bytes(needed)),
                is_ranked
                    ? "raise --memory, or leave lists out in SQL"
                    : fmt::format("raise --memory, or choose on fewer rows: sample: {}", memory_bytes / 2 / row_bytes));
  return step;
}

/// The rows of a block whose number in the table is drawn.
Block drawn(const Block& block, uint64_t first, uint64_t step) {
  Block kept;
  for (const BlockColumn& column : block.columns) kept.columns.push_back({column.name, column.is_text, {}, {}, {}});
  for (size_t row = 0; row < block.rows; ++row) {
    if (!is_drawn(first + row, step)) continue;
    for (size_t c = 0; c < block.columns.size(); ++c) {
      const BlockColumn& from = block.columns[c];
      if (from.is_text)
        kept.columns[c].texts.push_back(from.texts[row]), kept.columns[c].is_null.push_back(from.is_null[row]);
      else
        kept.columns[c].numbers.push_back(from.numbers[row]);
    }
    ++kept.rows;
  }
  return kept;
}

void read_rows(LearnData& data, const ModelPlan& plan, Engine& engine) {
  uint64_t next = 0;
  engine.scan(learn_scan_sql(plan, data), kScanRows, [&](Block&& block) {
    const uint64_t first = next;
    next += block.rows;
    Block kept = data.step == 1 ? std::move(block) : drawn(block, first, data.step);
    data.inputs.add(kept);
    data.others.add(kept, data.inputs.columns.size());
  });
  if (data.step == 1) return;
  data.notes.push_back(fmt::format(
      "one of {1} rows of `{0}` was used to choose and to judge, all of them to grow the trees", plan.from, data.step));
}

[[noreturn]] void refuse_constant(const ModelPlan& plan, const std::string& value) {
  throw Error(ErrorKind::data, "FR0806",
              fmt::format("`{}` is always {}: there is nothing to predict", plan.target, value),
              "look at the table: filrouge look " + plan.from);
}

/// Does a target of whole numbers name two classes?
bool has_two_values(const FrameColumn& target, const Rows& rows) {
  std::set<double> values;
  for (uint32_t row : rows)
    if (values.insert(target.numbers[row]).second && values.size() > 2) return false;
  return values.size() == 2;
}

/// The classes in order: as the thread lists them, else false before true, by value, by name; `positive` comes last.
std::vector<std::string> labels_of(const FrameColumn& target, const Rows& rows, const ModelPlan& plan,
                                   const Json& config) {
  std::map<std::pair<double, std::string>, std::string> found;
  for (uint32_t row : rows) {
    double order = target.is_text() ? 0 : target.numbers[row];
    std::string label = value_text(target, row);
    found.emplace(std::pair(order, target.is_text() ? label : ""), label);
    if (found.size() > kMostClasses)
      throw Error(
          ErrorKind::data, "FR0806",
          fmt::format("`{}` has more than {} different values: too many for classes", plan.target, kMostClasses),
          target.is_text() ? "group the rare ones in SQL" : "`task: regress` predicts a number");
  }
  std::vector<std::string> labels;
  for (const auto& [key, label] : found) labels.push_back(label);
  if (labels.size() == 1) refuse_constant(plan, "`" + labels[0] + "`");
  if (!plan.classes.empty()) {
    for (const std::string& label : labels)
      if (std::find(plan.classes.begin(), plan.classes.end(), label) == plan.classes.end())
        throw Error(ErrorKind::data, "FR0806",
                    fmt::format("`{}` has the value `{}`, which `classes` does not list", plan.target, label));
    labels = plan.classes;
  }
  if (config.contains("positive")) {
    std::string positive = scalar_text(config["positive"]);
    auto place = std::find(labels.begin(), labels.end(), positive);
    if (place == labels.end() || labels.size() != 2)
      throw Error(ErrorKind::data, "FR0806",
                  fmt::format("`positive: {}` is not one of two classes: {}", positive, join(labels, ", ")));
    if (place == labels.begin()) std::swap(labels[0], labels[1]);
  }
  return labels;
}

void read_target(LearnData& data, const ModelPlan& plan, const Json& config) {
  const FrameColumn& target = *data.others.find(plan.target);
  size_t n = data.inputs.rows;
  data.y.assign(n, std::numeric_limits<double>::quiet_NaN());
  uint64_t infinite = 0;
  for (uint32_t row = 0; row < n; ++row) {
    if (target.is_null(row)) continue;
    if (!target.is_text() && !std::isfinite(target.numbers[row]))
      ++infinite;
    else
      data.rows.push_back(row);
  }
  if (size_t gone = n - data.rows.size() - infinite)
    data.notes.push_back(
        fmt::format("{} of {} rows have no `{}` and are left out", with_commas(gone), with_commas(n), plan.target));
  if (infinite)
    data.notes.push_back(
        fmt::format("{} rows have an infinite `{}` and are left out", with_commas(infinite), plan.target));
  if (data.rows.empty())
    throw Error(ErrorKind::data, "FR0803", fmt::format("no row of `{}` has a value of `{}`", plan.from, plan.target));
  data.task = plan.task;
  if (plan.task_is_open && has_two_values(target, data.rows)) data.task = Task::classify;
  if (data.task == Task::classify) {
    data.labels = labels_of(target, data.rows, plan, config);
    std::unordered_map<std::string, double> numbers;
    for (size_t k = 0; k < data.labels.size(); ++k) numbers[data.labels[k]] = static_cast<double>(k);
    for (uint32_t row : data.rows) data.y[row] = numbers.at(value_text(target, row));
    return;
  }
  bool varies = false;
  for (uint32_t row : data.rows) {
    data.y[row] = target.numbers[row];
    varies = varies || data.y[row] != data.y[data.rows[0]];
  }
  if (!varies) refuse_constant(plan, fmt::format("{}", data.y[data.rows[0]]));
}

void read_weights(LearnData& data, const ModelPlan& plan, const Json& config) {
  std::string name = config.value("weight", "");
  if (!name.empty()) {
    for (const FrameColumn& column : data.others.columns)
      if (lower(column.source.name) == lower(name)) data.weight = column.numbers;
    for (uint32_t row : data.rows)
      if (!(data.weight[row] >= 0) || std::isinf(data.weight[row]))
        throw Error(ErrorKind::data, "FR0809",
                    fmt::format("`{}` is no weight: row {} has {}", name, row + 1, data.weight[row]),
                    "a weight is a number of 0 or more in every row");
  }
  if (!config.contains("class_weight") || data.task != Task::classify) return;
  const Json& said = config["class_weight"];
  std::vector<double> factor(data.labels.size(), 1), counts(data.labels.size());
  for (uint32_t row : data.rows) ++counts[static_cast<size_t>(data.y[row])];
  for (size_t k = 0; k < factor.size(); ++k) {
    if (said.is_string())
      factor[k] =
          static_cast<double>(data.rows.size()) / (static_cast<double>(factor.size()) * std::max(counts[k], 1.0));
    else if (said.contains(data.labels[k]))
      factor[k] = said[data.labels[k]].get<double>();
  }
  if (said.is_object())
    for (const auto& [label, value] : said.items())
      if (std::find(data.labels.begin(), data.labels.end(), label) == data.labels.end())
        throw Error(ErrorKind::data, "FR0806",
                    fmt::format("`class_weight` names `{}`, and `{}` has no such class: {}", label, plan.target,
                                join(data.labels, ", ")));
  if (data.weight.empty()) data.weight.assign(data.y.size(), 1);
  for (uint32_t row : data.rows) data.weight[row] *= factor[static_cast<size_t>(data.y[row])];
}

/// Two classes must be there to learn from, and two to be judged by.
void check_classes(LearnData& data, const ModelPlan& plan) {
  if (data.task != Task::classify) return;
  auto classes_in = [&](const Rows& rows) {
    std::set<double> found;
    for (uint32_t row : rows) found.insert(data.y[row]);
    return found;
  };
  std::string how = plan.split.column.empty() ? "" : fmt::format(" by `{}`", plan.split.column);
  auto check = [&](const Rows& rows, const char* which, const char* hint) {
    std::set<double> found = classes_in(rows);
    if (rows.empty() || found.size() > 1) return;
    throw Error(ErrorKind::data, "FR0807",
                fmt::format("after the split{} the {} rows have `{}` only as `{}`", how, which, plan.target,
                            data.labels[static_cast<size_t>(*found.begin())]),
                hint);
  };
  check(data.split.train, "training", "a smaller test share, or another way to split");
  check(data.split.test, "test", "a larger test share, or another way to split: one class alone judges nothing");
  std::set<double> learned = classes_in(data.split.train);
  for (size_t k = 0; k < data.labels.size(); ++k)
    if (!learned.contains(static_cast<double>(k)))
      data.notes.push_back(fmt::format("no training row has `{}`: the model never says it", data.labels[k]));
}

void refuse_leaks(const LearnData& data, const Json& config, int threads) {
  std::vector<std::string> allowed;
  if (config.contains("allow_leak"))
    for (const auto& [column, reason] : config["allow_leak"].items()) allowed.push_back(column);
  if (auto leak = find_telling_column(data.inputs, data.split.train, data.y, data.classes(), allowed, threads))
    throw Error(
        ErrorKind::data, "FR0808", leak->evidence + ": it is hardly known before the target is",
        fmt::format("put it under `ignore`, or say why it is fair: allow_leak: {{{}: \"reason\"}}", leak->column));
  if (std::find(allowed.begin(), allowed.end(), "rows") != allowed.end()) return;
  if (auto leak = find_repeated_rows(data.inputs, data.split, data.y, threads))
    throw Error(ErrorKind::data, "FR0808", leak->evidence,
                "look for a join that repeats rows, or say why it is fair: allow_leak: {rows: \"reason\"}");
}

}  // namespace

std::string learn_scan_sql(const ModelPlan& plan, const LearnData& data) {
  std::vector<SourceColumn> columns = data.inputs.sources(), others = data.others.sources();
  columns.insert(columns.end(), others.begin(), others.end());
  return scan_sql(columns, plan.from);
}

LearnData load_learn_data(const ModelPlan& plan, const Json& config, const Schema& table, const Limits& limits,
                          Engine& engine) {
  LearnData data(plan.sources, other_columns(plan, table));
  data.table_rows = rows_of_table(plan, engine);
  bool ranks = plan.task == Task::rank;
  data.step = step_for(data, config, ranks, limits.memory_bytes);
  read_rows(data, plan, engine);
  if (ranks) gather_lists(data, plan);
  read_target(data, plan, config);
  read_weights(data, plan, config);
  data.costs = costs_of(config, plan, data.labels);
  if (!plan.quantiles.empty() && data.task == Task::classify)
    throw Error(ErrorKind::data, "FR0809",
                fmt::format("quantiles are of a number, and `{}` has two values: it is classified", plan.target),
                "`task: regress`, or take `quantiles` out");
  const FrameColumn* by = plan.split.column.empty() ? nullptr : data.others.find(plan.split.column);
  std::optional<FrameColumn> of_lists;
  if (ranks) {
    check_lists(data, plan);
    by = &of_lists.emplace(split_column_of_lists(data, plan));
  }
  data.split = split_rows(plan.split, data.rows, data.y, by, data.task == Task::classify);
  check_classes(data, plan);
  refuse_leaks(data, config, limits.threads);
  if (!plan.skipped.empty())
    data.notes.push_back("columns of types that no model reads are left out: " + join(plan.skipped, ", "));
  return data;
}

}  // namespace filrouge
