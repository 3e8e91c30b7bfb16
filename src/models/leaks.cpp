#include "models/leaks.h"

#include <bit>
#include <cmath>

#include "base/parallel.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr size_t kFewestRows = 100;
constexpr size_t kRowsPerBin = 20;
constexpr size_t kMostBins = 1000;

/// The bin of each of the rows; empty where the column has too many texts to say anything.
std::vector<uint32_t> bins_of(const FrameColumn& column, const Rows& rows) {
  std::vector<uint32_t> bins(rows.size());
  if (column.is_text()) {
    if (column.dictionary.size() * kRowsPerBin > rows.size()) return {};
    for (size_t i = 0; i < rows.size(); ++i)
      bins[i] = column.is_null(rows[i]) ? static_cast<uint32_t>(column.dictionary.size()) : column.codes[rows[i]];
    return bins;
  }
  std::vector<std::pair<double, uint32_t>> order(rows.size());
  for (uint32_t i = 0; i < order.size(); ++i) {
    double value = column.numbers[rows[i]];
    order[i] = {std::isnan(value) ? -INFINITY : value, i};
  }
  std::sort(order.begin(), order.end());
  size_t count = std::min(kMostBins, rows.size() / kRowsPerBin);
  for (size_t i = 0; i < order.size(); ++i) {
    auto bin = static_cast<uint32_t>(i * count / order.size());
    // Equal values share a bin.
    bins[order[i].second] = i > 0 && order[i].first == order[i - 1].first ? bins[order[i - 1].second] : bin;
  }
  return bins;
}

double error_of_guessing(const std::vector<uint32_t>& bins, const Rows& rows, const std::vector<double>& y,
                         int classes) {
  size_t count = *std::max_element(bins.begin(), bins.end()) + 1, k = static_cast<size_t>(classes);
  std::vector<uint64_t> counts(count * k);
  for (size_t i = 0; i < rows.size(); ++i) ++counts[bins[i] * k + static_cast<size_t>(y[rows[i]])];
  uint64_t right = 0;
  for (size_t bin = 0; bin < count; ++bin) right += *std::max_element(&counts[bin * k], &counts[bin * k] + k);
  return 1 - static_cast<double>(right) / static_cast<double>(rows.size());
}

/// The share of the target's variance that is left between rows that are neighbours by the column (von Neumann's ratio,
/// 1941); for texts, between rows of the same value.
double unexplained(const FrameColumn& column, const Rows& rows, const std::vector<double>& y) {
  std::vector<std::pair<double, uint32_t>> order;
  double mean = 0;
  for (uint32_t row : rows) {
    double value = column.is_text() ? column.codes[row] : column.numbers[row];
    order.emplace_back(std::isnan(value) ? -INFINITY : value, row);
    mean += y[row] / static_cast<double>(rows.size());
  }
  std::sort(order.begin(), order.end());
  double apart = 0, total = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    double value = y[order[i].second];
    total += (value - mean) * (value - mean);
    if (i > 0) apart += std::pow(value - y[order[i - 1].second], 2) / 2;
  }
  return total > 0 ? apart / total : 1;
}

uint64_t hash_of_row(const Frame& frame, uint32_t row, double y) {
  uint64_t hash = mix(std::bit_cast<uint64_t>(y), 1);
  for (const FrameColumn& column : frame.columns) {
    uint64_t value = column.is_text() ? column.codes[row] : std::bit_cast<uint64_t>(column.numbers[row]);
    hash = mix(hash ^ value, 2);
  }
  return hash;
}

bool tells_rows_apart(const Frame& frame, const Rows& rows, int threads) {
  std::atomic<bool> tells = false;
  for_parts(frame.columns.size(), threads, [&](size_t c) {
    const FrameColumn& column = frame.columns[c];
    if (column.source.kind != SourceKind::number) return;
    std::unordered_set<double> values;
    for (uint32_t row : rows) {
      if (tells) return;
      if (!std::isnan(column.numbers[row])) values.insert(column.numbers[row]);
      if (values.size() * 10 > rows.size() * 3) tells = true;
    }
  });
  return tells;
}

/// What is wrong with one column; nothing where that is nothing.
std::optional<Leak> tells_target(const FrameColumn& column, const Rows& rows, const std::vector<double>& y, int classes,
                                 double baseline) {
  std::vector<uint32_t> bins = bins_of(column, rows);
  if (bins.empty()) return std::nullopt;
  if (classes > 1) {
    double error = error_of_guessing(bins, rows, y, classes);
    if (error >= baseline / 50) return std::nullopt;
    return Leak{column.source.name, fmt::format("`{}` alone tells the target of {:.2f} % of the rows",
                                                column.source.name, 100 * (1 - error))};
  }
  double left = unexplained(column, rows, y);
  if (left >= 0.001) return std::nullopt;
  return Leak{column.source.name, fmt::format("`{}` alone explains {:.2f} % of the target's variance",
                                              column.source.name, 100 * (1 - left))};
}

}  // namespace

std::optional<Leak> find_telling_column(const Frame& frame, const Rows& rows, const std::vector<double>& y, int classes,
                                        const std::vector<std::string>& allowed, int threads) {
  if (rows.size() < kFewestRows) return std::nullopt;
  std::vector<uint32_t> one(rows.size(), 0);
  double baseline = classes > 1 ? error_of_guessing(one, rows, y, classes) : 1;
  std::vector<std::optional<Leak>> leaks(frame.columns.size());
  for_parts(leaks.size(), threads, [&](size_t c) {
    const FrameColumn& column = frame.columns[c];
    if (std::find(allowed.begin(), allowed.end(), column.source.name) == allowed.end())
      leaks[c] = tells_target(column, rows, y, classes, baseline);
  });
  for (std::optional<Leak>& leak : leaks)
    if (leak) return leak;
  return std::nullopt;
}

std::optional<Leak> find_repeated_rows(const Frame& frame, const Split& split, const std::vector<double>& y,
                                       int threads) {
  if (split.test.empty() || split.train.size() < kFewestRows || !tells_rows_apart(frame, split.train, threads))
    return std::nullopt;
  std::unordered_set<uint64_t> seen;
  for (uint32_t row : split.train) seen.insert(hash_of_row(frame, row, y[row]));
  size_t repeated = 0;
  for (uint32_t row : split.test) repeated += seen.contains(hash_of_row(frame, row, y[row]));
  if (repeated * 20 < split.test.size()) return std::nullopt;
  return Leak{"", fmt::format("{} of the {} test rows stand in the training rows too, equal in every column",
                              with_commas(repeated), with_commas(split.test.size()))};
}

}  // namespace filrouge
