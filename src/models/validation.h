// Which rows a model is fitted on and which judge it. Nothing here depends on luck: rows are drawn by a hash of their
// number and the seed.
//
//   time    the latest rows are the test; folds are expanding windows (train on all before, validate on the next part)
//   group   all rows of a group stay on one side; groups are drawn by a hash of their value
//   random  rows are drawn by a hash of their number; classes keep their shares
//   none    no test: cross-validation over all rows, as `random`
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/frame.h"
#include "models/metrics.h"

namespace filrouge {

struct SplitPlan {
  enum class Kind { none, random, time, group };
  Kind kind = Kind::none;
  std::string column;       ///< time, group
  double test_share = 0.2;  ///< of the rows; 0: no test, the folds alone judge; not for `none`
  double gap = 0;           ///< time: seconds (or units of a number) left out between training and validation rows
  int folds = 5;            ///< 0: none; then nothing is tried or judged before the test
  uint64_t seed = 1;
};

struct Fold {
  Rows train, validation;
  std::string from, to;  ///< time: of the validation rows, as text
};

struct Split {
  Rows train, test;         ///< test is empty for `none` and a test share of 0; ascending, no row in both
  std::vector<Fold> folds;  ///< within `train`
};

/// `rows`: those that have a target. `y` has an entry for every row of the frame; `by`: the split's column, of which no
/// row may be missing (Error(data, FR0805)). `strata`: keep the shares of the values of y (classes). Throws
/// Error(data, FR0803) where the rows are too few to be split.
Split split_rows(const SplitPlan& plan, const Rows& rows, const std::vector<double>& y, const FrameColumn* by,
                 bool strata);

}  // namespace filrouge
