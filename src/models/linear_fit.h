// The optimisers behind Linear::fit. Private to linear*.cpp.
#pragma once

#include <vector>

#include "models/linear_terms.h"

namespace filrouge {

/// Minimises  sum of w * loss(y, scores)  +  penalty / 2 * sum of squared coefficients (not of the intercept).
/// loss: half the squared error; -ln p of two classes; of more classes the same with as many scores as classes.
struct LinearProblem {
  const TrainingSet& set;
  const LinearTerms& terms;
  bool classify = true;
  size_t outputs = 1;  ///< scores per row: 1, or the number of classes where there are more than two
  int threads = 1;
};

/// outputs * terms coefficients, one output after the other, each in the order of LinearTerms.
using LinearWeights = std::vector<double>;

/// Where to start when nothing better is known: intercepts that give the mean of y, or the shares of classes.
LinearWeights linear_start(const LinearProblem& problem, const Rows& rows);
/// `rough`: to the accuracy that a comparison of penalties needs.
LinearWeights linear_solve(const LinearProblem& problem, const Rows& rows, double penalty, LinearWeights start,
                           bool rough);
/// Mean loss over rows, by weight.
double linear_loss(const LinearProblem& problem, const Rows& rows, const LinearWeights& weights);
/// Standard errors of coefficients, from the inverse of the penalised information matrix at `weights`; for more than
/// two classes that of each class against the rest. Per output: the terms, then the intercept on the scale of raw
/// numbers.
std::vector<double> linear_deviations(const LinearProblem& problem, const Rows& rows, double penalty,
                                      const LinearWeights& weights);
/// The scores of rows begin .. end of `x`.
void linear_scores(const LinearTerms& terms, size_t outputs, const LinearWeights& weights, const Matrix& x,
                   size_t begin, size_t end, double* out);

}  // namespace filrouge
