#include "commands/look_text.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "engines/profile.h"

namespace filrouge {
namespace {

std::string look(const std::string& sql, int width = 100, bool color = false) {
  auto engine = make_duckdb_engine(std::filesystem::temp_directory_path());
  return render_profile(profile(*engine, sql), width, color);
}

TEST(LookText, AColumnOfNumbersAndOneOfTexts) {
  EXPECT_EQ(look("SELECT CASE WHEN i > 0 THEN i % 4 END AS x, CASE WHEN i < 50 THEN 'EWR' ELSE 'NA' END AS origin FROM "
                 "range(200) AS t(i)"),
            "200 rows  2 columns\n"
            "\n"
            "x       BIGINT   0.5 % missing, 4 distinct\n"
            "    0 |████| 3\n"
            "    mean 1.51  std 1.12  5 % 0  25 % 1  median 2  75 % 3  95 % 3\n"
            "    24.5 % zero\n"
            "    1 25.0 %  2 25.0 %  3 25.0 %  0 24.5 %\n"
            "\n"
            "origin  VARCHAR  2 distinct\n"
            "    2 to 3 characters\n"
            "    NA 75.0 %  EWR 25.0 %\n"
            "    ! 150 rows say `NA` or the like as text: read it as missing (`null: [\"NA\"]`)\n");
}

TEST(LookText, NoLineIsWiderThanTheTerminal) {
  std::string text = look(
      "SELECT repeat('word ' || i % 9, 20) AS some_quite_long_name_of_a_column, i * 1e9 + 0.5 AS y FROM range(500) AS "
      "t(i)",
      60);
  for (const std::string& line : split(text, '\n')) EXPECT_LE(display_width(line), 60u) << line;
  EXPECT_NE(text.find("…"), std::string::npos);
}

TEST(LookText, ColorOnlyWhenAsked) {
  EXPECT_EQ(look("SELECT 1 AS x").find('\033'), std::string::npos);
  EXPECT_NE(look("SELECT 1 AS x", 80, true).find("\033[1m"), std::string::npos);
}

}  // namespace
}  // namespace filrouge
