// Newton's method for one score, a preconditioned quasi-Newton method for several.
//
// One score (numbers, two classes): the normal equations of IRLS in blocks of rows. Numbers form a dense block for a
// matrix product, indicators are scattered; a pass over 270,000 rows with 14 numbers and a hundred-valued category
// takes some hundredths of a second, so Newton's five to eight passes cost less than reading the file did. Coordinate
// descent (glmnet) was rejected: it needs dozens of passes where columns are collinear, Newton does not mind.
//
// K > 2 scores: the Hessian has (K terms)^2 numbers. L-BFGS (Liu & Nocedal 1989) with the Cholesky factor of X'X / 2 +
// penalty as its metric, the bound of the multinomial Hessian that Böhning (1992) gives: some 20 to 60 passes, whatever
// the scales and correlations of the terms.
//
// Rows are summed in parts of a fixed size and parts are added in order: the threads change nothing.
#include "models/linear_fit.h"

#include <Eigen/Dense>
#include <cmath>
#include <deque>

#include "base/parallel.h"
#include "models/metrics_intervals.h"

namespace filrouge {

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr size_t kRowsOfPart = 16'384;
constexpr size_t kRowsOfBlock = 512;
constexpr double kInterceptPenalty = 1e-9;  ///< per unit of weight: keeps the intercept finite where a class is absent

/// Some rows, encoded: numbers and a column of ones; slots.
struct Block {
  size_t rows = 0;
  RowMajor dense;
  std::vector<int> slots;
  const LinearTerms& terms;

  explicit Block(const LinearTerms& t, size_t most_rows = kRowsOfBlock)
      : dense(most_rows, t.numbers() + 1), slots(most_rows * t.num_features()), terms(t) {}

  template <class RowNumber>  // row_number(i): the matrix row of the block's row i
  void encode(const Matrix& x, size_t count, const RowNumber& row_number) {
    rows = count;
    for (size_t i = 0; i < count; ++i) {
      double* numbers = dense.data() + i * (terms.numbers() + 1);
      terms.encode(x.row(row_number(i)), numbers, slots.data() + i * terms.num_features());
      numbers[terms.numbers()] = 1;
    }
  }
  auto numbers() const { return dense.topRows(static_cast<Eigen::Index>(rows)); }

  template <class Visit>  // visit(indicator) for each that is on in row i
  void for_indicators(size_t i, const Visit& visit) const {
    const int* begin = slots.data() + i * terms.num_features();
    for (size_t f = 0; f < terms.num_features(); ++f) {
      if (begin[f] >= 0) visit(begin[f]);
    }
  }

  /// scores(i, k) = the block's row i times coefficients of output k.
  void scores(const Eigen::Map<const MatrixXd>& weights, RowMajor& out) const {
    Eigen::Index dense_terms = dense.cols();
    out.noalias() = numbers() * weights.topRows(dense_terms);
    for (size_t i = 0; i < rows; ++i) {
      for_indicators(i, [&](int s) { out.row(static_cast<Eigen::Index>(i)) += weights.row(dense_terms + s); });
    }
  }
  /// gradient += block' * slopes.
  void add_gradient(const RowMajor& slopes, MatrixXd& gradient) const {
    Eigen::Index dense_terms = dense.cols();
    gradient.topRows(dense_terms).noalias() += numbers().transpose() * slopes;
    for (size_t i = 0; i < rows; ++i) {
      for_indicators(i, [&](int s) { gradient.row(dense_terms + s) += slopes.row(static_cast<Eigen::Index>(i)); });
    }
  }
};

/// X' diag(h) X in three parts.
struct Information {
  MatrixXd dense, mixed, indicators;  ///< lower triangle, numbers x indicators, lower triangle

  explicit Information(const LinearTerms& terms)
      : dense(MatrixXd::Zero(size(terms.numbers()) + 1, size(terms.numbers()) + 1)),
        mixed(MatrixXd::Zero(size(terms.numbers()) + 1, size(terms.indicators()))),
        indicators(MatrixXd::Zero(size(terms.indicators()), size(terms.indicators()))) {}
  static Eigen::Index size(size_t n) { return static_cast<Eigen::Index>(n); }

