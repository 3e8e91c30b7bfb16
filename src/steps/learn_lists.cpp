#include "steps/learn_lists.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "models/ranking.h"

namespace filrouge {
namespace {

/// The rows of each list, by its number.
std::vector<Rows> rows_by_list(const LearnData& data) {
  std::vector<Rows> lists;
  for (uint32_t row : data.rows) {
    if (data.list[row] >= lists.size()) lists.resize(data.list[row] + 1);
    lists[data.list[row]].push_back(row);
  }
  std::erase_if(lists, [](const Rows& rows) { return rows.empty(); });
  return lists;
}

}  // namespace

void gather_lists(LearnData& data, const ModelPlan& plan) {
  const FrameColumn& column = *data.others.find(plan.group);
  std::map<std::pair<uint32_t, double>, uint32_t> numbers;
  std::vector<uint32_t> list(data.inputs.rows);
  Rows order(data.inputs.rows);
  for (uint32_t row = 0; row < order.size(); ++row) {
    if (column.is_null(row))
      throw Error(ErrorKind::data, "FR0805",
                  fmt::format("`{}`, which tells the lists, has no value in row {}", plan.group, row + 1),
                  "leave those rows out in SQL first");
    auto key = column.is_text() ? std::pair(column.codes[row], 0.0) : std::pair(uint32_t{0}, column.numbers[row]);
    list[row] = numbers.emplace(key, static_cast<uint32_t>(numbers.size())).first->second;
    order[row] = row;
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return list[a] < list[b]; });
  for (uint32_t row : order) data.list.push_back(list[row]);
  data.inputs = rows_of(data.inputs, order);
  data.others = rows_of(data.others, order);
  data.table_row = std::move(order);
}

void check_lists(LearnData& data, const ModelPlan& plan) {
  for (uint32_t row : data.rows)
    if (!(data.y[row] >= 0 && data.y[row] <= kHighestGrade && data.y[row] == std::floor(data.y[row])))
      throw Error(ErrorKind::data, "FR0806",
                  fmt::format("`{}` is {} in row {}: a grade is a whole number from 0 to {}", plan.target, data.y[row],
                              data.table_row[row] + 1, kHighestGrade),
                  "make grades in SQL, as in ntile(5) OVER (ORDER BY x) - 1");
  size_t same = 0;
  std::vector<Rows> lists = rows_by_list(data);
  for (const Rows& rows : lists) {
    if (rows.size() > kLongestList)
      throw Error(ErrorKind::data, "FR0803",
                  fmt::format("a `{}` has {} rows: a list of at most {} can be ranked", plan.group,
                              with_commas(rows.size()), with_commas(kLongestList)),
                  "group by a finer column, or leave the least relevant rows out in SQL");
    same += std::all_of(rows.begin(), rows.end(), [&](uint32_t row) { return data.y[row] == data.y[rows[0]]; });
  }
  if (same == lists.size())
    throw Error(ErrorKind::data, "FR0806",
                fmt::format("in each of {} `{}` all rows have the same `{}`: there is no order to learn",
                            with_commas(lists.size()), plan.group, plan.target),
                "look at the table: filrouge look " + plan.from);
  if (same > 0)
    data.notes.push_back(fmt::format("{} of {} `{}` have one `{}` for all rows: no order can be learned from them",
                                     with_commas(same), with_commas(lists.size()), plan.group, plan.target));
}

FrameColumn split_column_of_lists(const LearnData& data, const ModelPlan& plan) {
  FrameColumn by = *data.others.find(plan.split.column);
  for (const Rows& rows : rows_by_list(data)) {
    if (plan.split.kind == SplitPlan::Kind::time) {
      double first = by.numbers[rows[0]];
      for (uint32_t row : rows) first = std::min(first, by.numbers[row]);
      for (uint32_t row : rows)
        if (!by.is_null(row)) by.numbers[row] = first;  // a missing time is reported by the split
      continue;
    }
    for (uint32_t row : rows)
      if (value_text(by, row) != value_text(by, rows[0]))
        throw Error(ErrorKind::data, "FR0803",
                    fmt::format("rows of the `{}` {} belong to several `{}`: the split would cut it in two", plan.group,
                                value_text(*data.others.find(plan.group), row), by.source.name),
                    "split by the lists themselves: take `split` out, or {group: " + plan.group + ", test: 20%}");
  }
  return by;
}

}  // namespace filrouge
