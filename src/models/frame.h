// The columns that a model reads, in memory, as they come from a table: before features are made of them.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "models/draw.h"
#include "models/matrix.h"
#include "tables/block.h"

namespace filrouge {

enum class SourceKind { number, boolean, text, date, timestamp, time };
const char* to_string(SourceKind kind);

struct SourceColumn {
  std::string name;
  SourceKind kind = SourceKind::number;
};

/// The kind of a column of DuckDB's type `type`; nothing for lists, structs, blobs, intervals: no model reads those.
std::optional<SourceKind> source_kind(const std::string& type);

/// How a block of a Frame is read: `name` as DOUBLE (dates and times as seconds since 1970, times of day as seconds) or
/// as VARCHAR.
std::string scan_expression(const SourceColumn& column);
/// The same of a whole table, one block column each, in order.
std::string scan_sql(const std::vector<SourceColumn>& columns, const std::string& table);
/// Rows of a block: enough for what is done per block to cost nothing, few enough to be small in memory.
inline constexpr size_t kScanRows = 65'536;

/// One column. Numbers: NULL is NaN. Texts: codes into `dictionary`, in the order in which the values came.
struct FrameColumn {
  static constexpr uint32_t kNull = std::numeric_limits<uint32_t>::max();
  SourceColumn source;
  std::vector<double> numbers;
  std::vector<uint32_t> codes;
  std::vector<std::string> dictionary;

  bool is_text() const { return source.kind == SourceKind::text; }
  bool is_null(size_t row) const { return is_text() ? codes[row] == kNull : numbers[row] != numbers[row]; }
};

class Frame {
 public:
  explicit Frame(const std::vector<SourceColumn>& columns);
  /// `block` has this frame's columns from `first` on, in order.
  void add(const Block& block, size_t first = 0);

  size_t rows = 0;
  std::vector<FrameColumn> columns;
  const FrameColumn* find(const std::string& name) const;
  std::vector<SourceColumn> sources() const;

 private:
  std::vector<std::unordered_map<std::string, uint32_t>> codes_;  ///< by column: text -> code
};

/// Those rows of a frame, in that order.
Frame rows_of(const Frame& frame, const Rows& rows);

/// A value as people write it: "14:05", "2013-01-01", "true", "3.5", "JFK"; empty for NULL.
std::string value_text(const FrameColumn& column, size_t row);

}  // namespace filrouge
