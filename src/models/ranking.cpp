#include "models/ranking.h"

#include <cmath>

namespace filrouge {

double rank_loss(std::vector<double> scores, std::vector<double> grades, std::vector<uint32_t> group) {
  Judged judged;
  judged.task = Task::rank;
  judged.prediction = std::move(scores);
  judged.y = std::move(grades);
  judged.group = std::move(group);
  return 1 - metric(kRankMetric, judged);
}

std::vector<double> scores_by(const SingleOrder& order, const Matrix& x) {
  std::vector<double> scores(x.rows);
  if (order.way == 0) return scores;
  double least = 0;
  for (size_t r = 0; r < x.rows; ++r) {
    scores[r] = order.way * x.at(r, order.feature);
    if (std::isfinite(scores[r])) least = std::min(least, scores[r]);
  }
  for (double& score : scores)
    if (!std::isfinite(score)) score = least - 1;
  return scores;
}

SingleOrder best_single_order(const TrainingSet& set) {
  SingleOrder best;
  double lowest = rank_loss(std::vector<double>(set.x.rows), set.y, set.group);
  for (size_t f = 0; f < set.features.size(); ++f) {
    if (set.features[f].categories > 0) continue;
    for (int way : {1, -1}) {
      SingleOrder order{f, way};
      double loss = rank_loss(scores_by(order, set.x), set.y, set.group);
      if (loss < lowest) lowest = loss, best = order;
    }
  }
  return best;
}

}  // namespace filrouge
