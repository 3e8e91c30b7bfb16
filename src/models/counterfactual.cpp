#include "models/counterfactual.h"

#include <cmath>

#include "base/parallel.h"

namespace filrouge {
namespace {

constexpr size_t kAlike = 100;  // rows tried that are nearest in all columns: what they have fits the row
constexpr size_t kAskedAtOnce = 20'000;
constexpr size_t kNear = 30;  // and that are nearest in the columns that may change

/// A column, and what a change of it costs.
struct Lever {
  size_t source = 0;  // index into Features::sources()
  const FrameColumn* column = nullptr;
  double cost = 1;
  double spread = 0;  // 0: different is different

  double distance(size_t a, size_t b) const {
    bool no_a = column->is_null(a), no_b = column->is_null(b);
    if (no_a || no_b) return no_a == no_b ? 0 : cost;
    if (column->is_text()) return column->codes[a] == column->codes[b] ? 0 : cost;
    double apart = std::abs(column->numbers[a] - column->numbers[b]);
    return spread > 0 ? cost * apart / spread : apart > 0 ? cost : 0;
  }
};

double spread_of(const FrameColumn& column) {
  if (column.is_text() || column.source.kind == SourceKind::boolean) return 0;
  std::vector<double> values;
  for (double value : column.numbers)
    if (std::isfinite(value)) values.push_back(value);
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  size_t last = values.size() - 1;
  double inner = values[last * 9 / 10] - values[last / 10];
  return inner > 0 ? inner : values[last] - values[0];
}

bool names(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

class Search {
 public:
  Search(const Model& model, const Frame& frame, const CounterfactualOrder& order, int threads)
      : model_(model), frame_(frame), order_(order), threads_(threads) {
    const std::vector<SourceColumn>& sources = model.features.sources();
    for (size_t s = 0; s < sources.size(); ++s) {
      const std::string& name = sources[s].name;
      const FrameColumn* column = frame.find(name);
      auto cost = order.costs.find(name);
      bool may_change = !names(order.keep, name) && (order.change.empty() || names(order.change, name));
      (may_change ? levers_ : kept_)
          .push_back({s, column, cost == order.costs.end() ? 1 : cost->second, spread_of(*column)});
    }
    answers_ = answers_for(frame);
    for (size_t r = 0; r < frame.rows; ++r) said_.push_back(model.said(answer(answers_, r)));
    for (size_t k = 0; k < model.classes.size(); ++k)
      if (model.classes[k] == order.to) to_ = k;
  }

  std::vector<Counterfactual> run() {
    std::vector<Counterfactual> found = rows_to_answer();
    std::vector<std::vector<uint32_t>> twins(found.size());
    for_parts(found.size(), threads_, [&](size_t i) { twins[i] = candidates(found[i].row); });
    choose_twins(found, twins);
    take_back(found);
    describe(found);
    return found;
  }

 private:
  /// A row with some of its levers set to the twin's values.
  struct Mix {
    size_t row = 0, twin = 0;
    std::vector<size_t> levers;
  };

  std::vector<double> answers_for(const Frame& frame) const {
    return model_.predict(model_.raw(model_.features.encode(frame)));
  }
  const double* answer(const std::vector<double>& answers, size_t row) const {
    return &answers[row * model_.outputs()];
  }
  double probability(const double* answer, size_t k) const {
    return model_.outputs() > 1 ? answer[k] : k == 1 ? answer[0] : 1 - answer[0];
  }
  bool is_wanted(size_t row, size_t said) const { return to_ ? said == *to_ : said != said_[row]; }

  std::vector<Counterfactual> rows_to_answer() const {
    std::vector<size_t> open;
    for (size_t r = 0; r < frame_.rows; ++r)
      if (!to_ || said_[r] != *to_) open.push_back(r);
    std::vector<Counterfactual> list;
    size_t count = std::min(order_.rows, open.size());
    for (size_t i = 0; i < count; ++i) {
      Counterfactual one;
      one.row = open[i * open.size() / count];
      one.said = said_[one.row];
      list.push_back(std::move(one));
    }
    return list;
  }

  /// The nearest rows, nearest first, at most so many.
  class Nearest {
   public:
    explicit Nearest(size_t most) : most_(most) {}
    double limit() const { return rows_.size() < most_ ? std::numeric_limits<double>::infinity() : rows_.back().first; }
    void add(double distance, uint32_t row) {
      if (distance >= limit()) return;
      std::pair entry(distance, row);
      rows_.insert(std::upper_bound(rows_.begin(), rows_.end(), entry), entry);
      if (rows_.size() > most_) rows_.pop_back();
    }
    const std::vector<std::pair<double, uint32_t>>& rows() const { return rows_; }

   private:
    size_t most_;
    std::vector<std::pair<double, uint32_t>> rows_;
  };

  /// Rows with a wanted outcome that may lend their values, each once.
  std::vector<uint32_t> candidates(size_t row) const {
    Nearest alike(kAlike), near(kNear);
    for (uint32_t other = 0; other < frame_.rows; ++other) {
      if (!is_wanted(row, said_[other])) continue;
      double most = std::max(alike.limit(), near.limit()), distance = 0;
      for (const Lever& lever : levers_)
        if ((distance += lever.distance(row, other)) >= most) break;
      if (distance == 0 || distance >= most) continue;
      near.add(distance, other);
      for (const Lever& column : kept_)
        if ((distance += column.distance(row, other)) >= alike.limit()) break;
      alike.add(distance, other);
    }
    std::set<uint32_t> rows;
    for (const Nearest* list : {&alike, &near})
      for (const auto& [distance, other] : list->rows()) rows.insert(other);
    return {rows.begin(), rows.end()};
  }

  /// What the model says of rows that do not exist.
  std::vector<double> ask(const std::vector<Mix>& mixes) const {
    Rows rows;
    for (const Mix& mix : mixes) rows.push_back(static_cast<uint32_t>(mix.row));
    Frame frame = rows_of(frame_, rows);
    for (size_t i = 0; i < mixes.size(); ++i)
      for (size_t l : mixes[i].levers) {
        FrameColumn& column = frame.columns[static_cast<size_t>(levers_[l].column - frame_.columns.data())];
        if (column.is_text())
          column.codes[i] = levers_[l].column->codes[mixes[i].twin];
        else
          column.numbers[i] = levers_[l].column->numbers[mixes[i].twin];
      }
    return answers_for(frame);
  }

  std::vector<size_t> levers_between(size_t row, size_t twin) const {
    std::vector<size_t> list;
    for (size_t l = 0; l < levers_.size(); ++l)
      if (levers_[l].distance(row, twin) > 0) list.push_back(l);
    return list;
  }

  /// The twin whose values of the levers alone bring the outcome, at the least distance.
  void choose_twins(const std::vector<Counterfactual>& found, const std::vector<std::vector<uint32_t>>& twins) {
    mixes_.resize(found.size());
    std::vector<Mix> asked;
    std::vector<size_t> of;  // row of `found`
    std::vector<double> least(found.size(), std::numeric_limits<double>::infinity());
    for (size_t i = 0; i < found.size(); ++i) {
      for (uint32_t twin : twins[i]) {
        asked.push_back({found[i].row, twin, levers_between(found[i].row, twin)});
        of.push_back(i);
      }
      if (asked.size() < kAskedAtOnce && i + 1 < found.size()) continue;
      if (asked.empty()) return;
      std::vector<double> answers = ask(asked);
      for (size_t a = 0; a < asked.size(); ++a) {
        double distance = 0;
        for (size_t l : asked[a].levers) distance += levers_[l].distance(asked[a].row, asked[a].twin);
        if (distance >= least[of[a]] || !is_wanted(asked[a].row, model_.said(answer(answers, a)))) continue;
        least[of[a]] = distance;
        mixes_[of[a]] = asked[a];
      }
      asked.clear(), of.clear();
    }
  }

  /// Round by round, of each row the dearest change that is not needed.
  void take_back(const std::vector<Counterfactual>& found) {
    for (bool any = true; any;) {
      any = false;
      std::vector<Mix> asked;
      std::vector<std::pair<size_t, size_t>> of;  // row of `found`, place among its levers
      for (size_t i = 0; i < found.size(); ++i)
        for (size_t place = 0; mixes_[i].levers.size() > 1 && place < mixes_[i].levers.size(); ++place) {
          asked.push_back(mixes_[i]);
          asked.back().levers.erase(asked.back().levers.begin() + static_cast<long>(place));
          of.emplace_back(i, place);
        }
      if (asked.empty()) return;
      std::vector<double> answers = ask(asked);
      std::vector<size_t> best(found.size(), asked.size());
      std::vector<double> saved(found.size());
      for (size_t a = 0; a < asked.size(); ++a) {
        auto [i, place] = of[a];
        if (!is_wanted(asked[a].row, model_.said(answer(answers, a)))) continue;
        double distance = levers_[mixes_[i].levers[place]].distance(mixes_[i].row, mixes_[i].twin);
        if (distance > saved[i]) saved[i] = distance, best[i] = a;
      }
      for (size_t i = 0; i < found.size(); ++i)
        if (best[i] < asked.size()) mixes_[i] = asked[best[i]], any = true;
    }
  }

  void describe(std::vector<Counterfactual>& found) const {
    std::vector<Mix> asked;
    for (size_t i = 0; i < found.size(); ++i) asked.push_back({found[i].row, mixes_[i].twin, mixes_[i].levers});
    if (asked.empty()) return;
    std::vector<double> answers = ask(asked);
    for (size_t i = 0; i < found.size(); ++i) {
      Counterfactual& one = found[i];
      if (mixes_[i].levers.empty()) continue;
      one.twin = mixes_[i].twin;
      one.wanted = model_.said(answer(answers, i));
      one.before = probability(answer(answers_, one.row), one.wanted);
      one.after = probability(answer(answers, i), one.wanted);
      for (size_t l : mixes_[i].levers) {
        const Lever& lever = levers_[l];
        double distance = lever.distance(one.row, one.twin);
        one.distance += distance;
        one.changes.push_back(
            {lever.source, value_text(*lever.column, one.row), value_text(*lever.column, one.twin), distance});
      }
    }
  }

  const Model& model_;
  const Frame& frame_;
  const CounterfactualOrder& order_;
  int threads_;
  std::vector<Lever> levers_, kept_;  // columns that may change, and all others
  std::vector<double> answers_;
  std::vector<size_t> said_;
  std::optional<size_t> to_;
  std::vector<Mix> mixes_;  // as the rows that are answered
};

}  // namespace

std::vector<Counterfactual> counterfactuals(const Model& model, const Frame& frame, const CounterfactualOrder& order,
                                            int threads) {
  return Search(model, frame, order, threads).run();
}

}  // namespace filrouge
