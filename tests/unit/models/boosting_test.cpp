// Boosting: same bytes on any number of threads, validation, constraints, tables in blocks, errors.
#include "models/boosting.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "../temp_folder.h"
#include "base/error.h"
#include "models/boosting_loss.h"
#include "tree_samples.h"

namespace filrouge {
namespace {

struct Case {
  const char* objective;
  int classes;
  double row_share, feature_share;
  bool weighted;
};
constexpr Case kCases[] = {
    {"binary", 2, 0.7, 0.6, false},   {"binary", 2, 1, 1, true},        {"binary", 2, 0.4, 1, false},
    {"multiclass", 4, 0.8, 1, false}, {"regression", 1, 1, 0.5, true},  {"regression_l1", 1, 0.5, 1, true},
    {"quantile", 1, 0.9, 0.9, false}, {"lambdarank", 1, 1, 0.8, false},
};

TrainingSet set_for(const Case& c, size_t rows) {
  TrainingSet set = sample_set(rows, c.classes, 7, std::string(c.objective) == "lambdarank");
  if (c.weighted)
    for (size_t r = 0; r < rows; r++) set.weight.push_back(std::exp2(r % 17));  // sums that round
  return set;
}

BoostingOptions options_for(const Case& c, int threads) {
  BoostingOptions options;
  options.objective = c.objective;
  options.classes = c.classes;
  options.row_share = c.row_share;
  options.feature_share = c.feature_share;
  options.trees = 20;
  options.threads = threads;
  return options;
}

TEST(Boosting, SameBytesOnAnyNumberOfThreads) {
  SKIP_WITHOUT_LIGHTGBM();
  for (const Case& c : kCases) {
    TrainingSet set = set_for(c, 24000);
    Rows train = every(0, 16000), validation = every(16000, 24000);
    std::vector<Boosted> models;
    for (int threads : {1, 2}) {
      BinnedRows rows(set, 255, threads);
      models.push_back(boost(rows, train, validation, options_for(c, threads)));
      EXPECT_EQ(models[0].text, models.back().text) << c.objective << " on " << threads;
      EXPECT_EQ(models[0].validation_raw, models.back().validation_raw) << c.objective;
      EXPECT_EQ(models[0].validation_loss, models.back().validation_loss) << c.objective;
    }
    EXPECT_GT(models[0].trees, 5) << c.objective;
  }
}

TEST(Boosting, TextHasNoTraceOfTheMachine) {
  SKIP_WITHOUT_LIGHTGBM();
  BinnedRows rows(sample_set(2000, 2, 1), 255, 1);
  std::string text = boost(rows, {}, {}, {}).text;
  EXPECT_EQ(text.find("parameters:"), std::string::npos);
  EXPECT_EQ(text.find("num_threads"), std::string::npos);
  EXPECT_NE(text.find("feature_names=plain with_gaps sparse whole kind place\n"), std::string::npos);
}

TEST(Boosting, ValidationRowsAreScoredAtTheBestTree) {
  SKIP_WITHOUT_LIGHTGBM();
  for (const Case& c : kCases) {
    TrainingSet set = set_for(c, 3200);
    BinnedRows rows(set, 255, 2);
    Rows train = every(0, 2400), validation = every(2400, 3200);
    BoostingOptions options = options_for(c, 2);
    options.trees = 400;
    options.rate = 0.3;
    options.patience = 15;
    Boosted model = boost(rows, train, validation, options);
    EXPECT_GT(model.trees, 2) << c.objective;
    EXPECT_LT(model.trees, 400) << c.objective << " should stop early";

    size_t outputs = c.objective == std::string("multiclass") ? c.classes : 1;
    Matrix x(validation.size(), set.x.columns);
    WatchedRows watch;
    for (size_t r = 0; r < validation.size(); r++) {
      std::copy_n(set.x.row(validation[r]), x.columns, x.row(r));
      watch.y.push_back(static_cast<float>(set.y[validation[r]]));
      if (!set.weight.empty()) watch.weight.push_back(static_cast<float>(set.weight[validation[r]]));
      if (!set.group.empty()) watch.group.push_back(static_cast<int32_t>(set.group[validation[r]]));
    }
    LightGbmModel reference(model.text);
    std::vector<double> raw = reference.predict(x, LightGbmModel::kRaw, outputs);
    ASSERT_EQ(raw.size(), model.validation_raw.size());
    for (size_t i = 0; i < raw.size(); i++) EXPECT_NEAR(raw[i], model.validation_raw[i], 1e-9) << c.objective;

    std::vector<double> normal = reference.predict(x, 0, outputs), by_class(normal.size());
    for (size_t r = 0; r < x.rows; r++)
      for (size_t k = 0; k < outputs; k++) by_class[k * x.rows + r] = normal[r * outputs + k];
    EXPECT_NEAR(boosting_loss(c.objective, 0.5, watch, by_class), model.validation_loss, 1e-9) << c.objective;
  }
}

TEST(Boosting, ATableInBlocksGivesTheSameModel) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(9000, 2, 3);
  set.weight.assign(9000, 2);
  BinnedRows whole(set, 255, 2), blocks(set, 9000, 255, 2);
  for (size_t begin = 0; begin < 9000; begin += 2500) {
    size_t count = std::min<size_t>(2500, 9000 - begin);
    TrainingSet block;
    block.features = set.features;
    block.x = Matrix(count, set.x.columns);
    std::copy_n(set.x.row(begin), count * set.x.columns, block.x.row(0));
    block.y.assign(set.y.begin() + begin, set.y.begin() + begin + count);
    block.weight.assign(count, 2);
    blocks.push(block);
  }
  blocks.finish();
  BoostingOptions options;
  options.trees = 20;
  EXPECT_EQ(boost(whole, {}, {}, options).text, boost(blocks, {}, {}, options).text);
  Rows train = every(0, 6000);
  EXPECT_EQ(boost(whole, train, {}, options).text, boost(blocks, train, {}, options).text);
}

/// Raw scores of one row while feature `f` takes each of `values`.
std::vector<double> along(const LightGbmModel& model, const double* row, size_t columns, size_t f,
                          const std::vector<double>& values) {
  Matrix x(values.size(), columns);
  for (size_t r = 0; r < values.size(); r++) {
    std::copy_n(row, columns, x.row(r));
    x.at(r, f) = values[r];
  }
  return model.predict(x, LightGbmModel::kRaw, 1);
}

TEST(Boosting, MonotoneFeatureNeverTurnsBack) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(6000, 2, 5);
  auto falls = [&](int monotone) {
    set.features[0].monotone = monotone;
    LightGbmModel model(boost(BinnedRows(set, 255, 1), {}, {}, {}).text);
    int count = 0;
    for (size_t r = 0; r < 50; r++) {
      std::vector<double> raw = along(model, set.x.row(r), 6, 0, {-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5});
      for (size_t i = 1; i < raw.size(); i++) count += raw[i] < raw[i - 1];
    }
    return count;
  };
  EXPECT_GT(falls(0), 0);
  EXPECT_EQ(falls(1), 0);
}

