#include "models/conformal.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "made_data.h"
#include "models/linear.h"
#include "shared_set.h"

namespace filrouge {

namespace {

/// A third of the rows each: to learn from, to calibrate on, to look at.
struct Thirds {
  Rows learn, calibrate, look;
  Thirds(size_t rows, uint64_t seed) {
    for (uint32_t r = 0; r < rows; ++r) {
      double d = draw(seed, r);
      (d < 1.0 / 3 ? learn : d < 2.0 / 3 ? calibrate : look).push_back(r);
    }
  }
};

std::vector<double> at(const std::vector<double>& values, const Rows& rows) {
  std::vector<double> some;
  for (uint32_t r : rows) some.push_back(values[r]);
  return some;
}

double covered(const ConformalBands& bands, const std::vector<double>& y, const std::vector<double>& prediction) {
  double inside = 0;
  for (size_t r = 0; r < y.size(); ++r)
    inside += std::abs(y[r] - prediction[r]) <= bands.radius_at(prediction[r]) ? 1 : 0;
  return inside / static_cast<double>(y.size());
}

}  // namespace

TEST(Conformal, TakesTheCorrectedRank) {
  EXPECT_EQ(conformal_radius({-1, 2, -3, 4, 5, -6, 7, 8, 9}, 0.9), 9);  // ceil(10 * 0.9) = 9th of 9
  EXPECT_EQ(conformal_radius({1, 2, 3, 4, 5, 6, 7, 8, 9}, 0.8), 8);
  EXPECT_EQ(conformal_radius({1, 2, 3, 4, 5, 6, 7, 8}, 0.9), INFINITY);  // 9 * 0.9 = 8.1: a ninth would be needed
  EXPECT_EQ(conformal_radius({}, 0.5), INFINITY);
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
      inside += draw(t, 5000) * draw(t, 6000) <= conformal_radius(residuals, 0.9) ? 1 : 0;
    }
    EXPECT_GE(inside / kTimes, 0.9 - 0.006) << n;
    EXPECT_LE(inside / kTimes, 0.9 + 1.0 / static_cast<double>(n + 1) + 0.006) << n;
  }
}

TEST(Conformal, BandsFollowTheNoise) {
  std::vector<double> y, prediction;
  for (uint64_t i = 0; i < 20'000; ++i) {
    prediction.push_back(draw(1, i) * 10);
    y.push_back(prediction.back() + (draw(2, i) - 0.5) * prediction.back());  // noise grows with the prediction
  }
  std::vector<double> y1(y.begin(), y.begin() + 10'000), p1(prediction.begin(), prediction.begin() + 10'000);
  ConformalBands bands = conformal_bands(y1, p1, 0.9);
  ASSERT_EQ(bands.radius.size(), 10u);
  EXPECT_LT(bands.radius_at(1) * 4, bands.radius_at(9));
  for (double from : {0.0, 3.0, 8.0}) {  // coverage holds in every part
    std::vector<double> y2, p2;
    for (size_t i = 10'000; i < 20'000; ++i) {
      if (prediction[i] < from || prediction[i] > from + 2) continue;
      y2.push_back(y[i]);
      p2.push_back(prediction[i]);
    }
    EXPECT_NEAR(covered(bands, y2, p2), 0.9, 0.03) << from;
  }
  ConformalBands again = conformal_bands_from_json(parse_json(dump(to_json(bands)), "bands"));
  EXPECT_EQ(again.edges, bands.edges);
  EXPECT_EQ(again.radius, bands.radius);
}

TEST(Conformal, FewRowsHaveOneBand) {
  ConformalBands bands = conformal_bands({1, 2, 3}, {1, 1, 1}, 0.5);
  EXPECT_EQ(bands.radius, (std::vector<double>{1}));
  ConformalBands none = conformal_bands({}, {}, 0.9);
  EXPECT_EQ(none.radius_at(3), INFINITY);
  EXPECT_EQ(conformal_bands_from_json(to_json(none)).radius_at(3), INFINITY);
  std::vector<double> same(5000, 2.0);
  EXPECT_EQ(conformal_bands(same, same, 0.9).radius, (std::vector<double>{0}));
  EXPECT_THROW(conformal_bands_from_json(parse_json(R"({"coverage": 0.9, "edges": [1], "radius": [1]})", "bands")),
               Error);
}

