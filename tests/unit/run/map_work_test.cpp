#include "run/map_work.h"

#include <gtest/gtest.h>

namespace filrouge {
namespace {

/// "0:0+4 1:0+1" for a part that takes 4 rows of the first file and one of the second.
std::string text_of(const PartOfFiles& part) {
  std::string text;
  for (const auto& [file, range] : part.files)
    text += fmt::format("{}{}:{}+{}", text.empty() ? "" : " ", file, range.first, range.rows);
  return text;
}

TEST(MapWork, PartsCoverTheFilesInOrder) {
  struct Case {
    std::vector<uint64_t> files;
    uint64_t part_rows;
    std::vector<std::string> parts;
  };
  const Case cases[] = {
      {{}, 5, {}},
      {{0}, 5, {}},
      {{4}, 5, {"0:0+4"}},
      {{5}, 5, {"0:0+5"}},
      {{11}, 5, {"0:0+5", "0:5+5", "0:10+1"}},
      {{4, 0, 3, 9}, 5, {"0:0+4 2:0+1", "2:1+2 3:0+3", "3:3+5", "3:8+1"}},
      {{1, 1, 1}, 100, {"0:0+1 1:0+1 2:0+1"}},
  };
  for (const Case& one : cases) {
    std::vector<PartOfFiles> parts = cut_files(one.files, one.part_rows);
    std::vector<std::string> texts;
    uint64_t first = 0;
    for (const PartOfFiles& part : parts) {
      texts.push_back(text_of(part));
      EXPECT_EQ(part.first_row, first);
      first += part.rows;
    }
    EXPECT_EQ(texts, one.parts);
  }
}

}  // namespace
}  // namespace filrouge
