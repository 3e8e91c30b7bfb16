#include "models/linear.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "made_data.h"
#include "models/metrics.h"
#include "shared_set.h"

namespace filrouge {

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Rows all_rows(size_t count) {
  Rows rows(count);
  for (size_t r = 0; r < count; ++r) rows[r] = static_cast<uint32_t>(r);
  return rows;
}

/// As features() and linear() of tests/support/sklearn_metrics.py.
TrainingSet made_set(uint64_t seed, size_t rows, int classes, bool weighted) {
  TrainingSet set;
  set.features = {{"a"}, {"b"}, {"c"}, {"kind", 4}};
  set.x = Matrix(rows, 4);
  std::vector<std::vector<double>> draws;
  for (uint64_t k = 0; k < 7; ++k) draws.push_back(made_column(seed * 10 + k, rows));
  for (size_t r = 0; r < rows; ++r) {
    set.x.at(r, 0) = draws[0][r] * 10;
    set.x.at(r, 1) = draws[0][r] * 5 + draws[1][r];
    set.x.at(r, 2) = r % 7 == 0 ? kMissing : draws[2][r] * 1e6;
    set.x.at(r, 3) = std::floor(draws[3][r] * 4);
    double signal = set.x.at(r, 0) / 10 + (set.x.at(r, 3) == 2 ? 0.5 : 0) + draws[5][r];
    set.y.push_back(classes == 1 ? signal : std::min(std::floor(signal / 2.5 * classes), classes - 1.0));
    if (weighted) set.weight.push_back(std::floor(draws[6][r] * 8) / 4 + 0.25);
  }
  return set;
}

LinearOptions options_for(int classes, double penalty) {
  LinearOptions options;
  options.classify = classes > 1;
  options.classes = classes;
  options.penalty = penalty;
  return options;
}

std::vector<double> raw_of(const Linear& model, const Matrix& x) {
  std::vector<double> raw(x.rows * model.outputs());
  model.raw(x, 0, x.rows, raw.data());
  return raw;
}

}  // namespace

TEST(Linear, EqualsScikitLearn) {
  int compared = 0;
  for (const Json& test : expected_figures("sklearn_learners.json")) {
    if (test["kind"] != "linear") continue;
    TrainingSet set = made_set(test["seed"], test["rows"], test["classes"], test["weighted"]);
    Linear model = Linear::fit(set, all_rows(set.y.size()), options_for(test["classes"], test["penalty"]));
    std::vector<double> raw = raw_of(model, set.x);
    for (size_t r = 0; r < test["raw"].size(); ++r) {
      double mean = 0;  // scores of several classes are only defined up to a number added to all
      for (size_t k = 0; k < model.outputs(); ++k) mean += raw[r * model.outputs() + k];
      mean = model.outputs() > 1 ? mean / static_cast<double>(model.outputs()) : 0;
      for (size_t k = 0; k < model.outputs(); ++k) {
        EXPECT_NEAR(raw[r * model.outputs() + k] - mean, test["raw"][r][k].get<double>(),
                    model.outputs() > 1 ? 5e-6 : 1e-7)
            << test["name"];
      }
    }
    ++compared;
  }
  EXPECT_EQ(compared, 6);
}

