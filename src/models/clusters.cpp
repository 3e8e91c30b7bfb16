// What Clusters promises, around the algorithms of clusters_fit.h: rows encoded, k chosen, clusters described.
//
// k is searched for on a sample: the figures that decide (silhouette, BIC) change little beyond some thousand rows, and
// the search starts k-means up to fifty times. The clusters found there are then polished on all rows learned from.
#include "models/clusters.h"

#include <cmath>

#include "base/error.h"
#include "base/json_words.h"
#include "models/clusters_fit.h"
#include "models/draw.h"
#include "models/linear_terms.h"
#include "models/metrics_intervals.h"

namespace filrouge {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kLearnRows = 100'000, kSearchRows = 10'000, kSilhouetteRows = 2'000;
constexpr size_t kMostFullColumns = 20;  ///< beyond, a mixture's covariances are diagonal
constexpr double kNumberFloor = 1e-3;

using Method = ClusterOptions::Method;

/// Rows as points: the numbers, then the indicators of categories (not those that say a number is missing).
struct Points {
  LinearTerms terms;
  std::vector<int> column_of;  ///< of each indicator; -1 = none
  size_t columns = 0;

  explicit Points(LinearTerms t) : terms(std::move(t)), column_of(terms.indicators(), -1) {
    columns = terms.numbers();
    for (const LinearTerms::Feature& feature : terms.features()) {
      if (!feature.category) continue;
      for (int value : feature.values) take(value);
      take(feature.missing);
      take(feature.other);
    }
  }
  void take(int indicator) {
    if (indicator >= 0) column_of[static_cast<size_t>(indicator)] = static_cast<int>(columns++);
  }
  void encode(const double* row, double* point, std::vector<int>& slots) const {
    std::fill_n(point, columns, 0.0);
    terms.encode(row, point, slots.data());
    for (int slot : slots) {
      if (slot >= 0 && column_of[static_cast<size_t>(slot)] >= 0) point[column_of[static_cast<size_t>(slot)]] = 1;
    }
  }
  template <class RowNumber>
  Matrix encode(const Matrix& x, size_t count, const RowNumber& row_number) const {
    Matrix points(count, columns);
    std::vector<int> slots(terms.num_features());
    for (size_t r = 0; r < count; ++r) encode(x.row(row_number(r)), points.row(r), slots);
    return points;
  }
  /// The same points, with NaN where a number is missing: what a mixture takes, where distances take the mean.
  template <class RowNumber>
  Matrix with_gaps(Matrix points, const Matrix& x, const RowNumber& row_number) const {
    for (size_t f = 0; f < terms.num_features(); ++f) {
      const LinearTerms::Feature& feature = terms.features()[f];
      if (feature.category || feature.number < 0) continue;
      for (size_t r = 0; r < points.rows; ++r)
        if (!std::isfinite(x.at(row_number(r), f))) points.at(r, static_cast<size_t>(feature.number)) = kNan;
    }
    return points;
  }
  /// What a mixture must know of the columns.
  Mixture shape() const {
    Mixture like;
    like.numbers = terms.numbers();
    like.full = like.numbers <= kMostFullColumns;
    like.category_of.resize(columns - like.numbers);
    for (size_t f = 0; f < terms.num_features(); ++f) {
      const LinearTerms::Feature& feature = terms.features()[f];
      auto mark = [&](int indicator) {
        int column = indicator < 0 ? -1 : column_of[static_cast<size_t>(indicator)];
        if (column >= 0) like.category_of[static_cast<size_t>(column) - like.numbers] = static_cast<int>(f);
      };
      for (int value : feature.values) mark(value);
      mark(feature.missing);
      mark(feature.other);
    }
    return like;
  }
};

/// Every so-and-so-th by hash, about `most` of 0 .. count.
Rows some_of(size_t count, size_t most, uint64_t seed) {
  Rows some;
  double share = static_cast<double>(most) / static_cast<double>(count);
  for (uint32_t r = 0; r < count; ++r) {
    if (share >= 1 || draw(seed, r) < share) some.push_back(r);
  }
  return some;
}

/// The likeliest component of each row.
std::vector<uint32_t> likeliest(const std::vector<double>& probability, size_t k) {
  std::vector<uint32_t> cluster(probability.size() / k);
  for (size_t r = 0; r < cluster.size(); ++r) {
    const double* p = probability.data() + r * k;
    cluster[r] = static_cast<uint32_t>(std::max_element(p, p + k) - p);
  }
  return cluster;
}

/// Positions by falling number of rows.
std::vector<size_t> largest_first(const std::vector<uint32_t>& cluster, size_t k) {
  std::vector<size_t> rows(k, 0), order(k);
  for (uint32_t c : cluster) ++rows[c];
  for (size_t c = 0; c < k; ++c) order[c] = c;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rows[a] > rows[b]; });
  return order;
}

