// Rows of features -> LightGBM's dataset, in one piece or block by block.
//
// Both ways give the same bins when the sample of the second is all rows (of at most 200,000: LightGBM draws so many in
// the first), so a table that just fits into memory and one that does not are learnt alike.
#include "models/lightgbm_rows.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr int kFloat32 = 0, kFloat64 = 1, kInt32 = 2;
/// LightGBM's kZeroThreshold: what is nearer to 0 is 0, and zeros are not part of a sample.
constexpr double kZero = 1e-35f;

/// feature_pre_filter would drop features for one min_rows_in_leaf; the bins serve many.
std::string dataset_parameters(const std::vector<FeatureSpec>& features, int max_bins, int threads) {
  std::vector<std::string> categories;
  for (size_t f = 0; f < features.size(); f++)
    if (features[f].categories) categories.push_back(std::to_string(f));
  std::string text = fmt::format("max_bin={} num_threads={} feature_pre_filter=false deterministic=true verbosity=-1",
                                 max_bins, threads);
  return categories.empty() ? text : text + " categorical_feature=" + join(categories, ",");
}

/// LightGBM refuses the special characters of JSON, splits at blanks, and wants every name once.
std::vector<std::string> safe_names(const std::vector<FeatureSpec>& features) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const FeatureSpec& feature : features) {
    std::string name = feature.name.empty() ? "feature" : feature.name;
    for (char& c : name)
      if (static_cast<unsigned char>(c) <= ' ' || strchr("\",:[]{}=", c)) c = '_';
    std::string unique = name;
    for (int n = 2; !taken.insert(unique).second; n++) unique = fmt::format("{}_{}", name, n);
    names.push_back(unique);
  }
  return names;
}

void name_features(LightGbm::Handle dataset, const std::vector<FeatureSpec>& features) {
  std::vector<std::string> names = safe_names(features);
  std::vector<const char*> pointers;
  for (const std::string& name : names) pointers.push_back(name.c_str());
  lightgbm_check(lightgbm().dataset_set_names(dataset, pointers.data(), static_cast<int>(pointers.size())));
}

int32_t row_count(size_t rows) {
  if (rows > static_cast<size_t>(std::numeric_limits<int32_t>::max()))
    throw Error(ErrorKind::engine, "FR0825", fmt::format("LightGBM cannot train on {} rows", with_commas(rows)),
                "2,147,483,647 rows are the most; train on a sample");
  return static_cast<int32_t>(rows);
}

void keep_targets(BinnedRows::Impl& impl, const TrainingSet& set) {
  impl.y.insert(impl.y.end(), set.y.begin(), set.y.end());
  impl.weight.insert(impl.weight.end(), set.weight.begin(), set.weight.end());
  impl.group.insert(impl.group.end(), set.group.begin(), set.group.end());
}

/// LightGBM wants the sizes of the queries.
std::vector<int32_t> run_lengths(const std::vector<int32_t>& group) {
  std::vector<int32_t> sizes;
  for (size_t r = 0; r < group.size(); r++) {
    if (r == 0 || group[r] != group[r - 1]) sizes.push_back(0);
    sizes.back()++;
  }
  return sizes;
}

template <typename Number>
void set_field(LightGbm::Handle dataset, const char* field, const std::vector<Number>& values, int type) {
  if (values.empty()) return;
  lightgbm_check(lightgbm().dataset_set_field(dataset, field, values.data(), static_cast<int>(values.size()), type));
}

void set_targets(const BinnedRows::Impl& impl) {
  set_field(impl.dataset.get(), "label", impl.y, kFloat32);
  set_field(impl.dataset.get(), "weight", impl.weight, kFloat32);
  set_field(impl.dataset.get(), "group", run_lengths(impl.group), kInt32);
}

/// The values of each column that are not zero, and their rows: what LightGBM finds bins with.
struct Sample {
  std::vector<std::vector<double>> values;
  std::vector<std::vector<int>> rows;

  explicit Sample(const Matrix& x) : values(x.columns), rows(x.columns) {
    for (size_t r = 0; r < x.rows; r++)
      for (size_t c = 0; c < x.columns; c++)
        if (double value = x.at(r, c); std::isnan(value) || std::fabs(value) > kZero) {
          values[c].push_back(value);
          rows[c].push_back(static_cast<int>(r));
        }
  }
};

