#include "models/quadrature.h"

#include <cmath>

namespace filrouge {

Quadrature::Quadrature(size_t n) {
  for (size_t i = 0; i < n; i++) {
    double x = std::cos(3.141592653589793 * (static_cast<double>(i) + 0.75) / (static_cast<double>(n) + 0.5));
    double slope = 1;
    for (int step = 0; step < 100; step++) {
      double previous = 1, value = x;
      for (size_t k = 2; k <= n; k++) {
        auto degree = static_cast<double>(k);
        double next = ((2 * degree - 1) * x * value - (degree - 1) * previous) / degree;
        previous = value;
        value = next;
      }
      slope = static_cast<double>(n) * (x * value - previous) / (x * x - 1);
      double change = value / slope;
      x -= change;
      if (std::fabs(change) < 1e-16) break;
    }
    at.push_back((1 + x) / 2);
    weight.push_back(1 / ((1 - x * x) * slope * slope));
  }
}

}  // namespace filrouge