Mixture reordered(const Mixture& mixture, const std::vector<size_t>& order) {
  Mixture to = mixture;
  size_t size = mixture.covariance.size() / mixture.share.size();
  for (size_t k = 0; k < order.size(); ++k) {
    to.share[k] = mixture.share[order[k]];
    std::copy_n(mixture.means.row(order[k]), mixture.means.columns, to.means.row(k));
    std::copy_n(mixture.covariance.data() + order[k] * size, size, to.covariance.data() + k * size);
  }
  return to;
}

Matrix reordered(const Matrix& centres, const std::vector<size_t>& order) {
  return rows_of(centres, Rows(order.begin(), order.end()));
}

struct Search {
  const Points& points;
  const ClusterOptions& options;
  Matrix x, x_silhouette;  ///< rows searched on, and those of them that silhouettes are taken of
  Matrix x_gaps;           ///< mixture: x with its gaps
  Rows silhouette_rows;

  /// One k: what it gives, and its centres.
  std::pair<ClusterTry, Matrix> attempt(int k) const {
    KMeans means = k_means(x, k, options.starts, options.seed, options.threads);
    ClusterTry one{static_cast<int>(means.centres.rows), x.rows, means.inertia, 0, kNan, kNan};
    std::vector<uint32_t> cluster = means.cluster;
    Matrix centres = std::move(means.centres);
    if (options.method == Method::mixture) {
      Mixture mixture = fit_mixture(x_gaps, cluster, centres.rows, points.shape(), kNumberFloor, options.threads);
      std::vector<double> probability;
      one.log_likelihood = mixture_probabilities(mixture, x_gaps, options.threads, probability);
      double rows = static_cast<double>(x.rows), parameters = static_cast<double>(mixture.parameters());
      one.bic = -2 * rows * one.log_likelihood + parameters * std::log(rows);
      cluster = likeliest(probability, centres.rows);
    }
    std::vector<uint32_t> looked_at;
    for (uint32_t r : silhouette_rows) looked_at.push_back(cluster[r]);
    one.silhouette = weighted_mean(silhouettes(x_silhouette, looked_at), {});
    return {one, std::move(centres)};
  }
  double badness(const ClusterTry& one) const { return options.method == Method::mixture ? one.bic : -one.silhouette; }
};

[[noreturn]] void too_few_different_rows(int k) {
  throw Error(ErrorKind::data, "FR0833",
              fmt::format("There are fewer than {} different rows to make {} clusters of", k, k),
              "Set a smaller `k:`, or name more columns in `features:`.");
}

