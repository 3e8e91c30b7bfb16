// A Gaussian mixture by EM, also of rows with missing numbers (Ghahramani & Jordan 1994, "Supervised learning from
// incomplete data via an EM approach"): a row is as likely as what it has, and in the M step what it has not is
// replaced by its expectation, given what it has and the component, with the variance that is left. So a missing number
// does not gather rows at the mean, where BIC would see a component. It counts on numbers missing no more often where
// they would have been unusual.
//
// Categories have their shares in each component, independent of each other and of its numbers (latent class analysis);
// as numbers of 0 and 1 they would make a component of every value.
//
// Rows with the same numbers missing share their matrices; they are worked on in chunks, whose sums are added in order:
// the same result on any number of threads.
#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/parallel.h"
#include "models/clusters_fit.h"

namespace filrouge {

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr size_t kRowsOfChunk = 4096;
constexpr size_t kMostPatterns = 500;

/// Rows that have the same numbers.
struct Pattern {
  std::vector<Index> seen, missing;
  std::vector<uint32_t> rows;
};

/// All rows, by what they have; those that have all first. What is missing in rows beyond the commonest patterns counts
/// as 0, the mean.
std::vector<Pattern> patterns_of(const Matrix& x, size_t numbers) {
  std::map<std::vector<bool>, std::vector<uint32_t>> found;
  for (uint32_t r = 0; r < x.rows; ++r) {
    std::vector<bool> missing(numbers);
    for (size_t c = 0; c < numbers; ++c) missing[c] = std::isnan(x.at(r, c));
    found[missing].push_back(r);
  }
  std::vector<std::pair<std::vector<bool>, std::vector<uint32_t>>> order(found.begin(), found.end());
  std::vector<bool> none(numbers);
  if (!found.contains(none)) order.emplace_back(none, std::vector<uint32_t>());
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    return a.first == none || (b.first != none && a.second.size() > b.second.size());
  });
  std::vector<Pattern> patterns;
  for (auto& [missing, rows] : order) {
    if (patterns.size() >= kMostPatterns) {
      patterns[0].rows.insert(patterns[0].rows.end(), rows.begin(), rows.end());
      continue;
    }
    Pattern pattern{{}, {}, std::move(rows)};
    for (size_t c = 0; c < numbers; ++c) (missing[c] ? pattern.missing : pattern.seen).push_back(static_cast<Index>(c));
    patterns.push_back(std::move(pattern));
  }
  std::sort(patterns[0].rows.begin(), patterns[0].rows.end());
  return patterns;
}

struct Chunk {
  size_t pattern = 0, begin = 0, end = 0;
};
std::vector<Chunk> chunks_of(const std::vector<Pattern>& patterns) {
  std::vector<Chunk> chunks;
  for (size_t p = 0; p < patterns.size(); ++p)
    for (size_t begin = 0; begin < patterns[p].rows.size(); begin += kRowsOfChunk)
      chunks.push_back({p, begin, std::min(patterns[p].rows.size(), begin + kRowsOfChunk)});
  return chunks;
}

/// The indicators of the chunk's rows.
RowMajor kinds_of(const Matrix& x, size_t numbers, const Pattern& pattern, const Chunk& chunk) {
  RowMajor rows(static_cast<Index>(chunk.end - chunk.begin), static_cast<Index>(x.columns - numbers));
  for (size_t r = chunk.begin; r < chunk.end; ++r)
    for (size_t c = numbers; c < x.columns; ++c)
      rows(static_cast<Index>(r - chunk.begin), static_cast<Index>(c - numbers)) = x.at(pattern.rows[r], c);
  return rows;
}

/// The numbers that the chunk's rows have.
RowMajor seen_of(const Matrix& x, const Pattern& pattern, const Chunk& chunk) {
  RowMajor rows(static_cast<Index>(chunk.end - chunk.begin), static_cast<Index>(pattern.seen.size()));
  for (size_t r = chunk.begin; r < chunk.end; ++r)
    for (size_t c = 0; c < pattern.seen.size(); ++c) {
      double value = x.at(pattern.rows[r], static_cast<size_t>(pattern.seen[c]));
      rows(static_cast<Index>(r - chunk.begin), static_cast<Index>(c)) = std::isnan(value) ? 0 : value;
    }
  return rows;
}

