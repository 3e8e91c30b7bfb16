// What a model has learned, seen from the rows it is shown: which columns move its predictions, and how.
//
//   importance   mean absolute contribution (SHAP) per source column, with an interval; and what is lost when the
//   column
//                is shuffled (Breiman 2001), on at most 5,000 rows
//   pairs        columns that work together: mean absolute SHAP interaction (Lundberg, Erion, Lee 2018), on 500 rows
//   effects      mean contribution by bin of a column's values; for numbers also accumulated local effects (Apley & Zhu
//                2020), which correlated columns do not blur, on at most 2,000 rows
// Rows come block by block; bins and samples are taken from the first block. The same blocks give the same figures.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "models/model.h"

namespace filrouge {

struct ColumnImportance {
  std::string column;
  double importance = 0, lower = 0, upper = 0;  ///< in units of the raw score; 95 %
  double share = 0;
  double permutation = 0, permutation_lower = 0, permutation_upper = 0;  ///< rise of the loss; NaN without targets
  double gain = 0;                                                       ///< of the trees, weighted as they are
};

struct ColumnPair {
  std::string first, second;
  double strength = 0;  ///< in units of the raw score, beyond what each column does alone
};

struct EffectBin {
  std::string column, part;  ///< part: "hour" of a time; empty = the value itself
  std::string label;         ///< "JFK", "10 to 20", "missing"
  std::string class_name;    ///< more than two classes: whose score
  double from = 0, to = 0;   ///< numbers; NaN for texts
  uint64_t rows = 0;
  double effect = 0, lower = 0, upper = 0;                        ///< mean contribution to the raw score
  double accumulated = std::numeric_limits<double>::quiet_NaN();  ///< ALE at the bin's middle, centred
};

class Explanation {
 public:
  Explanation(const Model& model, int threads);
  ~Explanation();
  /// `y` (class number or value) has an entry per row of the frame, or is empty. Returns the contributions by source
  /// column: rows * outputs * (sources + 1). `by_feature`: Model::feature_contributions() of the frame where somebody
  /// has computed them already, else empty.
  std::vector<double> add(const Frame& frame, const std::vector<double>& y, std::vector<double> by_feature = {});

  uint64_t rows() const;
  std::vector<ColumnImportance> importance() const;  ///< largest first
  std::vector<ColumnPair> pairs() const;             ///< strongest first, at most 50
  std::vector<EffectBin> effects() const;            ///< most important column first

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace filrouge