/// Tries the asked k, or all; returns the centres of the chosen one.
Matrix search(const Search& searched, std::vector<ClusterTry>& tried) {
  int first = searched.options.k > 0 ? searched.options.k : 2;
  int last = searched.options.k > 0 ? searched.options.k : std::max(2, searched.options.most);
  std::optional<size_t> best;
  Matrix chosen;
  for (int k = first; k <= last; ++k) {
    auto [one, centres] = searched.attempt(k);
    if (one.k < k) break;
    tried.push_back(one);
    if (best && searched.badness(one) >= searched.badness(tried[*best])) continue;
    best = tried.size() - 1;
    chosen = std::move(centres);
  }
  if (!best) too_few_different_rows(first);
  tried[*best].chosen = true;
  return chosen;
}

}  // namespace

struct Clusters::State {
  Points points;
  Method method = Method::k_means;
  Matrix centres;   ///< k_means
  Mixture mixture;  ///< mixture
  std::vector<ClusterTry> tried;
  std::vector<ClusterProfile> profiles;
  Metric silhouette;

  explicit State(LinearTerms terms) : points(std::move(terms)) {}
  size_t k() const { return method == Method::k_means ? centres.rows : mixture.share.size(); }

  /// `gaps`: x with NaN where a number is missing; of k-means not looked at.
  void polish(const Matrix& x, const Matrix& gaps, Matrix start, int threads) {
    KMeans means = k_means_from(x, std::move(start), threads);
    if (method == Method::k_means) {
      centres = reordered(means.centres, largest_first(means.cluster, means.centres.rows));
      return;
    }
    Mixture found = fit_mixture(gaps, means.cluster, means.centres.rows, points.shape(), kNumberFloor, threads);
    std::vector<double> probability;
    mixture_probabilities(found, gaps, threads, probability);
    mixture = reordered(found, largest_first(likeliest(probability, found.share.size()), found.share.size()));
  }

  Assigned assign(const Matrix& x, const Matrix& gaps, int threads) const {
    Assigned assigned;
    if (method == Method::k_means) {
      nearest_centres(x, centres, threads, assigned.cluster, assigned.distance);
      return assigned;
    }
    std::vector<double> probability;
    mixture_probabilities(mixture, gaps, threads, probability);
    assigned.cluster = likeliest(probability, k());
    for (size_t r = 0; r < x.rows; ++r) {
      uint32_t c = assigned.cluster[r];
      assigned.probability.push_back(probability[r * k() + c]);
      double sum = 0;
      for (size_t i = 0; i < x.columns; ++i) sum += std::pow(x.at(r, i) - mixture.means.at(c, i), 2);
      assigned.distance.push_back(std::sqrt(sum));
    }
    return assigned;
  }

  void measure(const Matrix& x, const std::vector<uint32_t>& cluster, uint64_t seed) {
    Rows rows = some_of(x.rows, kSilhouetteRows, seed + 3);
    std::vector<uint32_t> of_rows;
    for (uint32_t r : rows) of_rows.push_back(cluster[r]);
    std::vector<double> values = silhouettes(rows_of(x, rows), of_rows);
    Bounds bounds = mean_bounds(values, {});
    silhouette = {"silhouette", weighted_mean(values, {}), bounds.lower, bounds.upper, true};
  }

  void profile(const TrainingSet& set, const Rows& rows, const std::vector<uint32_t>& cluster);
};

namespace {

/// What the rows of one cluster, or all, hold of a feature.
struct Content {
  uint64_t rows = 0, missing = 0;
  double sum = 0, squares = 0;
  std::vector<uint64_t> counts;