  void add(const Block& block, const VectorXd& h) {
    auto numbers = block.numbers();
    VectorXd root = h.head(numbers.rows()).cwiseSqrt();
    RowMajor weighted = root.asDiagonal() * numbers;
    dense.selfadjointView<Eigen::Lower>().rankUpdate(weighted.transpose());
    weighted = root.asDiagonal() * weighted;
    for (size_t i = 0; i < block.rows; ++i) {
      auto row = size(i);
      block.for_indicators(i, [&](int a) {
        mixed.col(a) += weighted.row(row).transpose();
        block.for_indicators(i, [&](int b) {
          if (b <= a) indicators(a, b) += h[row];
        });
      });
    }
  }
  void add(const Information& other) {
    dense += other.dense;
    mixed += other.mixed;
    indicators += other.indicators;
  }
  MatrixXd whole() const {  // both triangles
    Eigen::Index d = dense.rows(), s = indicators.rows();
    MatrixXd all(d + s, d + s);
    all.topLeftCorner(d, d) = dense.selfadjointView<Eigen::Lower>();
    all.bottomLeftCorner(s, d) = mixed.transpose();
    all.topRightCorner(d, s) = mixed;
    all.bottomRightCorner(s, s) = indicators.selfadjointView<Eigen::Lower>();
    return all;
  }
};

/// What one pass over rows sums.
struct Sums {
  double loss = 0;
  MatrixXd gradient;  ///< terms x outputs
  std::optional<Information> information;

