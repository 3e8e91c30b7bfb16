// Features: what is made of each kind of column, what is left out and why, and that no row tells its own target.
#include "models/features.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "made_frame.h"

namespace filrouge {
namespace {

const std::vector<double> kNoTarget(200, 0.0);

Features fit(const Frame& frame, const std::vector<double>& y = kNoTarget, int classes = 1) {
  return Features::fit(frame, all_rows(frame.rows), y, classes, {}, 1, nullptr);
}

const ColumnUse& use_of(const Features& features, const std::string& column) {
  for (const ColumnUse& use : features.uses())
    if (use.column == column) return use;
  throw std::runtime_error("no use of " + column);
}

std::vector<std::string> names_of(const Features& features) {
  std::vector<std::string> names;
  for (const Feature& feature : features.features()) names.push_back(feature.name);
  return names;
}

TEST(Features, EachKindOfColumn) {
  constexpr double kDay = 86'400;
  Frame frame =
      FrameMaker(200)
          .number("age", [](size_t r) { return r % 7 == 0 ? NAN : static_cast<double>(r % 50); })
          .number(
              "member", [](size_t r) { return static_cast<double>(r % 2); }, SourceKind::boolean)
          .text("city", [](size_t r) { return r % 3 ? (r % 2 ? "Paris" : "Oslo") : "Paris"; })
          .number(
              "born", [](size_t r) { return kDay * 400 * static_cast<double>(r); }, SourceKind::date)
          .number(
              "opened", [](size_t r) { return kDay + 3600.0 * static_cast<double>(r % 24); }, SourceKind::timestamp)
          .number(
              "at", [](size_t r) { return 60.0 * static_cast<double>(r); }, SourceKind::time)
          .make();
  Features features = fit(frame);
  EXPECT_EQ(names_of(features),
            (std::vector<std::string>{"age", "member", "city", "born: year", "born: month", "born: day",
                                      "born: weekday", "opened: hour", "at: hour", "at: minute"}));
  Matrix x = features.encode(frame);
  EXPECT_TRUE(std::isnan(x.at(0, 0)));
  EXPECT_EQ(x.at(1, 0), 1);
  EXPECT_EQ(x.at(0, 2), 0) << "the commonest value is category 0";
  EXPECT_EQ(x.at(2, 2), 1);
  // 400 days after 1970-01-01 is Friday, 1971-02-05.
  EXPECT_EQ(x.at(1, 3), 1971);
  EXPECT_EQ(x.at(1, 4), 2);
  EXPECT_EQ(x.at(1, 5), 5);
  EXPECT_EQ(x.at(1, 6), 5);
  EXPECT_EQ(x.at(25, 7), 1);
  EXPECT_EQ(x.at(61, 8), 1);
  EXPECT_EQ(x.at(61, 9), 1);
  EXPECT_EQ(use_of(features, "age").missing, 29u);
  EXPECT_EQ(use_of(features, "city").values, 2u);
}

TEST(Features, WhatTellsNothingIsLeftOutWithAReason) {
  Frame frame = FrameMaker(200)
                    .number("useful", [](size_t r) { return static_cast<double>(r); })
                    .number("constant", [](size_t) { return 3.0; })
                    .number("empty", [](size_t) { return NAN; })
                    .number("infinite", [](size_t r) { return r < 3 ? INFINITY : static_cast<double>(r % 9); })
                    .text("id", [](size_t r) { return "k" + std::to_string(r); })
                    .text("same", [](size_t) { return "NL"; })
                    .make();
  Features features = fit(frame);
  EXPECT_EQ(names_of(features), (std::vector<std::string>{"useful", "infinite"}));
  EXPECT_EQ(use_of(features, "constant").reason, "it is always 3");
  EXPECT_EQ(use_of(features, "empty").reason, "it has no value in the rows to learn from");
  EXPECT_EQ(use_of(features, "infinite").reason, "3 infinite values count as missing");
  EXPECT_EQ(use_of(features, "id").reason, "it names the row: 200 different values in 200 rows");
  EXPECT_EQ(use_of(features, "same").reason, "it is always `NL`");
  EXPECT_TRUE(std::isnan(features.encode(frame).at(0, 1)));
}

TEST(Features, NothingLeftIsAnError) {
  Frame frame = FrameMaker(30).number("constant", [](size_t) { return 1.0; }).make();
  try {
    fit(frame);
    FAIL() << "nothing was reported";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0804");
  }
}

TEST(Features, AColumnThatOnlyMovesOnWithTimeIsLeftOut) {
  Frame frame = FrameMaker(400)
                    .number("counter", [](size_t r) { return static_cast<double>(r / 3); })
                    .number("hour", [](size_t r) { return static_cast<double>(r % 24); })
                    .make();
  FrameColumn time{{"t", SourceKind::number}, {}, {}, {}};
  for (size_t r = 0; r < 400; ++r) time.numbers.push_back(static_cast<double>(r));
  std::vector<double> y(400, 0.0);
  EXPECT_EQ(names_of(Features::fit(frame, all_rows(400), y, 1, {}, 1, &time)), (std::vector<std::string>{"hour"}));
  EXPECT_EQ(names_of(Features::fit(frame, all_rows(400), y, 1, {}, 1, nullptr)),
            (std::vector<std::string>{"counter", "hour"}));
}

TEST(Features, ManyValuedTextsBecomeMeansThatDoNotTellTheRowsOwnTarget) {
  // 600 values of three rows each: a row's own target must not move its own encoding.
  constexpr size_t kRows = 1800;
  Frame frame = FrameMaker(kRows).text("who", [](size_t r) { return "w" + std::to_string(r % 600); }).make();
  std::vector<double> y;
  for (size_t r = 0; r < kRows; ++r) y.push_back(static_cast<double>(r % 600 < 100));
  Features features = fit(frame, y, 2);
  EXPECT_EQ(names_of(features), (std::vector<std::string>{"who: mean", "who: frequency"}));
  Matrix before = features.encode_training(frame, all_rows(kRows));
  for (size_t row : {size_t{0}, size_t{700}, size_t{1799}}) {
    std::vector<double> changed = y;
    changed[row] = 1 - changed[row];
    Matrix after = fit(frame, changed, 2).encode_training(frame, all_rows(kRows));
    // Only the overall mean, towards which all are shrunk, may move it: by 20 / 22 of 1 / 1800 at the most.
    EXPECT_NEAR(before.at(row, 0), after.at(row, 0), 1.0 / kRows) << "row " << row;
  }
  EXPECT_GT(features.encode(frame).at(0, 0), features.encode(frame).at(300, 0));
}

TEST(Features, UnseenValuesAreMissingAndNamed) {
  Frame frame = FrameMaker(60).text("city", [](size_t r) { return r % 2 ? "Paris" : "Oslo"; }).make();
  Features features = fit(frame);
  Frame later = FrameMaker(3).text("city", [](size_t r) { return r == 0 ? "Rome" : r == 1 ? "Oslo" : ""; }).make();
  Matrix x = features.encode(later);
  EXPECT_TRUE(std::isnan(x.at(0, 0)));
  EXPECT_FALSE(std::isnan(x.at(1, 0)));
  EXPECT_TRUE(std::isnan(x.at(2, 0)));
  EXPECT_EQ(features.unseen(later), (std::vector<std::vector<uint16_t>>{{0}, {}, {}}))
      << "a missing value is not unseen";
}

TEST(Features, ComeBackFromJsonAsTheyWere) {
  Frame frame = FrameMaker(900)
                    .number("n", [](size_t r) { return noise(r, 1); })
                    .text("city", [](size_t r) { return std::string(1, static_cast<char>('a' + r % 5)); })
                    .text("who", [](size_t r) { return "w" + std::to_string(r % 300); })
                    .make();
  std::vector<double> y;
  for (size_t r = 0; r < 900; ++r) y.push_back(static_cast<double>(r % 3));
  Features features = fit(frame, y, 3);
  Features back = Features::from_json(Json::parse(features.to_json().dump()));
  EXPECT_EQ(names_of(features), names_of(back));
  EXPECT_EQ(features.encode(frame).values, back.encode(frame).values);
  Json damaged = features.to_json();
  damaged["features"][0]["source"] = 99;
  EXPECT_THROW(Features::from_json(damaged), Error);
}

}  // namespace
}  // namespace filrouge
