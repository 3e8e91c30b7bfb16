// Splits: no row on both sides, later rows judge earlier ones, groups and times stay whole, classes keep their shares.
#include "models/validation.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "made_frame.h"

namespace filrouge {
namespace {

struct Made {
  FrameColumn by;
  std::vector<double> y;
};

Made made(size_t rows, const std::function<double(size_t)>& by) {
  Made made{{{"by", SourceKind::number}, {}, {}, {}}, {}};
  for (size_t r = 0; r < rows; ++r) {
    made.by.numbers.push_back(by(r));
    made.y.push_back(noise(r, 3) < 0.1);
  }
  return made;
}

void expect_apart(const Rows& a, const Rows& b) {
  Rows both;
  EXPECT_TRUE(std::is_sorted(a.begin(), a.end()) && std::is_sorted(b.begin(), b.end()));
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  EXPECT_TRUE(both.empty());
}

std::set<double> values(const FrameColumn& by, const Rows& rows) {
  std::set<double> found;
  for (uint32_t row : rows) found.insert(by.numbers[row]);
  return found;
}

TEST(Split, TimeTestsOnTheLatestRowsAndNeverPartsAMoment) {
  Made m =
      made(1000, [](size_t r) { return static_cast<double>((r * 7919) % 1000 / 4); });  // four rows a moment, shuffled
  SplitPlan plan{SplitPlan::Kind::time, "by", 0.2, 0, 3, 1};
  Split split = split_rows(plan, all_rows(1000), m.y, &m.by, true);
  expect_apart(split.train, split.test);
  EXPECT_EQ(split.train.size() + split.test.size(), 1000u);
  EXPECT_EQ(split.test.size(), 200u);
  EXPECT_LT(*values(m.by, split.train).rbegin(), *values(m.by, split.test).begin());
  ASSERT_EQ(split.folds.size(), 3u);
  for (const Fold& fold : split.folds) {
    expect_apart(fold.train, fold.validation);
    EXPECT_LT(*values(m.by, fold.train).rbegin(), *values(m.by, fold.validation).begin());
    EXPECT_TRUE(std::includes(split.train.begin(), split.train.end(), fold.validation.begin(), fold.validation.end()));
  }
  EXPECT_GT(split.folds[2].train.size(), split.folds[0].train.size());
}

TEST(Split, AGapIsLeftBeforeWhatJudges) {
  Made m = made(500, [](size_t r) { return static_cast<double>(r); });
  SplitPlan plan{SplitPlan::Kind::time, "by", 0.2, 30, 2, 1};
  Split split = split_rows(plan, all_rows(500), m.y, &m.by, true);
  EXPECT_EQ(*split.test.begin(), 400u);
  EXPECT_EQ(split.train.back(), 370u);
  for (const Fold& fold : split.folds) EXPECT_EQ(fold.train.back() + 30, fold.validation.front());
}

TEST(Split, GroupsStayWhole) {
  Made m = made(1000, [](size_t r) { return static_cast<double>(r % 37); });
  SplitPlan plan{SplitPlan::Kind::group, "by", 0.25, 0, 4, 1};
  Split split = split_rows(plan, all_rows(1000), m.y, &m.by, true);
  std::vector<std::pair<Rows, Rows>> sides = {{split.train, split.test}};
  for (const Fold& fold : split.folds) sides.emplace_back(fold.train, fold.validation);
  EXPECT_EQ(split.folds.size(), 4u);
  for (const auto& [one, other] : sides) {
    std::set<double> shared, a = values(m.by, one), b = values(m.by, other);
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(shared, shared.end()));
    EXPECT_TRUE(shared.empty());
  }
  EXPECT_NEAR(static_cast<double>(split.test.size()), 250, 30);
}

TEST(Split, WithoutATestTheFoldsAloneJudge) {
  Made m = made(600, [](size_t r) { return static_cast<double>(r % 40); });
  for (auto kind : {SplitPlan::Kind::time, SplitPlan::Kind::group}) {
    Split split = split_rows({kind, "by", 0, 3, 4, 1}, all_rows(600), m.y, &m.by, true);
    EXPECT_TRUE(split.test.empty());
    EXPECT_EQ(split.train, all_rows(600));
    ASSERT_EQ(split.folds.size(), 4u);
    for (const Fold& fold : split.folds) {
      std::set<double> a = values(m.by, fold.train), b = values(m.by, fold.validation);
      for (double value : b) EXPECT_FALSE(a.contains(value));
    }
  }
}

TEST(Split, ClassesKeepTheirShares) {
  Made m = made(2000, [](size_t r) { return static_cast<double>(r); });
  for (auto kind : {SplitPlan::Kind::random, SplitPlan::Kind::none}) {
    Split split = split_rows({kind, "", 0.2, 0, 5, 1}, all_rows(2000), m.y, nullptr, true);
    EXPECT_EQ(split.test.size(), kind == SplitPlan::Kind::none ? 0u : 400u);
    std::vector<Rows> parts = {split.train};
    for (const Fold& fold : split.folds) parts.push_back(fold.validation);
    double total = 0;
    for (double y : m.y) total += y / 2000;
    size_t judged = 0;
    for (const Rows& part : parts) {
      double share = 0;
      for (uint32_t row : part) share += m.y[row] / static_cast<double>(part.size());
      EXPECT_NEAR(share, total, 0.004);
    }
    for (const Fold& fold : split.folds) judged += fold.validation.size();
    EXPECT_EQ(judged, split.train.size()) << "every training row is judged once";
  }
}

TEST(Split, WhatCannotBeSplitSaysSo) {
  Made m = made(300, [](size_t r) { return r < 5 ? NAN : static_cast<double>(r % 2); });
  auto code_of = [&](const SplitPlan& plan, const Rows& rows) {
    try {
      split_rows(plan, rows, m.y, &m.by, false);
    } catch (const Error& error) {
      return error.code;
    }
    return std::string("none");
  };
  EXPECT_EQ(code_of({SplitPlan::Kind::time, "by", 0.2, 0, 3, 1}, all_rows(300)), "FR0805");
  Rows whole;
  for (uint32_t r = 5; r < 300; ++r) whole.push_back(r);
  EXPECT_EQ(code_of({SplitPlan::Kind::group, "by", 0.2, 0, 3, 1}, whole), "FR0803") << "two groups";
  EXPECT_EQ(code_of({SplitPlan::Kind::random, "", 0.2, 0, 3, 1}, Rows(whole.begin(), whole.begin() + 3)), "FR0803");
}

}  // namespace
}  // namespace filrouge
