// A table that a verb computes row by row, on its way to Parquet.
#pragma once

#include <initializer_list>
#include <limits>

#include "steps/step.h"
#include "tables/block.h"

namespace filrouge {

/// Columns by name and type.
Schema schema_of(std::initializer_list<std::pair<const char*, const char*>> columns);
inline constexpr const char* kText = "VARCHAR";
inline constexpr const char* kReal = "DOUBLE";
inline constexpr const char* kCount = "BIGINT";
inline constexpr const char* kYesOrNo = "BOOLEAN";

/// A value of a row: a number (NaN is NULL), a text, or nothing.
struct CellValue {
  double number = std::numeric_limits<double>::quiet_NaN();
  std::optional<std::string> text;

  CellValue() = default;
  CellValue(double value) : number(value) {}
  CellValue(uint64_t value) : number(static_cast<double>(value)) {}
  CellValue(std::string value) : text(std::move(value)) {}
  CellValue(const char* value) : text(value) {}
};

/// An empty text is nothing.
inline CellValue text_or_nothing(const std::string& text) {
  return text.empty() ? CellValue() : CellValue(text);
}

class ResultTable {
 public:
  ResultTable(std::string name, Schema schema);

  /// Whole numbers stay exact up to 2^53. Text columns take texts, all others numbers (booleans 0 and 1).
  void add(std::initializer_list<CellValue> row);
  void add(const std::vector<CellValue>& row);
  uint64_t rows() const { return block_.rows; }
  /// Writes it into a subfolder of `staging` of its own, rows in the order of add().
  WrittenTable write(Engine& engine, const std::filesystem::path& staging) const;

 private:
  std::string name_;
  Schema schema_;
  Block block_;
};

/// Every column of `columns` computed from all of `values`.
TableLineage lineage_of_all(const Schema& schema, const std::set<ColumnRef>& values);

}  // namespace filrouge
