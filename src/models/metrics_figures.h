// The single figures behind metrics.h, and the parts of their intervals that need the figure's own formula. Private to
// the files metrics*.cpp. All expect finite numbers and at least one row.
#pragma once

#include "models/metrics_intervals.h"

namespace filrouge {

using Figure = double (*)(const Judged&);
using FigureBounds = Bounds (*)(const Judged&, double value, uint64_t seed);

/// The class said for a row (decision.h).
int predicted_class(const Judged& judged, size_t row);

// Of probabilities (metrics_classes.cpp).
std::vector<double> log_losses(const Judged& judged);
std::vector<double> brier_losses(const Judged& judged);
double calibration_error(const Judged& judged);

// Of the classes said (metrics_classes.cpp).
std::vector<double> costs_paid(const Judged& judged);  ///< there must be costs
std::vector<double> hits(const Judged& judged);
double balanced_accuracy(const Judged& judged);
Bounds balanced_accuracy_bounds(const Judged& judged, double value, uint64_t seed);
double f1_of_class_1(const Judged& judged);
Bounds f1_of_class_1_bounds(const Judged& judged, double value, uint64_t seed);
double macro_f1(const Judged& judged);
Bounds macro_f1_bounds(const Judged& judged, double value, uint64_t seed);
double matthews(const Judged& judged);
Bounds matthews_bounds(const Judged& judged, double value, uint64_t seed);

// Of an order (metrics_order.cpp).
double area_under_roc(const Judged& judged);
Bounds area_under_roc_bounds(const Judged& judged, double value, uint64_t seed);
double average_precision(const Judged& judged);

/// Of queries (metrics_order.cpp): the figure of each query and its weight, the mean weight of its rows.
struct QueryFigures {
  std::vector<double> values, weight;
};
QueryFigures ndcg_by_query(const Judged& judged, size_t first);  ///< of the first so many ranks
QueryFigures average_precision_by_query(const Judged& judged);
QueryFigures reciprocal_rank_by_query(const Judged& judged);

// Of numbers (metrics_numbers.cpp).
std::vector<double> squared_errors(const Judged& judged);
std::vector<double> absolute_errors(const Judged& judged);
std::vector<double> relative_errors(const Judged& judged);
std::vector<double> pinball_losses(const Judged& judged);
double root_mean_squared_error(const Judged& judged);
Bounds root_mean_squared_error_bounds(const Judged& judged, double value, uint64_t seed);
double r_squared(const Judged& judged);
Bounds r_squared_bounds(const Judged& judged, double value, uint64_t seed);
double median_absolute_error(const Judged& judged);
Bounds median_absolute_error_bounds(const Judged& judged, double value, uint64_t seed);

}  // namespace filrouge
