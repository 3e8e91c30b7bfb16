// The files of a model: any bytes give a model that can be asked, or an exception. The first byte says which reader.
#include "base/error.h"
#include "models/anomaly.h"
#include "models/clusters.h"
#include "models/features.h"
#include "models/forest.h"
#include "models/linear.h"

using namespace filrouge;

namespace {

void ask(const Forest& forest) {
  if (forest.num_features() > 10'000) return;
  Matrix x(3, forest.num_features());
  for (size_t i = 0; i < x.values.size(); ++i) x.values[i] = i % 5 == 0 ? std::nan("") : static_cast<double>(i) - 4;
  std::vector<double> out(3 * forest.outputs());
  forest.raw(x, 0, 3, out.data());
  forest.raw_row(x.row(0), out.data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] % 6 == 0) return ask(Forest::parse(text)), 0;
    Json json = parse_json(text, "a model");
    if (data[0] % 6 == 1) Linear::from_json(json);
    if (data[0] % 6 == 2) Clusters::from_json(json);
    if (data[0] % 6 == 3) IsolationForest::from_json(json);
    if (data[0] % 6 == 4) Components::from_json(json);
    if (data[0] % 6 == 5) Features::from_json(json);
  } catch (const std::exception&) {
    // Refused.
  }
  return 0;
}
