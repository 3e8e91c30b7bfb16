// A sum of decision trees, as LightGBM writes it ("tree" text, version v4), in flat arrays.
//
// Our own evaluator: it gives bit for bit what LightGBM's raw prediction gives (same comparisons, same treatment of
// missing values, same order of additions), needs no library, and is safe to use from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "models/matrix.h"

namespace filrouge {

class Forest {
 public:
  /// Checks every index, size and number before it is used: a damaged or hostile text gives Error(data, FR0820) with
  /// the line and what is wrong in it, never a crash.
  static Forest parse(std::string_view text);

  size_t num_features() const;
  size_t num_trees() const;
  /// Raw scores per row: 1, or the number of classes (then tree t adds to class t % outputs).
  size_t outputs() const;

  /// Sets `out[0 .. outputs)`: the raw score (log-odds, value ...) of one row of `num_features` numbers.
  void raw_row(const double* row, double* out) const;
  /// The same for rows begin .. end of `x`: out has (end - begin) * outputs() numbers. From 1,000 rows on several times
  /// as fast: pass large blocks.
  void raw(const Matrix& x, size_t begin, size_t end, double* out) const;
  /// Sum of split gains by feature.
  std::vector<double> gain() const;

  struct Tree;  ///< forest_tree.h, for shap.cpp
  const std::vector<Tree>& trees() const;

  struct Data;  ///< forest_tree.h; never changes once made, so copies of a forest share it

 private:
  explicit Forest(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

  std::shared_ptr<const Data> data_;
};

}  // namespace filrouge
