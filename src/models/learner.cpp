#include "models/learner.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "models/candidates.h"
#include "models/pair_search.h"
#include "models/quantiles.h"

namespace filrouge {
namespace {

class Learner {
 public:
  Learner(const LearnOrder& order, const Frame& frame, const std::vector<double>& y, const std::vector<double>& weight,
          const Split& split)
      : order_(order), frame_(frame), y_(y), weight_(weight), split_(split) {
    outputs_ = order.labels.size() > 2 ? order.labels.size() : 1;
  }

  Learned run();

 private:
  bool classify() const { return order_.task == Task::classify; }
  bool ranks() const { return order_.task == Task::rank; }
  int classes() const { return static_cast<int>(order_.labels.size()); }
  void make_set();
  void make_folds();
  Workload workload() const;
  void try_candidate(Candidate& candidate);
  std::vector<double> fit_on_fold(Candidate& candidate, const FoldRows& fold);
  void blend(std::vector<Candidate>& all);
  void refit(const Candidate& candidate, double weight);
  void recalibrate();
  void keep_residuals();
  void take_heaviest(std::vector<Candidate>& all);
  void try_pairs(std::vector<Candidate>& all);
  void learn_quantiles(const std::vector<Candidate>& tried);
  std::vector<double> constant_raw(const Rows& rows) const;
  double loss(const std::vector<double>& raw) const;
  double loss_of_order(const std::vector<double>& raw) const;
  const BinnedRows& binned();
  const BinnedRows& binned_table();
  LinearOptions linear_options() const;

