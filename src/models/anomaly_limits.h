// Points of distributions, for control limits. Private to anomaly*.cpp.
#pragma once

namespace filrouge {

/// x with P(Z <= x) = p for a standard normal Z; p in (0, 1).
double normal_quantile(double p);
/// x with P(F <= x) = p for an F distribution with `above` and `below` degrees of freedom.
double f_quantile(double p, double above, double below);

}  // namespace filrouge
