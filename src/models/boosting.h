// Gradient-boosted trees by LightGBM (its C API, opened on first use: nothing is loaded unless a model is trained).
//
// The result is a function of the data, the options and the seed: not of the number of threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/matrix.h"

namespace filrouge {

/// Part of the key of what is learned.
constexpr const char* kLightgbmVersion = "lightgbm 4.7.0";

struct BoostingOptions {
  std::string objective =
      "binary";     ///< LightGBM's name: regression, regression_l1, quantile, binary, multiclass, lambdarank
  int classes = 1;  ///< multiclass: how many
  int trees = 200;
  int leaves = 31;
  int max_depth = -1;
  int min_rows_in_leaf = 20;
  double rate = 0.1;
  double l1 = 0, l2 = 0;
  double feature_share = 1;  ///< of the features, drawn for each tree
  double row_share = 1;      ///< of the rows, drawn for each tree
  double quantile = 0.5;     ///< for the objective `quantile`
  double category_smooth = 10, category_l2 = 10;
  int max_bins = 255;
  std::vector<std::vector<int>> interactions;  ///< features that may stand on one path of a tree; empty = any
  int patience = 0;  ///< stop when the validation loss has not improved for so many trees; 0 = never
  uint64_t seed = 1;
  int threads = 1;
};

struct Boosted {
  std::string text;                    ///< the model, for Forest::parse; cut back to `trees` trees per output
  int trees = 0;                       ///< the best iteration where there were validation rows, else all
  double validation_loss = 0;          ///< at that iteration: see boosting_loss.h
  std::vector<double> validation_raw;  ///< raw scores of the validation rows then, rows * outputs; as Forest::raw of
                                       ///< `text` gives them but for rounding (1e-12)
};

/// A table of binned features: made once, trained on many times (folds, options).
class BinnedRows {
 public:
  explicit BinnedRows(const TrainingSet& set, int max_bins, int threads);
  /// For tables larger than memory: bins are found on `sample` (rows drawn from all over), then push() all rows in
  /// order, block by block, then finish(). `num_rows`: how many will be pushed.
  BinnedRows(const TrainingSet& sample, size_t num_rows, int max_bins, int threads);
  void push(const TrainingSet& block);
  void finish();
  ~BinnedRows();
  BinnedRows(const BinnedRows&) = delete;
  BinnedRows& operator=(const BinnedRows&) = delete;

  struct Impl;
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// From now on no more than `threads` threads work at LightGBM's loops, whatever the options say: where histograms are
/// filled by row (boosting.cpp), LightGBM is asked for as many threads as the rows want, on every machine. To be said
/// before LightGBM is opened; afterwards it changes nothing.
void limit_boosting_threads(int threads);

/// Trains on `train` and, where `validation` is not empty, watches those rows. Empty `train` = all rows. LightGBM
/// learns from targets and weights of 32 bits. One training at a time: its threads are counted for the process. Throws
/// Error(engine, FR0825) with LightGBM's own words, Error(environment, FR0826) when the library cannot be opened.
Boosted boost(const BinnedRows& data, const Rows& train, const Rows& validation, const BoostingOptions& options);

}  // namespace filrouge
