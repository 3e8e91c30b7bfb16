#include "models/anomaly.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "made_data.h"
#include "models/anomaly_limits.h"
#include "models/metrics.h"
#include "shared_set.h"

namespace filrouge {

namespace {

/// As isolation() of tests/support/sklearn_metrics.py: three blobs, every 50th row anywhere; y says which.
TrainingSet odd_rows(uint64_t seed, size_t rows) {
  TrainingSet set;
  set.features = {{"u"}, {"v"}, {"w"}};
  set.x = Matrix(rows, 3);
  for (size_t r = 0; r < rows; ++r) {
    double a = draw(seed * 10, r), b = draw(seed * 10 + 1, r), c = draw(seed * 10 + 2, r), d = draw(seed * 10 + 3, r);
    double of = static_cast<double>(r % 3);
    double row[] = {a + b + c - 1.5 + of * 4, d + b + c - 1.5 - (of == 1 ? 5 : 0), d + a + (of == 2 ? 3 : 0)};
    for (size_t k = 0; k < 3; ++k) set.x.at(r, k) = r % 50 == 0 ? draw(seed * 10 + 5 + k, r) * 14 - 6 : row[k];
    set.y.push_back(r % 50 == 0 ? 1 : 0);
  }
  return set;
}

/// As components() there.
TrainingSet moving_together(uint64_t seed, size_t rows) {
  TrainingSet set;
  set.features = {{"p"}, {"q"}, {"r"}, {"s"}, {"t"}};
  set.x = Matrix(rows, 5);
  for (size_t i = 0; i < rows; ++i) {
    double a = draw(seed * 10, i), b = draw(seed * 10 + 1, i), row[] = {a, a + b, b * 3, a - b, 2 * a};
    for (size_t k = 0; k < 5; ++k) set.x.at(i, k) = row[k] + draw(seed * 10 + 2 + k, i) * 0.3;
  }
  return set;
}

double auc(const std::vector<double>& y, const std::vector<double>& score) {
  return metric("auc", {Task::anomaly, 1, y, score});
}

double sum(const double* begin, size_t count) {
  double total = 0;
  for (size_t i = 0; i < count; ++i) total += begin[i];
  return total;
}

}  // namespace

TEST(Isolation, FindsWhatScikitLearnFinds) {
  int compared = 0;
  for (const Json& test : expected_figures("sklearn_learners.json")) {
    if (test["kind"] != "isolation") continue;
    TrainingSet set = odd_rows(test["seed"], test["rows"]);
    IsolationForest forest = IsolationForest::fit(set, all_rows(set), {});
    EXPECT_NEAR(auc(set.y, forest.scores(set.x, 1)), test["auc"].get<double>(), 0.01);
    ++compared;
  }
  EXPECT_EQ(compared, 2);
}

TEST(Isolation, ContributionsExplainTheScore) {
  TrainingSet set = odd_rows(73, 800);
  for (size_t r = 0; r < 800; ++r) set.x.at(r, 1) = r == 5 ? 60 : set.x.at(r, 1);  // odd in one feature only
  IsolationForest forest = IsolationForest::fit(set, all_rows(set), {});
  std::vector<double> scores = forest.scores(set.x, 1);
  Matrix parts = forest.contributions(set.x, 1);
  for (size_t r = 0; r < 800; ++r) {
    EXPECT_NEAR(scores[r], std::exp2(sum(parts.row(r), 3) / forest.expected_path() - 1), 1e-12);
  }
  EXPECT_EQ(std::max_element(parts.row(5), parts.row(5) + 3) - parts.row(5), 1);
}

TEST(Isolation, SameOnAnyNumberOfThreadsAndFromJson) {
  TrainingSet set = odd_rows(74, 3000);
  IsolationForest one = IsolationForest::fit(set, all_rows(set), {});
  IsolationOptions options;
  options.threads = 2;
  IsolationForest two = IsolationForest::fit(set, all_rows(set), options);
  EXPECT_EQ(dump(one.to_json()), dump(two.to_json()));
  IsolationForest again = IsolationForest::from_json(parse_json(dump(one.to_json()), "model"));
  EXPECT_EQ(one.scores(set.x, 1), again.scores(set.x, 2));
}

TEST(Isolation, ReadsCategoriesAndGaps) {
  TrainingSet set;
  set.features = {{"kind", 3}, {"size"}};
  set.x = Matrix(1000, 2);
  for (size_t r = 0; r < 1000; ++r) {
    set.x.at(r, 0) = r % 40 == 7 ? 2 : static_cast<double>(r % 2);
    set.x.at(r, 1) = r % 10 == 3 ? std::nan("") : draw(75, r);
  }
  IsolationForest forest = IsolationForest::fit(set, all_rows(set), {});
  std::vector<double> scores = forest.scores(set.x, 1);
  std::vector<double> rare;
  for (size_t r = 0; r < 1000; ++r) rare.push_back(set.x.at(r, 0) == 2 ? 1 : 0);
  EXPECT_GT(auc(rare, scores), 0.95);
  Matrix unseen(1, 2);
  unseen.at(0, 0) = std::nan("");
  unseen.at(0, 1) = INFINITY;
  EXPECT_TRUE(std::isfinite(forest.scores(unseen, 1)[0]));
}

TEST(Isolation, RefusesWhatItCannotUse) {
  TrainingSet set;
  set.features = {{"a"}};
  set.x = Matrix(20, 1);
  EXPECT_THROW(IsolationForest::fit(set, all_rows(set), {}), Error);
  EXPECT_THROW(IsolationForest::fit(set, {}, {}), Error);
  TrainingSet good = odd_rows(76, 300);
  Json json = IsolationForest::fit(good, all_rows(good), {}).to_json();
  for (auto spoil : std::vector<std::function<void(Json&)>>{
           [](Json& j) { j["trees"][0][0][3] = 0; },  // a cut that leads back to itself
           [](Json& j) { j["trees"][0][0][4] = 100000; },
           [](Json& j) { j["trees"][0][0][1] = 3; },  // a feature that is not there
           [](Json& j) { j["trees"] = Json::array(); },
           [](Json& j) { j = Json::array(); },
       }) {
    Json bad = json;
    spoil(bad);
    EXPECT_THROW(IsolationForest::from_json(bad), Error);
  }
}

TEST(Isolation, FindsFaultsOfARealValve) {
  auto data = shared_data();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  TrainingSet set = shared_set(*data,
                               "SELECT * EXCLUDE (datetime, changepoint, filename, anomaly), anomaly FROM read_csv("
                               "'{0}/iot/skab/valve1/*.csv', delim = ';', filename = true)");
  IsolationForest forest = IsolationForest::fit(set, all_rows(set), {});
  EXPECT_NEAR(auc(set.y, forest.scores(set.x, 2)), 0.631, 0.02) << "scikit-learn's mean of five seeds";
}

TEST(Components, EqualNumpys) {
  int compared = 0;
  for (const Json& test : expected_figures("sklearn_learners.json")) {
    if (test["kind"] != "components") continue;
    TrainingSet set = moving_together(test["seed"], test["rows"]);
    ComponentOptions options;
    options.components = 2;
    Components model = Components::fit(set, all_rows(set), options);
    Components::Scores scores = model.scores(set.x, 1);
    for (size_t r = 0; r < 4; ++r) {
      EXPECT_NEAR(scores.t2[r], test["t2"][r].get<double>(), 1e-9);
      EXPECT_NEAR(scores.q[r], test["q"][r].get<double>(), 1e-9);
    }
    EXPECT_NEAR(model.t2_limit(), test["t2_limit"].get<double>(), 1e-9);
    EXPECT_NEAR(model.q_limit(), test["q_limit"].get<double>(), 1e-9);
    ++compared;
  }
  EXPECT_EQ(compared, 2);
}

TEST(Components, TellTooFarFromAside) {
  TrainingSet set = moving_together(63, 500);
  Components model = Components::fit(set, all_rows(set), {});
  EXPECT_EQ(model.components(), 2);
  EXPECT_GE(model.variance_held(), 0.9);
  Matrix odd(2, 5);
  for (size_t k = 0; k < 5; ++k) {
    odd.at(0, k) = set.x.at(1, k);
    odd.at(1, k) = (k == 2 ? 6 : k == 3 ? 0 : k == 1 ? 4 : k == 4 ? 4 : 2) + 0.15;  // a = b = 2, twice what was seen
  }
  odd.at(0, 2) += 3;  // leaves the plane
  Components::Scores scores = model.scores(odd, 1);
  EXPECT_GT(scores.q[0], model.q_limit());
  EXPECT_EQ(std::max_element(scores.of_q.row(0), scores.of_q.row(0) + 5) - scores.of_q.row(0), 2);
  EXPECT_GT(scores.t2[1], model.t2_limit());
  EXPECT_LT(scores.q[1], model.q_limit());
  EXPECT_GT(scores.score[0], 0.5);
  for (size_t r = 0; r < 2; ++r) {
    EXPECT_NEAR(sum(scores.of_t2.row(r), 5), scores.t2[r], 1e-9 * scores.t2[r]);
    EXPECT_NEAR(sum(scores.of_q.row(r), 5), scores.q[r], 1e-9 * std::max(1.0, scores.q[r]));
  }
}

TEST(Components, LimitsHoldNewRows) {
  // Normal rows: 99 of 100 new ones stay below each limit.
  auto normal = [](uint64_t seed, size_t rows) {
    TrainingSet set;
    set.features = {{"a"}, {"b"}, {"c"}, {"d"}};
    set.x = Matrix(rows, 4);
    for (size_t r = 0; r < rows; ++r) {
      double z[6];
      for (uint64_t k = 0; k < 6; ++k) {
        double radius = std::sqrt(-2 * std::log(1 - draw(seed + k, 2 * r)));
        z[k] = radius * std::cos(2 * M_PI * draw(seed + k, 2 * r + 1));
      }
      double row[] = {z[0], z[1], z[0] + z[1] + 0.5 * z[2], z[0] - z[1] + 0.5 * z[3]};
      std::copy_n(row, 4, set.x.row(r));
    }
    return set;
  };
  TrainingSet set = normal(800, 2000), fresh = normal(900, 20'000);
  ComponentOptions options;
  options.components = 2;
  Components model = Components::fit(set, all_rows(set), options);
  Components::Scores scores = model.scores(fresh.x, 2);
  double over_t2 = 0, over_q = 0;
  for (size_t r = 0; r < fresh.x.rows; ++r) {
    over_t2 += scores.t2[r] > model.t2_limit() ? 1 : 0;
    over_q += scores.q[r] > model.q_limit() ? 1 : 0;
  }
  EXPECT_NEAR(over_t2 / 20'000, 0.01, 0.004);
  EXPECT_NEAR(over_q / 20'000, 0.01, 0.004);
}

TEST(Components, SameOnAnyNumberOfThreadsAndFromJson) {
  TrainingSet set = moving_together(64, 9000);
  set.features[4].categories = 3;
  for (size_t r = 0; r < 9000; ++r) {
    set.x.at(r, 4) = static_cast<double>(r % 3);
    if (r % 11 == 0) set.x.at(r, 0) = std::nan("");
  }
  Components one = Components::fit(set, all_rows(set), {});
  ComponentOptions options;
  options.threads = 2;
  Components two = Components::fit(set, all_rows(set), options);
  EXPECT_EQ(dump(one.to_json()), dump(two.to_json()));
  Components again = Components::from_json(parse_json(dump(one.to_json()), "model"));
  EXPECT_EQ(one.scores(set.x, 1).score, again.scores(set.x, 2).score);
  Json bad = one.to_json();
  bad["loadings"].erase(0);
  EXPECT_THROW(Components::from_json(bad), Error);
}

TEST(Components, StandFewAndEqualRows) {
  TrainingSet set;
  set.features = {{"a"}, {"b"}};
  set.x = Matrix(20, 2);
  EXPECT_THROW(Components::fit(set, all_rows(set), {}), Error);
  for (size_t r = 0; r < 20; ++r) set.x.at(r, 0) = set.x.at(r, 1) = static_cast<double>(r % 4);  // one dimension
  Components model = Components::fit(set, all_rows(set), {});
  Components::Scores scores = model.scores(set.x, 1);
  for (double score : scores.score) EXPECT_LT(score, 0.5);
  Matrix aside(1, 2);
  aside.at(0, 0) = 3;
  EXPECT_GT(model.scores(aside, 1).score[0], 0.9);
  EXPECT_THROW(Components::fit(set, {0, 1}, {}), Error);
}

TEST(Limits, EqualScipys) {
  EXPECT_NEAR(f_quantile(0.99, 3, 40), 4.312569212492143, 1e-10);
  EXPECT_NEAR(f_quantile(0.95, 10, 5000), 1.8325913585019946, 1e-10);
  EXPECT_NEAR(f_quantile(0.5, 1, 1), 1, 1e-12);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-13);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-10);
}

}  // namespace filrouge
