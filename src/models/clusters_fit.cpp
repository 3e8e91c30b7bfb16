// Rows are worked on in parts of a fixed size, whose sums are added in order: the same result on any number of threads.
//
// k-means++ draws each new centre with probability proportional to the squared distance to the nearest one so far; as
// scikit-learn does, 2 + ln k candidates are drawn and the one that lowers the inertia most is kept. Distances to
// centres are a matrix product (|x|^2 - 2 x c + |c|^2); the inertia that is reported is summed from differences.
#include "models/clusters_fit.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <numbers>

#include "models/draw.h"
#include "models/parallel.h"

namespace filrouge {

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr size_t kRowsOfPart = 4096;

size_t num_parts(const Matrix& x) {
  return (x.rows + kRowsOfPart - 1) / kRowsOfPart;
}

Eigen::Map<const RowMajor> view(const Matrix& x, size_t begin, size_t end) {
  return {x.row(begin), static_cast<Index>(end - begin), static_cast<Index>(x.columns)};
}
Eigen::Map<const RowMajor> view(const Matrix& x) {
  return view(x, 0, x.rows);
}

/// Calls work(part, begin, end) for each part of the rows.
template <class Work>
void for_rows(const Matrix& x, int threads, const Work& work) {
  for_row_parts(x.rows, kRowsOfPart, threads, work);
}

double squared_distance(const double* a, const double* b, size_t columns) {
  double sum = 0;
  for (size_t c = 0; c < columns; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

/// Squared distances to row `centre`, where smaller than what `nearest` has. Returns their sum.
double nearer(const Matrix& x, size_t centre, const std::vector<double>& nearest, std::vector<double>& out) {
  double sum = 0;
  out.resize(x.rows);
  for (size_t r = 0; r < x.rows; ++r) {
    out[r] = std::min(nearest[r], squared_distance(x.row(r), x.row(centre), x.columns));
    sum += out[r];
  }
  return sum;
}

size_t row_at(const std::vector<double>& share, double target) {
  size_t last = 0;
  for (size_t r = 0; r < share.size(); ++r) {
    if (share[r] <= 0) continue;
    last = r;
    target -= share[r];
    if (target < 0) return r;
  }
  return last;  // rounding
}

Matrix plus_plus(const Matrix& x, size_t k, uint64_t seed) {
  std::vector<size_t> chosen = {static_cast<size_t>(draw(seed, 0) * static_cast<double>(x.rows))};
  std::vector<double> nearest(x.rows, std::numeric_limits<double>::infinity()), tried, best;
  double left = nearer(x, chosen[0], nearest, best);
  nearest.swap(best);
  int candidates = 2 + static_cast<int>(std::log(static_cast<double>(k)));
  for (uint64_t number = 1; chosen.size() < k && left > 0;) {
    double least = std::numeric_limits<double>::infinity();
    size_t centre = 0;
    for (int c = 0; c < candidates; ++c) {
      size_t row = row_at(nearest, draw(seed, number++) * left);
      double inertia = nearer(x, row, nearest, tried);
      if (inertia >= least) continue;
      least = inertia;
      centre = row;
      best.swap(tried);
    }
    chosen.push_back(centre);
    nearest.swap(best);
    left = least;
  }
  Matrix centres(chosen.size(), x.columns);
  for (size_t c = 0; c < chosen.size(); ++c) std::copy_n(x.row(chosen[c]), x.columns, centres.row(c));
  return centres;
}

/// A cluster without rows takes the row that is farthest from its centre.
void fill_empty(std::vector<uint32_t>& cluster, std::vector<double>& distance, size_t k) {
  std::vector<size_t> rows(k, 0);
  for (uint32_t c : cluster) ++rows[c];
  for (size_t c = 0; c < k; ++c) {
    if (rows[c] > 0) continue;
    size_t far = static_cast<size_t>(std::max_element(distance.begin(), distance.end()) - distance.begin());
    if (distance[far] <= 0 || rows[cluster[far]] <= 1) return;
    --rows[cluster[far]];
    cluster[far] = static_cast<uint32_t>(c);
    distance[far] = 0;
    ++rows[c];
  }
}

Matrix means_of(const Matrix& x, const std::vector<uint32_t>& cluster, const Matrix& before) {
  Matrix means(before.rows, x.columns);
  std::vector<double> rows(before.rows, 0);
  for (size_t r = 0; r < x.rows; ++r) {
    double* sum = means.row(cluster[r]);
    for (size_t c = 0; c < x.columns; ++c) sum[c] += x.at(r, c);
    ++rows[cluster[r]];
  }
  for (size_t k = 0; k < means.rows; ++k) {
    for (size_t c = 0; c < x.columns; ++c) means.at(k, c) = rows[k] > 0 ? means.at(k, c) / rows[k] : before.at(k, c);
  }
  return means;
}

/// Components made ready: densities are those of a standard normal after a linear map.
struct Densities {
  const Mixture& mixture;
  std::vector<MatrixXd> lower;   ///< full: Cholesky factors
  std::vector<double> constant;  ///< ln share - ln det / 2 - columns / 2 ln 2 pi

  explicit Densities(const Mixture& m) : mixture(m) {
    auto columns = static_cast<Index>(m.means.columns);
    for (size_t k = 0; k < m.share.size(); ++k) {
      double log_root = 0;
      if (m.full) {
        Eigen::Map<const MatrixXd> covariance(m.covariance.data() + k * m.means.columns * m.means.columns, columns,
                                              columns);
        lower.push_back(covariance.llt().matrixL());
        log_root = lower.back().diagonal().array().log().sum();
      } else {
        for (size_t c = 0; c < m.means.columns; ++c) log_root += std::log(m.covariance[k * m.means.columns + c]) / 2;
      }
      constant.push_back(std::log(m.share[k]) - log_root -
                         static_cast<double>(m.means.columns) / 2 * std::log(2 * std::numbers::pi));
    }
  }

  /// Squared Mahalanobis distances of some rows to component k.
  VectorXd distances(const Eigen::Map<const RowMajor>& rows, size_t k) const {
    auto of = static_cast<Index>(k);
    RowMajor centred = rows.rowwise() - view(mixture.means).row(of);
    if (mixture.full) {
      MatrixXd mapped = lower[k].triangularView<Eigen::Lower>().solve(centred.transpose());
      return mapped.colwise().squaredNorm().transpose();
    }
    Eigen::Map<const Eigen::RowVectorXd> variance(mixture.covariance.data() + k * mixture.means.columns, rows.cols());
    return (centred.array().square().rowwise() / variance.array()).rowwise().sum();
  }

  /// Sets rows x components probabilities; returns the sum of log likelihoods.
  double probabilities(const Eigen::Map<const RowMajor>& rows, RowMajor& out) const {
    auto components = static_cast<Index>(mixture.share.size());
    out.resize(rows.rows(), components);
    for (Index k = 0; k < components; ++k) {
      out.col(k) = (-distances(rows, static_cast<size_t>(k)) / 2).array() + constant[static_cast<size_t>(k)];
    }
    double sum = 0;
    for (Index r = 0; r < rows.rows(); ++r) {
      double top = out.row(r).maxCoeff();
      out.row(r) = (out.row(r).array() - top).exp();
      double of_row = out.row(r).sum();
      out.row(r) /= of_row;
      sum += top + std::log(of_row);
    }
    return sum;
  }
};

/// Sums over rows for the M step, weighted by each component's probability.
struct Moments {
  double log_likelihood = 0;
  VectorXd rows;
  MatrixXd sums;                  ///< components x columns
  std::vector<MatrixXd> squares;  ///< full: columns x columns; else 1 x columns

  void add(const Eigen::Map<const RowMajor>& x, const RowMajor& probability, bool full) {
    Index components = probability.cols();
    if (rows.size() == 0) {
      rows = VectorXd::Zero(components);
      sums = MatrixXd::Zero(components, x.cols());
      squares.assign(static_cast<size_t>(components), MatrixXd::Zero(full ? x.cols() : 1, x.cols()));
    }
    rows += probability.colwise().sum().transpose();
    sums.noalias() += probability.transpose() * x;
    for (Index k = 0; k < components; ++k) {
      MatrixXd& square = squares[static_cast<size_t>(k)];
      if (full)
        square.noalias() += x.transpose() * (probability.col(k).asDiagonal() * x);
      else
        square += probability.col(k).transpose() * x.cwiseAbs2();
    }
  }
  void add(const Moments& other) {
    log_likelihood += other.log_likelihood;
    if (rows.size() == 0) {
      rows = other.rows;
      sums = other.sums;
      squares = other.squares;
      return;
    }
    rows += other.rows;
    sums += other.sums;
    for (size_t k = 0; k < squares.size(); ++k) squares[k] += other.squares[k];
  }
};

/// The mixture that the moments ask for.
void maximise(const Moments& moments, size_t num_rows, const std::vector<double>& floor, Mixture& mixture) {
  size_t columns = mixture.means.columns, size = mixture.full ? columns * columns : columns;
  for (size_t k = 0; k < mixture.share.size(); ++k) {
    auto of = static_cast<Index>(k);
    double rows = moments.rows[of] + 10 * std::numeric_limits<double>::epsilon();
    mixture.share[k] = rows / static_cast<double>(num_rows);
    for (size_t c = 0; c < columns; ++c) mixture.means.at(k, c) = moments.sums(of, static_cast<Index>(c)) / rows;
    double* covariance = mixture.covariance.data() + k * size;
    for (size_t a = 0; a < columns; ++a) {
      auto ia = static_cast<Index>(a);
      for (size_t b = 0; b < (mixture.full ? columns : 1); ++b) {
        size_t other = mixture.full ? b : a;
        double square = moments.squares[k](mixture.full ? static_cast<Index>(b) : 0, ia) / rows;
        double value = square - mixture.means.at(k, a) * mixture.means.at(k, other);
        covariance[mixture.full ? b * columns + a : a] = value + (a == other ? floor[a] : 0);
      }
    }
  }
}

}  // namespace

void nearest_centres(const Matrix& x, const Matrix& centres, int threads, std::vector<uint32_t>& cluster,
                     std::vector<double>& distance) {
  cluster.assign(x.rows, 0);
  distance.assign(x.rows, 0);
  VectorXd norms = view(centres).rowwise().squaredNorm();
  for_rows(x, threads, [&](size_t, size_t begin, size_t end) {
    RowMajor score = -2 * view(x, begin, end) * view(centres).transpose();
    score.rowwise() += norms.transpose();
    for (size_t r = begin; r < end; ++r) {
      Index best = 0;
      score.row(static_cast<Index>(r - begin)).minCoeff(&best);
      cluster[r] = static_cast<uint32_t>(best);
      distance[r] = std::sqrt(squared_distance(x.row(r), centres.row(cluster[r]), x.columns));
    }
  });
}

KMeans k_means_from(const Matrix& x, Matrix centres, int threads) {
  constexpr int kMostSteps = 300;
  KMeans found{std::move(centres), {}, 0};
  std::vector<uint32_t> before;
  std::vector<double> distance;
  for (int i = 0; i < kMostSteps; ++i) {
    nearest_centres(x, found.centres, threads, found.cluster, distance);
    fill_empty(found.cluster, distance, found.centres.rows);
    if (found.cluster == before) break;
    found.centres = means_of(x, found.cluster, found.centres);
    before = found.cluster;
  }
  nearest_centres(x, found.centres, threads, found.cluster, distance);
  for (double d : distance) found.inertia += d * d;
  return found;
}

KMeans k_means(const Matrix& x, int k, int starts, uint64_t seed, int threads) {
  KMeans best;
  for (int s = 0; s < std::max(starts, 1); ++s) {
    Matrix centres = plus_plus(x, static_cast<size_t>(k), mix(seed + static_cast<uint64_t>(s)));
    KMeans found = k_means_from(x, std::move(centres), threads);
    if (s == 0 || found.inertia < best.inertia) best = std::move(found);
  }
  return best;
}

size_t Mixture::parameters() const {
  size_t columns = means.columns, of_covariance = full ? columns * (columns + 1) / 2 : columns;
  return share.size() * (columns + of_covariance) + share.size() - 1;
}

Mixture fit_mixture(const Matrix& x, const std::vector<uint32_t>& cluster, size_t k, bool full,
                    const std::vector<double>& floor, int threads) {
  constexpr int kMostSteps = 500;
  Mixture mixture{full, std::vector<double>(k), Matrix(k, x.columns), {}, 0};
  mixture.covariance.resize(k * x.columns * (full ? x.columns : 1));
  double before = -std::numeric_limits<double>::infinity();
  for (int i = 0; i < kMostSteps; ++i) {
    std::vector<Moments> parts(num_parts(x));
    std::optional<Densities> densities;
    if (i > 0) densities.emplace(mixture);
    for_rows(x, threads, [&](size_t part, size_t begin, size_t end) {
      RowMajor probability = RowMajor::Zero(static_cast<Index>(end - begin), static_cast<Index>(k));
      if (densities) {
        parts[part].log_likelihood = densities->probabilities(view(x, begin, end), probability);
      } else {
        for (size_t r = begin; r < end; ++r) probability(static_cast<Index>(r - begin), cluster[r]) = 1;
      }
      parts[part].add(view(x, begin, end), probability, full);
    });
    Moments all;
    for (const Moments& part : parts) all.add(part);
    mixture.log_likelihood = all.log_likelihood / static_cast<double>(x.rows);
    if (i > 1 && mixture.log_likelihood - before < 1e-7) break;
    if (i > 0) before = mixture.log_likelihood;
    maximise(all, x.rows, floor, mixture);
  }
  return mixture;
}

double mixture_probabilities(const Mixture& mixture, const Matrix& x, int threads, std::vector<double>& probability) {
  size_t k = mixture.share.size();
  probability.resize(x.rows * k);
  Densities densities(mixture);
  std::vector<double> of_part(num_parts(x), 0);
  for_rows(x, threads, [&](size_t part, size_t begin, size_t end) {
    RowMajor some;
    of_part[part] = densities.probabilities(view(x, begin, end), some);
    std::copy_n(some.data(), (end - begin) * k, probability.data() + begin * k);
  });
  double sum = 0;
  for (double part : of_part) sum += part;
  return x.rows > 0 ? sum / static_cast<double>(x.rows) : 0;
}

}  // namespace filrouge
