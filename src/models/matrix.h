// Numbers as learners see them: rows of features.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace filrouge {

/// Rows x features, one row after the other. A missing value is NaN; a category is its code 0, 1, 2 ...
struct Matrix {
  size_t rows = 0, columns = 0;
  std::vector<double> values;  ///< rows * columns

  Matrix() = default;
  Matrix(size_t num_rows, size_t num_columns) : rows(num_rows), columns(num_columns), values(num_rows * num_columns) {}
  double* row(size_t r) { return values.data() + r * columns; }
  const double* row(size_t r) const { return values.data() + r * columns; }
  double& at(size_t r, size_t c) { return values[r * columns + c]; }
  double at(size_t r, size_t c) const { return values[r * columns + c]; }
};

/// What a learner must know of a feature besides its values.
struct FeatureSpec {
  std::string name;
  uint32_t categories = 0;  ///< 0 = a number; else codes lie in 0 .. categories - 1
  int monotone = 0;         ///< 1: the raw score may only rise with it; -1: only fall
};

/// What a supervised learner is given. Class k of a target of K classes is the number k.
struct TrainingSet {
  std::vector<FeatureSpec> features;
  Matrix x;                     ///< columns as `features`
  std::vector<double> y;        ///< one per row
  std::vector<double> weight;   ///< one per row, or empty: all 1
  std::vector<uint32_t> group;  ///< ranking: the query of each row, rows of a query side by side; else empty
};

/// Row numbers into a TrainingSet, ascending.
using Rows = std::vector<uint32_t>;

/// Those rows of `x`, in that order.
inline Matrix rows_of(const Matrix& x, const Rows& rows) {
  Matrix some(rows.size(), x.columns);
  for (size_t r = 0; r < rows.size(); ++r) std::copy_n(x.row(rows[r]), x.columns, some.row(r));
  return some;
}

}  // namespace filrouge
