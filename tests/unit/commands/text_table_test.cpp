#include <gtest/gtest.h>

#include "base/text.h"
#include "commands/text_table.h"

namespace filrouge {
namespace {

TEST(text_table, aligns_by_what_a_terminal_shows) {
  TextTable table({{"name"}, {"n", "", true}});
  table.add({"日本", "7"});
  table.add({"é", "1,234"});
  EXPECT_EQ(table.draw({}).text,
            "name      n\n"
            "日本      7\n"
            "é     1,234\n");
}

TEST(text_table, texts_are_cut_before_columns_are_left_out) {
  TextTable table({{"a", "VARCHAR"}, {"b", "VARCHAR"}, {"c", "BIGINT", true}});
  table.add({std::string(30, 'x'), "short", "123456"});
  TextTable::Drawn drawn = table.draw({.width = 35});
  EXPECT_TRUE(drawn.hidden.empty());
  EXPECT_NE(drawn.text.find("xxxxxxxxxxxxxxxxx…  short    123456"), std::string::npos) << drawn.text;
  drawn = table.draw({.width = 20});
  EXPECT_EQ(drawn.hidden, (std::vector<std::string>{"b", "c"}));
  for (size_t width = 12; width < 60; ++width)
    for (const std::string& line : split(table.draw({.width = width}).text, '\n'))
      EXPECT_LE(display_width(line), width) << line;
}

TEST(text_table, data_cannot_move_the_cursor) {
  TextTable table({{"a"}});
  table.add({"x\x1b[2Jy\r\n\tz"});
  EXPECT_EQ(table.draw({}).text, "a\nx\\x1b[2Jy\\r\\n\\tz\n");
}

TEST(text_table, no_line_ends_in_blanks) {
  TextTable table({{"a"}, {"b"}});
  table.add({"only one", ""});
  EXPECT_EQ(table.draw({.indent = 2}).text, "  a         b\n  only one\n");
}

TEST(text_table, null_is_grey_and_text_is_not) {
  TextTable table = table_of({{"columns", {{{"name", "a"}, {"type", "VARCHAR"}}, {{"name", "b"}, {"type", "DOUBLE"}}}},
                              {"rows", {{nullptr, 0.1}, {"NULL", 2.0}}}});
  std::string text = table.draw({.color = true}).text;
  EXPECT_NE(text.find("\x1b[90mNULL\x1b[0m"), std::string::npos) << text;
  EXPECT_NE(text.find("\nNULL     "), std::string::npos) << text;
}

TEST(text_table, fit) {
  EXPECT_EQ(fit("abcdef", 6), "abcdef");
  EXPECT_EQ(fit("abcdefg", 6), "abcde…");
  EXPECT_EQ(fit("日本語", 4), "日…");
  EXPECT_EQ(fit("a\tb", 10), "a\\tb");
}

TEST(text_table, wrap) {
  EXPECT_EQ(wrap("one two three", 7, 2), "one two\n  three");
  EXPECT_EQ(wrap("a  word-that-is-too-long b", 5, 0), "a\nword-that-is-too-long\nb");
  EXPECT_EQ(wrap("", 5, 0), "");
}

}  // namespace
}  // namespace filrouge
