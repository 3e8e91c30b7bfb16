// Split conformal prediction: from rows that a model has not seen, how wide an interval, or how large a set of classes,
// must be to hold the truth with a chosen probability, whatever the model and the distribution, as long as new rows are
// exchangeable with those rows (Vovk, Gammerman, Shafer 2005; Papadopoulos 2002; Lei et al. 2018).
#pragma once

#include <vector>

namespace filrouge {

/// The ceil((n + 1) coverage)-th smallest of n scores: a new row's score is at most this with probability `coverage`
/// or more. Infinite where n is too small to promise that (n < coverage / (1 - coverage)). `coverage` in (0, 1).
/// Scores may be of any kind: |y - prediction|, or max(low - y, y - high) of two predicted quantiles (Romano,
/// Patterson, Candes 2019), whose quantile then widens [low, high] on both sides.
double conformal_quantile(std::vector<double> scores, double coverage);

}  // namespace filrouge
