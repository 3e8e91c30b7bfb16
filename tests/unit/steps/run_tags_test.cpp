#include "steps/run_tags.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/line_sort.h"
#include "steps/run_elsewhere.h"

namespace filrouge {
namespace {

TEST(RunTags, ComeOffAgain) {
  struct Case {
    size_t fields;
    const char* line;
    const char* reduced;  ///< as the reducer gets it
  };
  const Case cases[] = {{1, "a\t1", "a\t1"},   {1, "a", "a\t"},         {1, "a\t", "a\t"},
                        {1, "", "\t"},         {1, "\tx\ty", "\tx\ty"}, {2, "a\tb\tc", "a\tb\tc"},
                        {2, "a\tb", "a\tb\t"}, {2, "a", "a\t"},         {2, "a\t", "a\t\t"},
                        {2, "", "\t"},         {3, "a\t", "a\t\t"},     {3, "\xC3\xA9", "\xC3\xA9\t"}};
  for (const Case& one : cases) {
    LineTagger tagger(one.fields, 3);
    std::string line;
    ASSERT_TRUE(untag(*tagger.tagged(one.line), one.fields, line)) << one.line;
    EXPECT_EQ(line, one.reduced) << one.fields << " " << one.line;
  }
  std::string line;
  EXPECT_FALSE(untag("a\tb", 1, line));
  EXPECT_FALSE(untag("a", 1, line));
}

/// Sorting tagged lines by all of the key and the tag is sorting lines by key, in the order in which they came.
TEST(RunTags, SortAsLinesDo) {
  for (size_t fields : {1, 2, 3}) {
    std::vector<std::string> lines;
    for (const char* key : {"", "a", "a\t", "a\t\t", "a\tb", "a\tb\tc", "a\n", "a ", "ab", "b", "\xFF", "a\t\tc", "\t"})
      for (const char* value : {"", "\tz", "\ty"}) lines.push_back(std::string(key) + value);
    LineTagger first(fields, 0), second(fields, 1);
    std::vector<std::string> tagged;
    for (const std::string& line : lines) tagged.emplace_back(*first.tagged(line));
    for (const std::string& line : lines) tagged.emplace_back(*second.tagged(line));
    const std::vector<std::string> twice = lines;
    lines.insert(lines.end(), twice.begin(), twice.end());
    auto key = [&](const std::string& line, size_t count) { return line.substr(0, key_length(line, count)); };
    std::stable_sort(lines.begin(), lines.end(),
                     [&](const auto& a, const auto& b) { return key(a, fields) < key(b, fields); });
    std::sort(tagged.begin(), tagged.end(),
              [&](const auto& a, const auto& b) { return key(a, fields + 1) < key(b, fields + 1); });
    for (size_t i = 0; i < lines.size(); ++i) {
      std::string line, wanted = lines[i];
      if (key(wanted, fields) == wanted) wanted += '\t';
      ASSERT_TRUE(untag(tagged[i], fields, line));
      EXPECT_EQ(line, wanted) << fields << " fields, line " << i;
    }
  }
}

TEST(RunTags, WhatWouldSortOtherwiseIsRefused) {
  LineTagger tagger(1, 0);
  EXPECT_FALSE(tagger.tagged("a\x08\tb"));
  EXPECT_TRUE(tagger.tagged("a\tb\x08"));
  EXPECT_EQ(line_problem("a\rb"), "a carriage return");
  EXPECT_EQ(line_problem("\xEF\xBB\xBFx"), "a byte order mark");
  EXPECT_EQ(line_problem("a\tb"), "");
}

TEST(RunElsewhere, ReceiptsAreLines) {
  TaskReceipt receipt{12, 3, 4, 5, 6, 0.25};
  std::string line = to_line(receipt);
  EXPECT_EQ(line.find_first_of("\t\n"), std::string::npos);
  auto read = receipt_from_line(line);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_line(*read), line);
  EXPECT_FALSE(receipt_from_line("word\t1"));
  EXPECT_FALSE(receipt_from_line("\x01{}"));
}

}  // namespace
}  // namespace filrouge
