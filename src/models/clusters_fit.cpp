// Rows are worked on in parts of a fixed size, whose sums are added in order: the same result on any number of threads.
//
// k-means++ draws each new centre with probability proportional to the squared distance to the nearest one so far; as
// scikit-learn does, 2 + ln k candidates are drawn and the one that lowers the inertia most is kept. Distances to
// centres are a matrix product (|x|^2 - 2 x c + |c|^2); the inertia that is reported is summed from differences.
#include "models/clusters_fit.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "models/draw.h"

namespace filrouge {

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::VectorXd;

constexpr size_t kRowsOfPart = 4096;

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

}  // namespace filrouge
