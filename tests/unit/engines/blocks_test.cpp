// Rows between the engine and code of ours: every value, in order, in blocks; and back.
#include <gtest/gtest.h>

#include <cmath>

#include "../temp_folder.h"
#include "base/error.h"
#include "engines/engine.h"

namespace filrouge {
namespace {

TEST(Blocks, AScanGivesEveryRowInOrderInBlocks) {
  TempFolder folder;
  std::unique_ptr<Engine> engine = make_duckdb_engine(folder.path());
  engine->set_limits({1'000'000'000, 2, 0});
  std::vector<size_t> sizes;
  size_t next = 0;
  engine->scan(
      "SELECT (CASE WHEN i % 10 = 3 THEN NULL ELSE i END)::DOUBLE AS n, CASE WHEN i % 7 = 0 THEN NULL ELSE 'row ' || i "
      "END AS t "
      "FROM range(100000) r(i) ORDER BY i",
      30'000, [&](Block&& block) {
        sizes.push_back(block.rows);
        ASSERT_EQ(block.columns.size(), 2u);
        EXPECT_EQ(block.columns[0].name, "n");
        for (size_t row = 0; row < block.rows; ++row, ++next) {
          if (next % 10 == 3)
            ASSERT_TRUE(std::isnan(block.columns[0].numbers[row]));
          else
            ASSERT_EQ(block.columns[0].numbers[row], static_cast<double>(next));
          ASSERT_EQ(block.columns[1].is_null[row], next % 7 == 0);
          ASSERT_EQ(block.columns[1].texts[row], next % 7 ? "row " + std::to_string(next) : "");
        }
      });
  EXPECT_EQ(next, 100'000u);
  ASSERT_GE(sizes.size(), 3u);
  for (size_t i = 0; i + 1 < sizes.size(); ++i) EXPECT_GE(sizes[i], 30'000u);
}

TEST(Blocks, WhatIsAppendedIsReadBack) {
  TempFolder folder;
  std::unique_ptr<Engine> engine = make_duckdb_engine(folder.path());
  engine->execute("CREATE TEMP TABLE kept (n DOUBLE, t VARCHAR)");
  std::string long_text(5000, 'x');
  // Appending while a scan goes on is what scoring does.
  engine->scan("SELECT i::DOUBLE AS n FROM range(10000) r(i)", 4'000, [&](Block&& block) {
    BlockColumn texts{"t", true, {}, {}, {}};
    for (size_t row = 0; row < block.rows; ++row) {
      texts.texts.push_back(row % 2 ? "a\xc3\xa9" : long_text);
      texts.is_null.push_back(row % 5 == 0);
      if (row % 3 == 0) block.columns[0].numbers[row] = NAN;
    }
    block.columns.push_back(std::move(texts));
    engine->append("kept", block);
  });
  Json rows =
      engine->rows("SELECT count(*), count(n), count(t), max(length(t)), count(DISTINCT t) FROM kept", 1)["rows"];
  EXPECT_EQ(rows[0][0], 10'000);
  EXPECT_LT(rows[0][1].get<int>(), 7'000);
  EXPECT_GT(rows[0][1].get<int>(), 6'000);
  EXPECT_EQ(rows[0][3], 5000);
  EXPECT_EQ(rows[0][4], 2);
}

TEST(Blocks, ErrorsOfAScanAreThrownAndTheEngineGoesOn) {
  TempFolder folder;
  std::unique_ptr<Engine> engine = make_duckdb_engine(folder.path());
  EXPECT_THROW(engine->scan("SELECT nothing FROM nowhere", 10, [](Block&&) {}), Error);
  EXPECT_THROW(engine->scan("SELECT (CASE WHEN i = 9000 THEN error('no') ELSE 1 END)::DOUBLE FROM range(10000) r(i)",
                            10, [](Block&&) {}),
               Error);
  EXPECT_THROW(engine->scan("SELECT 1::DOUBLE", 10, [](Block&&) { throw Error(ErrorKind::data, "FR0310", "enough"); }),
               Error);
  EXPECT_EQ(engine->rows("SELECT 42", 1)["rows"][0][0], 42);
}

}  // namespace
}  // namespace filrouge
