// Figures of an order: how well high scores stand before low ones. One sort each, then a walk over groups of equal
// scores.
//
// AUC and its interval: a positive's component is the share of negatives below it (ties count half), a negative's the
// share of positives above it; AUC is the mean of either (DeLong, DeLong, Clarke-Pearson 1988). Sun & Xu (2014) get all
// components from one sort instead of comparing all pairs. The components are also influences, so the mean AUC over
// classes gets its interval from their sum, with the correlation between classes in it.
#include <cmath>
#include <limits>

#include "base/error.h"
#include "models/metrics_figures.h"

namespace filrouge {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Scored {
  double score;
  uint32_t row;
  bool positive;
  double weight;
};

/// Class `k` against the rest, highest score first. Rows of weight 0 are left out.
std::vector<Scored> by_falling_score(const Judged& judged, size_t k) {
  size_t width = judged.classes > 2 ? static_cast<size_t>(judged.classes) : 1;
  bool sorted = width == 1 && judged.falling.size() == judged.y.size();
  std::vector<Scored> rows;
  rows.reserve(judged.y.size());
  for (size_t i = 0; i < judged.y.size(); ++i) {
    size_t r = sorted ? judged.falling[i] : i;
    double w = weight_of(judged.weight, r);
    if (w == 0) continue;
    bool positive = width > 1 ? judged.y[r] == static_cast<double>(k) : judged.y[r] > 0.5;
    rows.push_back({judged.prediction[r * width + (width > 1 ? k : 0)], static_cast<uint32_t>(r), positive, w});
  }
  if (sorted) return rows;
  std::sort(rows.begin(), rows.end(),
            [](const Scored& a, const Scored& b) { return a.score != b.score ? a.score > b.score : a.row < b.row; });
  return rows;
}

/// Calls visit(begin, end, positive weight, negative weight) for each run of equal scores.
template <class Visit>
void for_ties(const std::vector<Scored>& rows, const Visit& visit) {
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    double positive = 0, negative = 0;
    for (; end < rows.size() && rows[end].score == rows[begin].score; ++end) {
      (rows[end].positive ? positive : negative) += rows[end].weight;
    }
    visit(begin, end, positive, negative);
  }
}

struct Sides {
  double positive = 0, negative = 0;                     ///< weight
  std::vector<double> positive_weight, negative_weight;  ///< of each row
  explicit Sides(const std::vector<Scored>& rows) {
    for (const Scored& row : rows) {
      (row.positive ? positive : negative) += row.weight;
      (row.positive ? positive_weight : negative_weight).push_back(row.weight);
    }
  }
};

double area(const std::vector<Scored>& rows) {
  double above = 0, negatives = 0, sum = 0;
  for_ties(rows, [&](size_t, size_t, double positive, double negative) {
    sum += negative * (above + positive / 2);
    above += positive;
    negatives += negative;
  });
  return above > 0 && negatives > 0 ? sum / above / negatives : kNan;
}

/// n / (n - 1), under the root: makes the variance of the components the unbiased one, as DeLong has it.
double unbiased(const std::vector<double>& weight) {
  double rows = effective_rows(weight.size(), weight);
  return rows > 1 ? std::sqrt(rows / (rows - 1)) : kNan;
}

/// Adds `share` times each row's influence on the area.
void add_influence(const std::vector<Scored>& rows, double area, double share, std::vector<double>& influence) {
  Sides sides(rows);
  double total = sides.positive + sides.negative, above = 0, below = sides.negative;
  double of_positive = share * total / sides.positive * unbiased(sides.positive_weight);
  double of_negative = share * total / sides.negative * unbiased(sides.negative_weight);
  for_ties(rows, [&](size_t begin, size_t end, double positive, double negative) {
    below -= negative;
    for (size_t i = begin; i < end; ++i) {
      double component =
          rows[i].positive ? (below + negative / 2) / sides.negative : (above + positive / 2) / sides.positive;
      influence[rows[i].row] += (component - area) * (rows[i].positive ? of_positive : of_negative);
    }
    above += positive;
  });
}

/// Classes to set against the rest: those with rows on both sides. Of two classes: 1.
std::vector<size_t> classes_with_two_sides(const Judged& judged) {
  size_t count = static_cast<size_t>(std::max(judged.classes, 2));
  std::vector<double> weight(count, 0);
  double total = 0;
  for (size_t r = 0; r < judged.y.size(); ++r) {
    double w = weight_of(judged.weight, r);
    weight[count > 2 ? static_cast<size_t>(judged.y[r]) : judged.y[r] > 0.5] += w;
    total += w;
  }
  std::vector<size_t> classes;
  for (size_t k = count > 2 ? 0 : 1; k < count; ++k) {
    if (weight[k] > 0 && weight[k] < total) classes.push_back(k);
  }
  return classes;
}

