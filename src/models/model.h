// What `learn` leaves behind and `score` and `explain` use: features, members, and what turns a raw score into an
// answer.
//
// On disk (a folder): model.json, and one text per forest (member-0.txt ..., LightGBM's own format). Everything that is
// read back is checked: a damaged file gives Error(data, FR0810), never a crash.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "models/decision.h"
#include "models/features.h"
#include "models/forest.h"
#include "models/linear.h"
#include "models/metrics.h"

namespace filrouge {

/// One learner's result; the raw score of a model is the weighted sum of its members' raw scores, plus a constant.
struct Member {
  std::string method;  ///< boosting | additive | linear
  double weight = 1;
  std::variant<Forest, Linear> fitted;
  std::string text;  ///< a forest's text, to be written
};

/// A quantile of a number, of boosted trees of its own.
struct Quantile {
  double level = 0.5;
  double constant = 0;  ///< of the training rows: the baseline
  double shift = 0;     ///< added to every prediction, so that out-of-fold rows lie below as often as the level says
  std::vector<Member> members;  ///< forests
};

class Model {
 public:
  Task task = Task::classify;
  std::string target;
  std::vector<std::string> classes;  ///< classify: labels by class number; two: the second is the positive one
  Features features;
  std::vector<Member> members;       ///< empty = the baseline: the constant alone
  std::vector<double> constant;      ///< by output
  double recalibration[2] = {1, 0};  ///< classify: raw * [0] + [1] before the link, fitted out of fold
  std::vector<double> residuals;     ///< regress: sorted absolute out-of-sample residuals, at most 2,000 quantiles
  std::vector<double> class_scores;  ///< classify: sorted 1 - p(true class), likewise: conformal sets
  std::vector<double> costs;         ///< classify: as in decision.h; empty: every mistake costs the same
  std::vector<Quantile> quantiles;   ///< regress: by rising level
  Json about;                        ///< seed, versions, rows ...

  size_t outputs() const { return classes.size() > 2 ? classes.size() : 1; }
  /// Raw scores of all rows: rows * outputs() numbers, the same for any number of threads.
  std::vector<double> raw(const Matrix& x, int threads = 1) const;
  /// From raw scores: regress and rank, the value; two classes, the probability of the second; more, one per class.
  std::vector<double> predict(const std::vector<double>& raw) const;
  /// rows * quantiles.size() numbers, rising within a row: where two models cross, their answers change places.
  std::vector<double> predict_quantiles(const Matrix& x, int threads = 1) const;
  /// The class said, from the answers of predict() for one row.
  size_t said(const double* answer) const { return class_said(answer, classes.size(), costs); }
  /// How much each feature moved each raw score (before recalibration), and last the base: rows * outputs * (features +
  /// 1) numbers; those of a line sum to its raw score.
  std::vector<double> feature_contributions(const Matrix& x, int threads) const;
  /// The same by SOURCE column: hour, weekday and month of one time are one thing to a reader. Lines of sources + 1.
  std::vector<double> fold(const std::vector<double>& by_feature) const;
  std::vector<double> contributions(const Matrix& x, int threads) const {
    return fold(feature_contributions(x, threads));
  }

  /// Writes model.json and the members' files into the folder; returns their names, model.json first.
  std::vector<std::string> save(const std::filesystem::path& folder) const;
  static Model open(const std::filesystem::path& folder);
};

/// "q10" for 0.1, "q2_5" for 0.025: the name of a quantile's column.
std::string quantile_name(double level);

/// log-odds -> probability.
double logistic(double raw);

}  // namespace filrouge
