// Learning: the same model on one and two threads, better than the baseline where there is something to learn, no
// better where there is nothing; models come back from disk as they were; leaks are seen.
#include "models/learner.h"

#include <gtest/gtest.h>

#include "../temp_folder.h"
#include "base/error.h"
#include "made_frame.h"
#include "models/explanation.h"
#include "models/leaks.h"

namespace filrouge {
namespace {

constexpr size_t kRows = 2000;

Frame made_table() {
  return FrameMaker(kRows)
      .number("a", [](size_t r) { return r % 11 == 0 ? NAN : noise(r, 101); })
      .number("b", [](size_t r) { return noise(r, 102); })
      .text("c", [](size_t r) { return std::string(1, static_cast<char>('p' + mix(r, 103) % 4)); })
      .number("nothing", [](size_t r) { return noise(r, 104); })
      .make();
}

double signal(const Frame& frame, size_t r) {
  double a = frame.columns[0].numbers[r];
  return (std::isnan(a) ? 0.3 : a) * 2 + frame.columns[1].numbers[r] * frame.columns[1].numbers[r] +
         (value_text(frame.columns[2], r) == "p" ? 1 : 0);
}

struct Problem {
  Frame frame = made_table();
  std::vector<double> y;
  LearnOrder order;
  Split split;