TEST(Boosting, FeaturesThatMayNotMeetAddUp) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(6000, 1, 5);
  BoostingOptions options;
  options.objective = "regression";
  auto crossed = [&](std::vector<std::vector<int>> groups) {  // how far f0 and f5 are from adding up
    options.interactions = std::move(groups);
    LightGbmModel model(boost(BinnedRows(set, 255, 1), {}, {}, options).text);
    double most = 0;
    for (size_t r = 0; r < 40; r++) {
      std::vector<double> row(set.x.row(r), set.x.row(r) + 6);
      row[5] = 1;
      std::vector<double> one = along(model, row.data(), 6, 0, {-3, 3});
      row[5] = 20;
      std::vector<double> two = along(model, row.data(), 6, 0, {-3, 3});
      most = std::max(most, std::fabs((one[1] - one[0]) - (two[1] - two[0])));
    }
    return most;
  };
  EXPECT_GT(crossed({}), 0.01);
  EXPECT_LT(crossed({{0}, {1, 4}, {2, 3}, {5}}), 1e-9);
}

TEST(Boosting, ConstantTargetIsOneTreeThatSaysSo) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(500, 1, 5);
  set.y.assign(500, 4.25);
  BoostingOptions options;
  options.objective = "regression";
  Boosted model = boost(BinnedRows(set, 255, 1), every(0, 400), every(400, 500), options);
  EXPECT_EQ(model.trees, 1);
  EXPECT_NEAR(model.validation_loss, 0, 1e-12);
  for (double raw : model.validation_raw) EXPECT_NEAR(raw, 4.25, 1e-12);
  EXPECT_NEAR(LightGbmModel(model.text).predict(set.x, LightGbmModel::kRaw, 1)[0], 4.25, 1e-12);
}

