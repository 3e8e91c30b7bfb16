#include "steps/score_answers.h"

#include <cmath>

#include "base/text.h"

namespace filrouge {
namespace {

constexpr char kBetween = '\x1f';  // the ASCII unit separator: parts of a list on their way through a text

}  // namespace

BlockColumn text_column(const std::string& name, size_t rows) {
  return {name, true, {}, std::vector<std::string>(rows), std::vector<uint8_t>(rows)};
}

BlockColumn number_column(const std::string& name, size_t rows) {
  return {name, false, std::vector<double>(rows, kNoNumber), {}, {}};
}

void add_to_list(const std::string& item, std::string& list) {
  if (!list.empty()) list += kBetween;
  list += item;
}

std::string list_expression(const std::string& column) {
  return fmt::format("CASE WHEN {0} = '' THEN []::VARCHAR[] ELSE string_split({0}, chr(31)) END", column);
}

void add_unseen(const Features& features, const Frame& frame, Block& block) {
  BlockColumn unseen = text_column("unseen", frame.rows);
  std::vector<std::vector<uint16_t>> columns = features.unseen(frame);
  for (size_t r = 0; r < frame.rows; ++r)
    for (uint16_t source : columns[r]) add_to_list(features.sources()[source].name, unseen.texts[r]);
  block.columns.push_back(std::move(unseen));
}

void add_reasons(const Features& features, const Frame& frame, size_t count,
                 const std::function<const double*(size_t row)>& line, Block& block) {
  std::vector<const FrameColumn*> columns;
  for (const SourceColumn& source : features.sources()) columns.push_back(frame.find(source.name));
  std::vector<BlockColumn> names, values, sizes;
  for (size_t i = 0; i < count; ++i) {
    names.push_back(text_column(fmt::format("name{}", i), frame.rows));
    values.push_back(text_column(fmt::format("value{}", i), frame.rows));
    sizes.push_back(number_column(fmt::format("size{}", i), frame.rows));
  }
  std::vector<size_t> order(columns.size());
  for (size_t r = 0; r < frame.rows; ++r) {
    const double* of_row = line(r);
    for (size_t s = 0; s < order.size(); ++s) order[s] = s;
    std::partial_sort(order.begin(), order.begin() + static_cast<long>(count), order.end(), [&](size_t a, size_t b) {
      double left = std::abs(of_row[a]), right = std::abs(of_row[b]);
      return left != right ? left > right : a < b;
    });
    for (size_t i = 0; i < count; ++i) {
      const FrameColumn& column = *columns[order[i]];
      names[i].texts[r] = column.source.name;
      values[i].texts[r] = value_text(column, r);
      values[i].is_null[r] = column.is_null(r);
      sizes[i].numbers[r] = of_row[order[i]];
    }
  }
  for (auto* list : {&names, &values, &sizes})
    for (BlockColumn& column : *list) block.columns.push_back(std::move(column));
}

std::string reasons_expression(size_t count, const std::string& type) {
  std::vector<std::string> items;
  for (size_t i = 0; i < count; ++i)
    items.push_back(fmt::format("{{'column': a.name{0}, 'value': a.value{0}, 'contribution': a.size{0}}}", i));
  return fmt::format("[{}]::{}", join(items, ", "), type);
}

}  // namespace filrouge
