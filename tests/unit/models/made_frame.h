// Small tables made up for the tests of features, splits and learners.
#pragma once

#include <cmath>

#include "models/frame.h"

namespace filrouge {

/// A frame from columns of numbers and texts; an empty text is NULL.
class FrameMaker {
 public:
  FrameMaker& number(const std::string& name, const std::function<double(size_t)>& value,
                     SourceKind kind = SourceKind::number) {
    sources_.push_back({name, kind});
    BlockColumn column{name, false, {}, {}, {}};
    for (size_t row = 0; row < rows_; ++row) column.numbers.push_back(value(row));
    block_.columns.push_back(std::move(column));
    return *this;
  }
  FrameMaker& text(const std::string& name, const std::function<std::string(size_t)>& value) {
    sources_.push_back({name, SourceKind::text});
    BlockColumn column{name, true, {}, {}, {}};
    for (size_t row = 0; row < rows_; ++row) {
      column.texts.push_back(value(row));
      column.is_null.push_back(column.texts.back().empty());
    }
    block_.columns.push_back(std::move(column));
    return *this;
  }
  Frame make() {
    block_.rows = rows_;
    Frame frame(sources_);
    frame.add(block_);
    return frame;
  }
  explicit FrameMaker(size_t rows) : rows_(rows) {}

 private:
  size_t rows_;
  std::vector<SourceColumn> sources_;
  Block block_;
};

/// A number in [0, 1) that depends on the row and on `what` alone.
inline double noise(size_t row, uint64_t what) {
  return static_cast<double>(mix(row, what) >> 11) / 9007199254740992.0;
}

inline Rows all_rows(size_t count) {
  Rows rows(count);
  for (uint32_t i = 0; i < count; ++i) rows[i] = i;
  return rows;
}

}  // namespace filrouge