TEST(Boosting, LightGbmsOwnWordsWhenItRefuses) {
  SKIP_WITHOUT_LIGHTGBM();
  TrainingSet set = sample_set(500, 1, 5);
  set.features[0].monotone = 1;
  BoostingOptions options;
  options.objective = "quantile";
  try {
    boost(BinnedRows(set, 255, 1), {}, {}, options);
    FAIL() << "monotone constraints with quantile";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0825");
    EXPECT_NE(error.message.find("monotone"), std::string::npos) << error.message;
  }
}

TEST(BoostingDeathTest, LibraryThatIsNotThere) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fresh process: nothing is loaded yet
  auto open = [] {
    setenv("FILROUGE_LIGHTGBM", "/nowhere/lib_lightgbm.so", 1);
    try {
      lightgbm();
    } catch (const Error& error) {
      _exit(error.code == "FR0826" ? 26 : 1);
    }
    _exit(0);
  };
  EXPECT_EXIT(open(), ::testing::ExitedWithCode(26), "");
}

/// Few values in each column: LightGBM's histograms are filled by row. With weights whose sums round differently in
/// another order: with as many parts as threads this fails.
TrainingSet narrow_set(size_t rows) {
  TrainingSet set = sample_set(rows, 1, 11);
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = 0; c < 3; c++) set.x.at(r, c) = std::floor(set.x.at(r, c) / (c == 1 ? 10 : 1));
    set.weight.push_back(std::exp2(r % 17) / 3);
  }
  return set;
}

/// Trains where no more than `limit` threads are allowed, and writes how many there were and the model into
/// `folder`/`limit`.
void train_limited(const std::string& folder, int limit) {
  limit_boosting_threads(limit);
  TrainingSet set = narrow_set(70'000);
  BoostingOptions options;
  options.objective = "regression";
  options.trees = 12;
  options.row_share = 0.7;
  std::string text = boost(BinnedRows(set, 255, 1), {}, {}, options).text;
  auto threads = std::distance(fs::directory_iterator("/proc/self/task"), {});
  std::ofstream(fs::path(folder) / std::to_string(limit)) << threads << "\n" << text;
}

/// 70,000 rows are cut into four parts: four threads at most have something to do.
TEST(BoostingDeathTest, SameBytesByRowHoweverManyThreadsWork) {
  SKIP_WITHOUT_LIGHTGBM();
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fresh process each: the limit counts before LightGBM is opened
  TempFolder folder;
  setenv("FILROUGE_TEST_FOLDER", folder.path().c_str(), 0);  // the fresh processes come here too, and keep the first
  std::vector<std::string> models;
  for (int limit : {1, 2, 3, 4}) {
    auto train = [&] { train_limited(getenv("FILROUGE_TEST_FOLDER"), limit), _exit(0); };
    EXPECT_EXIT(train(), ::testing::ExitedWithCode(0), "");
    std::ifstream in(folder.path() / std::to_string(limit));
    std::string threads, line;
    std::getline(in, threads);
    models.emplace_back();
    while (std::getline(in, line)) models.back() += line + "\n";
    EXPECT_EQ(threads, std::to_string(limit));
    EXPECT_EQ(models[0], models.back()) << limit;
  }
  EXPECT_NE(models[0].find("Tree=11"), std::string::npos);
}

TEST(BoostingLoss, ByHand) {
  WatchedRows rows{{1, 0, 3}, {1, 1, 2}, {}};
  EXPECT_DOUBLE_EQ(boosting_loss("regression", 0, rows, {0, 0, 1}), (1 + 0 + 2 * 4) / 4.0);
  EXPECT_DOUBLE_EQ(boosting_loss("regression_l1", 0, rows, {0, 0, 1}), (1 + 0 + 2 * 2) / 4.0);
  EXPECT_DOUBLE_EQ(boosting_loss("quantile", 0.9, rows, {0, 1, 1}), (0.9 + 0.1 + 2 * 1.8) / 4.0);
  EXPECT_DOUBLE_EQ(boosting_loss("binary", 0, {{1, 0}, {}, {}}, {0.8, 0.4}), -(std::log(0.8) + std::log(0.6)) / 2);
  EXPECT_DOUBLE_EQ(boosting_loss("multiclass", 0, {{1, 0}, {}, {}}, {0.3, 0.6, 0.7, 0.4}),
                   -(std::log(0.7) + std::log(0.6)) / 2);
  // A query in the wrong order, a query without a relevant row.
  WatchedRows ranked{{0, 1, 0, 0}, {}, {5, 5, 6, 6}};
  EXPECT_DOUBLE_EQ(boosting_loss("lambdarank", 0, ranked, {2, 1, 0, 0}), 1 - (1 / std::log2(3.0) + 1) / 2);
}

}  // namespace
}  // namespace filrouge
