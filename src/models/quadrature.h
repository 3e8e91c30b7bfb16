// Gauss-Legendre quadrature on 0 .. 1.
#pragma once

#include <cstddef>
#include <vector>

namespace filrouge {

/// `n` points (at least 1) and weights: sums of weight * f(at) are exact for polynomials of degree up to 2 n - 1.
/// Newton's method on the Legendre polynomial (Press et al., Numerical Recipes, 4.6).
struct Quadrature {
  explicit Quadrature(size_t n);

  std::vector<double> at, weight;
};

/// Rules by number of points, each made when first asked for. For one thread.
class QuadratureRules {
 public:
  const Quadrature& with(size_t points) {
    while (rules_.size() < points) rules_.emplace_back(rules_.size() + 1);
    return rules_[points - 1];
  }

 private:
  std::vector<Quadrature> rules_;
};

}  // namespace filrouge