TEST(Linear, SameOnAnyNumberOfThreads) {
  for (int classes : {1, 2, 3}) {
    TrainingSet set = made_set(70, 40'000, classes, false);
    LinearOptions options = options_for(classes, -1);
    std::string one = dump(Linear::fit(set, all_rows(40'000), options).to_json());
    options.threads = 2;
    EXPECT_EQ(one, dump(Linear::fit(set, all_rows(40'000), options).to_json())) << classes;
  }
}

TEST(Linear, JsonRoundTrip) {
  TrainingSet set = made_set(71, 300, 3, false);
  Linear model = Linear::fit(set, all_rows(300), options_for(3, 0.01));
  Linear again = Linear::from_json(parse_json(dump(model.to_json()), "model"));
  EXPECT_EQ(raw_of(model, set.x), raw_of(again, set.x));
  EXPECT_EQ(dump(model.to_json()), dump(again.to_json()));
}

TEST(Linear, RefusesWhatIsNotAModel) {
  TrainingSet set = made_set(71, 300, 2, false);
  Json good = Linear::fit(set, all_rows(300), options_for(2, 0.01)).to_json();
  std::vector<Json> bad = {Json(), Json::array(), good, good, good, good};
  bad[2]["weights"].erase(0);
  bad[3]["terms"]["features"][3]["values"][0] = 99;
  bad[4]["outputs"] = 1e18;
  bad[5]["terms"]["features"][0]["number"] = 7;
  for (const Json& json : bad) {
    try {
      Linear::from_json(json);
      ADD_FAILURE() << dump(json).substr(0, 200);
    } catch (const Error& error) {
      EXPECT_EQ(error.code, "FR0831");
    }
  }
}

TEST(Linear, ContributionsAddUpToTheRawScore) {
  for (int classes : {1, 2, 4}) {
    TrainingSet set = made_set(72, 500, classes, true);
    Linear model = Linear::fit(set, all_rows(500), options_for(classes, 0.001));
    std::vector<double> raw = raw_of(model, set.x), parts(set.x.rows * model.outputs() * 5, 0);
    model.add_contributions(set.x, 1, parts.data());
    for (size_t i = 0; i < raw.size(); ++i) {
      double sum = 0;
      for (size_t f = 0; f < 5; ++f) sum += parts[i * 5 + f];
      EXPECT_NEAR(sum, raw[i], 1e-9);
    }
  }
}

TEST(Linear, CoefficientsHaveHonestIntervals) {
  // y = 1 + 2 a - b / 1000 + noise: the intervals must hold 2, -1/1000 and the intercept 1 in about 95 of 100 samples.
  int held[3] = {0, 0, 0};
  constexpr int kSamples = 200;
  for (int s = 0; s < kSamples; ++s) {
    TrainingSet set;
    set.features = {{"a"}, {"b"}};
    set.x = Matrix(150, 2);
    for (size_t r = 0; r < 150; ++r) {
      uint64_t seed = 5000 + static_cast<uint64_t>(s);
      set.x.at(r, 0) = draw(seed, 4 * r);
      set.x.at(r, 1) = 1000 * draw(seed, 4 * r + 1);
      set.y.push_back(1 + 2 * set.x.at(r, 0) - set.x.at(r, 1) / 1000 + draw(seed, 4 * r + 2) - 0.5);
    }
    auto coefficients = Linear::fit(set, all_rows(150), options_for(1, 1e-6)).coefficients();
    ASSERT_EQ(coefficients.size(), 3u);
    double truth[3] = {1, 2, -0.001};
    for (size_t c = 0; c < 3; ++c) held[c] += coefficients[c].lower <= truth[c] && truth[c] <= coefficients[c].upper;
  }
  for (int count : held) {
    EXPECT_GE(count, kSamples * 91 / 100);
    EXPECT_LE(count, kSamples * 99 / 100);
  }
}

TEST(Linear, NamesItsTerms) {
  TrainingSet set = made_set(73, 400, 2, false);
  for (size_t r = 0; r < 5; ++r) set.x.at(r, 3) = 3;
  set.features[3].categories = 6;
  set.x.at(0, 3) = 5;  // one row: shares the term of rare values
  std::vector<std::string> names;
  for (const Coefficient& c : Linear::fit(set, all_rows(400), options_for(2, -1)).coefficients()) {
    names.push_back(c.term);
    EXPECT_LT(c.lower, c.coefficient) << c.term;
    EXPECT_GT(c.upper, c.coefficient) << c.term;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"(intercept)", "a", "b", "c", "c is missing", "kind=0", "kind=1", "kind=2",
                                             "kind=3", "kind=(other)"}));
}

TEST(Linear, StandsAwkwardColumns) {
  TrainingSet set;
  set.features = {{"same"}, {"copy"}, {"huge"}, {"constant"}, {"empty"}, {"infinite"}, {"tiny"}, {"one value", 3}};
  size_t rows = 400;
  set.x = Matrix(rows, 8);
  for (size_t r = 0; r < rows; ++r) {
    double a = draw(80, r);
    double values[] = {a, a, (a - 0.5) * 1e300, 7, kMissing, r % 9 ? a : INFINITY, a * 1e-200, 1};
    std::copy(std::begin(values), std::end(values), set.x.row(r));
    set.y.push_back(a > 0.5 ? 1 : 0);  // separable
  }
  for (double penalty : {-1.0, 0.0, 1e-6}) {
    Linear model = Linear::fit(set, all_rows(rows), options_for(2, penalty));
    std::vector<double> raw = raw_of(model, set.x);
    size_t right = 0;
    for (size_t r = 0; r < rows; ++r) {
      ASSERT_TRUE(std::isfinite(raw[r])) << penalty;
      right += (raw[r] > 0) == (set.y[r] > 0.5) ? 1 : 0;
    }
    EXPECT_GE(right, rows * 97 / 100) << penalty;
    for (const Coefficient& c : model.coefficients()) EXPECT_TRUE(std::isfinite(c.lower)) << c.term;
  }
  Matrix unseen(1, 8);
  for (size_t f = 0; f < 8; ++f) unseen.at(0, f) = kMissing;
  EXPECT_TRUE(std::isfinite(raw_of(Linear::fit(set, all_rows(rows), options_for(2, -1)), unseen)[0]));
}

TEST(Linear, OneClassOnlyGivesItsShare) {
  TrainingSet set = made_set(74, 100, 2, false);
  set.y.assign(100, 1);
  std::vector<double> raw = raw_of(Linear::fit(set, all_rows(100), options_for(2, -1)), set.x);
  for (double score : raw) EXPECT_GT(score, 3);
}

TEST(Linear, SaysWhatIsMissing) {
  TrainingSet set = made_set(75, 50, 2, false);
  auto code_of = [&](const Rows& rows) -> std::string {
    try {
      Linear::fit(set, rows, options_for(2, 1));
    } catch (const Error& error) {
      return error.code;
    }
    return "";
  };
  EXPECT_EQ(code_of({}), "FR0830");
  set.x = Matrix(50, 4);
  EXPECT_EQ(code_of(all_rows(50)), "FR0830");
}

// The size of the flights: 270,000 rows, 14 numbers, a category of a hundred values.
TEST(Linear, FastOnManyRows) {
  TrainingSet set;
  size_t rows = 270'000;
  for (int f = 0; f < 14; ++f) set.features.push_back({fmt::format("n{}", f)});
  set.features.push_back({"kind", 100});
  set.x = Matrix(rows, 15);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t f = 0; f < 14; ++f) set.x.at(r, f) = draw(90 + f, r);
    set.x.at(r, 14) = std::floor(draw(89, r) * 100);
    double score = set.x.at(r, 0) * 2 - set.x.at(r, 1) + (set.x.at(r, 14) < 20 ? 1 : 0);
    set.y.push_back(draw(88, r) < 1 / (1 + std::exp(-score)) ? 1 : 0);
  }
  auto start = std::chrono::steady_clock::now();
  Linear model = Linear::fit(set, all_rows(rows), options_for(2, -1));
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 60);
  RecordProperty("seconds", fmt::format("{:.2f}", seconds.count()));
  auto coefficients = model.coefficients();
  EXPECT_NEAR(coefficients[1].coefficient, 2, 0.1);
  EXPECT_NEAR(coefficients[2].coefficient, -1, 0.1);
}

// Windows of many sensors: numbers that move together. (20,000 rows and two classes: 2 s.)
TEST(Linear, FastOnManyColumns) {
  TrainingSet set;
  size_t rows = 6'000, columns = 120;
  for (size_t f = 0; f < columns; ++f) set.features.push_back({fmt::format("n{}", f)});
  set.x = Matrix(rows, columns);
  for (size_t r = 0; r < rows; ++r) {
    double common = draw(91, r);
    for (size_t f = 0; f < columns; ++f) set.x.at(r, f) = common + 0.3 * draw(100 + f, r);
    set.y.push_back(std::floor(3 * draw(92, r) * common));
  }
  for (int classes : {1, 2, 3}) {
    std::vector<double> y = set.y;
    for (double& value : y) value = classes == 2 ? std::min(value, 1.0) : value;
    std::swap(y, set.y);
    auto start = std::chrono::steady_clock::now();
    Linear model = Linear::fit(set, all_rows(rows), options_for(classes, -1));
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::swap(y, set.y);
    EXPECT_LT(seconds.count(), 120);
    EXPECT_GT(model.penalty(), 1e-3) << "columns that say the same want a strong penalty";
  }
}

// Half of the rows learned from, the other half judged; the figures are scikit-learn's on the same halves (one-hot,
// standardised, LogisticRegressionCV or RidgeCV), less a hundredth.
TEST(Linear, AsGoodAsScikitLearnOnRealTables) {
  auto data = shared_data();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  struct Case {
    const char* query;
    const char* figure;
    double least;
  };
  for (const Case& test : std::vector<Case>{
           {"SELECT * EXCLUDE (rownames, churn), churn FROM read_csv('{0}/tables/wa_churn.csv.gz')", "auc", 0.84},
           {"SELECT * FROM read_csv('{0}/fairness/bank-full.csv.gz')", "auc", 0.879},
           {"SELECT * FROM read_csv('{0}/fairness/german_data_credit.csv')", "auc", 0.775},
           {"SELECT * EXCLUDE (rownames, price), price FROM read_csv('{0}/tables/diamonds.csv.gz')", "r2", 0.909},
       }) {
    TrainingSet set = shared_set(*data, test.query);
    LinearOptions options;
    options.classify = std::string(test.figure) == "auc";
    Rows learn, look;
    for (uint32_t r = 0; r < set.x.rows; ++r) (r % 2 ? look : learn).push_back(r);
    Linear model = Linear::fit(set, learn, options);
    std::vector<double> raw = raw_of(model, set.x);
    Judged judged{options.classify ? Task::classify : Task::regress, options.classify ? 2 : 1};
    for (uint32_t r : look) {
      judged.y.push_back(set.y[r]);
      judged.prediction.push_back(options.classify ? 1 / (1 + std::exp(-raw[r])) : raw[r]);
    }
    EXPECT_GT(metric(test.figure, judged), test.least) << test.query;
  }
}

}  // namespace filrouge