  void add(const Sums& other) {
    loss += other.loss;
    gradient += other.gradient;
    if (information) information->add(*other.information);
  }
};

/// ln(1 + e^x) without overflow.
double softplus(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

/// Turns scores into slopes (derivatives of the loss), and gives the loss and, for one score, its curvature.
struct Losses {
  const LinearProblem& problem;

  double one(double y, double w, double& score, double& curvature) const {
    if (!problem.classify) {
      double error = score - y;
      curvature = w;
      score = w * error;
      return w * error * error / 2;
    }
    double p = 1 / (1 + std::exp(-score));
    double loss = w * (softplus(score) - y * score);
    curvature = w * std::max(p * (1 - p), 1e-12);
    score = w * (p - y);
    return loss;
  }

  template <class Row>
  double many(size_t y, double w, Row&& scores) const {
    double top = scores.maxCoeff(), sum = 0, of_class = scores[static_cast<Eigen::Index>(y)];
    for (Eigen::Index k = 0; k < scores.size(); ++k) sum += scores[k] = std::exp(scores[k] - top);
    scores *= w / sum;
    scores[static_cast<Eigen::Index>(y)] -= w;
    return w * (std::log(sum) + top - of_class);
  }
};

enum class Want { loss, slopes, information, class_information };

Eigen::Map<const MatrixXd> as_matrix(const LinearProblem& problem, const LinearWeights& weights) {
  return {weights.data(), static_cast<Eigen::Index>(problem.terms.terms()), static_cast<Eigen::Index>(problem.outputs)};
}

/// `of_class`: for class_information, whose curvature p (1 - p) is summed.
void add_block(const LinearProblem& problem, const Block& block, std::span<const uint32_t> rows, Want want,
               size_t of_class, RowMajor& scores, Sums& sums) {
  Losses losses{problem};
  VectorXd curvature(static_cast<Eigen::Index>(block.rows));
  for (size_t i = 0; i < block.rows; ++i) {
    auto row = static_cast<Eigen::Index>(i);
    double y = problem.set.y[rows[i]], w = weight_of(problem.set.weight, rows[i]);
    if (problem.outputs == 1) {
      sums.loss += losses.one(y, w, scores(row, 0), curvature[row]);
    } else {
      sums.loss += losses.many(static_cast<size_t>(y), w, scores.row(row));
      double slope = scores(row, static_cast<Eigen::Index>(of_class));
      double p = w > 0 ? slope / w + (static_cast<size_t>(y) == of_class ? 1 : 0) : 0;
      curvature[row] = want == Want::class_information ? w * p * (1 - p) : w / 2;
    }
  }
  if (want != Want::loss) block.add_gradient(scores, sums.gradient);
  if (sums.information) sums.information->add(block, curvature);
}

Sums empty_sums(const LinearProblem& problem, Want want) {
  Sums sums;
  sums.gradient =
      MatrixXd::Zero(static_cast<Eigen::Index>(problem.terms.terms()), static_cast<Eigen::Index>(problem.outputs));
  if (want == Want::information || want == Want::class_information) sums.information.emplace(problem.terms);
  return sums;
}

Sums pass(const LinearProblem& problem, const Rows& rows, const LinearWeights& weights, Want want,
          size_t of_class = 0) {
  size_t parts = (rows.size() + kRowsOfPart - 1) / kRowsOfPart;
  size_t wave = static_cast<size_t>(std::max(problem.threads, 1));
  Sums all = empty_sums(problem, want);
  for (size_t first = 0; first < parts; first += wave) {
    size_t count = std::min(wave, parts - first);
    std::vector<Sums> of_part(count);
    for_parts(count, problem.threads, [&](size_t part) {
      of_part[part] = empty_sums(problem, want);
      size_t end = std::min((first + part + 1) * kRowsOfPart, rows.size());
      Block block(problem.terms);
      RowMajor scores;
      for (size_t at = (first + part) * kRowsOfPart; at < end; at += kRowsOfBlock) {
        std::span<const uint32_t> some(rows.data() + at, std::min(kRowsOfBlock, end - at));
        block.encode(problem.set.x, some.size(), [&](size_t i) { return some[i]; });
        block.scores(as_matrix(problem, weights), scores);
        add_block(problem, block, some, want, of_class, scores, of_part[part]);
      }
    });
    for (const Sums& sums : of_part) all.add(sums);
  }
  return all;
}

double total_weight(const LinearProblem& problem, const Rows& rows) {
  double total = 0;
  for (uint32_t r : rows) total += weight_of(problem.set.weight, r);
  return total;
}

/// effective_rows of some rows of the set.
double rows_carried(const LinearProblem& problem, const Rows& rows) {
  std::vector<double> weight;
  for (uint32_t r : rows) weight.push_back(weight_of(problem.set.weight, r));
  return effective_rows(rows.size(), weight);
}

/// The penalty of each term.
VectorXd penalties(const LinearProblem& problem, double penalty, double total) {
  VectorXd all = VectorXd::Constant(static_cast<Eigen::Index>(problem.terms.terms()), std::max(penalty, 1e-10 * total));
  all[static_cast<Eigen::Index>(problem.terms.intercept())] = kInterceptPenalty * total;
  return all;
}

/// Adds the penalty's share to loss and gradient.
void penalise(const LinearProblem& problem, const VectorXd& penalty, const LinearWeights& weights, Sums& sums) {
  auto w = as_matrix(problem, weights);
  sums.loss += (penalty.asDiagonal() * w.cwiseAbs2()).sum() / 2;
  sums.gradient += penalty.asDiagonal() * w;
}

double dot(const VectorXd& a, const VectorXd& b) {
  return a.dot(b);
}

VectorXd flat(const MatrixXd& m) {
  return Eigen::Map<const VectorXd>(m.data(), m.size());
}

LinearWeights moved(const LinearWeights& from, const VectorXd& step, double length) {
  LinearWeights to = from;
  for (size_t i = 0; i < to.size(); ++i) to[i] += length * step[static_cast<Eigen::Index>(i)];
  return to;
}

LinearWeights newton(const LinearProblem& problem, const Rows& rows, const VectorXd& penalty, double total,
                     LinearWeights at, bool rough) {
  constexpr int kMostPasses = 60;
  double best = std::numeric_limits<double>::infinity(), length = 1;
  LinearWeights before = at;
  VectorXd step;
  for (int i = 0; i < kMostPasses; ++i) {
    Sums sums = pass(problem, rows, at, Want::information);
    penalise(problem, penalty, at, sums);
    if (i > 0 && !(sums.loss <= best * (1 + 1e-12)) && length > 1e-4) {  // too far: go half as far from where we came
      length /= 2;
      at = moved(before, step, length);
      continue;
    }
    best = sums.loss;
    MatrixXd hessian = sums.information->whole();
    hessian.diagonal() += penalty;
    step = -hessian.llt().solve(flat(sums.gradient));
    double decrease = -dot(step, flat(sums.gradient));
    before = at;
    length = 1;
    at = moved(before, step, length);
    // The error after this step is about the square of what it gains. A quadratic loss is solved by one step.
    if (!problem.classify || !(decrease > (rough ? 1e-5 : 1e-9) * total)) break;
  }
  return at;
}

/// L-BFGS's product of the inverse Hessian and `gradient` (two loops), from pairs of steps and changes of slope.
struct Memory {
  std::deque<std::pair<VectorXd, VectorXd>> pairs;
  Eigen::LLT<MatrixXd> metric;
  Eigen::Index terms;

  VectorXd by_metric(const VectorXd& v) const {
    return flat(metric.solve(Eigen::Map<const MatrixXd>(v.data(), terms, v.size() / terms)));
  }
  VectorXd direction(VectorXd v) const {
    std::vector<double> alpha;
    for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
      alpha.push_back(dot(pair->first, v) / dot(pair->first, pair->second));
      v -= alpha.back() * pair->second;
    }
    double scale = 1;
    if (!pairs.empty()) {
      const auto& [moved_by, changed] = pairs.back();
      scale = dot(moved_by, changed) / dot(changed, by_metric(changed));
    }
    v = scale * by_metric(v);
    for (const auto& [moved_by, changed] : pairs) {
      double beta = dot(changed, v) / dot(moved_by, changed);
      v += (alpha.back() - beta) * moved_by;
      alpha.pop_back();
    }
    return -v;
  }
  void remember(VectorXd moved_by, VectorXd changed) {
    if (!(dot(moved_by, changed) > 0)) return;
    pairs.emplace_back(std::move(moved_by), std::move(changed));
    if (pairs.size() > 12) pairs.pop_front();
  }
};

LinearWeights quasi_newton(const LinearProblem& problem, const Rows& rows, const VectorXd& penalty, double total,
                           LinearWeights at, bool rough) {
  constexpr int kMostSteps = 300;
  Sums here = pass(problem, rows, at, Want::information);
  penalise(problem, penalty, at, here);
  MatrixXd bound = here.information->whole();
  bound.diagonal() += penalty;
  Memory memory{{}, bound.llt(), bound.rows()};
  for (int i = 0; i < kMostSteps; ++i) {
    VectorXd slope = flat(here.gradient), step = memory.direction(slope);
    double gain = -dot(step, slope), length = 1;
    if (!(gain > (rough ? 1e-5 : 1e-14) * total)) break;
    LinearWeights there = moved(at, step, length);
    Sums sums = pass(problem, rows, there, Want::slopes);
    penalise(problem, penalty, there, sums);
    while (!(sums.loss <= here.loss - 1e-4 * length * gain) && length > 1e-6) {
      length /= 2;
      there = moved(at, step, length);
      sums = pass(problem, rows, there, Want::slopes);
      penalise(problem, penalty, there, sums);
    }
    if (!(sums.loss <= here.loss)) break;
    memory.remember(length * step, flat(sums.gradient) - slope);
    at = std::move(there);
    here = std::move(sums);
  }
  return at;
}

/// Standard deviations from the inverse of `information`; last, that of the intercept at raw zero.
void append_deviations(const LinearTerms& terms, const MatrixXd& information, double noise, std::vector<double>& out) {
  MatrixXd inverse = information.llt().solve(MatrixXd::Identity(information.rows(), information.cols()));
  for (Eigen::Index t = 0; t < inverse.rows(); ++t) out.push_back(std::sqrt(std::max(0.0, noise * inverse(t, t))));
  VectorXd at_zero = VectorXd::Zero(inverse.rows());
  at_zero[static_cast<Eigen::Index>(terms.intercept())] = 1;
  for (const LinearTerms::Feature& feature : terms.features()) {
    if (feature.number >= 0) at_zero[feature.number] = -feature.mean / feature.deviation;
  }
  out.push_back(std::sqrt(std::max(0.0, noise * dot(at_zero, inverse * at_zero))));
}

}  // namespace

