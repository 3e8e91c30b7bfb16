// Monitoring by principal components, as multivariate process control does it (Kourti & MacGregor 1995).
//
// A point z is split into what the components say, t = P' z, and the rest e = z - P t. T2 = sum t^2 / variance measures
// the first, Q = |e|^2 the second. A feature's share of T2 is z_j * sum over components of t P_j / variance (complete
// decomposition, Alcala & Qin 2011): shares sum to T2. Its share of Q is e_j^2. A category's indicators are summed.
#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/json_words.h"
#include "base/parallel.h"
#include "models/anomaly.h"
#include "models/anomaly_limits.h"
#include "models/linear_terms.h"

namespace filrouge {

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr size_t kRowsOfPart = 4096;

/// Rows as points with mean 0 over the training rows.
struct Centred {
  LinearTerms terms;
  double scale = 1;             ///< of numbers: from the population's deviation to the sample's
  std::vector<int> feature_of;  ///< of each column; indicators that say a number is missing have none: -1

  explicit Centred(LinearTerms t, double number_scale) : terms(std::move(t)), scale(number_scale) {
    feature_of.assign(terms.numbers() + terms.indicators(), -1);
    for (size_t f = 0; f < terms.num_features(); ++f) {
      const LinearTerms::Feature& feature = terms.features()[f];
      if (feature.number >= 0) feature_of[static_cast<size_t>(feature.number)] = static_cast<int>(f);
      if (!feature.category) continue;
      auto own = [&](int slot) {
        if (slot >= 0) feature_of[terms.numbers() + static_cast<size_t>(slot)] = static_cast<int>(f);
      };
      for (int value : feature.values) own(value);
      own(feature.missing);
      own(feature.other);
    }
  }
  size_t columns() const { return feature_of.size(); }

  /// Rows begin .. end, each given by row_number.
  template <class RowNumber>
  RowMajor points(const Matrix& x, size_t begin, size_t end, const RowNumber& row_number) const {
    RowMajor z = RowMajor::Zero(static_cast<Index>(end - begin), static_cast<Index>(columns()));
    std::vector<int> slots(terms.num_features());
    for (size_t r = begin; r < end; ++r) {
      double* point = z.data() + (r - begin) * columns();
      terms.encode(x.row(row_number(r)), point, slots.data());
      for (size_t n = 0; n < terms.numbers(); ++n) point[n] *= scale;
      double* indicators = point + terms.numbers();
      for (int slot : slots) {
        if (slot >= 0) indicators[slot] = 1;
      }
      for (size_t s = 0; s < terms.indicators(); ++s) {
        indicators[s] = feature_of[terms.numbers() + s] >= 0 ? indicators[s] - terms.shares()[s] : 0;
      }
    }
    return z;
  }
};

MatrixXd covariance(const Centred& centred, const Matrix& x, const Rows& rows, int threads) {
  size_t parts = (rows.size() + kRowsOfPart - 1) / kRowsOfPart, wave = static_cast<size_t>(std::max(threads, 1));
  auto columns = static_cast<Index>(centred.columns());
  MatrixXd sum = MatrixXd::Zero(columns, columns);
  for (size_t first = 0; first < parts; first += wave) {
    std::vector<MatrixXd> of_part(std::min(wave, parts - first));
    for_parts(of_part.size(), threads, [&](size_t part) {
      size_t begin = (first + part) * kRowsOfPart, end = std::min(begin + kRowsOfPart, rows.size());
      RowMajor z = centred.points(x, begin, end, [&](size_t r) { return rows[r]; });
      of_part[part].noalias() = z.transpose() * z;
    });
    for (const MatrixXd& part : of_part) sum += part;
  }
  return sum / static_cast<double>(rows.size() - 1);
}

/// The fewest components that hold `share` of the variance; at least one is left out where there are several.
Index choose_components(const VectorXd& variances, const ComponentOptions& options) {
  Index most = std::max<Index>(1, variances.size() - 1), used = 0;
  if (options.components > 0) return std::min<Index>(most, options.components);
  double held = 0;
  while (used < most && held < options.variance * variances.sum()) held += variances[used++];
  return std::max<Index>(1, used);
}

/// Q's limit from the variances that were left out.
double limit_of_q(const VectorXd& left_out, double confidence) {
  double theta1 = left_out.sum(), theta2 = left_out.squaredNorm(), theta3 = left_out.array().cube().sum();
  if (!(theta1 > 1e-12) || !(theta2 > 0)) return 0;
  double h = 1 - 2 * theta1 * theta3 / (3 * theta2 * theta2), c = normal_quantile(confidence);
  if (!(std::abs(h) > 1e-6)) h = 1e-6;
  double base = c * std::sqrt(2 * theta2 * h * h) / theta1 + 1 + theta2 * h * (h - 1) / (theta1 * theta1);
  return theta1 * std::pow(std::max(base, 1e-12), 1 / h);
}

/// How far beyond a limit, as a ratio; a limit of 0 is passed by what is more than rounding.
double beyond(double value, double limit) {
  if (limit > 0) return value / limit;
  return value > 1e-9 ? std::numeric_limits<double>::max() : 0;
}

}  // namespace

struct Components::State {
  Centred centred;
  MatrixXd loadings;   ///< columns x components
  VectorXd variances;  ///< of the components
  double held = 0, t2_limit = 0, q_limit = 0;

  State(LinearTerms terms, double scale) : centred(std::move(terms), scale) {}
};

