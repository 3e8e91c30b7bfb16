// What stands behind BinnedRows (boosting.h): a LightGBM dataset, and the targets of its rows.
#pragma once

#include "models/boosting.h"
#include "models/lightgbm.h"

namespace filrouge {

struct BinnedRows::Impl {
  LightGbmHandle dataset{nullptr, nullptr};
  std::vector<FeatureSpec> features;
  size_t num_rows = 0, num_pushed = 0;
  std::string parameters;  ///< those it was made with; subsets need the same
  // As LightGBM has them: 32 bits. Ours to compute losses with.
  std::vector<float> y, weight;
  std::vector<int32_t> group;  ///< the query of each row; empty when there are none

  /// Of all features.
  size_t num_bins() const;
  /// A dataset of these rows, bins shared; of a query cut in two, each part is a query. Throws Error(engine, FR0825).
  LightGbmHandle subset(const Rows& rows) const;
};

}  // namespace filrouge
