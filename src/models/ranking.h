// Rows put in order within lists (the results of a query, the offers to a customer): what a model of ranks must beat,
// the order by the best single column.
#pragma once

#include <string>
#include <vector>

#include "models/matrix.h"
#include "models/metrics.h"

namespace filrouge {

/// The figure by which candidates of a ranking are compared; their loss is 1 minus it.
inline constexpr const char* kRankMetric = "ndcg@10";
/// LightGBM's lambdarank takes grades up to this (a grade g gains 2^g - 1), and lists of at most so many rows.
inline constexpr double kHighestGrade = 30;
inline constexpr size_t kLongestList = 10'000;

/// An order by one feature.
struct SingleOrder {
  size_t feature = 0;
  int way = 0;  ///< 1: highest first, -1: lowest first, 0: no order at all (all scores are equal)
};

/// The feature (numbers only, in either direction) with the highest mean ndcg@10 on all rows of the set, whose `group`
/// says which rows are a list; way 0 where none beats no order.
SingleOrder best_single_order(const TrainingSet& set);
/// Scores of rows: finite, a missing value comes last.
std::vector<double> scores_by(const SingleOrder& order, const Matrix& x);

/// 1 - mean ndcg@10.
double rank_loss(std::vector<double> scores, std::vector<double> grades, std::vector<uint32_t> group);

}  // namespace filrouge