Components Components::fit(const TrainingSet& set, const Rows& rows, const ComponentOptions& options) {
  FR_CHECK(set.x.columns == set.features.size());
  double n = static_cast<double>(rows.size());
  auto state =
      std::make_shared<State>(LinearTerms::learn(set, rows), std::sqrt(std::max(0.0, n - 1) / std::max(n, 1.0)));
  Eigen::SelfAdjointEigenSolver<MatrixXd> solver;
  if (rows.size() >= 3 && state->centred.columns() > 0)
    solver.compute(covariance(state->centred, set.x, rows, options.threads));
  if (rows.size() < 3 || state->centred.columns() == 0 || !(solver.eigenvalues().sum() > 0)) {
    throw Error(ErrorKind::data, "FR0835", "Principal components need three rows and a feature that varies",
                "Look at the filter of the table and at `features:`.");
  }
  VectorXd variances = solver.eigenvalues().reverse().cwiseMax(0);
  Index used = choose_components(variances, options);
  while (used > 1 && variances[used - 1] < 1e-10 * variances[0]) --used;  // no division by a variance of 0
  used = std::min(used, static_cast<Index>(rows.size()) - 2);
  state->loadings = solver.eigenvectors().rowwise().reverse().leftCols(used);
  state->variances = variances.head(used);
  state->held = variances.head(used).sum() / variances.sum();
  double k = static_cast<double>(used);
  state->t2_limit = k * (n - 1) * (n + 1) / (n * (n - k)) * f_quantile(options.confidence, k, n - k);
  state->q_limit = limit_of_q(variances.tail(variances.size() - used), options.confidence);
  Components components;
  components.state_ = std::move(state);
  return components;
}

Components::Scores Components::scores(const Matrix& x, int threads) const {
  const State& state = *state_;
  size_t features = state.centred.terms.num_features();
  FR_CHECK(x.columns == features);
  Scores scores{std::vector<double>(x.rows), std::vector<double>(x.rows), std::vector<double>(x.rows),
                Matrix(x.rows, features), Matrix(x.rows, features)};
  for_row_parts(x.rows, kRowsOfPart, threads, [&](size_t, size_t begin, size_t end) {
    RowMajor z = state.centred.points(x, begin, end, [](size_t r) { return r; });
    RowMajor t = z * state.loadings;
    RowMajor rest = z - t * state.loadings.transpose();
    RowMajor pull = (t * state.variances.cwiseInverse().asDiagonal()) * state.loadings.transpose();
    for (size_t r = begin; r < end; ++r) {
      auto i = static_cast<Index>(r - begin);
      for (size_t c = 0; c < state.centred.columns(); ++c) {
        if (state.centred.feature_of[c] < 0) continue;
        auto f = static_cast<size_t>(state.centred.feature_of[c]);
        auto j = static_cast<Index>(c);
        scores.of_t2.at(r, f) += z(i, j) * pull(i, j);
        scores.of_q.at(r, f) += rest(i, j) * rest(i, j);
      }
      scores.t2[r] = (t.row(i).array().square() / state.variances.transpose().array()).sum();
      scores.q[r] = rest.row(i).squaredNorm();
      double ratio = std::max(beyond(scores.t2[r], state.t2_limit), beyond(scores.q[r], state.q_limit));
      scores.score[r] = ratio / (1 + ratio);
    }
  });
  return scores;
}

int Components::components() const {
  return static_cast<int>(state_->variances.size());
}
size_t Components::num_features() const {
  return state_->centred.terms.num_features();
}
double Components::variance_held() const {
  return state_->held;
}
double Components::t2_limit() const {
  return state_->t2_limit;
}
double Components::q_limit() const {
  return state_->q_limit;
}

Json Components::to_json() const {
  const MatrixXd& p = state_->loadings;
  return {
      {"kind", "components"},
      {"terms", state_->centred.terms.to_json()},
      {"scale", state_->centred.scale},
      {"variances", std::vector<double>(state_->variances.data(), state_->variances.data() + state_->variances.size())},
      {"loadings", std::vector<double>(p.data(), p.data() + p.size())},
      {"variance_held", state_->held},
      {"t2_limit", state_->t2_limit},
      {"q_limit", state_->q_limit}};
}

Components Components::from_json(const Json& json) {
  try {
    if (json.at("kind") != "components") throw std::out_of_range("kind");
    auto state = std::make_shared<State>(LinearTerms::from_json(json.at("terms")), json.at("scale").get<double>());
    auto variances = json.at("variances").get<std::vector<double>>(),
         loadings = json.at("loadings").get<std::vector<double>>();
    size_t columns = state->centred.columns();
    bool positive = std::all_of(variances.begin(), variances.end(), [](double v) { return v > 0; });
    if (variances.empty() || !positive || loadings.size() != variances.size() * columns)
      throw std::out_of_range("loadings");
    auto used = static_cast<Index>(variances.size());
    state->variances = Eigen::Map<const VectorXd>(variances.data(), used);
    state->loadings = Eigen::Map<const MatrixXd>(loadings.data(), static_cast<Index>(columns), used);
    state->held = json.at("variance_held");
    state->t2_limit = json.at("t2_limit");
    state->q_limit = json.at("q_limit");
    Components components;
    components.state_ = std::move(state);
    return components;
  } catch (const std::exception& failure) {
    throw Error(ErrorKind::data, "FR0836",
                fmt::format("These are not principal components of ours: {}", json_problem(failure)),
                "Run `filrouge verify`; the next run learns them again.");
  }
}

}  // namespace filrouge
