#include "base/text.h"

#include <gtest/gtest.h>

namespace filrouge {
namespace {

TEST(Text, NearestFindsSlips) {
  std::vector<std::string> names = {"dep_delay", "arr_delay", "carrier", "id"};
  EXPECT_EQ(nearest("dep_dely", names), "dep_delay");
  EXPECT_EQ(nearest("DEP_DELAY", names), "dep_delay");
  EXPECT_EQ(nearest("carreir", names), "carrier");
  EXPECT_EQ(nearest("zzz", names), std::nullopt);
  EXPECT_EQ(nearest("xy", names), std::nullopt);
}

TEST(Text, NumbersAsPeopleReadThem) {
  EXPECT_EQ(with_commas(336776), "336,776");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(short_count(336776), "337k");
  EXPECT_EQ(short_count(5'000'000), "5.0M");
  EXPECT_EQ(short_count(999'999), "1.0M");
  EXPECT_EQ(human_bytes(6'400'000), "6.4 MB");
  EXPECT_EQ(human_seconds(0.04), "0.04 s");
  EXPECT_EQ(human_seconds(192), "3 min 12 s");
}

TEST(Text, SizesAndDurations) {
  EXPECT_EQ(parse_bytes("4GB"), 4'000'000'000u);
  EXPECT_EQ(parse_bytes("1 GiB"), 1073741824u);
  EXPECT_EQ(parse_bytes("lots"), std::nullopt);
  EXPECT_EQ(parse_duration_ms("10s"), 10'000u);
  EXPECT_EQ(parse_duration_ms("250ms"), 250u);
  EXPECT_EQ(parse_duration_ms(""), std::nullopt);
}

TEST(Text, Utf8) {
  EXPECT_EQ(first_invalid_utf8("h\xC3\xA9llo"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("ab\xFF"), 2u);
  EXPECT_EQ(first_invalid_utf8("\xC0\x80"), 0u);      // overlong
  EXPECT_EQ(first_invalid_utf8("\xED\xA0\x80"), 0u);  // surrogate
  EXPECT_EQ(count_code_points("h\xC3\xA9llo"), 5u);
  EXPECT_EQ(display_width("\xE6\xBC\xA2"), 2u);
}

}  // namespace
}  // namespace filrouge