LinearWeights linear_start(const LinearProblem& problem, const Rows& rows) {
  LinearWeights start(problem.terms.terms() * problem.outputs, 0);
  std::vector<double> weight(std::max<size_t>(problem.outputs, 2), 0);
  double sum = 0, total = 0;
  for (uint32_t r : rows) {
    double w = weight_of(problem.set.weight, r);
    sum += w * problem.set.y[r];
    total += w;
    if (problem.classify) weight[static_cast<size_t>(problem.set.y[r])] += w;
  }
  for (size_t k = 0; k < problem.outputs; ++k) {
    double& intercept = start[k * problem.terms.terms() + problem.terms.intercept()];
    if (!problem.classify)
      intercept = total > 0 ? sum / total : 0;
    else if (problem.outputs == 1)
      intercept = std::log((weight[1] + 0.5) / (weight[0] + 0.5));
    else
      intercept = std::log((weight[k] + 0.5) / (total + 0.5));
  }
  return start;
}

LinearWeights linear_solve(const LinearProblem& problem, const Rows& rows, double penalty, LinearWeights start,
                           bool rough) {
  double total = total_weight(problem, rows);
  VectorXd of_term = penalties(problem, penalty, total);
  return problem.outputs == 1 ? newton(problem, rows, of_term, total, std::move(start), rough)
                              : quasi_newton(problem, rows, of_term, total, std::move(start), rough);
}

