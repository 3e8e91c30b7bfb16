#include "models/clusters.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "made_data.h"
#include "shared_set.h"

namespace filrouge {

namespace {

/// As blobs() of tests/support/sklearn_metrics.py: row r belongs to blob r % 3.
TrainingSet blobs(uint64_t seed, size_t rows) {
  TrainingSet set;
  set.features = {{"u"}, {"v"}, {"w"}};
  set.x = Matrix(rows, 3);
  for (size_t r = 0; r < rows; ++r) {
    double a = draw(seed * 10, r), b = draw(seed * 10 + 1, r), c = draw(seed * 10 + 2, r), d = draw(seed * 10 + 3, r);
    double of = static_cast<double>(r % 3);
    set.x.at(r, 0) = a + b + c - 1.5 + of * 4;
    set.x.at(r, 1) = d + b + c - 1.5 - (of == 1 ? 5 : 0);
    set.x.at(r, 2) = d + a + (of == 2 ? 3 : 0);
  }
  return set;
}

/// Normal blobs: what a mixture takes for one component each.
TrainingSet normal_blobs(uint64_t seed, size_t rows) {
  TrainingSet set = blobs(seed, rows);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < 3; ++c) {
      double radius = std::sqrt(-2 * std::log(1 - draw(seed + c, 2 * r)));
      set.x.at(r, c) = radius * std::cos(2 * M_PI * draw(seed + c, 2 * r + 1)) + (r % 3 == c ? 8 : 0);
    }
    set.x.at(r, 1) += set.x.at(r, 0);
  }
  return set;
}

ClusterOptions options_for(ClusterOptions::Method method, int k = 0) {
  ClusterOptions options;
  options.method = method;
  options.k = k;
  return options;
}

constexpr auto kMeans = ClusterOptions::Method::k_means;
constexpr auto kMixture = ClusterOptions::Method::mixture;

/// Rows of one blob are together, and of two blobs are not.
void expect_blobs(const std::vector<uint32_t>& cluster) {
  std::set<uint32_t> seen;
  for (size_t r = 0; r < 3; ++r) seen.insert(cluster[r]);
  EXPECT_EQ(seen.size(), 3u);
  for (size_t r = 3; r < cluster.size(); ++r) ASSERT_EQ(cluster[r], cluster[r % 3]) << r;
}

}  // namespace