/// A component as rows of one pattern see it.
struct Component {
  VectorXd mean, unseen_mean;  ///< of the numbers seen, and of those missing
  VectorXd log_kinds;          ///< of each indicator: the log of how often it is 1
  MatrixXd lower;              ///< full: Cholesky factor of the covariance seen
  VectorXd variance;           ///< diagonal: of the numbers seen
  MatrixXd gain;               ///< full: how the missing ones follow from those seen
  MatrixXd left;               ///< covariance of the missing ones, given those seen
  double constant = 0;         ///< ln share - ln det / 2 - columns / 2 ln 2 pi

  Component(const Mixture& m, size_t k, const Pattern& pattern) {
    size_t columns = m.numbers;
    auto means = Eigen::Map<const VectorXd>(m.means.row(k), static_cast<Index>(m.means.columns));
    log_kinds = means.tail(static_cast<Index>(m.means.columns - columns)).array().log();
    mean = means(pattern.seen);
    unseen_mean = means(pattern.missing);
    double log_root = 0;
    if (m.full) {
      Eigen::Map<const MatrixXd> covariance(m.covariance.data() + k * columns * columns, static_cast<Index>(columns),
                                            static_cast<Index>(columns));
      lower = MatrixXd(covariance(pattern.seen, pattern.seen)).llt().matrixL();
      log_root = lower.diagonal().array().log().sum();
      if (!pattern.missing.empty()) {
        MatrixXd across = covariance(pattern.seen, pattern.missing);
        MatrixXd half = lower.triangularView<Eigen::Lower>().solve(across);
        gain = lower.transpose().triangularView<Eigen::Upper>().solve(half).transpose();
        left = MatrixXd(covariance(pattern.missing, pattern.missing)) - half.transpose() * half;
      }
    } else {
      auto variances = Eigen::Map<const VectorXd>(m.covariance.data() + k * columns, static_cast<Index>(columns));
      variance = variances(pattern.seen);
      log_root = variance.array().log().sum() / 2;
      left = variances(pattern.missing);
    }
    constant =
        std::log(m.share[k]) - log_root - static_cast<double>(pattern.seen.size()) / 2 * std::log(2 * std::numbers::pi);
  }

  /// Squared Mahalanobis distances.
  VectorXd distances(const RowMajor& seen) const {
    RowMajor centred = seen.rowwise() - mean.transpose();
    if (variance.size() > 0) return (centred.array().square().rowwise() / variance.transpose().array()).rowwise().sum();
    if (lower.size() == 0) return VectorXd::Zero(seen.rows());  // nothing is seen
    MatrixXd mapped = lower.triangularView<Eigen::Lower>().solve(centred.transpose());
    return mapped.colwise().squaredNorm().transpose();
  }
};

using Components = std::vector<Component>;
Components components_for(const Mixture& mixture, const Pattern& pattern) {
  Components components;
  for (size_t k = 0; k < mixture.share.size(); ++k) components.emplace_back(mixture, k, pattern);
  return components;
}

/// Sets rows x components probabilities; returns the sum of log likelihoods.
double probabilities(const Components& components, const RowMajor& seen, const RowMajor& kinds, RowMajor& out) {
  out.resize(seen.rows(), static_cast<Index>(components.size()));
  for (size_t k = 0; k < components.size(); ++k)
    out.col(static_cast<Index>(k)) =
        (kinds * components[k].log_kinds - components[k].distances(seen) / 2).array() + components[k].constant;
  double sum = 0;
  for (Index r = 0; r < seen.rows(); ++r) {
    double top = out.row(r).maxCoeff();
    out.row(r) = (out.row(r).array() - top).exp();
    double of_row = out.row(r).sum();
    out.row(r) /= of_row;
    sum += top + std::log(of_row);
  }
  return sum;
}

