// The loop around LightGBM: one tree per output at a time, the loss on the validation rows after each, back to the
// best.
//
// The same bytes on any number of threads (tests/unit/models/boosting_test.cpp) need two of LightGBM's switches.
// `deterministic` sums gradients on one thread. `force_col_wise` lets one thread fill a feature's histogram;
// `force_row_wise`, faster where bins are few, cuts the rows into parts and adds the parts' histograms up: other parts,
// other last digits, sooner or later other splits. It makes num_threads parts, however many threads then work at them,
// so there num_threads comes from the rows alone, and the threads that work are limited by other means. Why, with
// figures: docs/decisions/0015-histograms-by-row.md. LightGBM's bagging draws by blocks of 1,024 rows, each with a
// generator of its own, so it depends on the seed only. Its metrics add up by thread: the loss is computed here.
#include "models/boosting.h"

#include <stdlib.h>

#include <bit>
#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "models/boosting_loss.h"
#include "models/lightgbm_rows.h"
#include "models/thread_choice.h"

namespace filrouge {
namespace {

constexpr int kValidation = 1;  // LightGBM's number of the first validation set; 0 is the training set

std::string interaction_groups(const std::vector<std::vector<int>>& groups) {
  std::vector<std::string> texts;
  for (const std::vector<int>& group : groups) texts.push_back(fmt::format("[{}]", fmt::join(group, ",")));
  return join(texts, ",");
}

std::string monotone_constraints(const std::vector<FeatureSpec>& features) {
  std::vector<std::string> signs;
  bool any = false;
  for (const FeatureSpec& feature : features) {
    signs.push_back(std::to_string(feature.monotone));
    any = any || feature.monotone;
  }
  return any ? join(signs, ",") : "";
}

/// How the histograms of a training are filled: by the data and the options, never by the machine.
struct Histograms {
  bool by_row = false;
  int parts = 1;  ///< of the rows, where by_row
};

/// By row where the histograms of all features fit into a processor's first cache (a bin takes 16 bytes) and a feature
/// has few bins: filled by column, such a one waits for the bin that it has just added to. Trees that draw features
/// would fill those of the others too; a second copy of the bins must not be what a large table fails at.
Histograms histograms_for(const BinnedRows::Impl& data, size_t rows, const BoostingOptions& options) {
  constexpr size_t kMostBins = 2048, kMostBinsOfOne = 64, kMostCells = 200'000'000;
  constexpr size_t kRowsOfPart = 16'384, kFewestParts = 2, kMostParts = 16;
  size_t bins = data.num_bins(), columns = data.features.size();
  bool small = bins <= kMostBins && bins <= kMostBinsOfOne * columns && rows * columns <= kMostCells;
  if (!small || options.feature_share < 1) return {};
  size_t parts = std::clamp(rows / kRowsOfPart, kFewestParts, kMostParts);
  return {true, static_cast<int>(std::bit_floor(parts))};  // even shares for 2, 4, 8 threads
}

std::string booster_parameters(const BinnedRows::Impl& data, size_t rows, const BoostingOptions& options) {
  Histograms histograms = histograms_for(data, rows, options);
  std::string text = fmt::format(
      "objective={} metric=none num_leaves={} max_depth={} min_data_in_leaf={} learning_rate={} lambda_l1={} "
      "lambda_l2={} feature_fraction={} alpha={} cat_smooth={} cat_l2={} max_bin={} seed={} num_threads={} "
      "deterministic=true {}=true feature_pre_filter=false verbosity=-1",
      options.objective, options.leaves, options.max_depth, options.min_rows_in_leaf, options.rate, options.l1,
      options.l2, options.feature_share, options.quantile, options.category_smooth, options.category_l2,
      options.max_bins, options.seed % 2147483647, histograms.by_row ? histograms.parts : options.threads,
      histograms.by_row ? "force_row_wise" : "force_col_wise");
  if (options.row_share < 1) text += fmt::format(" bagging_fraction={} bagging_freq=1", options.row_share);
  if (options.objective == "multiclass") text += fmt::format(" num_class={}", options.classes);
  if (std::string signs = monotone_constraints(data.features); !signs.empty())
    text += " monotone_constraints_method=intermediate monotone_constraints=" + signs;
  if (!options.interactions.empty()) text += " interaction_constraints=" + interaction_groups(options.interactions);
  return text;
}

WatchedRows watched(const BinnedRows::Impl& data, const Rows& rows) {
  WatchedRows watch;
  for (uint32_t r : rows) {
    watch.y.push_back(data.y[r]);
    if (!data.weight.empty()) watch.weight.push_back(data.weight[r]);
    if (!data.group.empty()) watch.group.push_back(data.group[r]);
  }
  return watch;
}

/// One training: the booster and the datasets that it looks into.
class Training {
 public:
  Training(const BinnedRows::Impl& data, const Rows& train, const Rows& validation, const BoostingOptions& options)
      : options_(options), watch_(watched(data, validation)) {
    if (!train.empty()) train_ = data.subset(train);
    LightGbm::Handle rows = train_ ? train_.get() : data.dataset.get(), handle = nullptr;
    std::string parameters = booster_parameters(data, train.empty() ? data.num_rows : train.size(), options);
    lightgbm_check(lightgbm().booster_create(rows, parameters.c_str(), &handle));
    booster_ = LightGbmHandle(handle, lightgbm().booster_free);
    if (validation.empty()) return;
    validation_ = data.subset(validation);
    lightgbm_check(lightgbm().booster_add_validation(handle, validation_.get()));
  }

