// The algorithms behind Clusters, on encoded rows. Private to clusters*.cpp.
#pragma once

#include <vector>

#include "models/matrix.h"

namespace filrouge {

struct KMeans {
  Matrix centres;
  std::vector<uint32_t> cluster;  ///< of each row
  double inertia = 0;
};
/// The best of `starts` runs. Fewer centres than k where there are fewer different rows.
KMeans k_means(const Matrix& x, int k, int starts, uint64_t seed, int threads);
/// Lloyd's iterations from given centres.
KMeans k_means_from(const Matrix& x, Matrix centres, int threads);
/// The nearest centre of each row, and the distance to it.
void nearest_centres(const Matrix& x, const Matrix& centres, int threads, std::vector<uint32_t>& cluster,
                     std::vector<double>& distance);

/// Components of normal numbers and, apart from those within a component, categories (latent classes).
struct Mixture {
  bool full = true;                ///< covariances are matrices, else only their diagonals
  size_t numbers = 0;              ///< so many columns are numbers; the others are indicators of categories' values
  std::vector<int> category_of;    ///< of each indicator column
  std::vector<double> share;       ///< of each component
  Matrix means;                    ///< components x columns; of an indicator how often it is 1
  std::vector<double> covariance;  ///< of the numbers of each component: numbers * numbers numbers, or `numbers`
  double log_likelihood = 0;       ///< mean per row

  size_t parameters() const;
};
/// NaN in x is a missing number. EM from a hard assignment to k components. `like` says full, numbers and category_of.
/// `floor` is added to each number's variance, so that no component shrinks to a point.
Mixture fit_mixture(const Matrix& x, const std::vector<uint32_t>& cluster, size_t k, const Mixture& like, double floor,
                    int threads);
/// rows * components probabilities; returns the mean log likelihood.
double mixture_probabilities(const Mixture& mixture, const Matrix& x, int threads, std::vector<double>& probability);

}  // namespace filrouge
