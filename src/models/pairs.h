// Which two features work together most.
#pragma once

#include "models/forest.h"
#include "models/matrix.h"

namespace filrouge {

struct PairStrength {
  uint32_t first = 0, second = 0;  ///< features, first < second
  double strength = 0;             ///< in units of the raw score
};

/// Pairs by strength, strongest first, at most `most`; pairs that do not interact are left out.
///
/// Strength: the mean over rows of |SHAP interaction value| (Lundberg, Erion, Lee 2018, section 4.2; both halves
/// together), summed over outputs: how much a pair moves a row's raw score beyond what its two features do each alone.
/// Exact for the rows looked at: all of `x`, or 500 spread evenly over it. Where the forest uses more than 128
/// features, pairs of the 128 with the largest gain are looked at. The same numbers whatever `threads`.
std::vector<PairStrength> strongest_pairs(const Forest& forest, const Matrix& x, int most, int threads);

}  // namespace filrouge
