// Split conformal prediction: from rows that a model has not seen, how wide an interval, or how large a set of classes,
// must be to hold the truth with a chosen probability, whatever the model and the distribution, as long as new rows are
// exchangeable with those rows (Vovk, Gammerman, Shafer 2005; Papadopoulos 2002; Lei et al. 2018).
#pragma once

#include <vector>

#include "base/json.h"

namespace filrouge {

/// The ceil((n + 1) coverage)-th smallest of n scores: a new row's score is at most this with probability `coverage`
/// or more. Infinite where n is too small to promise that (n < coverage / (1 - coverage)). `coverage` in (0, 1).
/// Scores may be of any kind: |y - prediction|, or max(low - y, y - high) of two predicted quantiles (Romano,
/// Patterson, Candes 2019), whose quantile then widens [low, high] on both sides.
double conformal_quantile(std::vector<double> scores, double coverage);

/// The same of absolute residuals: prediction -+ radius.
double conformal_radius(std::vector<double> residuals, double coverage);

/// Intervals whose width depends on the prediction: large predictions often err more. Calibrated apart in up to ten
/// bands of the prediction with 200 rows or more each (Mondrian prediction, Vovk 2005, section 4.5), so coverage holds
/// in each band. With few rows there is one band: the plain radius.
struct ConformalBands {
  double coverage = 0.9;
  std::vector<double> edges;   ///< ascending, one fewer than bands; band b holds predictions in [edges[b-1], edges[b])
  std::vector<double> radius;  ///< of each band; infinite as in conformal_quantile

  double radius_at(double prediction) const;
};
ConformalBands conformal_bands(const std::vector<double>& y, const std::vector<double>& prediction, double coverage);
Json to_json(const ConformalBands& bands);
/// Error(data, FR0832) for what is not one.
ConformalBands conformal_bands_from_json(const Json& json);

/// Classes: the least probability that a class needs to be in the set (LAC: Sadinle, Lei, Wasserman 2019, the smallest
/// sets on average). `probability`: `classes` numbers per row of y; of two classes, one number: that of class 1.
/// At most 0 (every class is in) where the rows are too few.
double conformal_least_probability(const std::vector<double>& y, const std::vector<double>& probability, int classes,
                                   double coverage);
/// The set for one row: the classes that reach `least`, ascending; never empty, the most probable one is always in.
/// `probability` as above.
std::vector<int> conformal_set(const double* probability, int classes, double least);

}  // namespace filrouge