  void add(double x) {
    ++rows;
    bool there = counts.empty() ? std::isfinite(x) : x >= 0 && x < static_cast<double>(counts.size());
    if (!there) {
      ++missing;
    } else if (counts.empty()) {
      sum += x;
      squares += x * x;
    } else {
      ++counts[static_cast<size_t>(x)];
    }
  }
  double there() const { return static_cast<double>(rows - missing); }
  double mean() const { return there() > 0 ? sum / there() : kNan; }
  double share(long code) const {
    return rows > 0 ? static_cast<double>(counts[static_cast<size_t>(code)]) / static_cast<double>(rows) : kNan;
  }
};

ClusterProfile profile_of(const Content& own, const Content& all) {
  ClusterProfile profile;
  profile.rows = own.rows;
  profile.missing = own.rows > 0 ? static_cast<double>(own.missing) / static_cast<double>(own.rows) : kNan;
  if (all.counts.empty()) {
    profile.value = own.mean();
    profile.overall = all.mean();
    double variance = all.there() > 0 ? all.squares / all.there() - all.mean() * all.mean() : 0;
    profile.lift = variance > 0 ? (profile.value - profile.overall) / std::sqrt(variance) : 0;
    return profile;
  }
  auto most = std::max_element(own.counts.begin(), own.counts.end());
  if (*most == 0) return profile;
  profile.category = most - own.counts.begin();
  profile.value = own.share(profile.category);
  profile.overall = all.share(profile.category);
  profile.lift = profile.value / profile.overall;
  return profile;
}

}  // namespace

void Clusters::State::profile(const TrainingSet& set, const Rows& rows, const std::vector<uint32_t>& cluster) {
  for (size_t f = 0; f < set.features.size(); ++f) {
    Content all;
    all.counts.assign(set.features[f].categories, 0);
    std::vector<Content> own(k(), all);
    for (size_t r = 0; r < rows.size(); ++r) {
      double x = set.x.at(rows[r], f);
      all.add(x);
      own[cluster[r]].add(x);
    }
    for (size_t c = 0; c < own.size(); ++c) {
      profiles.push_back(profile_of(own[c], all));
      profiles.back().cluster = static_cast<int>(c);
      profiles.back().feature = static_cast<int>(f);
    }
  }
  std::stable_sort(profiles.begin(), profiles.end(), [](auto& a, auto& b) { return a.cluster < b.cluster; });
}

Clusters Clusters::fit(const TrainingSet& set, const Rows& all_rows, const ClusterOptions& options) {
  FR_CHECK(set.x.columns == set.features.size());
  Rows rows;
  for (uint32_t i : some_of(all_rows.size(), kLearnRows, options.seed)) rows.push_back(all_rows[i]);
  auto state = std::make_shared<State>(LinearTerms::learn(set, rows));
  state->method = options.method;
  if (state->points.columns == 0) too_few_different_rows(std::max(options.k, 2));
  Matrix x = state->points.encode(set.x, rows.size(), [&](size_t r) { return rows[r]; });

  Matrix gaps;
  if (options.method == Method::mixture) gaps = state->points.with_gaps(x, set.x, [&](size_t r) { return rows[r]; });
  Rows searched_rows = some_of(x.rows, kSearchRows, options.seed + 1);
  Search searched{state->points, options, rows_of(x, searched_rows), {}, {}, {}};
  if (gaps.rows > 0) searched.x_gaps = rows_of(gaps, searched_rows);
  searched.silhouette_rows = some_of(searched.x.rows, kSilhouetteRows, options.seed + 2);
  searched.x_silhouette = rows_of(searched.x, searched.silhouette_rows);
  Matrix start = search(searched, state->tried);

  state->polish(x, gaps, std::move(start), options.threads);
  std::vector<uint32_t> cluster = state->assign(x, gaps, options.threads).cluster;
  state->measure(x, cluster, options.seed);
  state->profile(set, rows, cluster);
  Clusters clusters;
  clusters.state_ = std::move(state);
  return clusters;
}

int Clusters::k() const {
  return static_cast<int>(state_->k());
}

ClusterOptions::Method Clusters::method() const {
  return state_->method;
}
size_t Clusters::num_features() const {
  return state_->points.terms.num_features();
}

Assigned Clusters::assign(const Matrix& x, int threads) const {
  FR_CHECK(x.columns == state_->points.terms.num_features());
  auto same = [](size_t r) { return r; };
  Matrix points = state_->points.encode(x, x.rows, same), gaps;
  if (state_->method == Method::mixture) gaps = state_->points.with_gaps(points, x, same);
  return state_->assign(points, gaps, threads);
}

