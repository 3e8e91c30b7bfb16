#include "models/unsupervised_model.h"

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/json_words.h"

namespace filrouge {
namespace {

constexpr int kFormat = 1;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::data, "FR0810", why, "Run `filrouge verify --repair`; the next run learns it again.");
}

Oddness of_forest(const IsolationForest& forest, const Matrix& x, bool with_contributions, int threads) {
  Oddness found{forest.scores(x, threads), {}, {}, {}};
  if (with_contributions) found.contributions = forest.contributions(x, threads);
  return found;
}

/// How many times its limit a figure is; a limit of 0 has nothing to be measured by.
double times(double value, double limit) {
  return limit > 0 ? value / limit : 0;
}

Oddness of_components(const Components& components, const Matrix& x, bool with_contributions, int threads) {
  Components::Scores scores = components.scores(x, threads);
  Oddness found{std::move(scores.score), std::move(scores.t2), std::move(scores.q), {}};
  if (!with_contributions) return found;
  found.contributions = Matrix(x.rows, x.columns);
  for (size_t r = 0; r < x.rows; ++r) {
    bool leaves_plane = times(found.q[r], components.q_limit()) >= times(found.t2[r], components.t2_limit());
    const Matrix& shares = leaves_plane ? scores.of_q : scores.of_t2;
    double limit = leaves_plane ? components.q_limit() : components.t2_limit();
    for (size_t f = 0; f < x.columns; ++f) found.contributions.at(r, f) = times(shares.at(r, f), limit);
  }
  return found;
}

}  // namespace

std::string UnsupervisedModel::method() const {
  if (const auto* clusters = std::get_if<Clusters>(&fitted))
    return clusters->method() == ClusterOptions::Method::k_means ? "kmeans" : "mixture";
  return std::holds_alternative<IsolationForest>(fitted) ? "isolation" : "pca";
}

std::vector<std::string> UnsupervisedModel::save(const std::filesystem::path& folder) const {
  Json json = {{"format", kFormat},
               {"task", to_string(task)},
               {"method", method()},
               {"features", features.to_json()},
               {"fitted", std::visit([](const auto& found) { return found.to_json(); }, fitted)},
               {"limit", limit},
               {"about", about}};
  write_file(folder / "model.json", json.dump(1) + "\n");
  return {"model.json"};
}

UnsupervisedModel UnsupervisedModel::open(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "model.json";
  if (!std::filesystem::exists(path)) refuse(fmt::format("the model's file {} is missing", path.string()));
  try {
    Json json = Json::parse(read_file(path));
    if (json.at("format") != kFormat)
      throw Error(ErrorKind::data, "FR0810", "the model was written by a newer filrouge",
                  "use that one, or learn it again");
    UnsupervisedModel model;
    model.task = json.at("task") == to_string(Task::cluster) ? Task::cluster : Task::anomaly;
    model.features = Features::from_json(json.at("features"));
    const std::string method = json.at("method");
    const Json& fitted = json.at("fitted");
    if (model.task == Task::cluster)
      model.fitted = Clusters::from_json(fitted);
    else if (method == "isolation")
      model.fitted = IsolationForest::from_json(fitted);
    else
      model.fitted = Components::from_json(fitted);
    model.limit = json.at("limit");
    model.about = json.at("about");
    size_t read = std::visit([](const auto& found) { return found.num_features(); }, model.fitted);
    if (read != model.features.features().size() || model.method() != method)
      refuse("the model's parts do not fit together");
    return model;
  } catch (const Json::exception& error) {
    refuse(fmt::format("{} is not a model: {}", path.string(), json_problem(error)));
  }
}

Oddness oddness(const UnsupervisedModel& model, const Matrix& x, bool with_contributions, int threads) {
  if (const auto* forest = std::get_if<IsolationForest>(&model.fitted))
    return of_forest(*forest, x, with_contributions, threads);
  const auto* components = std::get_if<Components>(&model.fitted);
  FR_CHECK(components != nullptr);
  return of_components(*components, x, with_contributions, threads);
}

double limit_of(std::vector<double> scores, double share) {
  auto beyond = static_cast<size_t>(share * static_cast<double>(scores.size()) + 1e-9);
  size_t place = std::min(beyond, scores.size() - 1);
  std::nth_element(scores.begin(), scores.begin() + static_cast<long>(place), scores.end(), std::greater<>());
  return scores[place];
}

}  // namespace filrouge