TEST(Conformal, SetsHoldTheClass) {
  std::vector<double> y, p;
  size_t rows = 6000;
  for (size_t i = 0; i < rows; ++i) {
    double raw[3] = {draw(3, 3 * i), draw(3, 3 * i + 1), draw(3, 3 * i + 2)}, sum = raw[0] + raw[1] + raw[2];
    for (double r : raw) p.push_back(r / sum);
    double d = draw(4, i) * sum;
    y.push_back(d < raw[0] ? 0 : d < raw[0] + raw[1] ? 1 : 2);
  }
  std::vector<double> y1(y.begin(), y.begin() + 3000), p1(p.begin(), p.begin() + 9000);
  double least = conformal_least_probability(y1, p1, 3, 0.9), inside = 0;
  for (size_t i = 3000; i < rows; ++i) {
    std::vector<int> set = conformal_set(p.data() + 3 * i, 3, least);
    ASSERT_FALSE(set.empty());
    inside += std::count(set.begin(), set.end(), static_cast<int>(y[i])) > 0 ? 1 : 0;
  }
  EXPECT_NEAR(inside / 3000, 0.9, 0.02);
  double two = 0.7;
  EXPECT_EQ(conformal_set(&two, 2, 0.5), (std::vector<int>{1}));
  EXPECT_EQ(conformal_set(&two, 2, 0.3), (std::vector<int>{0, 1}));
  EXPECT_EQ(conformal_set(&two, 2, 0.9), (std::vector<int>{1}));
  EXPECT_LE(conformal_least_probability({1}, {0.4}, 2, 0.9), 0);  // one row promises nothing: every class
}

TEST(Conformal, WithinAPointOnRealTables) {
  auto data = shared_data();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  for (const char* query : {
           "SELECT carat, cut, color, clarity, depth, \"table\", price::DOUBLE FROM "
           "read_csv('{0}/tables/diamonds.csv.gz')",
           "SELECT Temperature, Holiday, hour(Time::TIMESTAMP)::VARCHAR, Demand FROM "
           "read_csv('{0}/tables/vic_elec.csv.gz')",
           "SELECT year, month, lat, \"long\", status, pressure, wind::DOUBLE FROM "
           "read_csv('{0}/tables/storms.csv.gz')",
           "SELECT veh_body, veh_age, gender, area, agecat, veh_value FROM '{0}/tables/dataCar.parquet'",
       }) {
    TrainingSet set = shared_set(*data, query);
    ASSERT_GT(set.y.size(), 10'000u) << query;
    Thirds thirds(set.y.size(), 6);
    LinearOptions options;
    options.classify = false;
    std::vector<double> prediction(set.y.size());
    Linear::fit(set, thirds.learn, options).raw(set.x, 0, set.x.rows, prediction.data());
    ConformalBands bands = conformal_bands(at(set.y, thirds.calibrate), at(prediction, thirds.calibrate), 0.9);
    EXPECT_NEAR(covered(bands, at(set.y, thirds.look), at(prediction, thirds.look)), 0.9, 0.01) << query;
  }
}

TEST(Conformal, WithinAPointOnRealClasses) {
  auto data = shared_data();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  TrainingSet set = shared_set(*data, "SELECT * FROM read_csv('{0}/fairness/bank-full.csv.gz')");
  Thirds thirds(set.y.size(), 7);
  std::vector<double> p(set.y.size());
  Linear::fit(set, thirds.learn, {}).raw(set.x, 0, set.x.rows, p.data());
  for (double& score : p) score = 1 / (1 + std::exp(-score));
  double least = conformal_least_probability(at(set.y, thirds.calibrate), at(p, thirds.calibrate), 2, 0.95), inside = 0;
  for (uint32_t r : thirds.look) {
    std::vector<int> said = conformal_set(&p[r], 2, least);
    inside += std::count(said.begin(), said.end(), static_cast<int>(set.y[r])) > 0 ? 1 : 0;
  }
  EXPECT_NEAR(inside / static_cast<double>(thirds.look.size()), 0.95, 0.01);
}

}  // namespace filrouge