TEST(Clusters, SilhouetteEqualsScikitLearns) {
  int compared = 0;
  for (const Json& test : expected_figures("sklearn_learners.json")) {
    if (test["kind"] != "silhouette") continue;
    Matrix x(test["rows"], 3);
    std::vector<uint32_t> cluster;
    for (size_t r = 0; r < x.rows; ++r) {
      for (size_t c = 0; c < 3; ++c) x.at(r, c) = draw(test["seed"].get<uint64_t>() * 10 + c, r);
      cluster.push_back(static_cast<uint32_t>(std::floor(x.at(r, 0) * test["k"].get<double>())));
    }
    double sum = 0;
    for (double value : silhouettes(x, cluster)) sum += value;
    EXPECT_NEAR(sum / static_cast<double>(x.rows), test["value"].get<double>(), 1e-9);
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

TEST(Clusters, EqualScikitLearnsOptimum) {
  int compared = 0;
  for (const Json& test : expected_figures("sklearn_learners.json")) {
    if (test["kind"] != "mixture") continue;
    TrainingSet set = blobs(test["seed"], test["rows"]);
    ClusterTry means = Clusters::fit(set, all_rows(set), options_for(kMeans, 3)).tried()[0];
    ClusterTry mixture = Clusters::fit(set, all_rows(set), options_for(kMixture, 3)).tried()[0];
    EXPECT_NEAR(means.inertia, test["inertia"].get<double>(), 1e-6);
    EXPECT_NEAR(mixture.log_likelihood, test["log_likelihood"].get<double>(), 1e-4);
    EXPECT_NEAR(mixture.bic, test["bic"].get<double>(), 0.1);
    ++compared;
  }
  EXPECT_EQ(compared, 2);
}

TEST(Clusters, ChoosesTheNumberThatIsThere) {
  TrainingSet set = normal_blobs(53, 1500);
  for (auto method : {kMeans, kMixture}) {
    Clusters clusters = Clusters::fit(set, all_rows(set), options_for(method));
    EXPECT_EQ(clusters.k(), 3);
    EXPECT_EQ(clusters.tried().size(), 9u);
    int chosen = 0;
    for (const ClusterTry& one : clusters.tried()) chosen += one.chosen ? one.k : 0;
    EXPECT_EQ(chosen, 3);
    EXPECT_GT(clusters.silhouette().value, 0.6);
    EXPECT_LT(clusters.silhouette().lower, clusters.silhouette().value);
    expect_blobs(clusters.assign(set.x, 1).cluster);
  }
}

TEST(Clusters, SameOnAnyNumberOfThreads) {
  TrainingSet set = blobs(54, 12'000);
  for (auto method : {kMeans, kMixture}) {
    ClusterOptions options = options_for(method);
    options.most = 4;
    Clusters one = Clusters::fit(set, all_rows(set), options);
    options.threads = 2;
    Clusters two = Clusters::fit(set, all_rows(set), options);
    EXPECT_EQ(dump(one.to_json()), dump(two.to_json()));
    EXPECT_EQ(one.assign(set.x, 1).distance, two.assign(set.x, 2).distance);
  }
}

TEST(Clusters, JsonRoundTrip) {
  TrainingSet set = blobs(55, 600);
  set.features.push_back({"kind", 3});
  Matrix x(600, 4);
  for (size_t r = 0; r < 600; ++r) {
    std::copy_n(set.x.row(r), 3, x.row(r));
    x.at(r, 3) = static_cast<double>(r % 3);
  }
  set.x = x;
  for (auto method : {kMeans, kMixture}) {
    Clusters clusters = Clusters::fit(set, all_rows(set), options_for(method, 3));
    Clusters again = Clusters::from_json(parse_json(dump(clusters.to_json()), "model"));
    EXPECT_EQ(again.assign(set.x, 1).cluster, clusters.assign(set.x, 1).cluster);
    EXPECT_EQ(again.assign(set.x, 1).probability, clusters.assign(set.x, 1).probability);
    EXPECT_EQ(clusters.assign(set.x, 1).probability.empty(), method == kMeans);
    Json bad = clusters.to_json();
    bad["centres"].erase(0);
    EXPECT_THROW(Clusters::from_json(bad), Error);
    EXPECT_THROW(Clusters::from_json(Json::object()), Error);
  }
}

TEST(Clusters, ProfilesSayWhatStandsOut) {
  TrainingSet set;
  set.features = {{"size"}, {"colour", 2}, {"gaps"}};
  set.x = Matrix(300, 3);
  for (size_t r = 0; r < 300; ++r) {
    bool big = r % 3 == 0;
    set.x.at(r, 0) = (big ? 100 : 10) + draw(56, r);
    set.x.at(r, 1) = big ? 1 : 0;
    set.x.at(r, 2) = big && r % 2 == 0 ? std::nan("") : 5 + draw(57, r);
  }
  Clusters clusters = Clusters::fit(set, all_rows(set), options_for(kMeans, 2));
  ASSERT_EQ(clusters.profiles().size(), 6u);
  const ClusterProfile* small = &clusters.profiles()[0];
  const ClusterProfile* big = &clusters.profiles()[3];
  EXPECT_EQ(small->rows, 200u);  // the largest cluster comes first
  EXPECT_EQ(big->rows, 100u);
  EXPECT_NEAR(small[0].value, 10.5, 0.1);
  EXPECT_NEAR(big[0].value, 100.5, 0.1);
  EXPECT_NEAR(big[0].overall, 40.5, 0.1);
  EXPECT_NEAR(big[0].lift, std::sqrt(2.0), 0.01);
  EXPECT_EQ(big[1].category, 1);
  EXPECT_DOUBLE_EQ(big[1].value, 1);
  EXPECT_NEAR(big[1].lift, 3, 1e-12);
  EXPECT_DOUBLE_EQ(big[2].missing, 0.5);
}

TEST(Clusters, NeedsDifferentRows) {
  auto code_of = [](const TrainingSet& set, int k) -> std::string {
    try {
      Clusters::fit(set, all_rows(set), options_for(kMeans, k));
    } catch (const Error& error) {
      return error.code;
    }
    return "";
  };
  TrainingSet set;
  set.features = {{"a"}};
  set.x = Matrix(0, 1);
  EXPECT_EQ(code_of(set, 0), "FR0833");
  set.x = Matrix(50, 1);
  EXPECT_EQ(code_of(set, 0), "FR0833");  // all equal
  for (size_t r = 0; r < 50; ++r) set.x.at(r, 0) = static_cast<double>(r % 3);
  EXPECT_EQ(code_of(set, 4), "FR0833");
  EXPECT_EQ(code_of(set, 3), "");
  EXPECT_EQ(Clusters::fit(set, all_rows(set), options_for(kMeans)).k(), 3);
  EXPECT_EQ(Clusters::fit(set, all_rows(set), options_for(kMixture)).tried().size(), 2u);
}

TEST(Clusters, OnARealTable) {
  auto data = shared_data();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  TrainingSet set =
      shared_set(*data, "SELECT carat, depth, \"table\", x, y, cut, price FROM read_csv('{0}/tables/diamonds.csv.gz')");
  auto start = std::chrono::steady_clock::now();
  for (auto method : {kMeans, kMixture}) {
    ClusterOptions options = options_for(method);
    options.threads = 2;
    options.most = 5;
    Clusters clusters = Clusters::fit(set, all_rows(set), options);
    Assigned assigned = clusters.assign(set.x, 2);
    EXPECT_EQ(assigned.cluster.size(), set.x.rows);
    EXPECT_GE(clusters.k(), 2);
    for (double distance : assigned.distance) ASSERT_TRUE(std::isfinite(distance));
  }
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 120);
  RecordProperty("seconds", fmt::format("{:.1f}", seconds.count()));
}

/// One correlated normal cloud, or three, with a number missing here and there.
TrainingSet clouds_with_gaps(size_t clouds, double share_missing) {
  TrainingSet set;
  set.features = {{"a"}, {"b"}, {"c"}};
  set.x = Matrix(1500, 3);
  auto normal = [](uint64_t seed, size_t r) {
    return std::sqrt(-2 * std::log(1 - draw(seed, 2 * r))) * std::cos(2 * M_PI * draw(seed, 2 * r + 1));
  };
  for (size_t r = 0; r < set.x.rows; ++r) {
    double of = static_cast<double>(r % clouds);
    double common = normal(1, r);
    set.x.at(r, 0) = common + 0.3 * normal(2, r) + 6 * of;
    set.x.at(r, 1) = common + 0.3 * normal(3, r) - (of == 1 ? 6 : 0);
    set.x.at(r, 2) = common + 0.3 * normal(4, r);
    for (size_t c = 0; c < 3; ++c)
      if (draw(10 + c, r) < share_missing) set.x.at(r, c) = NAN;
  }
  return set;
}

TEST(Clusters, AMixtureIsNotFooledByMissingNumbers) {
  for (size_t clouds : {2, 3}) {
    TrainingSet set = clouds_with_gaps(clouds, 0.2);
    ClusterOptions options = options_for(kMixture);
    options.most = 5;
    Clusters found = Clusters::fit(set, all_rows(set), options);
    EXPECT_EQ(found.k(), static_cast<int>(clouds)) << "missing numbers are no component of their own";
    Assigned assigned = found.assign(set.x, 1);
    std::vector<uint32_t> of_cloud;
    for (size_t r = 0; r < clouds; ++r) of_cloud.push_back(UINT32_MAX);
    size_t wrong = 0, whole = 0;
    for (size_t r = 0; r < set.x.rows; ++r) {
      if (std::isnan(set.x.at(r, 0)) || std::isnan(set.x.at(r, 1))) continue;
      if (of_cloud[r % clouds] == UINT32_MAX) of_cloud[r % clouds] = assigned.cluster[r];
      ++whole;
      wrong += assigned.cluster[r] != of_cloud[r % clouds];
    }
    EXPECT_LT(wrong * 100, whole);
  }
}

TEST(Clusters, AMixtureOfGapsIsTheSameOnTwoThreads) {
  TrainingSet set = clouds_with_gaps(3, 0.1);
  ClusterOptions options = options_for(kMixture, 3);
  Clusters one = Clusters::fit(set, all_rows(set), options);
  options.threads = 2;
  EXPECT_EQ(one.to_json(), Clusters::fit(set, all_rows(set), options).to_json());
  // A row of which nothing is known belongs to the components by their shares.
  Matrix nothing(1, 3);
  nothing.values = {NAN, NAN, NAN};
  Assigned assigned = one.assign(nothing, 1);
  auto share = one.to_json()["share"].get<std::vector<double>>();
  EXPECT_NEAR(assigned.probability[0], *std::max_element(share.begin(), share.end()), 1e-9);
}

}  // namespace filrouge
