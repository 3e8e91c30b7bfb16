#include "models/conformal.h"

#include <cmath>
#include <limits>

#include "base/error.h"

namespace filrouge {

double conformal_quantile(std::vector<double> scores, double coverage) {
  FR_CHECK(coverage > 0 && coverage < 1);
  // A hair less, so that 0.9 * 10 is 9 and not 9.000000000000002.
  double rank = std::ceil((static_cast<double>(scores.size()) + 1) * coverage * (1 - 1e-12));
  if (rank > static_cast<double>(scores.size())) return std::numeric_limits<double>::infinity();
  auto place = scores.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(scores.begin(), place, scores.end());
  return *place;
}

}  // namespace filrouge