  Boosted run() {
    Boosted best;
    int done = 0;
    bool finished = false;
    while (done < options_.trees && !finished) {
      finished = grow(done == 0);
      if (finished && done > 0) break;  // no split is worth while any more: nothing was added
      done++;
      if (!validation_) continue;
      double loss = boosting_loss(options_.objective, options_.quantile, watch_, predicted());
      if (best.trees == 0 || loss < best.validation_loss) {
        best.trees = done;
        best.validation_loss = loss;
      } else if (options_.patience > 0 && done - best.trees >= options_.patience) {
        break;
      }
    }
    if (!validation_) best.trees = done;
    best.text = lightgbm_text(booster_.get(), best.trees);
    if (validation_) best.validation_raw = raw_after(best.trees);
    return best;
  }

 private:
  /// The next tree of each output. True: no split is worth while any more. The first one also makes what all of them
  /// need, so its time says nothing of the others'.
  bool grow(bool first) {
    int finished = 0;
    lightgbm().set_active_levels(threads_.alone() ? 0 : 1);
    const auto start = std::chrono::steady_clock::now();
    const int result = lightgbm().booster_update(booster_.get(), &finished);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    lightgbm().set_active_levels(1);
    lightgbm_check(result);
    if (!first) threads_.took(took.count());
    return finished != 0;
  }

  /// What the objective makes of the scores of the validation rows, class after class.
  std::vector<double> predicted() const {
    int64_t count = 0;
    lightgbm_check(lightgbm().booster_num_predict(booster_.get(), kValidation, &count));
    std::vector<double> values(count);
    lightgbm_check(lightgbm().booster_predict(booster_.get(), kValidation, &count, values.data()));
    return values;
  }

  /// LightGBM shows scores only as its objective transforms them: take the objective away, then the trees after the
  /// best.
  std::vector<double> raw_after(int trees) {
    lightgbm_check(lightgbm().booster_reset_parameter(booster_.get(), "objective=custom verbosity=-1"));
    int done = 0;
    lightgbm_check(lightgbm().booster_iteration(booster_.get(), &done));
    for (; done > trees; done--) lightgbm_check(lightgbm().booster_rollback(booster_.get()));
    std::vector<double> by_class = predicted(), by_row(by_class.size());
    size_t rows = watch_.y.size(), outputs = by_class.size() / rows;
    for (size_t r = 0; r < rows; r++)
      for (size_t k = 0; k < outputs; k++) by_row[r * outputs + k] = by_class[k * rows + r];
    return by_row;
  }

  const BoostingOptions& options_;
  WatchedRows watch_;
  ThreadChoice threads_;
  LightGbmHandle train_{nullptr, nullptr}, validation_{nullptr, nullptr}, booster_{nullptr, nullptr};
};

}  // namespace

/// LightGBM asks OpenMP for num_threads threads by name, and GNU OpenMP gives no more than this; it is read when the
/// library is loaded.
void limit_boosting_threads(int threads) {
  setenv("OMP_THREAD_LIMIT", std::to_string(std::max(1, threads)).c_str(), 1);
}

Boosted boost(const BinnedRows& data, const Rows& train, const Rows& validation, const BoostingOptions& options) {
  return Training(data.impl(), train, validation, options).run();
}

}  // namespace filrouge
