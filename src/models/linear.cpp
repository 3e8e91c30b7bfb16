// What Linear promises, around LinearTerms (features to terms) and linear_fit (terms to coefficients).
//
// The penalty is chosen on a path from strong to weak, each solution starting from the one before; the path is left
// when the loss has risen twice. Beyond 20,000 rows a sample of that many (drawn by hash) chooses: what carries over is
// the penalty of the whole sum, the precision of a prior, which does not grow with the rows.
#include "models/linear.h"

#include <cmath>

#include "base/error.h"
#include "base/json_words.h"
#include "models/draw.h"
#include "models/linear_fit.h"
#include "models/metrics_intervals.h"

namespace filrouge {

struct Linear::State {
  LinearTerms terms;
  size_t outputs = 1;
  double penalty = 0;
  LinearWeights weights;
  std::vector<double> deviations;  ///< per output: of each term, then of the intercept at raw zero

  double weight(size_t output, size_t term) const { return weights[output * terms.terms() + term]; }
  double deviation(size_t output, size_t term) const { return deviations[output * (terms.terms() + 1) + term]; }
  size_t indicator(int slot) const { return terms.intercept() + 1 + static_cast<size_t>(slot); }
  double mean_of_indicators(size_t output, size_t feature) const;
  Coefficient of_number(size_t output, const LinearTerms::Feature& feature) const;
  Coefficient of_indicator(size_t output, int slot, Coefficient::Kind kind) const;
  void append_coefficients(size_t output, std::vector<Coefficient>& list) const;
};

namespace {

constexpr int kFolds = 5;
constexpr double kPenalties[] = {1, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-5, 1e-6};

Rows sample_rows(const Rows& rows, size_t most, uint64_t seed) {
  if (rows.size() <= most) return rows;
  Rows sample;
  double share = static_cast<double>(most) / static_cast<double>(rows.size());
  for (uint32_t r : rows) {
    if (draw(seed, r) < share) sample.push_back(r);
  }
  return sample;
}

struct Fold {
  Rows train, test;
  LinearWeights weights;
};

std::vector<Fold> make_folds(const LinearProblem& problem, const Rows& rows, uint64_t seed) {
  std::vector<Fold> folds(kFolds);
  for (uint32_t r : rows) {
    int of_row = static_cast<int>(draw(seed + 1, r) * kFolds);
    for (int f = 0; f < kFolds; ++f) {
      Fold& fold = folds[static_cast<size_t>(f)];
      (f == of_row ? fold.test : fold.train).push_back(r);
    }
  }
  std::erase_if(folds, [](const Fold& fold) { return fold.train.empty() || fold.test.empty(); });
  for (Fold& fold : folds) fold.weights = linear_start(problem, fold.train);
  return folds;
}

double cross_validated_loss(const LinearProblem& problem, std::vector<Fold>& folds, double penalty_of_sum) {
  double sum = 0, rows = 0;
  for (Fold& fold : folds) {
    fold.weights = linear_solve(problem, fold.train, penalty_of_sum, std::move(fold.weights), true);
    sum += linear_loss(problem, fold.test, fold.weights) * static_cast<double>(fold.test.size());
    rows += static_cast<double>(fold.test.size());
  }
  return sum / rows;
}

double weight_sum(const TrainingSet& set, const Rows& rows) {
  double sum = 0;
  for (uint32_t r : rows) sum += weight_of(set.weight, r);
  return sum;
}

/// Per row of `rows`.
double choose_penalty(const LinearProblem& problem, const Rows& rows, uint64_t seed) {
  constexpr double kRows = 20'000;
  double most = std::max(2'000.0, kRows * std::min(1.0, 10 / static_cast<double>(problem.outputs)));
  Rows sample = sample_rows(rows, static_cast<size_t>(most), seed);
  std::vector<Fold> folds = make_folds(problem, sample, seed);
  double of_sample = weight_sum(problem.set, sample), of_all = weight_sum(problem.set, rows);
  double best = std::numeric_limits<double>::infinity(), before = best, chosen = kPenalties[0];
  int rises = 0;
  for (double penalty : kPenalties) {
    double loss = cross_validated_loss(problem, folds, penalty * of_sample);
    if (loss < best) {
      best = loss;
      chosen = penalty;
    }
    rises = loss > before ? rises + 1 : 0;
    if (rises == 2) break;
    before = loss;
  }
  return chosen * of_sample / of_all;
}

}  // namespace

Linear Linear::fit(const TrainingSet& set, const Rows& rows, const LinearOptions& options) {
  FR_CHECK(set.x.rows == set.y.size() && set.x.columns == set.features.size());
  auto state = std::make_shared<State>();
  state->terms = LinearTerms::learn(set, rows);
  if (rows.empty() || weight_sum(set, rows) <= 0) {
    throw Error(ErrorKind::data, "FR0830", "A linear model needs rows to learn from, and there are none",
                "Look at the filter of the table and at the split.");
  }
  if (state->terms.terms() == 1) {
    throw Error(ErrorKind::data, "FR0830", "A linear model needs a feature that varies, and none does",
                "Name others in `features:`, or use `method: baseline`.");
  }
  state->outputs = options.classify && options.classes > 2 ? static_cast<size_t>(options.classes) : 1;
  LinearProblem problem{set, state->terms, options.classify, state->outputs, options.threads};
  state->penalty = options.penalty >= 0 ? options.penalty : choose_penalty(problem, rows, options.seed);
  double of_sum = state->penalty * weight_sum(set, rows);
  state->weights = linear_solve(problem, rows, of_sum, linear_start(problem, rows), false);
  state->deviations = linear_deviations(problem, rows, of_sum, state->weights);
  Linear linear;
  linear.state_ = std::move(state);
  return linear;
}

size_t Linear::outputs() const {
  return state_->outputs;
}

size_t Linear::num_features() const {
  return state_->terms.num_features();
}

double Linear::penalty() const {
  return state_->penalty;
}

void Linear::raw(const Matrix& x, size_t begin, size_t end, double* out) const {
  FR_CHECK(x.columns == state_->terms.num_features() && begin <= end && end <= x.rows);
  linear_scores(state_->terms, state_->outputs, state_->weights, x, begin, end, out);
}

/// What a feature's indicators contribute on average over the training rows. (Numbers: 0, they are standardised.)
double Linear::State::mean_of_indicators(size_t output, size_t feature) const {
  double mean = 0;
  auto add = [&](int slot) {
    if (slot >= 0) mean += terms.shares()[static_cast<size_t>(slot)] * weight(output, indicator(slot));
  };
  for (int slot : terms.features()[feature].values) add(slot);
  add(terms.features()[feature].missing);
  add(terms.features()[feature].other);
  return mean;
}

void Linear::add_contributions(const Matrix& x, double share, double* out) const {
  const State& state = *state_;
  const auto& features = state.terms.features();
  FR_CHECK(x.columns == features.size());
  std::vector<double> mean, expected;
  for (size_t k = 0; k < state.outputs; ++k) {
    expected.push_back(state.weight(k, state.terms.intercept()));
    for (size_t f = 0; f < features.size(); ++f) {
      mean.push_back(state.mean_of_indicators(k, f));
      expected[k] += mean.back();
    }
  }
  std::vector<double> dense(state.terms.numbers() + 1);
  std::vector<int> slots(features.size());
  for (size_t r = 0; r < x.rows; ++r) {
    state.terms.encode(x.row(r), dense.data(), slots.data());
    for (size_t k = 0; k < state.outputs; ++k) {
      double* of_row = out + (r * state.outputs + k) * (features.size() + 1);
      for (size_t f = 0; f < features.size(); ++f) {
        double moved = slots[f] >= 0 ? state.weight(k, state.indicator(slots[f])) : 0;
        auto number = static_cast<size_t>(features[f].number);
        if (features[f].number >= 0) moved += dense[number] * state.weight(k, number);
        of_row[f] += share * (moved - mean[k * features.size() + f]);
      }
      of_row[features.size()] += share * expected[k];
    }
  }
}

Coefficient Linear::State::of_number(size_t output, const LinearTerms::Feature& feature) const {
  auto number = static_cast<size_t>(feature.number);
  double half = kNormal95 * deviation(output, number) / feature.deviation;
  Coefficient c;
  c.kind = Coefficient::Kind::number;
  c.standardised = weight(output, number);
  c.coefficient = c.standardised / feature.deviation;
  c.lower = c.coefficient - half;
  c.upper = c.coefficient + half;
  return c;
}

Coefficient Linear::State::of_indicator(size_t output, int slot, Coefficient::Kind kind) const {
  size_t term = indicator(slot);
  double share = terms.shares()[static_cast<size_t>(slot)], half = kNormal95 * deviation(output, term);
  Coefficient c;
  c.kind = kind;
  c.coefficient = weight(output, term);
  c.standardised = c.coefficient * std::sqrt(share * (1 - share));
  c.lower = c.coefficient - half;
  c.upper = c.coefficient + half;
  return c;
}

void Linear::State::append_coefficients(size_t output, std::vector<Coefficient>& list) const {
  size_t first = list.size();
  auto add = [&](Coefficient c, std::string term, size_t feature, long category = -1) {
    c.term = std::move(term);
    c.feature = static_cast<int>(feature);
    c.category = category;
    c.output = static_cast<int>(output);
    list.push_back(std::move(c));
  };
  list.emplace_back();
  double at_means = weight(output, terms.intercept()), at_zero = at_means;
  for (size_t f = 0; f < terms.num_features(); ++f) {
    const LinearTerms::Feature& feature = terms.features()[f];
    using Kind = Coefficient::Kind;
    if (feature.number >= 0) {
      add(of_number(output, feature), feature.name, f);
      at_zero -= list.back().coefficient * feature.mean;
    }
    for (size_t code = 0; code < feature.values.size(); ++code) {
      if (feature.values[code] < 0) continue;
      add(of_indicator(output, feature.values[code], Kind::value), fmt::format("{}={}", feature.name, code), f,
          static_cast<long>(code));
    }
    if (feature.other >= 0) add(of_indicator(output, feature.other, Kind::other), feature.name + "=(other)", f);
    if (feature.missing >= 0)
      add(of_indicator(output, feature.missing, Kind::missing), feature.name + " is missing", f);
  }
  double half = kNormal95 * deviation(output, terms.terms());
  list[first] = {Coefficient::Kind::intercept,
                 "(intercept)",
                 -1,
                 -1,
                 static_cast<int>(output),
                 at_means,
                 at_zero,
                 at_zero - half,
                 at_zero + half};
}

std::vector<Coefficient> Linear::coefficients() const {
  std::vector<Coefficient> list;
  for (size_t k = 0; k < state_->outputs; ++k) state_->append_coefficients(k, list);
  return list;
}

Json Linear::to_json() const {
  return {{"kind", "linear"},           {"outputs", state_->outputs},
          {"penalty", state_->penalty}, {"terms", state_->terms.to_json()},
          {"weights", state_->weights}, {"deviations", state_->deviations}};
}

Linear Linear::from_json(const Json& json) {
  try {
    auto state = std::make_shared<State>();
    if (json.at("kind") != "linear") throw std::out_of_range("kind");
    state->outputs = json.at("outputs");
    state->penalty = json.at("penalty");
    state->terms = LinearTerms::from_json(json.at("terms"));
    state->weights = json.at("weights").get<std::vector<double>>();
    state->deviations = json.at("deviations").get<std::vector<double>>();
    size_t terms = state->terms.terms();
    bool whole = state->outputs > 0 && state->outputs < 1'000'000 && state->weights.size() == state->outputs * terms &&
                 state->deviations.size() == state->outputs * (terms + 1);
    if (!whole) throw std::out_of_range("weights");
    Linear linear;
    linear.state_ = std::move(state);
    return linear;
  } catch (const std::exception& failure) {
    throw Error(ErrorKind::data, "FR0831", fmt::format("This is not a linear model of ours: {}", json_problem(failure)),
                "Run `filrouge verify`; the next run learns the model again.");
  }
}

}  // namespace filrouge
