#include "models/frame.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "tables/schema.h"

namespace filrouge {
namespace {

constexpr const char* kKindNames[] = {"number", "boolean", "text", "date", "timestamp", "time"};

std::string date_text(int64_t days) {
  std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string clock_text(int64_t seconds) {
  std::string text = fmt::format("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
  return seconds % 60 ? text + fmt::format(":{:02}", seconds % 60) : text;
}

}  // namespace

const char* to_string(SourceKind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

std::optional<SourceKind> source_kind(const std::string& type) {
  static const std::set<std::string> numbers = {"TINYINT",   "SMALLINT", "INTEGER", "BIGINT",   "HUGEINT", "UTINYINT",
                                                "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT",   "DOUBLE"};
  if (numbers.contains(type)) return SourceKind::number;
  if (type == "BOOLEAN") return SourceKind::boolean;
  if (type == "DATE") return SourceKind::date;
  if (type == "TIME") return SourceKind::time;
  if (type.ends_with(']')) return std::nullopt;
  if (type.starts_with("DECIMAL")) return SourceKind::number;
  if (type.starts_with("TIMESTAMP")) return SourceKind::timestamp;
  if (type == "VARCHAR" || type == "UUID" || type.starts_with("ENUM")) return SourceKind::text;
  return std::nullopt;
}

std::string scan_expression(const SourceColumn& column) {
  std::string name = quote_name(column.name);
  switch (column.kind) {
    case SourceKind::text:
      return fmt::format("{0}::VARCHAR AS {0}", name);
    case SourceKind::number:
    case SourceKind::boolean:
      return fmt::format("{0}::DOUBLE AS {0}", name);
    default:
      return fmt::format("epoch({0})::DOUBLE AS {0}", name);
  }
}

std::string scan_sql(const std::vector<SourceColumn>& columns, const std::string& table) {
  std::vector<std::string> parts;
  for (const SourceColumn& column : columns) parts.push_back(scan_expression(column));
  return fmt::format("SELECT {} FROM {}", join(parts, ", "), quote_table(table));
}

Frame::Frame(const std::vector<SourceColumn>& sources) : codes_(sources.size()) {
  for (const SourceColumn& source : sources) columns.push_back({source, {}, {}, {}});
}

void Frame::add(const Block& block, size_t first) {
  for (size_t c = 0; c < columns.size(); ++c) {
    FrameColumn& column = columns[c];
    const BlockColumn& from = block.columns[first + c];
    FR_CHECK(from.is_text == column.is_text());
    if (!column.is_text()) {
      column.numbers.insert(column.numbers.end(), from.numbers.begin(), from.numbers.end());
      continue;
    }
    for (size_t row = 0; row < block.rows; ++row) {
      if (from.is_null[row]) {
        column.codes.push_back(FrameColumn::kNull);
        continue;
      }
      auto [place, is_new] = codes_[c].try_emplace(from.texts[row], static_cast<uint32_t>(column.dictionary.size()));
      if (is_new) column.dictionary.push_back(from.texts[row]);
      column.codes.push_back(place->second);
    }
  }
  rows += block.rows;
}

const FrameColumn* Frame::find(const std::string& name) const {
  for (const FrameColumn& column : columns)
    if (column.source.name == name) return &column;
  return nullptr;
}

std::vector<SourceColumn> Frame::sources() const {
  std::vector<SourceColumn> sources;
  for (const FrameColumn& column : columns) sources.push_back(column.source);
  return sources;
}

Frame rows_of(const Frame& frame, const Rows& rows) {
  Frame part({});
  for (const FrameColumn& column : frame.columns) {
    FrameColumn taken{column.source, {}, {}, column.dictionary};
    for (uint32_t row : rows) {
      if (column.is_text())
        taken.codes.push_back(column.codes[row]);
      else
        taken.numbers.push_back(column.numbers[row]);
    }
    part.columns.push_back(std::move(taken));
  }
  part.rows = rows.size();
  return part;
}

std::string value_text(const FrameColumn& column, size_t row) {
  if (column.is_null(row)) return "";
  if (column.is_text()) return column.dictionary[column.codes[row]];
  double value = column.numbers[row];
  constexpr int64_t kDay = 86'400;
  bool is_time = column.source.kind != SourceKind::number && column.source.kind != SourceKind::boolean;
  if (is_time && std::abs(value) < 1e14) {
    auto seconds = static_cast<int64_t>(std::floor(value));
    int64_t days = (seconds - ((seconds % kDay) + kDay) % kDay) / kDay;
    if (column.source.kind == SourceKind::time) return clock_text(seconds);
    if (column.source.kind == SourceKind::date) return date_text(days);
    return date_text(days) + " " + clock_text(seconds - days * kDay);
  }
  if (column.source.kind == SourceKind::boolean) return value != 0 ? "true" : "false";
  return fmt::format("{}", value);
}

}  // namespace filrouge
