#include "models/conformal.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/json_words.h"

namespace filrouge {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr size_t kRowsOfBand = 200;
constexpr size_t kMostBands = 10;

double probability_of(const double* probability, int classes, int k) {
  if (classes > 2) return probability[k];
  return k == 1 ? probability[0] : 1 - probability[0];
}

/// Quantiles of the predictions between bands; equal predictions fall into one band.
std::vector<double> band_edges(std::vector<double> prediction) {
  size_t bands = std::clamp(prediction.size() / kRowsOfBand, size_t{1}, kMostBands);
  std::sort(prediction.begin(), prediction.end());
  std::vector<double> edges;
  for (size_t b = 1; b < bands; ++b) {
    double edge = prediction[prediction.size() * b / bands];
    if (edge > prediction.front() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  return edges;
}

size_t band_of(const std::vector<double>& edges, double prediction) {
  return static_cast<size_t>(std::upper_bound(edges.begin(), edges.end(), prediction) - edges.begin());
}

}  // namespace

double conformal_quantile(std::vector<double> scores, double coverage) {
  FR_CHECK(coverage > 0 && coverage < 1);
  // A hair less, so that 0.9 * 10 is 9 and not 9.000000000000002.
  double rank = std::ceil((static_cast<double>(scores.size()) + 1) * coverage * (1 - 1e-12));
  if (rank > static_cast<double>(scores.size())) return kInfinite;
  auto place = scores.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(scores.begin(), place, scores.end());
  return *place;
}

double conformal_radius(std::vector<double> residuals, double coverage) {
  for (double& residual : residuals) residual = std::abs(residual);
  return conformal_quantile(std::move(residuals), coverage);
}

double ConformalBands::radius_at(double prediction) const {
  return radius[band_of(edges, prediction)];
}

ConformalBands conformal_bands(const std::vector<double>& y, const std::vector<double>& prediction, double coverage) {
  FR_CHECK(y.size() == prediction.size());
  ConformalBands bands{coverage, band_edges(prediction), {}};
  std::vector<std::vector<double>> residuals(bands.edges.size() + 1);
  for (size_t r = 0; r < y.size(); ++r) {
    residuals[band_of(bands.edges, prediction[r])].push_back(y[r] - prediction[r]);
  }
  for (std::vector<double>& of_band : residuals) bands.radius.push_back(conformal_radius(std::move(of_band), coverage));
  return bands;
}

Json to_json(const ConformalBands& bands) {
  Json radius = Json::array();  // JSON has no infinity
  for (double r : bands.radius) radius.push_back(std::isfinite(r) ? Json(r) : Json(nullptr));
  return {{"coverage", bands.coverage}, {"edges", bands.edges}, {"radius", radius}};
}

ConformalBands conformal_bands_from_json(const Json& json) {
  try {
    ConformalBands bands;
    bands.coverage = json.at("coverage");
    bands.edges = json.at("edges").get<std::vector<double>>();
    for (const Json& r : json.at("radius")) bands.radius.push_back(r.is_null() ? kInfinite : r.get<double>());
    bool sound = bands.coverage > 0 && bands.coverage < 1 && bands.radius.size() == bands.edges.size() + 1 &&
                 std::is_sorted(bands.edges.begin(), bands.edges.end());
    if (!sound) throw std::out_of_range("its numbers do not fit together");
    return bands;
  } catch (const std::exception& failure) {
    throw Error(ErrorKind::data, "FR0832",
                fmt::format("These are not prediction intervals of ours: {}", json_problem(failure)),
                "Run `filrouge verify`; the next run learns the model again.");
  }
}

double conformal_least_probability(const std::vector<double>& y, const std::vector<double>& probability, int classes,
                                   double coverage) {
  size_t width = classes > 2 ? static_cast<size_t>(classes) : 1;
  FR_CHECK(probability.size() == y.size() * width);
  std::vector<double> scores(y.size());
  for (size_t r = 0; r < y.size(); ++r) {
    scores[r] = 1 - probability_of(probability.data() + r * width, classes, static_cast<int>(y[r]));
  }
  return 1 - conformal_quantile(std::move(scores), coverage);
}

std::vector<int> conformal_set(const double* probability, int classes, double least) {
  int top = 0, count = std::max(classes, 2);
  for (int k = 1; k < count; ++k) {
    if (probability_of(probability, classes, k) > probability_of(probability, classes, top)) top = k;
  }
  std::vector<int> set;
  for (int k = 0; k < count; ++k) {
    if (k == top || probability_of(probability, classes, k) >= least * (1 - 1e-12)) set.push_back(k);
  }
  return set;
}

}  // namespace filrouge
