// CsvRecords looks at 64 bytes at a time. What it finds may not depend on where in such a block a record begins, nor on
// how many bytes come at once.
#include <gtest/gtest.h>

#include <random>

#include "sources/csv_records.h"

namespace filrouge {
namespace {

/// Gives `step` bytes at a time.
class Drip : public ByteSource {
 public:
  Drip(std::string text, size_t step) : text_(std::move(text)), step_(step) {}
  size_t read(char* into, size_t size) override {
    size_t got = std::min({size, step_, text_.size() - at_});
    text_.copy(into, got, at_);
    at_ += got;
    return got;
  }

 private:
  std::string text_;
  size_t step_, at_ = 0;
};

struct Read {
  std::vector<std::string> records;  ///< fields, flaw, lines and bytes of each
  bool regular = false;
};

Read read_all(const std::string& text, const Dialect& dialect, size_t step, size_t passed_over = 0) {
  Drip source(text, step);
  CsvRecords records(source, dialect);
  Read read;
  for (Record record; records.next(record);) {
    if (passed_over > 0 && read.records.empty() && record.offset == 0) {
      --passed_over;
      continue;
    }
    std::string shown = fmt::format("{} lines {}: ", to_text(record.flaw), record.lines);
    for (std::string_view field : record.fields) shown += fmt::format("[{}]", field);
    read.records.push_back(shown + fmt::format(" <{}>", record.text));
  }
  read.regular = records.regular();
  return read;
}

std::string random_text(std::mt19937& random, size_t pieces) {
  const char* kPieces[] = {
      "a", "12", ",", ",", ",", "\n", "\n", "\"", "\"\"", "\\", "\r\n", "\xC3\xA9", "long field of letters", " "};
  std::string text;
  for (size_t i = 0; i < pieces; ++i) text += kPieces[random() % std::size(kPieces)];
  return text;
}

TEST(CsvRecords, FindTheSameWhereverABlockBegins) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    std::string text = random_text(random, 5 + random() % 60);
    for (const char* escape : {"\"", "\\"}) {
      Dialect dialect;
      dialect.escape = escape;
      Read expected = read_all(text, dialect, 1 << 20);
      for (size_t shift = 1; shift <= 65; ++shift) {
        Read shifted = read_all(std::string(shift, 'x') + "\n" + text, dialect, 1 << 20, 1);
        ASSERT_EQ(expected.records, shifted.records) << text << "\nafter a record of " << shift;
      }
      for (size_t step : {1, 3, 64}) {
        Read dripped = read_all(text, dialect, step);
        ASSERT_EQ(expected.records, dripped.records) << text << "\nin steps of " << step;
        ASSERT_EQ(expected.regular, dripped.regular) << text;
      }
    }
  }
}

TEST(CsvRecords, AnInvalidByteIsFoundAnywhereInABlock) {
  for (size_t before = 0; before < 130; ++before) {
    Read read = read_all("first,1\n" + std::string(before, 'x') + "\xFF,2\nlast,3\n", {}, 1 << 20);
    ASSERT_EQ(read.records.size(), 3u);
    EXPECT_EQ(read.records[0], " lines 1: [first][1] <first,1>");
    EXPECT_TRUE(read.records[1].starts_with("not valid UTF-8 lines 1: ")) << before;
    EXPECT_EQ(read.records[2], " lines 1: [last][3] <last,3>");
  }
}

}  // namespace
}  // namespace filrouge
