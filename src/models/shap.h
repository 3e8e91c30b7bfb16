// Exact SHAP values of a forest (path-dependent: Lundberg, Erion, Lee 2018, "Consistent individualized feature
// attribution for tree ensembles", Algorithm 2): for every row, how much each feature moved its raw score away from the
// forest's expected raw score. Equal to shap's TreeExplainer and LightGBM's pred_contrib; additive: the numbers of a
// row sum to its raw score.
#pragma once

#include "models/forest.h"
#include "models/matrix.h"

namespace filrouge {

/// Adds `weight` times the contributions to `out`, which has x.rows * outputs * (features + 1) numbers: for each row,
/// for each output, one number per feature and last the expected raw score. Fastest on blocks of 10,000 rows and more
/// (a table per leaf is shared by all rows of a block). The same numbers whatever `threads`.
void add_contributions(const Forest& forest, const Matrix& x, double weight, int threads, double* out);

}  // namespace filrouge
