// Rows unlike the others, in two ways: an isolation forest, which asks how few random cuts set a row apart, and
// principal components, which learn how columns normally move together and then tell apart a row that goes too far
// along those lines (Hotelling's T2) from one that leaves them (Q, the squared prediction error).
//
// Both are functions of the data, the options and the seed, not of the number of threads.
#pragma once

#include <memory>
#include <vector>

#include "base/json.h"
#include "models/matrix.h"

namespace filrouge {

struct IsolationOptions {
  int trees = 200;
  int sample = 256;  ///< rows per tree
  uint64_t seed = 1;
  int threads = 1;
};

/// Liu, Ting, Zhou 2008. A category's value stands as the share of rows that have it; a missing number as the median.
class IsolationForest {
 public:
  /// y and weight of the set do not count. Throws Error(data, FR0835) when there are fewer than two different rows.
  static IsolationForest fit(const TrainingSet& set, const Rows& rows, const IsolationOptions& options);

  /// 2^(-mean path length / c(sample)), in 0..1 (their equation 2): 0.5 is ordinary, near 1 isolated by few cuts.
  std::vector<double> scores(const Matrix& x, int threads) const;
  /// Rows x features: how much shorter than expected each feature's cuts made the row's path. They sum to
  /// c(sample) - mean path length.
  Matrix contributions(const Matrix& x, int threads) const;
  size_t num_features() const;   ///< columns of what scores() takes
  double expected_path() const;  ///< c(sample): score = 2^(sum of contributions / expected_path - 1)

  Json to_json() const;
  static IsolationForest from_json(const Json& json);  ///< Error(data, FR0836) for what is not one

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

struct ComponentOptions {
  int components = 0;  ///< 0 = the fewest that hold `variance` of the variance
  double variance = 0.9;
  double confidence = 0.99;  ///< of the control limits
  int threads = 1;
};

/// Principal component monitoring. Numbers are standardised (sample deviation), a missing number is its mean, a
/// category is one centred indicator per value that has at least 10 rows.
class Components {
 public:
  /// y does not count, weight only in means and deviations. Throws Error(data, FR0835) when there are fewer than three
  /// rows or no feature that varies.
  static Components fit(const TrainingSet& set, const Rows& rows, const ComponentOptions& options);

  struct Scores {
    std::vector<double> t2;     ///< sum over components of score^2 / variance (Hotelling 1947)
    std::vector<double> q;      ///< squared distance to the plane of the components (Jackson & Mudholkar 1979)
    std::vector<double> score;  ///< in 0..1: r / (1 + r), r = max(t2 / limit, q / limit); above 0.5 = a limit is passed
    Matrix of_t2, of_q;         ///< rows x features: shares, which sum to t2 and to q. (Those of t2 may be negative.)
  };
  Scores scores(const Matrix& x, int threads) const;

  int components() const;
  size_t num_features() const;   ///< columns of what scores() takes
  double variance_held() const;  ///< share of the variance that the components hold
  /// k (n - 1) (n + 1) / (n (n - k)) * F(confidence; k, n - k): a new row of the same kind is below (Tracy et al.
  /// 1992).
  double t2_limit() const;
  double q_limit() const;  ///< Jackson & Mudholkar 1979, equation 3.4

  Json to_json() const;
  static Components from_json(const Json& json);  ///< Error(data, FR0836) for what is not one

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace filrouge
