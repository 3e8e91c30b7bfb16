// What boosting watches on its validation rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace filrouge {

/// Targets of the rows watched, as floats because LightGBM learns from floats.
struct WatchedRows {
  std::vector<float> y, weight;  ///< weight: one per row, or empty
  std::vector<int32_t> group;    ///< ranking: the query of each row, rows of a query side by side
};

/// Weighted mean loss; smaller is better. `predicted`: what the objective predicts, class after class (all rows of
/// class 0, then of class 1 ...): probabilities for `binary` and `multiclass`, values or scores else. One thread, rows
/// in order: the sum does not depend on how training is spread.
/// binary, multiclass: log loss, probabilities cut off at 1e-15; regression: squared error; regression_l1: absolute;
/// quantile: pinball (Koenker, Bassett 1978); lambdarank: 1 - mean NDCG at 10 with gains 2^y - 1 (Burges 2010), queries
/// without a relevant row counting as perfect.
double boosting_loss(const std::string& objective, double quantile, const WatchedRows& rows,
                     const std::vector<double>& predicted);

}  // namespace filrouge
