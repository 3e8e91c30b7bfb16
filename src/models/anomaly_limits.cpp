// By bisection of the distribution functions: slow (a hundred evaluations) and exact to the last bits, for a handful of
// limits per model. F's distribution function is the regularised incomplete beta function, by its continued fraction
// (Abramowitz & Stegun 26.5.8) with Lentz's method. Boost.Math has both; it would be a dependency of 130 MB for these.
#include "models/anomaly_limits.h"

#include <cmath>
#include <limits>

namespace filrouge {

namespace {

/// P(B <= x) of a beta distribution; x <= a / (a + b), where the fraction converges fast.
double beta_below(double x, double a, double b) {
  constexpr double kTiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double fraction = d;
  for (int m = 1; m < 10'000; ++m) {
    double step = 1;
    for (double term : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                        -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 + term * d;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      c = 1 + term / c;
      c = std::abs(c) < kTiny ? kTiny : c;
      step = c * d;
      fraction *= step;
    }
    if (std::abs(step - 1) < 1e-16) break;
  }
  double front = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  return std::exp(front) * fraction / a;
}

double beta_distribution(double x, double a, double b) {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  return x <= (a + 1) / (a + b + 2) ? beta_below(x, a, b) : 1 - beta_below(1 - x, b, a);
}

/// The x in low .. high where `below` passes p.
template <class Distribution>
double bisect(double p, double low, double high, const Distribution& below) {
  for (int i = 0; i < 200; ++i) {
    double middle = low + (high - low) / 2;
    (below(middle) < p ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

}  // namespace

double normal_quantile(double p) {
  return bisect(p, -40, 40, [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; });
}

double f_quantile(double p, double above, double below) {
  double x = bisect(p, 0, 1, [&](double at) { return beta_distribution(at, above / 2, below / 2); });
  return x < 1 ? below * x / (above * (1 - x)) : std::numeric_limits<double>::infinity();
}

}  // namespace filrouge
