// Regularised generalised linear models: the learner to beat, and one whose coefficients can be read.
//
// Numbers are standardised (mean 0, deviation 1 over the training rows), a missing number is its mean plus an indicator
// of its own, a category is one indicator per value that has enough rows. Ridge penalty, chosen by cross-validation
// over a path; Newton's method (IRLS) for two classes, multinomial for more (McCullagh & Nelder 1989; Friedman, Hastie,
// Tibshirani 2010).
#pragma once

#include "base/json.h"
#include "models/matrix.h"

namespace filrouge {

struct LinearOptions {
  bool classify = true;
  int classes = 2;      ///< classify
  double penalty = -1;  ///< ridge, per row; below 0 = chosen by 5-fold cross-validation
  uint64_t seed = 1;
  int threads = 1;
};

/// A coefficient as the table `.coefficients` shows it; intervals are 95 %, from the penalised information matrix.
struct Coefficient {
  std::string term;  ///< "distance", "carrier=UA", "plane_age is missing", "(intercept)"
  int feature = -1;  ///< index of the feature; -1 = intercept
  int output = 0;    ///< class, where there are more than two
  double standardised = 0, coefficient = 0, lower = 0, upper = 0;
};

class Linear {
 public:
  /// Deterministic. Throws Error(data, FR0830) when the set has no rows or no usable feature.
  static Linear fit(const TrainingSet& set, const Rows& rows, const LinearOptions& options);

  size_t outputs() const;
  void raw(const Matrix& x, size_t begin, size_t end, double* out) const;  ///< as Forest::raw
  /// As add_contributions in shap.h: exact for independent features, (value - mean) * coefficient, summed per feature.
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