/// Calls visit(first row, number of rows) for each query.
template <class Visit>
void for_queries(const Judged& judged, const Visit& visit) {
  for (size_t begin = 0, end = 0; begin < judged.y.size(); begin = end) {
    auto same = [&](size_t r) { return judged.group.empty() || judged.group[r] == judged.group[begin]; };
    while (end < judged.y.size() && same(end)) ++end;
    visit(begin, end - begin);
  }
}

/// One query as a two-class problem of its own: relevant (grade above 0) or not, each row of weight 1.
Judged query_rows(const Judged& judged, size_t begin, size_t count) {
  Judged query{Task::classify, 2};
  for (size_t r = begin; r < begin + count; ++r) {
    query.y.push_back(judged.y[r] > 0 ? 1 : 0);
    query.prediction.push_back(judged.prediction[r]);
  }
  return query;
}

double query_weight(const Judged& judged, size_t begin, size_t count) {
  double sum = 0;
  for (size_t r = begin; r < begin + count; ++r) sum += weight_of(judged.weight, r);
  return sum / static_cast<double>(count);
}

double discount(size_t rank) {  // ranks from 0
  return 1 / std::log2(static_cast<double>(rank) + 2);
}

/// Gains of rows ordered by score; equal scores share the mean of their grades (McSherry & Najork 2008).
double discounted_gain(std::vector<std::pair<double, double>> score_and_grade, size_t first) {
  std::sort(score_and_grade.begin(), score_and_grade.end(), std::greater<>());
  double gain = 0;
  for (size_t begin = 0, end = 0; begin < score_and_grade.size(); begin = end) {
    double grades = 0, discounts = 0;
    for (; end < score_and_grade.size() && score_and_grade[end].first == score_and_grade[begin].first; ++end) {
      grades += score_and_grade[end].second;
      if (end < first) discounts += discount(end);
    }
    gain += grades / static_cast<double>(end - begin) * discounts;
  }
  return gain;
}

}  // namespace

double area_under_roc(const Judged& judged) {
  std::vector<size_t> classes = classes_with_two_sides(judged);
  double sum = 0;
  for (size_t k : classes) sum += area(by_falling_score(judged, k));
  return classes.empty() ? kNan : sum / static_cast<double>(classes.size());
}

Bounds area_under_roc_bounds(const Judged& judged, double value, uint64_t) {
  std::vector<size_t> classes = classes_with_two_sides(judged);
  std::vector<double> influence(judged.y.size(), 0);
  for (size_t k : classes) {
    std::vector<Scored> rows = by_falling_score(judged, k);
    add_influence(rows, area(rows), 1 / static_cast<double>(classes.size()), influence);
  }
  return influence_bounds(value, influence, judged.weight);
}

double average_precision(const Judged& judged) {
  std::vector<Scored> rows = by_falling_score(judged, 1);
  double flagged = 0, found = 0, sum = 0;
  for_ties(rows, [&](size_t, size_t, double positive, double negative) {
    flagged += positive + negative;
    found += positive;
    sum += positive * found / flagged;
  });
  return found > 0 ? sum / found : kNan;
}

QueryFigures ndcg_by_query(const Judged& judged, size_t first) {
  QueryFigures figures;
  for_queries(judged, [&](size_t begin, size_t count) {
    std::vector<std::pair<double, double>> had, best;
    for (size_t r = begin; r < begin + count; ++r) {
      had.emplace_back(judged.prediction[r], judged.y[r]);
      best.emplace_back(judged.y[r], judged.y[r]);
    }
    double ideal = discounted_gain(best, first);
    if (ideal <= 0) return;  // every order is as good
    figures.values.push_back(discounted_gain(had, first) / ideal);
    figures.weight.push_back(query_weight(judged, begin, count));
  });
  return figures;
}

QueryFigures average_precision_by_query(const Judged& judged) {
  QueryFigures figures;
  for_queries(judged, [&](size_t begin, size_t count) {
    double value = average_precision(query_rows(judged, begin, count));
    if (std::isnan(value)) return;  // nothing relevant to find
    figures.values.push_back(value);
    figures.weight.push_back(query_weight(judged, begin, count));
  });
  return figures;
}

QueryFigures reciprocal_rank_by_query(const Judged& judged) {
  QueryFigures figures;
  for_queries(judged, [&](size_t begin, size_t count) {
    double flagged = 0, rank = 0;
    for_ties(by_falling_score(query_rows(judged, begin, count), 1),
             [&](size_t, size_t, double positive, double negative) {
               flagged += positive + negative;
               if (positive > 0 && rank == 0) rank = flagged;
             });
    if (rank == 0) return;
    figures.values.push_back(1 / rank);
    figures.weight.push_back(query_weight(judged, begin, count));
  });
  return figures;
}

}  // namespace filrouge