/// Sums over rows for the M step, weighted by each component's probability.
struct Moments {
  double log_likelihood = 0;
  VectorXd rows;
  MatrixXd sums, kinds;           ///< components x numbers, components x indicators
  std::vector<MatrixXd> squares;  ///< full: numbers x numbers; else 1 x numbers

  /// `components`: null where the rows were assigned by hand; what is missing is then the mean, 0.
  void add(const RowMajor& seen, const RowMajor& indicators, const RowMajor& probability, const Pattern& pattern,
           const Components* components, bool full) {
    Index columns = static_cast<Index>(pattern.seen.size() + pattern.missing.size()), count = probability.cols();
    if (rows.size() == 0) {
      rows = VectorXd::Zero(count);
      sums = MatrixXd::Zero(count, columns);
      kinds = MatrixXd::Zero(count, indicators.cols());
      squares.assign(static_cast<size_t>(count), MatrixXd::Zero(full ? columns : 1, columns));
    }
    rows += probability.colwise().sum().transpose();
    kinds.noalias() += probability.transpose() * indicators;
    RowMajor whole(seen.rows(), columns);
    whole(Eigen::all, pattern.seen) = seen;
    for (Index k = 0; k < count; ++k) {
      const Component* component = components ? &(*components)[static_cast<size_t>(k)] : nullptr;
      MatrixXd& square = squares[static_cast<size_t>(k)];
      double of_component = probability.col(k).sum();
      if (!pattern.missing.empty()) {
        RowMajor expected = RowMajor::Zero(seen.rows(), static_cast<Index>(pattern.missing.size()));
        if (component) expected.rowwise() += component->unseen_mean.transpose();
        if (component && full) expected += (seen.rowwise() - component->mean.transpose()) * component->gain.transpose();
        whole(Eigen::all, pattern.missing) = expected;
      }
      sums.row(k) += probability.col(k).transpose() * whole;
      if (full)
        square.noalias() += whole.transpose() * (probability.col(k).asDiagonal() * whole);
      else
        square += probability.col(k).transpose() * whole.cwiseAbs2();
      if (pattern.missing.empty()) continue;
      // Unit variance, as all rows together have it, where nothing is known yet.
      for (size_t a = 0; a < pattern.missing.size(); ++a) {
        Index ia = static_cast<Index>(a);
        if (!full)
          square(0, pattern.missing[a]) += of_component * (component ? component->left(ia, 0) : 1);
        else if (!component)
          square(pattern.missing[a], pattern.missing[a]) += of_component;
        else
          for (size_t b = 0; b < pattern.missing.size(); ++b)
            square(pattern.missing[b], pattern.missing[a]) += of_component * component->left(static_cast<Index>(b), ia);
      }
    }
  }
  void add(const Moments& other) {
    log_likelihood += other.log_likelihood;
    if (rows.size() == 0) {
      rows = other.rows;
      sums = other.sums;
      kinds = other.kinds;
      squares = other.squares;
      return;
    }
    rows += other.rows;
    sums += other.sums;
    kinds += other.kinds;
    for (size_t k = 0; k < squares.size(); ++k) squares[k] += other.squares[k];
  }
};

/// How often each indicator is 1 in a component, as if one row more had all values of a category alike: none is
/// impossible for not having been seen.
void maximise_kinds(const Moments& moments, size_t k, Mixture& mixture) {
  std::map<int, double> values;
  for (int category : mixture.category_of) ++values[category];
  auto of = static_cast<Index>(k);
  for (size_t i = 0; i < mixture.category_of.size(); ++i)
    mixture.means.at(k, mixture.numbers + i) =
        (moments.kinds(of, static_cast<Index>(i)) + 1 / values[mixture.category_of[i]]) / (moments.rows[of] + 1);
}

