// A table that does not fit into memory, walked once more to grow trees on all of its rows.
#include "steps/learn_stream.h"

#include <cmath>

namespace filrouge {
namespace {

/// Tells the rows that may be learned from.
class TrainingRows {
 public:
  TrainingRows(const ModelPlan& plan, const LearnData& sample) : plan_(plan), sample_(sample) {
    for (size_t k = 0; k < sample.labels.size(); ++k) numbers_[sample.labels[k]] = static_cast<double>(k);
    const FrameColumn* by = plan.split.column.empty() ? nullptr : sample.others.find(plan.split.column);
    for (uint32_t row : sample.split.test) {
      if (plan.split.kind == SplitPlan::Kind::time) first_test_ = std::min(first_test_, by->numbers[row]);
      if (plan.split.kind == SplitPlan::Kind::group) groups_.insert(value_text(*by, row));
    }
  }

  /// The target of a row of `others`, or NaN where it has none or the row is not to be learned from. `number`: of the
  /// row in the table.
  double target(const Frame& others, size_t row, uint64_t number) const {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    const FrameColumn& target = *others.find(plan_.target);
    if (target.is_null(row) || (!target.is_text() && !std::isfinite(target.numbers[row]))) return kNone;
    if (is_test(others, row, number)) return kNone;
    if (sample_.task != Task::classify) return target.numbers[row];
    auto found = numbers_.find(value_text(target, row));
    return found == numbers_.end() ? kNone
                                   : found->second;  // a class that the sample has not seen is too rare to learn
  }

 private:
  bool is_test(const Frame& others, size_t row, uint64_t number) const {
    const FrameColumn* by = plan_.split.column.empty() ? nullptr : others.find(plan_.split.column);
    switch (plan_.split.kind) {
      case SplitPlan::Kind::time:
        return by->numbers[row] >= first_test_ || by->numbers[row] > first_test_ - plan_.split.gap;
      case SplitPlan::Kind::group:
        return groups_.contains(value_text(*by, row));
      case SplitPlan::Kind::random:
        return is_drawn(number, sample_.step) && is_test_of_sample(number);
      default:
        return false;
    }
  }
  /// The sampled rows are numbered in the order of the table.
  bool is_test_of_sample(uint64_t number) const {
    if (places_.empty())
      for (uint64_t row = 0; row < sample_.table_rows; ++row)
        if (is_drawn(row, sample_.step)) places_.push_back(row);
    auto place = static_cast<uint32_t>(std::lower_bound(places_.begin(), places_.end(), number) - places_.begin());
    return std::binary_search(sample_.split.test.begin(), sample_.split.test.end(), place);
  }

  const ModelPlan& plan_;
  const LearnData& sample_;
  std::map<std::string, double> numbers_;
  double first_test_ = std::numeric_limits<double>::infinity();
  std::set<std::string> groups_;
  mutable std::vector<uint64_t> places_;
};

void each_block(const ModelPlan& plan, const LearnData& sample, Engine& engine,
                const std::function<void(const Frame& inputs, const std::vector<double>& y)>& take) {
  TrainingRows rows(plan, sample);
  uint64_t next = 0;
  engine.scan(learn_scan_sql(plan, sample), kScanRows, [&](Block&& block) {
    Frame inputs(sample.inputs.sources()), others(sample.others.sources());
    inputs.add(block);
    others.add(block, inputs.columns.size());
    std::vector<double> y;
    for (size_t row = 0; row < block.rows; ++row) y.push_back(rows.target(others, row, next + row));
    next += block.rows;
    take(inputs, y);
  });
}

}  // namespace

void each_training_block(const ModelPlan& plan, const LearnData& sample, const Features& features, Engine& engine,
                         const std::function<void(const TrainingSet&)>& take) {
  each_block(plan, sample, engine, [&](const Frame& inputs, const std::vector<double>& y) {
    TrainingSet set;
    set.features = features.specs();
    Matrix x = features.encode(inputs);
    for (size_t row = 0; row < y.size(); ++row) {
      if (std::isnan(y[row])) continue;
      set.y.push_back(y[row]);
      set.x.values.insert(set.x.values.end(), x.row(row), x.row(row) + x.columns);
    }
    set.x.rows = set.y.size();
    set.x.columns = x.columns;
    if (set.x.rows > 0) take(set);
  });
}

uint64_t count_training_rows(const ModelPlan& plan, const LearnData& sample, Engine& engine) {
  uint64_t rows = 0;
  each_block(plan, sample, engine, [&](const Frame&, const std::vector<double>& y) {
    rows += static_cast<uint64_t>(std::count_if(y.begin(), y.end(), [](double value) { return !std::isnan(value); }));
  });
  return rows;
}

}  // namespace filrouge