const std::vector<ClusterTry>& Clusters::tried() const {
  return state_->tried;
}
const std::vector<ClusterProfile>& Clusters::profiles() const {
  return state_->profiles;
}
const Metric& Clusters::silhouette() const {
  return state_->silhouette;
}

Json Clusters::to_json() const {
  bool means = state_->method == Method::k_means;
  const Matrix& centres = means ? state_->centres : state_->mixture.means;
  Json json = {{"kind", "clusters"},
               {"method", means ? "k_means" : "mixture"},
               {"terms", state_->points.terms.to_json()},
               {"centres", centres.values}};
  if (means) return json;
  json["share"] = state_->mixture.share;
  json["full"] = state_->mixture.full;
  json["covariance"] = state_->mixture.covariance;
  return json;
}

Clusters Clusters::from_json(const Json& json) {
  try {
    if (json.at("kind") != "clusters") throw std::out_of_range("kind");
    auto state = std::make_shared<State>(LinearTerms::from_json(json.at("terms")));
    size_t columns = state->points.columns;
    auto values = json.at("centres").get<std::vector<double>>();
    if (columns == 0 || values.empty() || values.size() % columns != 0) throw std::out_of_range("centres");
    Matrix centres(values.size() / columns, columns);
    centres.values = std::move(values);
    if (json.at("method") == "mixture") {
      state->method = Method::mixture;
      Mixture& mixture = state->mixture;
      mixture = state->points.shape();
      mixture.full = json.at("full");
      mixture.share = json.at("share").get<std::vector<double>>();
      mixture.covariance = json.at("covariance").get<std::vector<double>>();
      size_t size = centres.rows * mixture.numbers * (mixture.full ? mixture.numbers : 1);
      if (mixture.share.size() != centres.rows || mixture.covariance.size() != size) throw std::out_of_range("share");
      mixture.means = std::move(centres);
    } else {
      state->centres = std::move(centres);
    }
    Clusters clusters;
    clusters.state_ = std::move(state);
    return clusters;
  } catch (const std::exception& failure) {
    throw Error(ErrorKind::data, "FR0834", fmt::format("These are not clusters of ours: {}", json_problem(failure)),
                "Run `filrouge verify`; the next run learns them again.");
  }
}

std::vector<double> silhouettes(const Matrix& x, const std::vector<uint32_t>& cluster) {
  FR_CHECK(x.rows == cluster.size());
  size_t k = 0;
  for (uint32_t c : cluster) k = std::max<size_t>(k, c + 1);
  std::vector<double> rows(k, 0), sums(x.rows * k, 0), values(x.rows, 0);
  for (uint32_t c : cluster) ++rows[c];
  for (size_t a = 0; a < x.rows; ++a) {
    for (size_t b = 0; b < a; ++b) {
      double square = 0;
      for (size_t c = 0; c < x.columns; ++c) square += (x.at(a, c) - x.at(b, c)) * (x.at(a, c) - x.at(b, c));
      double distance = std::sqrt(square);
      sums[a * k + cluster[b]] += distance;
      sums[b * k + cluster[a]] += distance;
    }
  }
  for (size_t r = 0; r < x.rows; ++r) {
    double others = rows[cluster[r]] - 1, nearest = std::numeric_limits<double>::infinity();
    if (others == 0) continue;
    for (size_t c = 0; c < k; ++c) {
      if (c != cluster[r] && rows[c] > 0) nearest = std::min(nearest, sums[r * k + c] / rows[c]);
    }
    if (!std::isfinite(nearest)) continue;  // one cluster only
    double own = sums[r * k + cluster[r]] / others, larger = std::max(own, nearest);
    values[r] = larger > 0 ? (nearest - own) / larger : 0;
  }
  return values;
}

}  // namespace filrouge
