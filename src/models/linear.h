// Regularised generalised linear models: the learner to beat, and one whose coefficients can be read.
//
// Numbers are standardised (mean 0, deviation 1 over the training rows), a missing number is its mean plus an indicator
// of its own, a category is one indicator per value that has at least 10 rows; rarer and never seen values share one.
// A number that is not finite counts as missing. Ridge penalty, chosen by cross-validation over a path; Newton's method
// (IRLS) for two classes, multinomial for more (McCullagh & Nelder 1989; Friedman, Hastie, Tibshirani 2010).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "models/matrix.h"

namespace filrouge {

struct LinearOptions {
  bool classify = true;
  int classes = 2;  ///< classify
  /// Ridge, per row: minimised is the mean over rows of the loss (half the squared error, -ln p) + penalty / 2 * sum of
  /// squared coefficients. scikit-learn's 1 / (C rows), alpha / rows. Below 0 = chosen by 5-fold cross-validation.
  double penalty = -1;
  uint64_t seed = 1;
  int threads = 1;
};

/// A coefficient as the table `.coefficients` shows it; intervals are 95 %, from the penalised information matrix.
/// `standardised`: per deviation of the term over the training rows; `coefficient`, `lower`, `upper`: per unit.
struct Coefficient {
  enum class Kind { intercept, number, value, other, missing };
  Kind kind = Kind::intercept;
  std::string term;    ///< "distance", "carrier=3", "carrier=(other)", "plane_age is missing", "(intercept)"
  int feature = -1;    ///< index of the feature; -1 = intercept
  long category = -1;  ///< the code of a value, for who has the dictionary
  int output = 0;      ///< class, where there are more than two
  double standardised = 0, coefficient = 0, lower = 0, upper = 0;
};

class Linear {
 public:
  /// Deterministic. Throws Error(data, FR0830) when the set has no rows or no usable feature.
  static Linear fit(const TrainingSet& set, const Rows& rows, const LinearOptions& options);

  size_t outputs() const;       ///< 1, or the number of classes where there are more than two
  size_t num_features() const;  ///< columns of what raw() takes
  void raw(const Matrix& x, size_t begin, size_t end, double* out) const;  ///< as Forest::raw
  /// As add_contributions in shap.h: exact for independent features, (value - mean) * coefficient, summed per feature.
  /// Adds to x.rows * outputs * (features + 1) numbers, the last of each row and output being the expected raw score.
  void add_contributions(const Matrix& x, double weight, double* out) const;
  std::vector<Coefficient> coefficients() const;
  double penalty() const;

  Json to_json() const;
  static Linear from_json(const Json& json);  ///< Error(data, FR0831) for what is not one

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace filrouge