  const LearnOrder& order_;
  const Frame& frame_;
  const std::vector<double>& y_;
  const std::vector<double>& weight_;
  const Split& split_;
  size_t outputs_ = 1;
  TrainingSet set_;  // the training rows; folds and the final fit share it and its bins
  std::vector<FoldRows> folds_;
  std::unique_ptr<BinnedRows> binned_;  // of set_, made when first needed
  std::unique_ptr<BinnedRows> table_;   // of the whole table where set_ is a sample, likewise
  std::vector<size_t> places_;          // by fold, one after the other: place of each validation row in learned_.judged
  Learned learned_;
};

void Learner::make_set() {
  Model& model = learned_.model;
  int classes = classify() ? static_cast<int>(order_.labels.size()) : 1;
  model.features = Features::fit(frame_, split_.train, y_, classes, order_.monotone, order_.seed, order_.time);
  set_.features = model.features.specs();
  set_.x = model.features.encode_training(frame_, split_.train);
  for (uint32_t row : split_.train) {
    set_.y.push_back(y_[row]);
    if (ranks()) set_.group.push_back((*order_.group)[row]);
    if (!weight_.empty()) set_.weight.push_back(weight_[row]);
  }
}

Rows positions(const Rows& rows, const Rows& in) {
  Rows places;
  for (uint32_t row : rows)
    places.push_back(static_cast<uint32_t>(std::lower_bound(in.begin(), in.end(), row) - in.begin()));
  return places;
}

void Learner::make_folds() {
  // Few folds for a small budget: the last ones, which in time are nearest to what comes.
  size_t most = order_.budget_seconds < 20 ? 2 : split_.folds.size();
  size_t first = split_.folds.size() - std::min(most, split_.folds.size());
  for (size_t i = first; i < split_.folds.size(); ++i) {
    const Fold& fold = split_.folds[i];
    folds_.push_back({positions(fold.train, split_.train), positions(fold.validation, split_.train)});
    learned_.judged.insert(learned_.judged.end(), fold.validation.begin(), fold.validation.end());
  }
  std::sort(learned_.judged.begin(), learned_.judged.end());
  for (size_t i = first; i < split_.folds.size(); ++i)
    for (uint32_t place : positions(split_.folds[i].validation, learned_.judged)) places_.push_back(place);
}

std::vector<double> Learner::constant_raw(const Rows& rows) const {
  if (ranks()) return {0};
  std::vector<double> sums(outputs_ == 1 ? 1 : outputs_);
  double total = 0;
  for (uint32_t row : rows) {
    double weight = weight_.empty() ? 1 : weight_[row];
    total += weight;
    if (outputs_ == 1)
      sums[0] += weight * y_[row];
    else
      sums[static_cast<size_t>(y_[row])] += weight;
  }
  for (double& sum : sums) {
    double share = sum / total;
    if (!classify())
      sum = share;
    else if (outputs_ == 1)
      sum = std::log(std::max(share, 1e-9) / std::max(1 - share, 1e-9));
    else
      sum = std::log(std::max(share, 1e-9));
  }
  return sums;
}

/// Log loss, root mean squared error or 1 - ndcg@10 of raw scores of the judged rows.
double Learner::loss(const std::vector<double>& raw) const {
  if (ranks()) return loss_of_order(raw);
  double sum = 0, total = 0;
  for (size_t i = 0; i < learned_.judged.size(); ++i) {
    uint32_t row = learned_.judged[i];
    double weight = weight_.empty() ? 1 : weight_[row];
    total += weight;
    if (!classify()) {
      double error = raw[i] - y_[row];
      sum += weight * error * error;
    } else if (outputs_ == 1) {
      double signed_raw = y_[row] > 0.5 ? raw[i] : -raw[i];
      sum +=
          weight * (signed_raw > 0 ? std::log1p(std::exp(-signed_raw)) : std::log1p(std::exp(signed_raw)) - signed_raw);
    } else {
      const double* at = &raw[i * outputs_];
      double most = *std::max_element(at, at + outputs_), norm = 0;
      for (size_t k = 0; k < outputs_; ++k) norm += std::exp(at[k] - most);
      sum += weight * (most + std::log(norm) - at[static_cast<size_t>(y_[row])]);
    }
  }
  return classify() ? sum / total : std::sqrt(sum / total);
}

double Learner::loss_of_order(const std::vector<double>& raw) const {
  std::vector<double> grades;
  std::vector<uint32_t> group;
  for (uint32_t row : learned_.judged) grades.push_back(y_[row]), group.push_back((*order_.group)[row]);
  return rank_loss(raw, std::move(grades), std::move(group));
}

Workload Learner::workload() const {
  double rows = 0;
  for (const FoldRows& fold : folds_) rows += static_cast<double>(fold.train.size());
  if (folds_.empty()) rows = static_cast<double>(split_.train.size());
  return {split_.train.size(), rows, set_.features.size(), outputs_};
}

const BinnedRows& Learner::binned() {
  if (!binned_) binned_ = std::make_unique<BinnedRows>(set_, BoostingOptions().max_bins, order_.threads);
  return *binned_;
}

/// All rows of a table of which only a sample is in memory, binned as the sample says.
const BinnedRows& Learner::binned_table() {
  if (table_) return *table_;
  table_ = std::make_unique<BinnedRows>(set_, order_.all_rows, BoostingOptions().max_bins, order_.threads);
  uint64_t done = 0;
  order_.each_block(learned_.model.features, [&](const TrainingSet& block) {
    table_->push(block);
    done += block.y.size();
    order_.phase(fmt::format("binned {} of {} rows", with_commas(done), with_commas(order_.all_rows)));
  });
  table_->finish();
  return *table_;
}

LinearOptions Learner::linear_options() const {
  LinearOptions options;
  options.classify = classify();
  options.classes = std::max(2, classes());
  options.seed = order_.seed;
  options.threads = order_.threads;
  return options;
}

std::vector<double> Learner::fit_on_fold(Candidate& candidate, const FoldRows& fold) {
  if (candidate.method == "linear") {
    Linear linear = Linear::fit(set_, fold.train, linear_options());
    Matrix x = rows_of(set_.x, fold.validation);
    std::vector<double> raw(x.rows * outputs_);
    linear.raw(x, 0, x.rows, raw.data());
    return raw;
  }
  Boosted boosted = boost(binned(), fold.train, fold.validation, candidate.boosting);
  candidate.trees += static_cast<double>(boosted.trees) / static_cast<double>(folds_.size());
  return boosted.validation_raw;
}

void Learner::try_candidate(Candidate& candidate) {
  candidate.raw.resize(learned_.judged.size() * outputs_);
  size_t next = 0;
  for (const FoldRows& fold : folds_) {
    std::vector<double> raw = fit_on_fold(candidate, fold);
    for (size_t i = 0; i < fold.validation.size(); ++i, ++next)
      std::copy_n(&raw[i * outputs_], outputs_, &candidate.raw[places_[next] * outputs_]);
  }
  candidate.loss = loss(candidate.raw);
}

/// Forward selection with replacement (Caruana et al. 2004): starting from the best, whatever lowers the loss of the
/// average most is added, until that is less than a ten-thousandth.
void Learner::blend(std::vector<Candidate>& all) {
  constexpr int kMostSteps = 12;
  constexpr double kWorthIt = 1e-4;
  std::vector<double> sum(learned_.judged.size() * outputs_), mixed(sum.size());
  std::vector<int> picks(all.size());
  double best = std::numeric_limits<double>::infinity();
  for (int step = 1; step <= kMostSteps; ++step) {
    size_t pick = all.size();
    double lowest = best * (1 - kWorthIt);
    for (size_t c = 0; c < all.size(); ++c) {
      for (size_t i = 0; i < sum.size(); ++i) mixed[i] = (sum[i] + all[c].raw[i]) / step;
      double value = loss(mixed);
      if (value < lowest) lowest = value, pick = c;
    }
    if (pick == all.size()) break;
    best = lowest;
    ++picks[pick];
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += all[pick].raw[i];
  }
  int total = 0;
  for (int count : picks) total += count;
  if (total == 0) picks[0] = total = 1;  // losses that are no numbers: the first
  learned_.judged_raw.assign(sum.size(), 0);
  for (size_t c = 0; c < all.size(); ++c) {
    all[c].weight = static_cast<double>(picks[c]) / total;
    for (size_t i = 0; i < sum.size(); ++i) learned_.judged_raw[i] += all[c].weight * all[c].raw[i];
  }
}

/// Fits a candidate on all training rows. Boosting grows as many trees as the folds found best, and a tenth more for
/// the rows that the folds had to leave out.
void Learner::refit(const Candidate& candidate, double weight) {
  if (candidate.method == "linear") {
    Rows every(set_.x.rows);
    for (uint32_t i = 0; i < every.size(); ++i) every[i] = i;
    learned_.model.members.push_back({candidate.method, weight, Linear::fit(set_, every, linear_options()), ""});
    return;
  }
  BoostingOptions options = candidate.boosting;
  if (options.patience > 0 && !folds_.empty())
    options.trees = std::max(1, static_cast<int>(std::lround(candidate.trees * 1.1)));
  options.patience = 0;
  // Several draws are averaged where they cost little: a blend of equals errs less than each.
  bool draws = options.row_share < 1 || options.feature_share < 1;
  auto fitted_rows = static_cast<double>(order_.each_block ? order_.all_rows : set_.x.rows);
  double seconds = options.trees * static_cast<double>(outputs_) *
                   seconds_per_tree(fitted_rows, set_.features.size(), options.leaves);
  int bags =
      draws ? std::clamp(static_cast<int>(order_.budget_seconds * weight / 6 / std::max(seconds, 1e-3)), 1, 5) : 1;
  const BinnedRows& rows = order_.each_block ? binned_table() : binned();
  for (int bag = 0; bag < bags; ++bag) {
    options.seed = order_.seed + static_cast<uint64_t>(bag);
    Boosted boosted = boost(rows, {}, {}, options);
    Forest forest = Forest::parse(boosted.text);
    learned_.model.members.push_back({candidate.method, weight / bags, std::move(forest), std::move(boosted.text)});
  }
}

/// Platt's scaling (1999) of the blend's out-of-fold scores by Newton's method; kept only where it lowers their log
/// loss by more than half a percent.
void Learner::recalibrate() {
  if (!classify() || outputs_ > 1 || learned_.judged.empty()) return;
  double a = 1, b = 0;
  for (int step = 0; step < 20; ++step) {
    double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9;
    for (size_t i = 0; i < learned_.judged.size(); ++i) {
      uint32_t row = learned_.judged[i];
      double raw = learned_.judged_raw[i], p = logistic(a * raw + b), w = weight_.empty() ? 1 : weight_[row];
      double g = w * (p - y_[row]), h = w * p * (1 - p);
      ga += g * raw, gb += g, haa += h * raw * raw, hab += h * raw, hbb += h;
    }
    double det = haa * hbb - hab * hab;
    if (!(det > 1e-12)) return;
    a -= (hbb * ga - hab * gb) / det;
    b -= (haa * gb - hab * ga) / det;
  }
  if (!std::isfinite(a) || !std::isfinite(b) || a <= 0) return;
  std::vector<double> scaled = learned_.judged_raw;
  for (double& raw : scaled) raw = a * raw + b;
  if (loss(scaled) > loss(learned_.judged_raw) * 0.995) return;
  learned_.model.recalibration[0] = a;
  learned_.model.recalibration[1] = b;
}

/// Out-of-fold errors, sorted and thinned, for conformal intervals.
void Learner::keep_residuals() {
  constexpr size_t kMost = 2000;
  if (ranks()) return;  // a score is no estimate of the grade
  Model& model = learned_.model;
  std::vector<double> answers = model.predict(learned_.judged_raw), errors;
  for (size_t i = 0; i < learned_.judged.size(); ++i) {
    double y = y_[learned_.judged[i]];
    if (!classify())
      errors.push_back(std::abs(y - answers[i]));
    else if (outputs_ == 1)
      errors.push_back(y > 0.5 ? 1 - answers[i] : answers[i]);
    else
      errors.push_back(1 - answers[i * outputs_ + static_cast<size_t>(y)]);
  }
  std::sort(errors.begin(), errors.end());
  std::vector<double>& kept = classify() ? model.class_scores : model.residuals;
  size_t step = std::max<size_t>(1, errors.size() / kMost);
  for (size_t i = step - 1; i < errors.size(); i += step) kept.push_back(errors[i]);
}

/// An additive model may combine a handful of pairs of columns where that lowers the loss of rows that it has not seen
/// by a thousandth: then it takes the place of the one without.
void Learner::try_pairs(std::vector<Candidate>& all) {
  constexpr size_t kMostPairs = 5;
  constexpr double kWorthIt = 1e-3;
  Candidate& plain = all[0];
  std::vector<double> residual;
  for (size_t i = 0; i < learned_.judged.size(); ++i)
    residual.push_back(y_[learned_.judged[i]] - (classify() ? logistic(plain.raw[i]) : plain.raw[i]));
  Candidate with = plain;
  std::vector<std::string> names;
  for (const auto& [a, b] : promising_pairs(set_, positions(learned_.judged, split_.train), residual, kMostPairs)) {
    with.boosting.interactions.push_back({a, b});
    names.push_back(set_.features[static_cast<size_t>(a)].name + " x " + set_.features[static_cast<size_t>(b)].name);
  }
  if (names.empty()) return;
  with.settings += ", pairs " + join(names, ", ");
  with.trees = 0;
  order_.phase("trying pairs of columns");
  try_candidate(with);
  bool better = with.loss < plain.loss * (1 - kWorthIt);
  (better ? with : plain).weight = 1;
  all.push_back(std::move(with));
}

/// Without folds nothing can be compared: the first candidate that bends.
void keep_one(std::vector<Candidate>& all) {
  auto chosen = std::find_if(all.begin(), all.end(), [](const Candidate& c) { return c.method != "linear"; });
  if (chosen != all.end()) all = {*chosen};
  all.resize(1);
  all[0].weight = 1;
}

/// No blend: two additive models that are averaged are no easier to read.
void Learner::take_heaviest(std::vector<Candidate>& all) {
  auto chosen = std::max_element(all.begin(), all.end(),
                                 [](const Candidate& a, const Candidate& b) { return a.weight < b.weight; });
  chosen->weight = 1;
  learned_.judged_raw = chosen->raw;
}

/// With the settings of the best boosted candidate; each level costs as much as a candidate.
void Learner::learn_quantiles(const std::vector<Candidate>& tried) {
  const Candidate* best = nullptr;
  for (const Candidate& candidate : tried)
    if (candidate.method != "linear" && (!best || candidate.loss < best->loss)) best = &candidate;
  FR_CHECK(best != nullptr);
  std::vector<double> judged_y;
  for (uint32_t row : learned_.judged) judged_y.push_back(y_[row]);
  auto all = [&]() -> const BinnedRows& { return order_.each_block ? binned_table() : binned(); };
  QuantileRows rows{binned(), all, folds_, places_, set_.y, judged_y};
  size_t width = order_.quantiles.size();
  learned_.judged_quantiles.resize(judged_y.size() * width);
  for (size_t q = 0; q < width; ++q) {
    order_.phase(fmt::format("fitting quantile {} ({} of {})", order_.quantiles[q], q + 1, width));
    FittedQuantile fitted = fit_quantile(order_.quantiles[q], best->boosting, rows);
    for (size_t i = 0; i < judged_y.size(); ++i) learned_.judged_quantiles[i * width + q] = fitted.judged[i];
    learned_.model.quantiles.push_back(std::move(fitted.quantile));
  }
  for (auto line = learned_.judged_quantiles.begin(); line != learned_.judged_quantiles.end();
       line += static_cast<long>(width))
    std::sort(line, line + static_cast<long>(width));
}

Learned Learner::run() {
  Model& model = learned_.model;
  model.task = order_.task;
  model.target = order_.target;
  model.classes = order_.labels;
  model.costs = order_.costs;
  make_set();
  make_folds();
  learned_.baseline = constant_raw(split_.train);
  if (ranks()) learned_.order = best_single_order(set_);
  model.constant.assign(outputs_, 0);
  if (order_.method == "baseline") {
    model.constant = learned_.baseline;
    for (size_t i = 0; i < learned_.judged.size(); ++i)
      learned_.judged_raw.insert(learned_.judged_raw.end(), model.constant.begin(), model.constant.end());
    learned_.tried.push_back(
        {"baseline", classify() ? "shares of the classes" : "mean", 0, loss(learned_.judged_raw), 1});
    keep_residuals();
    return std::move(learned_);
  }
  std::vector<Candidate> all = candidates_for(order_, workload());
  for (size_t c = 0; c < all.size(); ++c) {
    order_.phase(fmt::format("trying {} ({} of {})", all[c].method, c + 1, all.size()));
    if (!folds_.empty()) try_candidate(all[c]);
  }
  if (folds_.empty())
    keep_one(all);
  else if (order_.method == "additive" && order_.settings.empty() && outputs_ == 1 && !ranks())
    try_pairs(all), take_heaviest(all);
  else
    blend(all);
  order_.phase("fitting");
  for (const Candidate& candidate : all) {
    learned_.tried.push_back({candidate.method, candidate.settings, static_cast<int>(std::lround(candidate.trees)),
                              candidate.loss, candidate.weight});
    if (candidate.weight > 0) refit(candidate, candidate.weight);
  }
  recalibrate();
  keep_residuals();
  if (!order_.quantiles.empty()) learn_quantiles(all);
  return std::move(learned_);
}

}  // namespace

Learned learn_model(const LearnOrder& order, const Frame& frame, const std::vector<double>& y,
                    const std::vector<double>& weight, const Split& split) {
  return Learner(order, frame, y, weight, split).run();
}

}  // namespace filrouge
