// An additive model as it is: one curve per feature and, where it combines pairs, one table per pair. Read off the
// trees, not estimated: of a feature, every value between two neighbouring thresholds has the same effect.
//
// Where a pair's table also tells of its two features alone, that part is moved into their curves (functional ANOVA
// with independent features: Hooker 2007, "Generalized functional ANOVA diagnostics"): averaged over the rows, a pair's
// table is then 0 along each of its features.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "models/model.h"

namespace filrouge {

/// Values of one feature: a range of numbers, above `from` up to `to` (infinite at the ends), a category, or missing.
struct ShapeBin {
  size_t feature = 0;
  double from = std::numeric_limits<double>::quiet_NaN(), to = from;  ///< NaN where `value` says it
  std::string value;                                                  ///< a category's text, "missing"; else empty
};

struct ShapeEffect {
  size_t output = 0;
  ShapeBin bin;
  std::optional<ShapeBin> second;  ///< of a pair
  uint64_t rows = 0;               ///< of those looked at
  double effect = 0;               ///< on the raw score; of a pair the mean over the rows of the cell
};

struct Shapes {
  std::vector<double> intercept;  ///< by output
  /// Raw score = intercept + the effects of the row's bins, exactly where there are no pairs. By output, then feature;
  /// each feature's effects have mean 0 over the rows looked at. Pairs come last.
  std::vector<ShapeEffect> effects;
};

/// `model`: forests of which no path uses more than two features. `x`: rows of the training, to count and to average
/// over.
Shapes shapes_of(const Model& model, const Matrix& x);

}  // namespace filrouge
