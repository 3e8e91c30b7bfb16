// Shapes: an additive model read off its trees is the model; pairs are found where columns work together, and are left
// out where they do not.
#include "models/shapes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "made_frame.h"
#include "models/learner.h"
#include "models/pair_search.h"

namespace filrouge {
namespace {

constexpr size_t kRows = 3000;

struct Additive {
  Frame frame = FrameMaker(kRows)
                    .number("a", [](size_t r) { return r % 13 == 0 ? NAN : noise(r, 101); })
                    .number("b", [](size_t r) { return noise(r, 102); })
                    .text("c", [](size_t r) { return std::string(1, static_cast<char>('p' + mix(r, 103) % 3)); })
                    .number("nothing", [](size_t r) { return noise(r, 104); })
                    .make();
  std::vector<double> y;
  Split split;
  LearnOrder order;

  explicit Additive(double together) {
    for (size_t r = 0; r < kRows; ++r) {
      double a = std::isnan(frame.columns[0].numbers[r]) ? 0.5 : frame.columns[0].numbers[r], b = noise(r, 102);
      double both = (a > 0.5) == (b > 0.5) ? 1 : -1;
      y.push_back(2 * a + b * b + (value_text(frame.columns[2], r) == "p" ? 1 : 0) + together * both +
                  0.3 * (noise(r, 109) - 0.5));
    }
    split = split_rows({SplitPlan::Kind::random, "", 0.2, 0, 2, 1}, all_rows(kRows), y, nullptr, false);
    order.task = Task::regress;
    order.method = "additive";
    order.budget_seconds = 1;
    order.target = "y";
  }
  Learned learn() const { return learn_model(order, frame, y, {}, split); }
};

bool holds(const ShapeBin& bin, double x, const Model& model) {
  if (std::isnan(x)) return bin.value == "missing";
  if (!std::isnan(bin.from)) return x > bin.from && x <= bin.to;
  return model.features.specs()[bin.feature].categories > 0 &&
         model.features.category_value(bin.feature, static_cast<size_t>(x)) == bin.value;
}

TEST(Shapes, AddUpToTheModel) {
  Additive problem(0);
  problem.order.settings = {{"trees", 80}};
  Model model = problem.learn().model;
  Matrix x = model.features.encode(problem.frame);
  Shapes shapes = shapes_of(model, x);
  std::vector<double> raw = model.raw(x), mean(x.columns);
  for (size_t r = 0; r < 500; ++r) {
    double sum = shapes.intercept.at(0);
    size_t found = 0;
    for (const ShapeEffect& e : shapes.effects)
      if (holds(e.bin, x.at(r, e.bin.feature), model)) sum += e.effect, ++found;
    ASSERT_NEAR(sum, raw[r], 1e-9);
    ASSERT_LE(found, 4u);
  }
  uint64_t rows = 0;
  for (const ShapeEffect& e : shapes.effects) {
    EXPECT_FALSE(e.second.has_value());
    mean[e.bin.feature] += e.effect * static_cast<double>(e.rows);
    if (e.bin.feature == 0) rows += e.rows;
  }
  EXPECT_EQ(rows, kRows);
  for (double m : mean) EXPECT_NEAR(m, 0, 1e-6);
}

TEST(Shapes, APairIsTakenWhereItHelpsAndIsFreeOfItsMargins) {
  Learned learned = Additive(1).learn();
  ASSERT_EQ(learned.tried.size(), 2u);
  EXPECT_EQ(learned.tried[1].weight, 1);
  EXPECT_NE(learned.tried[1].settings.find("a x b"), std::string::npos) << learned.tried[1].settings;
  EXPECT_LT(learned.tried[1].loss, learned.tried[0].loss / 2);
  Additive problem(1);
  Matrix x = learned.model.features.encode(problem.frame);
  Shapes shapes = shapes_of(learned.model, x);
  std::map<double, double> by_a;
  double largest = 0;
  size_t cells = 0;
  for (const ShapeEffect& e : shapes.effects) {
    if (!e.second || e.bin.feature != 0 || e.second->feature != 1 || e.bin.value == "missing") continue;
    ++cells;
    by_a[e.bin.from] += e.effect / 8;
    largest = std::max(largest, std::abs(e.effect));
  }
  EXPECT_EQ(cells, 64u);
  EXPECT_GT(largest, 0.8);
  for (const auto& [from, mean] : by_a) EXPECT_NEAR(mean, 0, 0.12) << from;
  std::vector<double> raw = learned.model.raw(x);
  double squares = 0;
  for (size_t r = 0; r < kRows; ++r) {
    double sum = shapes.intercept.at(0);
    for (const ShapeEffect& e : shapes.effects)
      if (holds(e.bin, x.at(r, e.bin.feature), learned.model) &&
          (!e.second || holds(*e.second, x.at(r, e.second->feature), learned.model)))
        sum += e.effect;
    squares += (sum - raw[r]) * (sum - raw[r]) / kRows;
  }
  EXPECT_LT(std::sqrt(squares), 0.25) << "but for what the cells average over";
}

TEST(Shapes, WithoutAPairNoneIsKept) {
  Learned learned = Additive(0).learn();
  EXPECT_EQ(learned.tried[0].weight, 1);
  for (const ShapeEffect& e : shapes_of(learned.model, learned.model.features.encode(Additive(0).frame)).effects)
    EXPECT_FALSE(e.second.has_value());
}

TEST(PairSearch, FindsWhatWorksTogether) {
  TrainingSet set;
  std::vector<double> together;
  set.x = Matrix(4000, 4);
  for (size_t f = 0; f < 4; ++f) set.features.push_back({"f", f == 3 ? 5u : 0u, 0});
  for (size_t r = 0; r < 4000; ++r) {
    for (size_t f = 0; f < 3; ++f) set.x.at(r, f) = noise(r, 10 + f) < 0.05 ? NAN : noise(r, 20 + f);
    set.x.at(r, 3) = static_cast<double>(mix(r, 30) % 5);
    double sign = (noise(r, 21) > 0.5) == (set.x.at(r, 3) > 2) ? 1 : -1;
    together.push_back(0.2 * sign + noise(r, 40) - 0.5);
  }
  std::vector<FeaturePair> found = promising_pairs(set, all_rows(4000), together, 3);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0], FeaturePair(1, 3));
}

}  // namespace
}  // namespace filrouge
