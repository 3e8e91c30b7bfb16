// Which two features an additive model should be allowed to combine: those whose cells explain most of what the model
// of one curve per feature leaves (the idea of FAST: Lou, Caruana, Gehrke, Hooker 2013, "Accurate intelligible models
// with pairwise interactions").
#pragma once

#include <utility>
#include <vector>

#include "models/matrix.h"

namespace filrouge {

using FeaturePair = std::pair<int, int>;  ///< first < second

/// At most `most` pairs, the most promising first. `rows`: positions in the set, with a `residual` (truth minus
/// out-of-fold prediction) each. Each feature is cut into up to 8 bins of equal share, a missing value is a bin of its
/// own, rare categories share one; a pair counts by the squares that its cells explain beyond its two margins, less
/// what chance would. Where there are more than 20 features only the 20 with the widest spread of residuals between
/// their bins are looked at.
std::vector<FeaturePair> promising_pairs(const TrainingSet& set, const Rows& rows, const std::vector<double>& residual,
                                         size_t most);

}  // namespace filrouge