LightGbm::Handle dataset_for(const TrainingSet& sample, size_t num_rows, const std::string& parameters) {
  Sample columns(sample.x);
  std::vector<double*> values;
  std::vector<int*> rows;
  std::vector<int> counts;
  for (size_t c = 0; c < sample.x.columns; c++) {
    values.push_back(columns.values[c].data());
    rows.push_back(columns.rows[c].data());
    counts.push_back(static_cast<int>(columns.values[c].size()));
  }
  LightGbm::Handle handle = nullptr;
  lightgbm_check(lightgbm().dataset_from_sample(values.data(), rows.data(), static_cast<int32_t>(sample.x.columns),
                                                counts.data(), row_count(sample.x.rows), row_count(num_rows),
                                                static_cast<int64_t>(num_rows), parameters.c_str(), &handle));
  return handle;
}

}  // namespace

BinnedRows::BinnedRows(const TrainingSet& set, int max_bins, int threads) : impl_(std::make_unique<Impl>()) {
  impl_->features = set.features;
  impl_->num_rows = impl_->num_pushed = set.x.rows;
  impl_->parameters = dataset_parameters(set.features, max_bins, threads);
  LightGbm::Handle handle = nullptr;
  lightgbm_check(lightgbm().dataset_from_matrix(set.x.values.data(), kFloat64, row_count(set.x.rows),
                                                static_cast<int32_t>(set.x.columns), 1, impl_->parameters.c_str(),
                                                nullptr, &handle));
  impl_->dataset = LightGbmHandle(handle, lightgbm().dataset_free);
  name_features(handle, set.features);
  keep_targets(*impl_, set);
  set_targets(*impl_);
}

BinnedRows::BinnedRows(const TrainingSet& sample, size_t num_rows, int max_bins, int threads)
    : impl_(std::make_unique<Impl>()) {
  impl_->features = sample.features;
  impl_->num_rows = num_rows;
  impl_->parameters = dataset_parameters(sample.features, max_bins, threads);
  LightGbm::Handle handle = dataset_for(sample, num_rows, impl_->parameters);
  impl_->dataset = LightGbmHandle(handle, lightgbm().dataset_free);
  lightgbm_check(lightgbm().dataset_wait_for_finish(handle, 1));
  name_features(handle, sample.features);
  impl_->y.reserve(num_rows);
}

void BinnedRows::push(const TrainingSet& block) {
  FR_CHECK(impl_->num_pushed + block.x.rows <= impl_->num_rows);
  FR_CHECK(block.x.columns == impl_->features.size());
  lightgbm_check(lightgbm().dataset_push(impl_->dataset.get(), block.x.values.data(), kFloat64, row_count(block.x.rows),
                                         static_cast<int32_t>(block.x.columns),
                                         static_cast<int32_t>(impl_->num_pushed)));
  impl_->num_pushed += block.x.rows;
  keep_targets(*impl_, block);
}

void BinnedRows::finish() {
  FR_CHECK(impl_->num_pushed == impl_->num_rows);
  lightgbm_check(lightgbm().dataset_finish(impl_->dataset.get()));
  set_targets(*impl_);
}

BinnedRows::~BinnedRows() = default;

size_t BinnedRows::Impl::num_bins() const {
  size_t sum = 0;
  for (size_t f = 0; f < features.size(); f++) {
    int bins = 0;
    lightgbm_check(lightgbm().dataset_bins(dataset.get(), static_cast<int>(f), &bins));
    sum += static_cast<size_t>(bins);
  }
  return sum;
}

LightGbmHandle BinnedRows::Impl::subset(const Rows& rows) const {
  std::vector<int32_t> numbers(rows.begin(), rows.end());
  LightGbm::Handle handle = nullptr;
  lightgbm_check(
      lightgbm().dataset_subset(dataset.get(), numbers.data(), row_count(numbers.size()), parameters.c_str(), &handle));
  LightGbmHandle part(handle, lightgbm().dataset_free);
  std::vector<int32_t> queries;  // LightGBM takes labels and weights along, but not the queries
  if (!group.empty())
    for (uint32_t r : rows) queries.push_back(group[r]);
  set_field(part.get(), "group", run_lengths(queries), kInt32);
  return part;
}

}  // namespace filrouge
