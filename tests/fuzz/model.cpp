// The files of a model: any bytes give a model that can be asked, or an exception. The first byte says which reader.
#include <cmath>

#include "base/error.h"
#include "models/anomaly.h"
#include "models/clusters.h"
#include "models/features.h"
#include "models/forest.h"
#include "models/linear.h"
#include "models/shap.h"
#include "must.h"

using namespace filrouge;

namespace {

constexpr size_t kWidest = 2'000;  // a wider model is taken, and not asked: it would only be slow
constexpr size_t kRows = 3;

Matrix rows(size_t columns) {
  Matrix x(kRows, columns);
  for (size_t i = 0; i < x.values.size(); ++i)
    x.values[i] = i % 5 == 0 ? std::nan("") : static_cast<double>(i % 97) - 4;
  if (!x.values.empty()) x.values.back() = 1e300;
  return x;
}

void ask(const Forest& forest) {
  if (forest.num_features() > kWidest || forest.outputs() > kWidest) return;
  Matrix x = rows(forest.num_features());
  std::vector<double> out(kRows * forest.outputs()), one(forest.outputs());
  forest.raw(x, 0, kRows, out.data());
  forest.raw_row(x.row(0), one.data());
  for (size_t k = 0; k < one.size(); ++k) MUST(one[k] == out[k] || (std::isnan(one[k]) && std::isnan(out[k])));
  forest.gain();
  if (forest.num_trees() > 20) return;
  std::vector<double> shares(kRows * forest.outputs() * (forest.num_features() + 1));
  add_contributions(forest, x, 1, 1, shares.data());
}

void ask(const Linear& model) {
  if (model.num_features() > kWidest || model.outputs() > kWidest) return;
  Matrix x = rows(model.num_features());
  std::vector<double> out(kRows * model.outputs());
  model.raw(x, 0, kRows, out.data());
  std::vector<double> shares(kRows * model.outputs() * (model.num_features() + 1));
  model.add_contributions(x, 1, shares.data());
  model.coefficients();
  dump(model.to_json());
}

void ask(const Features& features) {
  Frame frame(features.sources());
  features.specs();
  frame.rows = kRows;
  for (FrameColumn& column : frame.columns) {
    column.dictionary = {"a", ""};
    column.numbers.assign(column.is_text() ? 0 : kRows, 1e18);
    column.codes.assign(column.is_text() ? kRows : 0, 1);
  }
  Matrix x = features.encode(frame);
  MUST(x.rows == kRows && x.columns == features.features().size());
  features.unseen(frame);
}

void take(uint8_t kind, std::string_view text) {
  if (kind % 6 == 0) return ask(Forest::parse(text));
  Json json = parse_json(text, "a model");
  if (kind % 6 == 1) ask(Linear::from_json(json));
  if (kind % 6 == 2) {
    Clusters model = Clusters::from_json(json);
    if (model.num_features() < kWidest) model.assign(rows(model.num_features()), 1);
  }
  if (kind % 6 == 3) {
    IsolationForest model = IsolationForest::from_json(json);
    if (model.num_features() >= kWidest) return;
    model.scores(rows(model.num_features()), 1);
    model.contributions(rows(model.num_features()), 1);
  }
  if (kind % 6 == 4) {
    Components model = Components::from_json(json);
    if (model.num_features() < kWidest) model.scores(rows(model.num_features()), 1);
  }
  if (kind % 6 == 5) ask(Features::from_json(json));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  try {
    take(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  } catch (const std::exception&) {
    // Refused.
  }
  return 0;
}