double linear_loss(const LinearProblem& problem, const Rows& rows, const LinearWeights& weights) {
  return pass(problem, rows, weights, Want::loss).loss / total_weight(problem, rows);
}

std::vector<double> linear_deviations(const LinearProblem& problem, const Rows& rows, double penalty,
                                      const LinearWeights& weights) {
  double total = total_weight(problem, rows), carried = rows_carried(problem, rows);
  VectorXd of_term = penalties(problem, penalty, total);
  std::vector<double> deviations;
  for (size_t k = 0; k < problem.outputs; ++k) {
    Sums sums = pass(problem, rows, weights, problem.outputs == 1 ? Want::information : Want::class_information, k);
    MatrixXd information = sums.information->whole(), penalised = information;
    penalised.diagonal() += of_term;
    double noise = total / carried;  // weights say which rows count more, not how many rows there are
    if (!problem.classify) {         // residual variance, over the rows left after the degrees of freedom spent
      double spent = penalised.llt().solve(information).trace();
      noise *= 2 * sums.loss / total * carried / std::max(1.0, carried - spent);
    }
    append_deviations(problem.terms, penalised, noise, deviations);
  }
  return deviations;
}

void linear_scores(const LinearTerms& terms, size_t outputs, const LinearWeights& weights, const Matrix& x,
                   size_t begin, size_t end, double* out) {
  Eigen::Map<const MatrixXd> matrix(weights.data(), static_cast<Eigen::Index>(terms.terms()),
                                    static_cast<Eigen::Index>(outputs));
  Block block(terms, std::min(kRowsOfBlock, end - begin));
  RowMajor scores;
  for (size_t at = begin; at < end; at += kRowsOfBlock) {
    size_t count = std::min(kRowsOfBlock, end - at);
    block.encode(x, count, [&](size_t i) { return at + i; });
    block.scores(matrix, scores);
    std::copy(scores.data(), scores.data() + count * outputs, out + (at - begin) * outputs);
  }
}

}  // namespace filrouge
