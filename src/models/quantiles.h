// Quantiles of a number: one boosted model each, with the pinball objective (Koenker & Bassett 1978), moved by what
// out-of-fold rows tell so that a new row lies below as often as the level says: conformalised quantile regression with
// each tail by itself (Romano, Patterson, Candes 2019, theorem 2). As there, it holds for rows of the same kind.
#pragma once

#include <functional>
#include <vector>

#include "models/boosting.h"
#include "models/model.h"

namespace filrouge {

/// A fold, as positions among the training rows.
struct FoldRows {
  Rows train, validation;
};

/// What the learner lends: its training rows and how they are judged.
struct QuantileRows {
  const BinnedRows& training;              ///< folds are of these
  std::function<const BinnedRows&()> all;  ///< the final trees grow on these
  const std::vector<FoldRows>& folds;      ///< none: `options.trees` trees, and no shift
  const std::vector<size_t>& places;       ///< by fold, one after the other: place of each validation row in `judged`
  const std::vector<double>& y;            ///< of the training rows
  const std::vector<double>& judged_y;     ///< of the rows that the folds judge
};

struct FittedQuantile {
  Quantile quantile;
  std::vector<double> judged;  ///< out-of-fold answers for the judged rows, with the shift
};

/// `options`: of a boosting candidate; objective and level are set here. Where so few rows are judged that no shift can
/// promise the level, there is none.
FittedQuantile fit_quantile(double level, BoostingOptions options, const QuantileRows& rows);

/// How much must be added to `predicted` so that y is at most that with probability `level`; 0 where the rows are too
/// few to say.
double conformal_shift(double level, const std::vector<double>& y, const std::vector<double>& predicted);

}  // namespace filrouge
