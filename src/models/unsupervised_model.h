// What `learn` leaves behind where nothing is predicted, and `score` uses: features, and what was found in the rows.
//
// On disk (a folder): model.json alone. Everything that is read back is checked: a damaged file gives Error(data,
// FR0810, FR0834 or FR0836), never a crash.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "models/anomaly.h"
#include "models/clusters.h"
#include "models/features.h"
#include "models/metrics.h"

namespace filrouge {

class UnsupervisedModel {
 public:
  Task task = Task::cluster;  ///< cluster or anomaly
  Features features;
  std::variant<Clusters, IsolationForest, Components> fitted;
  double limit = 0;  ///< anomaly: a row with a higher score is beyond it
  Json about;        ///< seed, rows ...

  /// As the thread says it: kmeans, mixture, isolation, pca.
  std::string method() const;

  /// Writes model.json into the folder; returns the names of its files.
  std::vector<std::string> save(const std::filesystem::path& folder) const;
  static UnsupervisedModel open(const std::filesystem::path& folder);
};

/// How unusual rows are, by either detector.
struct Oddness {
  std::vector<double> score;  ///< in 0..1, as IsolationForest::scores or Components::Scores::score
  std::vector<double> t2, q;  ///< pca only
  Matrix contributions;       ///< rows x features; empty unless asked for
};
/// Isolation: contributions sum to expected path - mean path. Pca: to the larger of t2 / limit and q / limit.
Oddness oddness(const UnsupervisedModel& model, const Matrix& x, bool with_contributions, int threads);

/// The score that at most this share of the rows exceeds. `scores` is not empty.
double limit_of(std::vector<double> scores, double share);

}  // namespace filrouge
