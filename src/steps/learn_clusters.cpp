// task: cluster. k-means and a Gaussian mixture, or the one asked for, each with its k chosen; of the two the one with
// the higher silhouette.
//
// k-means finds groups in anything. The baseline of its figures is therefore the same method with the same k on the
// same columns, each shuffled for itself: what it finds where there are no groups (the null that Tibshirani, Walther
// and Hastie 2001 compare with in their gap statistic, drawn from the columns themselves).
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "models/draw.h"
#include "steps/learn_unsupervised.h"

namespace filrouge {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kShuffledRows = 10'000;

using Method = ClusterOptions::Method;

struct Attempt {
  const char* name;
  Clusters clusters;
  bool kept = false;

  double silhouette() const { return clusters.silhouette().value; }
  const ClusterTry& chosen() const {
    const std::vector<ClusterTry>& tried = clusters.tried();
    return *std::find_if(tried.begin(), tried.end(), [](const ClusterTry& one) { return one.chosen; });
  }
};

ClusterOptions options_for(Method method, int k, const LearnJob& job) {
  ClusterOptions options;
  options.method = method;
  options.k = k;
  options.seed = job.plan.split.seed;
  options.threads = job.request.limits.threads;
  return options;
}

std::vector<Attempt> attempt_all(const PlainRows& rows, const LearnJob& job, WorkContext& context) {
  std::vector<Attempt> attempts;
  for (const auto& [name, method] : {std::pair("kmeans", Method::k_means), std::pair("mixture", Method::mixture)}) {
    if (job.plan.method != "auto" && job.plan.method != name) continue;
    context.phase(name);
    ClusterOptions options = options_for(method, job.config.value("k", 0), job);
    attempts.push_back({name, Clusters::fit(rows.set, rows.rows, options)});
  }
  size_t best = 0;
  for (size_t i = 1; i < attempts.size(); ++i)
    if (attempts[i].silhouette() > attempts[best].silhouette()) best = i;
  attempts[best].kept = true;
  return attempts;
}

/// Up to 10,000 rows drawn by hash, then each column in an order of its own.
TrainingSet shuffled(const PlainRows& rows, uint64_t seed) {
  auto order_by_hash = [&](uint64_t of) {
    std::vector<std::pair<uint64_t, uint32_t>> hashes;
    for (uint32_t row : rows.rows) hashes.emplace_back(mix(mix(seed + of) ^ row), row);
    std::sort(hashes.begin(), hashes.end());
    return hashes;
  };
  std::vector<std::pair<uint64_t, uint32_t>> drawn = order_by_hash(0);
  drawn.resize(std::min(drawn.size(), kShuffledRows));
  TrainingSet set;
  set.features = rows.set.features;
  set.x = Matrix(drawn.size(), rows.set.x.columns);
  set.y.assign(drawn.size(), 0);
  for (size_t f = 0; f < set.x.columns; ++f) {
    std::vector<std::pair<uint64_t, uint32_t>> places;
    for (const auto& [hash, row] : drawn) places.emplace_back(mix(hash ^ mix(seed + f + 1)), row);
    std::sort(places.begin(), places.end());
    for (size_t r = 0; r < places.size(); ++r) set.x.at(r, f) = rows.set.x.at(places[r].second, f);
  }
  return set;
}

struct Baseline {
  double silhouette = kNone, square = kNone;  ///< `square`: mean squared distance to the centre
};

double sum_of_squares(const std::vector<double>& distance) {
  double sum = 0;
  for (double d : distance) sum += d * d;
  return sum;
}

Baseline baseline_of(const PlainRows& rows, const Attempt& kept, const LearnJob& job) {
  TrainingSet set = shuffled(rows, job.plan.split.seed);
  Rows all;
  for (uint32_t row = 0; row < set.x.rows; ++row) all.push_back(row);
  try {
    Clusters clusters = Clusters::fit(set, all, options_for(kept.clusters.method(), kept.clusters.k(), job));
    std::vector<double> distance = clusters.assign(set.x, job.request.limits.threads).distance;
    return {clusters.silhouette().value, sum_of_squares(distance) / static_cast<double>(distance.size())};
  } catch (const Error& error) {
    if (error.code != "FR0833") throw;
    return {};  // shuffled, these columns have fewer different rows than there are clusters
  }
}

std::vector<Figure> figures_of(const PlainRows& rows, const Attempt& kept, const Assigned& assigned,
                               const Baseline& baseline) {
  uint64_t count = rows.rows.size();
  std::vector<Figure> figures = {{kept.clusters.silhouette(), baseline.silhouette, count}};
  if (kept.clusters.method() == Method::k_means) {
    double inertia = sum_of_squares(assigned.distance);
    figures.push_back({{"inertia", inertia, kNone, kNone, false}, baseline.square * rows.count(), count});
    return figures;
  }
  const ClusterTry& one = kept.chosen();
  figures.push_back({{"log_likelihood", one.log_likelihood, kNone, kNone, true}, kNone, one.rows});
  figures.push_back({{"bic", one.bic, kNone, kNone, false}, kNone, one.rows});
  return figures;
}

/// Why a k is its method's, and whether the method is kept.
std::string why(const Attempt& attempt, const std::vector<Attempt>& all, bool k_is_asked) {
  std::string text = k_is_asked                                     ? "asked for"
                     : attempt.clusters.method() == Method::k_means ? "the highest silhouette"
                                                                    : "the lowest BIC";
  if (all.size() == 1) return text;
  const Attempt& other = &attempt == &all[0] ? all[1] : all[0];
  return fmt::format("{}; {}: silhouette {:.3f}, of {} {:.3f}", text, attempt.kept ? "kept" : "not kept",
                     attempt.silhouette(), other.name, other.silhouette());
}

void fill_tried(const std::vector<Attempt>& attempts, bool k_is_asked, ResultTable& table) {
  for (const Attempt& attempt : attempts)
    for (const ClusterTry& one : attempt.clusters.tried()) {
      double inertia = attempt.clusters.method() == Method::k_means ? one.inertia : kNone;
      table.add({attempt.name, static_cast<double>(one.k), one.silhouette, inertia, one.log_likelihood, one.bic,
                 one.chosen && attempt.kept ? 1.0 : 0.0,
                 one.chosen ? CellValue(why(attempt, attempts, k_is_asked)) : CellValue()});
    }
}

void fill_profiles(const PlainRows& rows, const Clusters& clusters, const std::vector<uint32_t>& cluster,
                   ResultTable& table) {
  std::vector<double> sizes(static_cast<size_t>(clusters.k()));
  for (uint32_t c : cluster) ++sizes[c];
  for (const ClusterProfile& profile : clusters.profiles()) {
    const Feature& feature = rows.features.features()[static_cast<size_t>(profile.feature)];
    const SourceColumn& source = rows.features.sources()[feature.source];
    bool is_category = feature.part == Feature::Part::category;
    double size = sizes[static_cast<size_t>(profile.cluster)];
    CellValue value;
    if (profile.category >= 0)
      value = rows.features.category_value(static_cast<size_t>(profile.feature), static_cast<size_t>(profile.category));
    else if (!is_category)
      value = fmt::format("{:.4g}", profile.value);
    bool known = !is_category || profile.category >= 0;
    table.add({profile.cluster + 1.0, size, size / rows.count(), source.name, feature.name, to_string(source.kind),
               value, known ? profile.value : kNone, known ? profile.overall : kNone, known ? profile.lift : kNone,
               profile.missing});
  }
}

void fill_predictions(const PlainRows& rows, const Assigned& assigned, ResultTable& table) {
  for (uint32_t row : rows.rows)
    table.add({row + 1.0, "train", assigned.cluster[row] + 1.0, assigned.distance[row],
               assigned.probability.empty() ? kNone : assigned.probability[row]});
}

std::vector<TriedMethod> candidates(const std::vector<Attempt>& attempts) {
  std::vector<TriedMethod> list;
  for (const Attempt& attempt : attempts)
    for (const ClusterTry& one : attempt.clusters.tried()) {
      std::string figure = attempt.clusters.method() == Method::k_means
                               ? fmt::format("silhouette {:.3f}", one.silhouette)
                               : fmt::format("BIC {:.6g}", one.bic);
      list.push_back({attempt.name, fmt::format("{} clusters, {}", one.k, figure), one.chosen && attempt.kept});
    }
  return list;
}

}  // namespace