/// The mixture that the moments ask for.
void maximise(const Moments& moments, size_t num_rows, double floor, Mixture& mixture) {
  size_t columns = mixture.numbers, size = mixture.full ? columns * columns : columns;
  for (size_t k = 0; k < mixture.share.size(); ++k) {
    auto of = static_cast<Index>(k);
    double rows = moments.rows[of] + 10 * std::numeric_limits<double>::epsilon();
    mixture.share[k] = rows / static_cast<double>(num_rows);
    maximise_kinds(moments, k, mixture);
    for (size_t c = 0; c < columns; ++c) mixture.means.at(k, c) = moments.sums(of, static_cast<Index>(c)) / rows;
    double* covariance = mixture.covariance.data() + k * size;
    for (size_t a = 0; a < columns; ++a) {
      auto ia = static_cast<Index>(a);
      for (size_t b = 0; b < (mixture.full ? columns : 1); ++b) {
        size_t other = mixture.full ? b : a;
        double square = moments.squares[k](mixture.full ? static_cast<Index>(b) : 0, ia) / rows;
        double value = square - mixture.means.at(k, a) * mixture.means.at(k, other);
        covariance[mixture.full ? b * columns + a : a] = value + (a == other ? floor : 0);
      }
    }
  }
}

std::vector<Components> components_by_pattern(const Mixture& mixture, const std::vector<Pattern>& patterns) {
  std::vector<Components> all;
  for (const Pattern& pattern : patterns) all.push_back(components_for(mixture, pattern));
  return all;
}

}  // namespace

size_t Mixture::parameters() const {
  size_t of_numbers = numbers + (full ? numbers * (numbers + 1) / 2 : numbers);
  size_t categories = std::set<int>(category_of.begin(), category_of.end()).size();
  return share.size() * (of_numbers + category_of.size() - categories) + share.size() - 1;
}

Mixture fit_mixture(const Matrix& x, const std::vector<uint32_t>& cluster, size_t k, const Mixture& like, double floor,
                    int threads) {
  constexpr int kMostSteps = 500;
  Mixture mixture = like;
  mixture.share.resize(k);
  mixture.means = Matrix(k, x.columns);
  mixture.covariance.assign(k * like.numbers * (like.full ? like.numbers : 1), 0);
  std::vector<Pattern> patterns = patterns_of(x, like.numbers);
  std::vector<Chunk> chunks = chunks_of(patterns);
  double before = -std::numeric_limits<double>::infinity();
  for (int i = 0; i < kMostSteps; ++i) {
    std::vector<Moments> parts(chunks.size());
    std::vector<Components> components;
    if (i > 0) components = components_by_pattern(mixture, patterns);
    for_parts(chunks.size(), threads, [&](size_t part) {
      const Chunk& chunk = chunks[part];
      const Pattern& pattern = patterns[chunk.pattern];
      RowMajor seen = seen_of(x, pattern, chunk), kinds = kinds_of(x, like.numbers, pattern, chunk);
      RowMajor probability = RowMajor::Zero(seen.rows(), static_cast<Index>(k));
      if (i > 0) {
        parts[part].log_likelihood = probabilities(components[chunk.pattern], seen, kinds, probability);
      } else {
        for (size_t r = chunk.begin; r < chunk.end; ++r)
          probability(static_cast<Index>(r - chunk.begin), cluster[pattern.rows[r]]) = 1;
      }
      parts[part].add(seen, kinds, probability, pattern, i > 0 ? &components[chunk.pattern] : nullptr, like.full);
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
  std::vector<Pattern> patterns = patterns_of(x, mixture.numbers);
  std::vector<Chunk> chunks = chunks_of(patterns);
  std::vector<Components> components = components_by_pattern(mixture, patterns);
  std::vector<double> of_part(chunks.size(), 0);
  for_parts(chunks.size(), threads, [&](size_t part) {
    const Chunk& chunk = chunks[part];
    const Pattern& pattern = patterns[chunk.pattern];
    RowMajor some;
    of_part[part] = probabilities(components[chunk.pattern], seen_of(x, pattern, chunk),
                                  kinds_of(x, mixture.numbers, pattern, chunk), some);
    for (size_t r = chunk.begin; r < chunk.end; ++r)
      std::copy_n(some.data() + (r - chunk.begin) * k, k, probability.data() + pattern.rows[r] * k);
  });
  double sum = 0;
  for (double part : of_part) sum += part;
  return x.rows > 0 ? sum / static_cast<double>(x.rows) : 0;
}

}  // namespace filrouge