  Problem(int classes, const std::string& method) {
    for (size_t r = 0; r < kRows; ++r) {
      double value = signal(frame, r) + noise(r, 9) - 0.5;
      y.push_back(classes == 1 ? value : classes == 2 ? value > 1.7 : std::clamp(std::floor(value / 1.2), 0.0, 2.0));
    }
    order.task = classes == 1 ? Task::regress : Task::classify;
    for (int k = 0; classes > 1 && k < classes; ++k) order.labels.push_back(std::string(1, static_cast<char>('A' + k)));
    order.method = method;
    order.budget_seconds = 1;
    order.target = "y";
    split = split_rows({SplitPlan::Kind::random, "", 0.2, 0, 3, 1}, all_rows(kRows), y, nullptr, classes > 1);
  }
  Learned learn() const { return learn_model(order, frame, y, {}, split); }
};

Judged test_rows(const Problem& problem, const Model& model) {
  Matrix x = model.features.encode(problem.frame);
  std::vector<double> all = model.predict(model.raw(x));
  Judged judged;
  judged.task = model.task;
  judged.classes = std::max<int>(1, static_cast<int>(model.classes.size()));
  for (uint32_t row : problem.split.test) {
    judged.y.push_back(problem.y[row]);
    for (size_t k = 0; k < model.outputs(); ++k) judged.prediction.push_back(all[row * model.outputs() + k]);
  }
  return judged;
}

TEST(Learner, EveryMethodBeatsTheBaseline) {
  for (const char* method : {"auto", "boosting", "linear", "additive"}) {
    Problem two(2, method), many(3, method), number(1, method);
    EXPECT_GT(metric("auc", test_rows(two, two.learn().model)), 0.85) << method;
    EXPECT_LT(metric("log_loss", test_rows(many, many.learn().model)), 0.75) << method;
    EXPECT_GT(metric("r2", test_rows(number, number.learn().model)), 0.6) << method;
  }
  Problem base(2, "baseline");
  EXPECT_EQ(metric("auc", test_rows(base, base.learn().model)), 0.5);
}

TEST(Learner, WhereThereIsNothingToLearnItPromisesNothing) {
  Problem problem(2, "auto");
  for (size_t r = 0; r < kRows; ++r) problem.y[r] = noise(r, 77) < 0.3;
  Learned learned = problem.learn();
  Judged judged = test_rows(problem, learned.model);
  Judged constant = judged;
  std::fill(constant.prediction.begin(), constant.prediction.end(), 0.3);
  EXPECT_LT(metric("log_loss", judged), metric("log_loss", constant) * 1.02);
}

TEST(Learner, SameBytesOnOneAndTwoThreads) {
  for (const char* method : {"boosting", "linear"}) {
    TempFolder one, two;
    Problem problem(3, method);
    problem.learn().model.save(one.path());
    problem.order.threads = 2;
    std::vector<std::string> files = problem.learn().model.save(two.path());
    EXPECT_GT(files.size(), method == std::string("boosting") ? 1u : 0u);
    for (const std::string& file : files) {
      std::ifstream a(one.path() / file), b(two.path() / file);
      std::string left{std::istreambuf_iterator<char>(a), {}}, right{std::istreambuf_iterator<char>(b), {}};
      EXPECT_FALSE(left.empty());
      EXPECT_TRUE(left == right) << file;
    }
  }
}

TEST(Learner, AModelComesBackFromDiskAsItWas) {
  TempFolder folder;
  Problem problem(2, "auto");
  Model model = problem.learn().model;
  model.save(folder.path());
  Model back = Model::open(folder.path());
  Matrix x = model.features.encode(problem.frame);
  EXPECT_EQ(model.raw(x), back.raw(back.features.encode(problem.frame)));
  std::ofstream(folder.path() / "model.json", std::ios::app) << "}";
  EXPECT_THROW(Model::open(folder.path()), Error);
}

TEST(Learner, ContributionsSumToTheRawScoreAndTheUselessColumnHasLeast) {
  for (int classes : {1, 2, 3}) {
    Problem problem(classes, "auto");
    Model model = problem.learn().model;
    std::vector<double> raw = model.raw(model.features.encode(problem.frame));
    Explanation explanation(model, 2);
    std::vector<double> folded = explanation.add(problem.frame, problem.y);
    size_t width = model.features.sources().size() + 1;
    for (size_t line = 0; line < raw.size(); ++line) {
      double sum = 0;
      for (size_t s = 0; s < width; ++s) sum += folded[line * width + s];
      ASSERT_NEAR(sum, raw[line], 1e-6) << classes << " classes, line " << line;
    }
    std::vector<ColumnImportance> importance = explanation.importance();
    EXPECT_EQ(importance.back().column, "nothing");
    EXPECT_LT(importance.back().permutation, importance.front().permutation / 10);
    EXPECT_LT(importance.front().lower, importance.front().importance);
  }
}

TEST(Learner, EffectsFollowTheColumn) {
  Problem problem(1, "boosting");
  Model model = problem.learn().model;
  Explanation explanation(model, 1);
  explanation.add(problem.frame, problem.y);
  std::vector<EffectBin> bins;
  for (const EffectBin& bin : explanation.effects())
    if (bin.column == "a" && bin.label != "missing") bins.push_back(bin);
  ASSERT_EQ(bins.size(), 20u);
  // y = 2 a + ...: over [0, 1] both kinds of effect rise by about 2.
  EXPECT_NEAR(bins.back().effect - bins.front().effect, 1.9, 0.3);
  EXPECT_NEAR(bins.back().accumulated - bins.front().accumulated, 1.9, 0.3);
}

TEST(Learner, ColumnsThatWorkTogetherAreFound) {
  Problem problem(1, "boosting");
  for (size_t r = 0; r < kRows; ++r) {
    double a = problem.frame.columns[0].numbers[r], b = problem.frame.columns[1].numbers[r];
    problem.y[r] = ((std::isnan(a) ? 0.5 : a) > 0.5) != (b > 0.5) ? 1.0 : 0.0;  // neither tells anything alone
    problem.y[r] += 0.01 * noise(r, 200);
  }
  Model model = problem.learn().model;
  Explanation explanation(model, 2);
  explanation.add(problem.frame, problem.y);
  std::vector<ColumnPair> pairs = explanation.pairs();
  ASSERT_GE(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].first + " " + pairs[0].second, "a b");
  if (pairs.size() > 1) {
    EXPECT_GT(pairs[0].strength, 3 * pairs[1].strength);
  }
}

TEST(Learner, ConformalErrorsCoverTheTestRows) {
  Problem problem(1, "auto");
  Model model = problem.learn().model;
  Judged judged = test_rows(problem, model);
  double radius = model.residuals[static_cast<size_t>(0.9 * static_cast<double>(model.residuals.size()))];
  double covered = 0;
  for (size_t i = 0; i < judged.y.size(); ++i) covered += std::abs(judged.y[i] - judged.prediction[i]) <= radius;
  EXPECT_NEAR(covered / static_cast<double>(judged.y.size()), 0.9, 0.04);
}

TEST(Leaks, AColumnThatTellsTheTargetIsFoundAndTheOthersAreNot) {
  Problem problem(2, "auto");
  EXPECT_FALSE(find_telling_column(problem.frame, problem.split.train, problem.y, 2, {}));
  Frame leaking = FrameMaker(kRows)
                      .number("fine", [](size_t r) { return noise(r, 101); })
                      .number("late", [&](size_t r) { return problem.y[r] * 30 + noise(r, 5); })
                      .make();
  auto leak = find_telling_column(leaking, problem.split.train, problem.y, 2, {});
  ASSERT_TRUE(leak);
  EXPECT_EQ(leak->column, "late");
  EXPECT_FALSE(find_telling_column(leaking, problem.split.train, problem.y, 2, {"late"}));
  Problem number(1, "auto");
  Frame same = FrameMaker(kRows).number("copy", [&](size_t r) { return number.y[r] * 9 / 5 + 32; }).make();
  EXPECT_TRUE(find_telling_column(same, number.split.train, number.y, 1, {}));
}

TEST(Leaks, RowsThatStandOnBothSidesAreFound) {
  Frame frame = FrameMaker(kRows).number("a", [](size_t r) { return noise(r / 2, 101); }).make();  // every row twice
  std::vector<double> y(kRows);
  for (size_t r = 0; r < kRows; ++r) y[r] = noise(r / 2, 102) < 0.5;
  Split split = split_rows({SplitPlan::Kind::random, "", 0.2, 0, 3, 1}, all_rows(kRows), y, nullptr, true);
  EXPECT_TRUE(find_repeated_rows(frame, split, y));
  Frame unlike = made_table();
  EXPECT_FALSE(find_repeated_rows(unlike, split, y));
}

}  // namespace
}  // namespace filrouge