const std::vector<LearnTable>& cluster_tables() {
  static const std::vector<LearnTable> tables = {
      {"metrics", metrics_schema},
      {"tried",
       [](const ModelPlan&) {
         return schema_of({{"method", kText},
                           {"k", kCount},
                           {"silhouette", kReal},
                           {"inertia", kReal},
                           {"log_likelihood", kReal},
                           {"bic", kReal},
                           {"chosen", kYesOrNo},
                           {"why", kText}});
       }},
      {"profiles",
       [](const ModelPlan&) {
         return schema_of({{"cluster", kCount},
                           {"rows", kCount},
                           {"share", kReal},
                           {"column", kText},
                           {"feature", kText},
                           {"kind", kText},
                           {"value", kText},
                           {"figure", kReal},
                           {"overall", kReal},
                           {"lift", kReal},
                           {"missing", kReal}});
       }},
      {"features", features_schema},
      {"predictions",
       [](const ModelPlan&) {
         return schema_of(
             {{"row", kCount}, {"part", kText}, {"prediction", kCount}, {"distance", kReal}, {"probability", kReal}});
       }},
  };
  return tables;
}

WorkResult work_on_clusters(const LearnJob& job, WorkContext& context) {
  context.phase("reading");
  PlainRows rows = load_plain_rows(job, context.engine());
  std::vector<Attempt> attempts = attempt_all(rows, job, context);
  const Attempt& kept = *std::find_if(attempts.begin(), attempts.end(), [](const Attempt& one) { return one.kept; });
  context.phase("judging");
  Assigned assigned = kept.clusters.assign(rows.set.x, job.request.limits.threads);
  Baseline baseline = baseline_of(rows, kept, job);
  bool k_is_asked = job.config.contains("k");

  Outcome outcome{rows, {}, figures_of(rows, kept, assigned, baseline), candidates(attempts), ""};
  outcome.model.fitted = kept.clusters;
  outcome.summary = fmt::format("{} clusters ({}), silhouette {:.3g} on {} rows (baseline {:.3g})", kept.clusters.k(),
                                kept.name, kept.silhouette(), with_commas(rows.rows.size()), baseline.silhouette);
  return write_outcome(std::move(outcome), job, context, [&](const std::string& name, ResultTable& table) {
    if (name == "tried") fill_tried(attempts, k_is_asked, table);
    if (name == "profiles") fill_profiles(rows, kept.clusters, assigned.cluster, table);
    if (name == "predictions") fill_predictions(rows, assigned, table);
  });
}

}  // namespace filrouge
