#include "models/validation.h"

#include <cmath>

#include "base/error.h"
#include "base/hash.h"

namespace filrouge {
namespace {

constexpr size_t kFewestRows = 20;  // fewer cannot be split into something to learn from and something to judge by

/// `rows` in the order of a hash of their number; with strata each value of y by itself.
std::vector<Rows> shuffled(const Rows& rows, const std::vector<double>& y, uint64_t seed, bool strata) {
  std::map<double, std::vector<std::pair<uint64_t, uint32_t>>> order;
  for (uint32_t row : rows) order[strata ? y[row] : 0].emplace_back(mix(row, seed), row);
  std::vector<Rows> all;
  for (auto& [value, members] : order) {
    std::sort(members.begin(), members.end());
    all.emplace_back();
    for (const auto& [hash, row] : members) all.back().push_back(row);
  }
  return all;
}

/// Dealt out to `parts` like cards, stratum after stratum.
std::vector<Rows> deal(const std::vector<Rows>& strata, size_t parts) {
  if (parts == 0) return {};
  std::vector<Rows> dealt(parts);
  size_t next = 0;
  for (const Rows& stratum : strata)
    for (uint32_t row : stratum) dealt[next++ % parts].push_back(row);
  for (Rows& part : dealt) std::sort(part.begin(), part.end());
  return dealt;
}

Rows without(const Rows& rows, const Rows& gone) {
  Rows kept;
  std::set_difference(rows.begin(), rows.end(), gone.begin(), gone.end(), std::back_inserter(kept));
  return kept;
}

std::vector<Fold> folds_of(const Rows& all, const std::vector<Rows>& parts) {
  std::vector<Fold> folds;
  for (const Rows& part : parts)
    if (!part.empty() && part.size() < all.size()) folds.push_back({without(all, part), part, "", ""});
  return folds;
}

Split split_random(const SplitPlan& plan, const Rows& rows, const std::vector<double>& y, bool strata) {
  Split split;
  split.train = rows;
  if (plan.kind == SplitPlan::Kind::random) {
    for (const Rows& stratum : shuffled(rows, y, plan.seed, strata)) {
      auto count = static_cast<size_t>(std::lround(plan.test_share * static_cast<double>(stratum.size())));
      split.test.insert(split.test.end(), stratum.begin(), stratum.begin() + static_cast<long>(count));
    }
    std::sort(split.test.begin(), split.test.end());
    split.train = without(rows, split.test);
  }
  split.folds =
      folds_of(split.train, deal(shuffled(split.train, y, plan.seed + 1, strata), static_cast<size_t>(plan.folds)));
  return split;
}

std::string group_of(const FrameColumn& by, uint32_t row) {
  return by.is_text() ? by.dictionary[by.codes[row]] : fmt::format("{}", by.numbers[row]);
}

Split split_groups(const SplitPlan& plan, const Rows& rows, const FrameColumn& by) {
  std::map<std::string, Rows> groups;
  for (uint32_t row : rows) groups[group_of(by, row)].push_back(row);
  if (groups.size() < 3)
    throw Error(
        ErrorKind::data, "FR0803",
        fmt::format("`{}` has {} different values: too few to keep whole groups apart", by.source.name, groups.size()),
        "split by a column with more groups, or by time");
  std::vector<std::pair<std::string, const Rows*>> order;  // by a hash of the group's value
  for (const auto& [name, members] : groups)
    order.emplace_back(hash_text(fmt::format("{} {}", plan.seed, name)), &members);
  std::sort(order.begin(), order.end());
  Split split;
  auto wanted = static_cast<size_t>(std::lround(plan.test_share * static_cast<double>(rows.size())));
  size_t next = 0;
  auto is_short = [&] { return plan.test_share > 0 && (split.test.empty() || split.test.size() < wanted); };
  for (; next + 2 < order.size() && is_short(); ++next)
    split.test.insert(split.test.end(), order[next].second->begin(), order[next].second->end());
  std::vector<Rows> parts(std::clamp<size_t>(static_cast<size_t>(plan.folds), 1, order.size() - next));
  for (size_t i = next; i < order.size(); ++i) {
    Rows& part =
        *std::min_element(parts.begin(), parts.end(), [](const Rows& a, const Rows& b) { return a.size() < b.size(); });
    part.insert(part.end(), order[i].second->begin(), order[i].second->end());
    split.train.insert(split.train.end(), order[i].second->begin(), order[i].second->end());
  }
  for (Rows* part : {&split.test, &split.train}) std::sort(part->begin(), part->end());
  for (Rows& part : parts) std::sort(part.begin(), part.end());
  if (plan.folds > 0) split.folds = folds_of(split.train, parts);
  return split;
}

/// Rows sorted by time, and the places where a cut would not part rows of the same time.
struct TimeLine {
  std::vector<uint32_t> order;
  const FrameColumn& by;
  double at(size_t i) const { return by.numbers[order[i]]; }
  /// The cut nearest to `place` that parts two different times; at most `end`.
  size_t cut(size_t place, size_t end) const {
    size_t up = place, down = place;
    while (up < end && up > 0 && at(up) == at(up - 1)) ++up;
    while (down > 0 && at(down) == at(down - 1)) --down;
    return down == 0 || (up < end && up - place <= place - down) ? up : down;
  }
  Rows rows(size_t begin, size_t end) const {
    Rows rows(order.begin() + static_cast<long>(begin), order.begin() + static_cast<long>(end));
    std::sort(rows.begin(), rows.end());
    return rows;
  }
};

Split split_time(const SplitPlan& plan, const Rows& rows, const FrameColumn& by) {
  TimeLine line{{rows.begin(), rows.end()}, by};
  std::stable_sort(line.order.begin(), line.order.end(),
                   [&](uint32_t a, uint32_t b) { return by.numbers[a] < by.numbers[b]; });
  size_t n = rows.size();
  bool tests = plan.test_share > 0;
  size_t test = tests ? line.cut(n - static_cast<size_t>(std::lround(plan.test_share * static_cast<double>(n))), n) : n;
  if (test == 0 || (tests && test == n))
    throw Error(ErrorKind::data, "FR0803",
                fmt::format("the rows cannot be split by `{}`: too many have the same time", by.source.name));
  Split split;
  split.test = line.rows(test, n);
  // Rows closer to the test than the gap are not learned from.
  size_t end = test;
  while (tests && end > 0 && plan.gap > 0 && line.at(end - 1) > line.at(test) - plan.gap) --end;
  split.train = line.rows(0, end);
  size_t last = 0;
  for (int fold = 1; fold <= plan.folds; ++fold) {
    size_t parts = static_cast<size_t>(plan.folds) + 1;
    size_t begin = line.cut(end * static_cast<size_t>(fold) / parts, end);
    size_t stop = fold == plan.folds ? end : line.cut(end * static_cast<size_t>(fold + 1) / parts, end);
    size_t train = begin;
    while (train > 0 && begin < end && plan.gap > 0 && line.at(train - 1) > line.at(begin) - plan.gap) --train;
    if (begin <= last || stop <= begin || train == 0) continue;
    last = begin;
    split.folds.push_back({line.rows(0, train), line.rows(begin, stop), value_text(by, line.order[begin]),
                           value_text(by, line.order[stop - 1])});
  }
  return split;
}

}  // namespace

Split split_rows(const SplitPlan& plan, const Rows& rows, const std::vector<double>& y, const FrameColumn* by,
                 bool strata) {
  if (rows.size() < kFewestRows)
    throw Error(ErrorKind::data, "FR0803",
                fmt::format("{} rows with a target are too few to learn from: at least {} are needed", rows.size(),
                            kFewestRows));
  if (by)
    for (uint32_t row : rows)
      if (by->is_null(row))
        throw Error(ErrorKind::data, "FR0805",
                    fmt::format("`{}`, by which the rows are split, has missing values", by->source.name),
                    "leave those rows out in SQL first");
  Split split = plan.kind == SplitPlan::Kind::time    ? split_time(plan, rows, *by)
                : plan.kind == SplitPlan::Kind::group ? split_groups(plan, rows, *by)
                                                      : split_random(plan, rows, y, strata);
  if (split.folds.empty() && plan.folds > 0)
    throw Error(ErrorKind::data, "FR0803", "the rows to learn from cannot be split into folds: there are too few",
                "give it more rows, or a smaller test share");
  return split;
}

}  // namespace filrouge
