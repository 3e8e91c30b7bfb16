// A few thousand rows of a table in memory: how data passes between an engine and code of ours that computes on rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace filrouge {

/// The values of one column. Exactly one of `numbers` and `texts` has an entry per row.
struct BlockColumn {
  std::string name;
  bool is_text = false;
  std::vector<double> numbers;  ///< NULL is NaN
  std::vector<std::string> texts;
  std::vector<uint8_t> is_null;  ///< texts only: 1 where NULL
};

struct Block {
  size_t rows = 0;
  std::vector<BlockColumn> columns;
};

}  // namespace filrouge
