#include "models/model.h"

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/json_words.h"
#include "base/parallel.h"
#include "models/shap.h"

namespace filrouge {
namespace {

constexpr int kFormat = 1;

Task task_named(const std::string& name) {
  for (Task task : {Task::classify, Task::regress, Task::rank, Task::cluster, Task::anomaly})
    if (name == to_string(task)) return task;
  throw Error(ErrorKind::data, "FR0810", fmt::format("the model's task `{}` is not known", name));
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::data, "FR0810", fmt::format("the model's file {} is missing", path.string()));
  return {std::istreambuf_iterator<char>(file), {}};
}

void softmax(double* values, size_t count) {
  double most = *std::max_element(values, values + count), sum = 0;
  for (size_t i = 0; i < count; ++i) sum += values[i] = std::exp(values[i] - most);
  for (size_t i = 0; i < count; ++i) values[i] /= sum;
}

Member member_from_json(const Json& json, const std::filesystem::path& folder) {
  Member member{json.at("method"), json.at("weight"), Linear(), ""};
  if (member.method == "linear") {
    member.fitted = Linear::from_json(json.at("linear"));
    return member;
  }
  std::filesystem::path name = json.at("file").get<std::string>();
  if (name.has_parent_path()) throw Error(ErrorKind::data, "FR0810", "a member's file lies outside the model");
  member.text = read_text(folder / name);
  member.fitted = Forest::parse(member.text);
  return member;
}

/// Writes the forests among them; adds the files' names.
Json members_json(const std::vector<Member>& members, const std::string& name, const std::filesystem::path& folder,
                  std::vector<std::string>& files) {
  Json list = Json::array();
  for (size_t i = 0; i < members.size(); ++i) {
    Json entry = {{"method", members[i].method}, {"weight", members[i].weight}};
    if (const auto* linear = std::get_if<Linear>(&members[i].fitted)) {
      entry["linear"] = linear->to_json();
    } else {
      files.push_back(fmt::format("{}-{}.txt", name, i));
      entry["file"] = files.back();
      write_file(folder / files.back(), members[i].text);
    }
    list.push_back(std::move(entry));
  }
  return list;
}

bool fit(const std::vector<Member>& members, size_t outputs, const Features& features) {
  for (const Member& member : members) {
    if (std::visit([](const auto& fitted) { return fitted.outputs(); }, member.fitted) != outputs) return false;
    size_t read = std::visit([](const auto& fitted) { return fitted.num_features(); }, member.fitted);
    if (read != features.features().size()) return false;
  }
  return true;
}

/// Sets `out`: what a member makes of all rows.
void raw_of(const Member& member, const Matrix& x, int threads, std::vector<double>& out) {
  constexpr size_t kRowsOfPart = 8192;
  std::visit(
      [&](const auto& fitted) {
        for_row_parts(x.rows, kRowsOfPart, threads, [&](size_t, size_t begin, size_t end) {
          fitted.raw(x, begin, end, out.data() + begin * fitted.outputs());
        });
      },
      member.fitted);
}

}  // namespace

double logistic(double raw) {
  return 1 / (1 + std::exp(-raw));
}

std::vector<double> Model::raw(const Matrix& x, int threads) const {
  std::vector<double> sum(x.rows * outputs()), part(x.rows * outputs());
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = constant[i % outputs()];
  for (const Member& member : members) {
    raw_of(member, x, threads, part);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += member.weight * part[i];
  }
  return sum;
}

std::vector<double> Model::predict(const std::vector<double>& raw) const {
  std::vector<double> values = raw;
  if (task != Task::classify) return values;
  for (double& value : values) value = value * recalibration[0] + recalibration[1];
  if (outputs() == 1)
    for (double& value : values) value = logistic(value);
  else
    for (size_t at = 0; at < values.size(); at += outputs()) softmax(&values[at], outputs());
  return values;
}

std::string quantile_name(double level) {
  std::string percent = fmt::format("{:.6g}", 100 * level);
  std::replace(percent.begin(), percent.end(), '.', '_');
  return "q" + percent;
}

std::vector<double> Model::predict_quantiles(const Matrix& x, int threads) const {
  size_t width = quantiles.size();
  std::vector<double> all(x.rows * width), part(x.rows);
  for (size_t q = 0; q < width; ++q) {
    for (size_t r = 0; r < x.rows; ++r) all[r * width + q] = quantiles[q].shift;
    for (const Member& member : quantiles[q].members) {
      raw_of(member, x, threads, part);
      for (size_t r = 0; r < x.rows; ++r) all[r * width + q] += member.weight * part[r];
    }
  }
  for (size_t r = 0; r < x.rows; ++r)
    std::sort(all.begin() + static_cast<long>(r * width), all.begin() + static_cast<long>((r + 1) * width));
  return all;
}

