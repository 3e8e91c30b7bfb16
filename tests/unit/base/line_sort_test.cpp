// The sort between map and reduce, against std::stable_sort on the same lines.
#include "base/line_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "../temp_folder.h"
#include "base/error.h"

namespace filrouge {
namespace {

using Lines = std::vector<std::string>;

Lines sorted_by_key(Lines lines, size_t fields) {
  std::stable_sort(lines.begin(), lines.end(), [&](const std::string& a, const std::string& b) {
    return a.substr(0, key_length(a, fields)) < b.substr(0, key_length(b, fields));
  });
  return lines;
}

/// Sorted in runs of at most `in_run` lines, which are merged `fan_in` at a time.
Lines through_runs(const Lines& lines, size_t fields, size_t in_run, size_t fan_in = 128,
                   std::optional<std::string> from = {}, std::optional<std::string> until = {}) {
  TempFolder folder;
  std::vector<SortedRun> runs;
  LineBuffer buffer(fields);
  auto write = [&] {
    buffer.sort();
    runs.push_back(SortedRun::write(buffer, folder.path() / std::to_string(runs.size())));
    buffer.clear();
  };
  for (const std::string& line : lines) {
    buffer.add(line);
    if (buffer.size() == in_run) write();
  }
  if (!buffer.empty()) write();
  merge_down(runs, fan_in, folder.path());
  EXPECT_LE(runs.size(), fan_in);
  std::vector<const SortedRun*> all;
  for (const SortedRun& run : runs) all.push_back(&run);
  LineMerge merge(all, from, until, 64);
  Lines out;
  for (std::string_view line; merge.next(line);) {
    out.emplace_back(line);
    EXPECT_EQ(merge.key_bytes(), key_length(line, fields));
  }
  runs.clear();
  EXPECT_TRUE(fs::is_empty(folder.path()));
  return out;
}

/// Keys that share beginnings, have NUL bytes and bytes over 127, are empty, or stand without a TAB.
Lines mixed_lines(size_t count) {
  std::mt19937 random(7);
  const Lines beginnings = {"",         "a", "aaaaaaaa", "aaaaaaaab", std::string("a\0b", 3), std::string(9, '\0'),
                            "\xff\xfe", "Z"};
  Lines lines;
  for (size_t i = 0; i < count; ++i) {
    std::string key = beginnings[random() % beginnings.size()];
    for (size_t more = random() % 4; more > 0; --more)
      key += static_cast<char>(random() % 3 ? 'a' + random() % 2 : 0x80);
    lines.push_back(random() % 5 ? fmt::format("{}\t{}", key, i) : key);
  }
  return lines;
}

TEST(LineSort, KeyIsWhatStandsBeforeTheNthTab) {
  EXPECT_EQ(key_length("word\t1", 1), 4u);
  EXPECT_EQ(key_length("a\tb\tc", 2), 3u);
  EXPECT_EQ(key_length("a\tb", 2), 3u);
  EXPECT_EQ(key_length("word", 1), 4u);
  EXPECT_EQ(key_length("\tvalue", 1), 0u);
  EXPECT_EQ(key_length("", 1), 0u);
}

TEST(LineSort, AsAStableSortWhateverTheRuns) {
  const Lines lines = mixed_lines(20'000);
  for (size_t fields : {1, 2})
    for (size_t in_run : {7, 1000, 20'000})
      EXPECT_EQ(through_runs(lines, fields, in_run), sorted_by_key(lines, fields)) << fields << " " << in_run;
}

TEST(LineSort, ManyRunsAreMergedInSeveralPasses) {
  const Lines lines = mixed_lines(500);
  EXPECT_EQ(through_runs(lines, 1, 3, 2), sorted_by_key(lines, 1));
}

TEST(LineSort, EqualKeysStayInTheirOrder) {
  Lines lines;
  for (int i = 0; i < 10'000; ++i) lines.push_back(fmt::format("same\t{}", i));
  EXPECT_EQ(through_runs(lines, 1, 128), lines);
}

TEST(LineSort, NothingGivesNothing) {
  EXPECT_EQ(through_runs({}, 1, 10), Lines());
  LineBuffer buffer(1);
  buffer.sort();
  EXPECT_TRUE(buffer.empty());
}

TEST(LineSort, ALineOfTenMegabytes) {
  Lines lines = {"b\t1", std::string(10 << 20, 'x') + "\tlong key", "a\t" + std::string(10 << 20, 'y'), ""};
  EXPECT_EQ(through_runs(lines, 1, 2), sorted_by_key(lines, 1));
}

TEST(LineSort, ABufferKnowsWhetherALineStillFitsItsMemory) {
  constexpr size_t kBudget = 1 << 20;
  LineBuffer buffer(1);
  size_t bytes = 0;
  while (buffer.has_room(10, kBudget)) buffer.add("0123456789"), bytes += 10;
  EXPECT_GT(bytes, kBudget / 10);
  EXPECT_LT(buffer.size() * (10 + 4 + 32), kBudget);
  EXPECT_FALSE(LineBuffer(1).has_room(kBudget, kBudget));
}

TEST(LineSort, ALongerLineIsRefused) {
  LineBuffer buffer(1);
  // Only its length counts: the bytes are never looked at.
  try {
    buffer.add(std::string_view("x", LineBuffer::kLongestLine + 1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0446");
  }
}

TEST(LineSort, RangesOfKeysMakeTheWhole) {
  const Lines lines = mixed_lines(20'000), sorted = sorted_by_key(lines, 1);
  Lines joined;
  const std::vector<std::optional<std::string>> splits = {std::nullopt, "a",    std::string("a\0b", 3),
                                                          "aaaaaaaab",  "\x90", std::nullopt};
  std::vector<std::optional<std::string>> bounds = splits;
  std::sort(bounds.begin() + 1, bounds.end() - 1);
  for (size_t i = 0; i + 1 < bounds.size(); ++i)
    for (std::string& line : through_runs(lines, 1, 3000, 128, bounds[i], bounds[i + 1]))
      joined.push_back(std::move(line));
  EXPECT_EQ(joined, sorted);
}

}  // namespace
}  // namespace filrouge
