// Which class is said where mistakes do not cost the same: the one with the least expected cost, given the
// probabilities (Elkan 2001, "The foundations of cost-sensitive learning").
//
// Costs of K classes: K * K numbers, that of saying class k for a row of class j at j * K + k; none: every mistake
// costs the same. Being right costs least in each line (j, j).
#pragma once

#include <cstddef>
#include <vector>

namespace filrouge {

/// `answer`: the probability of class 1 of two, or one probability for each of more. Without costs the most probable
/// class, the first of equals; of two, class 1 from 0.5 on.
size_t class_said(const double* answer, size_t classes, const std::vector<double>& costs);

/// Two classes: class 1 is said from this probability on; 0.5 without costs.
double least_cost_threshold(const std::vector<double>& costs);

}  // namespace filrouge