std::vector<double> Model::feature_contributions(const Matrix& x, int threads) const {
  const size_t width = x.columns + 1;
  std::vector<double> by_feature(x.rows * outputs() * width);
  for (const Member& member : members) {
    if (const auto* forest = std::get_if<Forest>(&member.fitted))
      add_contributions(*forest, x, member.weight, threads, by_feature.data());
    else
      std::get<Linear>(member.fitted).add_contributions(x, member.weight, by_feature.data());
  }
  for (size_t line = 0; line < x.rows * outputs(); ++line)
    by_feature[line * width + x.columns] += constant[line % outputs()];
  return by_feature;
}

std::vector<double> Model::fold(const std::vector<double>& by_feature) const {
  const size_t count = features.features().size(), sources = features.sources().size();
  const size_t lines = by_feature.size() / (count + 1);
  std::vector<double> folded(lines * (sources + 1));
  for (size_t line = 0; line < lines; ++line) {
    const double* from = &by_feature[line * (count + 1)];
    double* to = &folded[line * (sources + 1)];
    for (size_t f = 0; f < count; ++f) to[features.features()[f].source] += from[f];
    to[sources] += from[count];
  }
  return folded;
}

std::vector<std::string> Model::save(const std::filesystem::path& folder) const {
  std::vector<std::string> files = {"model.json"};
  Json list = members_json(members, "member", folder, files), of_quantiles = Json::array();
  for (const Quantile& quantile : quantiles)
    of_quantiles.push_back({{"level", quantile.level},
                            {"constant", quantile.constant},
                            {"shift", quantile.shift},
                            {"members", members_json(quantile.members, quantile_name(quantile.level), folder, files)}});
  Json json = {{"format", kFormat},
               {"task", to_string(task)},
               {"target", target},
               {"classes", classes},
               {"features", features.to_json()},
               {"members", std::move(list)},
               {"constant", constant},
               {"recalibration", {recalibration[0], recalibration[1]}},
               {"residuals", residuals},
               {"class_scores", class_scores},
               {"about", about}};
  if (!costs.empty()) json["costs"] = costs;
  if (!quantiles.empty()) json["quantiles"] = std::move(of_quantiles);
  write_file(folder / files[0], json.dump(1) + "\n");
  return files;
}

Model Model::open(const std::filesystem::path& folder) {
  Json json = Json::parse(read_text(folder / "model.json"), nullptr, false);
  try {
    if (json.at("format") != kFormat)
      throw Error(ErrorKind::data, "FR0810", "the model was written by a newer filrouge",
                  "use that one, or learn it again");
    Model model;
    model.task = task_named(json.at("task"));
    model.target = json.at("target");
    model.classes = json.at("classes").get<std::vector<std::string>>();
    model.features = Features::from_json(json.at("features"));
    model.constant = json.at("constant").get<std::vector<double>>();
    model.recalibration[0] = json.at("recalibration").at(0);
    model.recalibration[1] = json.at("recalibration").at(1);
    model.residuals = json.at("residuals").get<std::vector<double>>();
    model.class_scores = json.at("class_scores").get<std::vector<double>>();
    model.about = json.at("about");
    for (const Json& entry : json.at("members")) model.members.push_back(member_from_json(entry, folder));
    model.costs = json.value("costs", std::vector<double>());
    for (const Json& entry : json.value("quantiles", Json::array())) {
      Quantile quantile{entry.at("level"), entry.at("constant"), entry.at("shift"), {}};
      for (const Json& member : entry.at("members")) quantile.members.push_back(member_from_json(member, folder));
      model.quantiles.push_back(std::move(quantile));
    }
    bool fits = model.constant.size() == model.outputs() && fit(model.members, model.outputs(), model.features);
    fits = fits && (model.costs.empty() || model.costs.size() == model.classes.size() * model.classes.size());
    for (const Quantile& quantile : model.quantiles) fits = fits && fit(quantile.members, 1, model.features);
    if (!fits) throw Error(ErrorKind::data, "FR0810", "the model's members do not fit together");
    return model;
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::data, "FR0810",
                fmt::format("{} is not a model: {}", (folder / "model.json").string(), json_problem(error)));
  }
}

}  // namespace filrouge
