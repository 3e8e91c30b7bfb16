#include "charts/text_width.h"

#include <gtest/gtest.h>

namespace filrouge {
namespace {

TEST(TextWidth, IsThatOfTheFont) {  // advance widths of Liberation Sans and Arial, units of 2048 per em
  EXPECT_NEAR(text_width("A", false), 1366 / 2048.0, 0.001);
  EXPECT_NEAR(text_width("A", true), 1479 / 2048.0, 0.001);
  EXPECT_NEAR(text_width("i", false), 455 / 2048.0, 0.001);
  EXPECT_NEAR(text_width("1,000", false), (4 * 1139 + 569) / 2048.0, 0.003);
  EXPECT_NEAR(text_width("é", false), text_width("e", false), 0.001);
  EXPECT_NEAR(text_width("−5", false), (1196 + 1139) / 2048.0, 0.002);
  EXPECT_EQ(text_width("", false), 0);
}

TEST(TextWidth, OtherScriptsAndBrokenText) {
  EXPECT_DOUBLE_EQ(text_width("東京", false), 2.0);
  EXPECT_DOUBLE_EQ(text_width("e\u0301", false), text_width("e", false)) << "a combining accent has no width";
  EXPECT_GT(text_width("Москва", false), 3.0);
  EXPECT_GT(text_width("\xff\xfe", false), 0.0);
  EXPECT_GT(text_width("\xe6\x9d", false), 0.0) << "cut in the middle of a letter";
}

TEST(TextWidth, WeightsOfCss) {
  for (const char* bold : {"bold", "bolder", "600", "900"}) EXPECT_TRUE(is_bold(bold)) << bold;
  for (const char* normal : {"normal", "400", "lighter", ""}) EXPECT_FALSE(is_bold(normal)) << normal;
}

}  // namespace
}  // namespace filrouge
