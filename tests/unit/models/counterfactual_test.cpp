// Counterfactuals: they lead to the other class by the columns allowed, with values of one real row, and no change
// could be left out.
#include "models/counterfactual.h"

#include <gtest/gtest.h>

#include "made_frame.h"
#include "models/learner.h"

namespace filrouge {
namespace {

constexpr size_t kRows = 1500;

struct Loans {
  Frame frame = FrameMaker(kRows)
                    .number("income", [](size_t r) { return std::floor(100 * noise(r, 101)); })
                    .number("debt", [](size_t r) { return r % 17 == 0 ? NAN : std::floor(100 * noise(r, 102)); })
                    .text("job", [](size_t r) { return std::string(noise(r, 103) < 0.4 ? "yes" : "no"); })
                    .number("nothing", [](size_t r) { return noise(r, 104); })
                    .make();
  std::vector<double> y;
  Model model;

  Loans() {
    for (size_t r = 0; r < kRows; ++r) {
      double debt = std::isnan(frame.columns[1].numbers[r]) ? 50 : frame.columns[1].numbers[r];
      y.push_back(frame.columns[0].numbers[r] - debt + (value_text(frame.columns[2], r) == "yes" ? 40 : 0) > 15);
    }
    LearnOrder order;
    order.labels = {"no", "yes"};
    order.target = "granted";
    order.method = "boosting";
    order.settings = {{"trees", 60}, {"leaves", 15}};
    Split split = split_rows({SplitPlan::Kind::random, "", 0.2, 0, 2, 1}, all_rows(kRows), y, nullptr, true);
    model = learn_model(order, frame, y, {}, split).model;
  }
  /// What the model says of the row with these changes.
  size_t said_with(size_t row, const std::vector<CounterfactualChange>& changes, size_t twin) const {
    Frame one = rows_of(frame, {static_cast<uint32_t>(row)}), other = rows_of(frame, {static_cast<uint32_t>(twin)});
    for (const CounterfactualChange& change : changes) {
      size_t c = 0;
      while (one.columns[c].source.name != model.features.sources()[change.source].name) ++c;
      one.columns[c].numbers = other.columns[c].numbers;
      one.columns[c].codes = other.columns[c].codes;
    }
    std::vector<double> answer = model.predict(model.raw(model.features.encode(one)));
    return model.said(answer.data());
  }
};

TEST(Counterfactual, LeadsToTheOtherClassAndNoChangeIsTooMany) {
  Loans loans;
  CounterfactualOrder order;
  order.rows = 60;
  std::vector<Counterfactual> found = counterfactuals(loans.model, loans.frame, order, 1);
  ASSERT_EQ(found.size(), 60u);
  size_t changes = 0, answered = 0;
  for (const Counterfactual& one : found) {
    if (one.changes.empty()) continue;
    ++answered;
    changes += one.changes.size();
    EXPECT_NE(one.wanted, one.said);
    EXPECT_GT(one.after, one.before);
    EXPECT_EQ(loans.said_with(one.row, one.changes, one.twin), one.wanted);
    double distance = 0;
    for (size_t c = 0; c < one.changes.size(); ++c) {
      distance += one.changes[c].distance;
      EXPECT_NE(one.changes[c].value, one.changes[c].becomes);
      std::vector<CounterfactualChange> fewer = one.changes;
      fewer.erase(fewer.begin() + static_cast<long>(c));
      bool is_needed = fewer.empty() || loans.said_with(one.row, fewer, one.twin) != one.wanted;
      EXPECT_TRUE(is_needed) << "row " << one.row;
    }
    EXPECT_NEAR(distance, one.distance, 1e-12);
  }
  EXPECT_GE(answered, 58u);
  EXPECT_LT(changes, answered * 2) << "few changes";
}

TEST(Counterfactual, OnlyWhatMayChangeChangesAndDearChangesAreAvoided) {
  Loans loans;
  auto changed = [&](const CounterfactualOrder& order) {
    std::map<std::string, int> columns;
    for (const Counterfactual& one : counterfactuals(loans.model, loans.frame, order, 1)) {
      EXPECT_EQ(one.said, 0u);
      for (const CounterfactualChange& change : one.changes)
        ++columns[loans.model.features.sources()[change.source].name];
    }
    return columns;
  };
  CounterfactualOrder order;
  order.to = "yes";
  order.change = {"income", "debt"};
  std::map<std::string, int> free = changed(order);
  EXPECT_EQ(free.count("job") + free.count("nothing"), 0u);
  EXPECT_GT(free["income"], 0);
  EXPECT_GT(free["debt"], 0);
  order.costs = {{"debt", 20}};
  EXPECT_LT(changed(order)["debt"], free["debt"] / 2);
  order.change = {};
  order.costs = {};
  order.keep = {"income", "debt"};
  std::map<std::string, int> kept = changed(order);
  EXPECT_EQ(kept.count("income") + kept.count("debt"), 0u);
  EXPECT_GT(kept["job"], 0);
}

TEST(Counterfactual, SameOnOneAndTwoThreads) {
  Loans loans;
  CounterfactualOrder order;
  std::vector<Counterfactual> one = counterfactuals(loans.model, loans.frame, order, 1);
  std::vector<Counterfactual> two = counterfactuals(loans.model, loans.frame, order, 2);
  ASSERT_EQ(one.size(), two.size());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].row, two[i].row);
    EXPECT_EQ(one[i].twin, two[i].twin);
    EXPECT_EQ(one[i].distance, two[i].distance);
  }
}

}  // namespace
}  // namespace filrouge
