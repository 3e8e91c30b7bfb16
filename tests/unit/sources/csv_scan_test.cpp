// What several threads find in the records of a file is what one finds, wherever they begin.
#include "sources/csv_scan.h"

#include <gtest/gtest.h>

#include <random>

#include "../temp_folder.h"

namespace filrouge {
namespace {

std::string scanned(const fs::path& path, size_t columns, uint64_t part_bytes, int threads) {
  FileFacts facts;
  facts.file = {path, "", path.filename().string(), ""};
  Schema schema;
  for (size_t column = 0; column < columns; ++column) {
    facts.names.push_back(fmt::format("c{}", column));
    schema.columns.push_back({facts.names.back(), "VARCHAR", {}});
  }
  SourceRequest request;
  request.csv.rules.nulls = {"NA"};
  std::vector<ColumnGuess> guesses(columns);
  scan_file(facts, request, schema, guesses, part_bytes, threads);
  std::string found = fmt::format("{} records, {} flawed, longest {}, {}", facts.records, facts.flawed, facts.longest,
                                  facts.regular ? "regular" : "irregular");
  for (const ColumnGuess& guess : guesses) {
    found += fmt::format("; {} of {} values", guess.type(), guess.values());
    if (auto note = guess.note("c")) found += " " + *note;
    if (auto word = guess.missing_word()) found += " " + *word;
  }
  return found;
}

class CsvScan : public ::testing::Test {
 protected:
  void expect_the_same(const std::string& text, size_t columns, uint64_t part_bytes) {
    path = folder.write("some.csv", text);
    const std::string one = scanned(path, columns, part_bytes, 1);
    for (int threads : {2, 3, 8})
      ASSERT_EQ(one, scanned(path, columns, part_bytes, threads)) << threads << " threads: " << text.substr(0, 2000);
  }
  TempFolder folder;
  fs::path path;
};

TEST_F(CsvScan, IsTheSameOnAnyNumberOfThreads) {
  std::mt19937 random(3);
  const char* kCells[] = {"1",
                          "22",
                          "2.5",
                          "2024-01-31",
                          "31/12/2024",
                          "NA",
                          "n/a",
                          "",
                          "007",
                          "word",
                          "\"a, b\"",
                          "\"two\nlines\"",
                          "\"he said \"\"no\"\"\"",
                          "\"broken",
                          "5\" pipe",
                          "\xC3\xA9",
                          "\xFF"};
  for (int round = 0; round < 150; ++round) {
    size_t usual = round % 3 == 0   ? std::size(kCells)
                   : round % 3 == 1 ? 13
                                    : 6;  // broken quotes and bytes: now and then
    std::string text = "a,b,c\n";
    for (size_t row = 0, rows = 20 + random() % 60; row < rows; ++row) {
      for (size_t cell = 0, cells = random() % 40 == 0 ? 2 : 3; cell < cells; ++cell)
        text += std::string(cell ? "," : "") + kCells[random() % usual];
      text += round % 10 == 9 && random() % 9 == 0 ? "\r\n" : "\n";
      if (random() % 30 == 0) text += "\n";
    }
    expect_the_same(text, 3, 40);
  }
}

TEST_F(CsvScan, ABeginningWithinQuotesIsGivenUp) {
  std::string lines;
  for (int i = 0; i < 300'000; ++i) lines += "no,record\n";  // 3 MB, all of it one value
  expect_the_same("a,b\n1,2\n3,\"" + lines + "\"\n5,6\n", 2, 200'000);
  expect_the_same("a,b\n1,2\n3,\"" + lines + "\n5,6\n", 2, 200'000);  // a quote that is never closed
}

TEST_F(CsvScan, AVeryLongRecordIsOneWhereverThePartsBegin) {
  std::string rows, lines;
  for (int i = 0; i < 300'000; ++i) rows += "12,34567890\n";
  for (int i = 0; i < 500'000; ++i) lines += "no,record\n";
  expect_the_same("a,b\n" + rows + "3,\"" + lines + "\"\n" + rows, 2, 200'000);
}

TEST_F(CsvScan, LineEndsOfTwoKindsAreNotRegular) {
  for (int first = 80; first < 140; ++first) {  // for some of them a part begins right where the line ends change
    std::string text = "a,b\n";
    for (int i = 0; i < 200; ++i) text += i < first ? "11,x\n" : "11,x\r\n";
    expect_the_same(text, 2, 50);
    ASSERT_NE(scanned(path, 2, 50, 2).find("irregular"), std::string::npos);
  }
}

}  // namespace
}  // namespace filrouge
