// Groups of similar rows: k-means (Lloyd 1982; seeded as k-means++, Arthur & Vassilvitskii 2007) and Gaussian mixtures
// (EM: Dempster, Laird, Rubin 1977), with the number of groups chosen and the choice shown.
//
// Numbers are standardised; a missing number is its mean to k-means, and is left out of the likelihood by a mixture
// (rows beyond the 500 commonest combinations of missing numbers: the mean). A category is one indicator per value that
// has at least 10 rows (two rows of different values are as far apart as two typical rows of a number are). Results do
// not depend on the number of threads.
#pragma once

#include <memory>
#include <vector>

#include "base/json.h"
#include "models/matrix.h"
#include "models/metrics.h"

namespace filrouge {

struct ClusterOptions {
  enum class Method { k_means, mixture };
  Method method = Method::k_means;
  int k = 0;  ///< 0 = chosen among 2 .. most: highest silhouette (k-means), lowest BIC (mixture)
  int most = 10;
  int starts = 5;  ///< k-means is started so often; the best is kept
  uint64_t seed = 1;
  int threads = 1;
};

/// One number of clusters that was tried, on at most 10,000 rows drawn by hash.
struct ClusterTry {
  int k = 0;
  uint64_t rows = 0;          ///< that it was tried on
  double inertia = 0;         ///< of k-means: sum of squared distances to the centres
  double silhouette = 0;      ///< of at most 2,000 of those rows
  double log_likelihood = 0;  ///< mixture: mean per row; else NaN
  double bic = 0;             ///< mixture: -2 ln L + parameters * ln(rows) (Schwarz 1978); else NaN
  bool chosen = false;
};

/// What stands out in a cluster: a row per cluster and feature.
struct ClusterProfile {
  int cluster = 0;
  uint64_t rows = 0;  ///< of the cluster, among the rows learned from
  int feature = 0;
  long category = -1;  ///< the most frequent value's code; -1 = a number, or a category that is always missing
  double value = 0;    ///< mean of a number; share of that value, in the cluster
  double overall = 0;  ///< the same, of all rows
  double lift = 0;     ///< number: (value - overall) / deviation over all rows; category: value / overall
  double missing = 0;  ///< share of missing values in the cluster
};

struct Assigned {
  std::vector<uint32_t> cluster;    ///< 0 = the largest
  std::vector<double> probability;  ///< mixture: of that cluster; empty for k-means
  std::vector<double> distance;     ///< to its centre, in standardised terms
};

class Clusters {
 public:
  /// Learns from at most 100,000 rows drawn by hash; y does not count, weight only in means and deviations. Throws
  /// Error(data, FR0833) when there are fewer different rows than clusters, or no feature that varies.
  static Clusters fit(const TrainingSet& set, const Rows& rows, const ClusterOptions& options);

  int k() const;
  ClusterOptions::Method method() const;
  size_t num_features() const;  ///< columns of what assign() takes
  Assigned assign(const Matrix& x, int threads) const;

  // Known after fit() only, not kept in the model's file:
  const std::vector<ClusterTry>& tried() const;
  const std::vector<ClusterProfile>& profiles() const;
  const Metric& silhouette() const;  ///< of the final clusters, on at most 2,000 rows

  Json to_json() const;
  static Clusters from_json(const Json& json);  ///< Error(data, FR0834) for what is not one

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

/// The silhouette of every row (Rousseeuw 1987): (b - a) / max(a, b) with a = mean distance to the other rows of its
/// cluster, b = the lowest mean distance to the rows of another cluster; 0 for a row alone in its cluster. O(rows^2).
std::vector<double> silhouettes(const Matrix& x, const std::vector<uint32_t>& cluster);

}  // namespace filrouge
