// Quantiles hold as often as they say on rows that were not seen, also where errors grow with the prediction; they
// never cross, and come back from disk.
#include "models/quantiles.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../temp_folder.h"
#include "made_frame.h"
#include "models/learner.h"

namespace filrouge {
namespace {

constexpr size_t kRows = 4000;

struct Spread {
  Frame frame = FrameMaker(kRows)
                    .number("x", [](size_t r) { return noise(r, 101); })
                    .number("z", [](size_t r) { return noise(r, 102); })
                    .make();
  std::vector<double> y;
  Split split;
  LearnOrder order;

  Spread() {
    // Evenly spread between 0 and 10 x: the quantile q is 10 x q.
    for (size_t r = 0; r < kRows; ++r) y.push_back(10 * noise(r, 101) * noise(r, 105));
    split = split_rows({SplitPlan::Kind::random, "", 0.3, 0, 3, 1}, all_rows(kRows), y, nullptr, false);
    order.task = Task::regress;
    order.method = "boosting";
    order.settings = {{"leaves", 7}, {"rate", 0.1}};
    order.quantiles = {0.1, 0.5, 0.9};
    order.target = "y";
  }
};

TEST(Quantiles, HoldAsOftenAsTheySayAndNeverCross) {
  Spread problem;
  Learned learned = learn_model(problem.order, problem.frame, problem.y, {}, problem.split);
  Matrix x = learned.model.features.encode(problem.frame);
  std::vector<double> quantiles = learned.model.predict_quantiles(x);
  ASSERT_EQ(quantiles.size(), kRows * 3);
  double below[3] = {0, 0, 0}, n = static_cast<double>(problem.split.test.size()), far = 0;
  for (uint32_t r : problem.split.test) {
    const double* q = &quantiles[r * 3];
    ASSERT_TRUE(q[0] <= q[1] && q[1] <= q[2]);
    for (int i = 0; i < 3; ++i) below[i] += (problem.y[r] <= q[i]) / n;
    far += std::abs(q[2] - 9 * noise(r, 101)) / n;
  }
  EXPECT_NEAR(below[0], 0.1, 0.03);
  EXPECT_NEAR(below[1], 0.5, 0.045);
  EXPECT_NEAR(below[2], 0.9, 0.03);
  EXPECT_LT(far, 0.6) << "wide where the errors are large, narrow where they are not";
  ASSERT_EQ(learned.judged_quantiles.size(), learned.judged.size() * 3);
  TempFolder folder;
  learned.model.save(folder.path());
  EXPECT_EQ(Model::open(folder.path()).predict_quantiles(x), quantiles);
}

TEST(Quantiles, TheShiftIsTheConformalOneOfEachTail) {
  std::vector<double> y, zero(99, 0);
  for (int i = 1; i <= 99; ++i) y.push_back(i);
  EXPECT_DOUBLE_EQ(conformal_shift(0.9, y, zero), 90);   // the 90th smallest: ceil(100 * 0.9)
  EXPECT_DOUBLE_EQ(conformal_shift(0.1, y, zero), 10);   // 90 rows or more above
  EXPECT_DOUBLE_EQ(conformal_shift(0.995, y, zero), 0);  // 99 rows cannot promise that
}

TEST(Quantiles, AreNamedByPercent) {
  EXPECT_EQ(quantile_name(0.1), "q10");
  EXPECT_EQ(quantile_name(0.025), "q2_5");
  EXPECT_EQ(quantile_name(0.975), "q97_5");
}

}  // namespace
}  // namespace filrouge
