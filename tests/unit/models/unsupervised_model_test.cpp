#include "models/unsupervised_model.h"

#include <gtest/gtest.h>

#include "../temp_folder.h"
#include "base/error.h"
#include "made_frame.h"

namespace filrouge {

namespace {

constexpr size_t kRows = 600;

/// Two groups of rows in numbers and a text; `city` has more values than a category may have.
Frame made_frame() {
  return FrameMaker(kRows)
      .number("size", [](size_t row) { return (row % 2 ? 10.0 : 0.0) + noise(row, 1) + noise(row, 2); })
      .number("weight", [](size_t row) { return row % 17 == 0 ? NAN : (row % 2 ? -5.0 : 5.0) + noise(row, 1); })
      .text("kind", [](size_t row) { return (noise(row, 3) < 0.9) == (row % 2 == 0) ? "round" : "square"; })
      .text("city", [](size_t row) { return "city " + std::to_string(mix(row, 4) % 400); })
      .make();
}

struct Fitted {
  UnsupervisedModel model;
  TrainingSet set;
  Rows rows = all_rows(kRows);
};

Fitted prepare() {
  Fitted fitted;
  Frame frame = made_frame();
  fitted.model.features = Features::fit(frame, fitted.rows, {}, 0, {}, 1, nullptr);
  fitted.set.features = fitted.model.features.specs();
  fitted.set.x = fitted.model.features.encode(frame);
  fitted.set.y.assign(kRows, 0);
  return fitted;
}

Fitted fit(const std::string& method, int threads) {
  Fitted fitted = prepare();
  UnsupervisedModel& model = fitted.model;
  model.task = method == "kmeans" || method == "mixture" ? Task::cluster : Task::anomaly;
  if (model.task == Task::cluster) {
    ClusterOptions options;
    options.method = method == "kmeans" ? ClusterOptions::Method::k_means : ClusterOptions::Method::mixture;
    options.threads = threads;
    model.fitted = Clusters::fit(fitted.set, fitted.rows, options);
  } else if (method == "isolation") {
    model.fitted = IsolationForest::fit(fitted.set, fitted.rows, {.trees = 50, .threads = threads});
  } else {
    model.fitted = Components::fit(fitted.set, fitted.rows, {.threads = threads});
  }
  if (model.task == Task::anomaly) model.limit = limit_of(oddness(model, fitted.set.x, false, threads).score, 0.05);
  return fitted;
}

constexpr const char* kMethods[] = {"kmeans", "mixture", "isolation", "pca"};

}  // namespace

TEST(UnsupervisedModel, HasTheSameBytesOnOneAndTwoThreads) {
  for (const char* method : kMethods) {
    TempFolder one, two;
    EXPECT_EQ(fit(method, 1).model.save(one.path()), std::vector<std::string>{"model.json"});
    fit(method, 2).model.save(two.path());
    EXPECT_EQ(read_file(one.path() / "model.json"), read_file(two.path() / "model.json")) << method;
  }
}

TEST(UnsupervisedModel, AnswersAsBeforeWhenOpenedAgain) {
  for (const char* method : kMethods) {
    TempFolder folder;
    Fitted fitted = fit(method, 1);
    fitted.model.save(folder.path());
    UnsupervisedModel opened = UnsupervisedModel::open(folder.path());
    EXPECT_EQ(opened.method(), method);
    EXPECT_EQ(opened.task, fitted.model.task);
    EXPECT_EQ(opened.limit, fitted.model.limit);
    Matrix x = opened.features.encode(made_frame());
    if (const auto* clusters = std::get_if<Clusters>(&fitted.model.fitted)) {
      Assigned before = clusters->assign(fitted.set.x, 1), after = std::get<Clusters>(opened.fitted).assign(x, 2);
      EXPECT_EQ(before.cluster, after.cluster) << method;
      EXPECT_EQ(before.distance, after.distance) << method;
    } else {
      EXPECT_EQ(oddness(fitted.model, fitted.set.x, false, 1).score, oddness(opened, x, false, 2).score) << method;
    }
  }
}

TEST(UnsupervisedModel, ATextOfManyValuesIsItsFrequencyWhereNothingIsPredicted) {
  Fitted fitted = prepare();
  std::vector<std::string> names;
  for (const Feature& feature : fitted.model.features.features()) names.push_back(feature.name);
  EXPECT_EQ(names, (std::vector<std::string>{"size", "weight", "kind", "city: frequency"}));
  EXPECT_EQ(fitted.model.features.category_value(2, 0), "round");
  Frame frame = made_frame();
  const FrameColumn& city = *frame.find("city");
  auto same = static_cast<double>(std::count(city.codes.begin(), city.codes.end(), city.codes[0]));
  EXPECT_DOUBLE_EQ(fitted.set.x.at(0, 3), same / kRows);
}

TEST(UnsupervisedModel, ContributionsSumToWhatMakesTheScore) {
  Fitted forest = fit("isolation", 1), components = fit("pca", 1);
  double expected = std::get<IsolationForest>(forest.model.fitted).expected_path();
  Oddness isolated = oddness(forest.model, forest.set.x, true, 2),
          projected = oddness(components.model, forest.set.x, true, 2);
  for (size_t r = 0; r < kRows; r += 7) {
    double of_forest = 0, of_components = 0;
    for (size_t f = 0; f < forest.set.x.columns; ++f) {
      of_forest += isolated.contributions.at(r, f);
      of_components += projected.contributions.at(r, f);
    }
    EXPECT_NEAR(isolated.score[r], std::exp2(of_forest / expected - 1), 1e-9);
    EXPECT_NEAR(projected.score[r], of_components / (1 + of_components), 1e-9);
  }
}

TEST(UnsupervisedModel, AtMostTheShareIsBeyondTheLimit) {
  std::vector<double> scores = {0.1, 0.9, 0.5, 0.7, 0.5, 0.5, 0.2, 0.3, 0.4, 0.6};
  auto beyond = [&](double share) {
    double limit = limit_of(scores, share);
    return std::count_if(scores.begin(), scores.end(), [&](double score) { return score > limit; });
  };
  EXPECT_EQ(beyond(0), 0);
  EXPECT_EQ(beyond(0.01), 0);
  EXPECT_EQ(beyond(0.1), 1);
  EXPECT_EQ(beyond(0.3), 3);
  EXPECT_EQ(beyond(0.5), 3);  // three rows share the score 0.5: all or none of them
  EXPECT_EQ(beyond(1), 9);
}

TEST(UnsupervisedModel, RefusesFilesThatAreNotWhatLearnWrites) {
  TempFolder folder;
  fit("kmeans", 1).model.save(folder.path());
  Json good = Json::parse(read_file(folder.path() / "model.json"));
  auto code_of = [&](const std::string& text) -> std::string {
    folder.write("model.json", text);
    try {
      UnsupervisedModel::open(folder.path());
    } catch (const Error& error) {
      return error.code;
    }
    return "none";
  };
  auto changed = [&](const char* key, Json value) {
    Json json = good;
    json[key] = std::move(value);
    return json.dump();
  };
  EXPECT_EQ(code_of(good.dump()), "none");
  EXPECT_EQ(code_of("{"), "FR0810");
  EXPECT_EQ(code_of(changed("format", 2)), "FR0810");
  EXPECT_EQ(code_of(changed("method", "mixture")), "FR0810");
  EXPECT_EQ(code_of(changed("task", "anomaly")), "FR0836");
  EXPECT_EQ(code_of(changed("fitted", Json::object())), "FR0834");
  Json fewer = good["features"];
  fewer["features"].erase(0);
  EXPECT_EQ(code_of(changed("features", fewer)), "FR0810");
  fs::remove(folder.path() / "model.json");
  EXPECT_THROW(UnsupervisedModel::open(folder.path()), Error);
}

}  // namespace filrouge
