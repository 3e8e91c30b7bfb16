#include "models/conformal.h"

#include <gtest/gtest.h>

#include "models/draw.h"

namespace filrouge {

TEST(Conformal, TakesTheCorrectedRank) {
  EXPECT_EQ(conformal_quantile({1, 2, 3, 4, 5, 6, 7, 8, 9}, 0.9), 9);  // ceil(10 * 0.9) = 9th of 9
  EXPECT_EQ(conformal_quantile({1, 2, 3, 4, 5, 6, 7, 8, 9}, 0.8), 8);
  EXPECT_EQ(conformal_quantile({1, 2, 3, 4, 5, 6, 7, 8}, 0.9), INFINITY);  // 9 * 0.9 = 8.1: a ninth would be needed
  EXPECT_EQ(conformal_quantile({}, 0.5), INFINITY);
  EXPECT_EQ(conformal_quantile({-3, -2, -1}, 0.5), -2);  // signed scores may narrow
}

// The exact promise: over many calibrations, coverage lies between `coverage` and coverage + 1 / (n + 1).
TEST(Conformal, CoversAsPromisedOnAverage) {
  for (size_t n : {19u, 60u}) {
    double inside = 0;
    constexpr uint64_t kTimes = 20'000;
    for (uint64_t t = 0; t < kTimes; ++t) {
      std::vector<double> residuals;
      for (size_t i = 0; i < n; ++i) residuals.push_back(draw(t, i) * draw(t, i + 1000));
      inside += draw(t, 5000) * draw(t, 6000) <= conformal_quantile(residuals, 0.9) ? 1 : 0;
    }
    EXPECT_GE(inside / kTimes, 0.9 - 0.006) << n;
    EXPECT_LE(inside / kTimes, 0.9 + 1.0 / static_cast<double>(n + 1) + 0.006) << n;
  }
}

}  // namespace filrouge
