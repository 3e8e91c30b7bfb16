#include "models/features.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr size_t kMostCategories = 254;  // LightGBM's bins hold that many, and a reader's eye no more
constexpr uint64_t kFolds = 5;
constexpr double kPriorRows = 20;  // a value seen in 20 rows counts as much as the overall mean
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

struct PartRow {
  Feature::Part part;
  const char* name;
};
constexpr PartRow kParts[] = {{Feature::Part::value, "value"},      {Feature::Part::category, "category"},
                              {Feature::Part::target_mean, "mean"}, {Feature::Part::frequency, "frequency"},
                              {Feature::Part::year, "year"},        {Feature::Part::month, "month"},
                              {Feature::Part::day, "day"},          {Feature::Part::weekday, "weekday"},
                              {Feature::Part::hour, "hour"},        {Feature::Part::minute, "minute"}};

const char* name_of(Feature::Part part) {
  return kParts[static_cast<size_t>(part)].name;
}

Feature::Part part_named(const std::string& name) {
  for (const PartRow& row : kParts)
    if (name == row.name) return row.part;
  throw Error(ErrorKind::data, "FR0810", fmt::format("the model knows no part of a column called {}", name));
}

/// Year, month (1-12), day, weekday (1 = Monday), hour, minute of seconds since 1970, UTC.
double time_part(Feature::Part part, double seconds) {
  if (std::isnan(seconds) || std::abs(seconds) > 1e14) return kMissing;
  auto total = static_cast<int64_t>(std::floor(seconds));
  int64_t second = ((total % 86'400) + 86'400) % 86'400;
  const int64_t minute = second / 60;
  if (part == Feature::Part::hour) return std::floor(static_cast<double>(minute) / 60);
  if (part == Feature::Part::minute) return static_cast<double>(minute % 60);
  std::chrono::sys_days day{std::chrono::days{(total - second) / 86'400}};
  if (part == Feature::Part::weekday) return std::chrono::weekday{day}.iso_encoding();
  std::chrono::year_month_day date{day};
  if (part == Feature::Part::year) return static_cast<int>(date.year());
  return part == Feature::Part::month ? static_cast<unsigned>(date.month()) : static_cast<unsigned>(date.day());
}

std::vector<Feature::Part> parts_of(SourceKind kind) {
  using enum Feature::Part;
  if (kind == SourceKind::time) return {hour, minute};
  if (kind == SourceKind::date) return {year, month, day, weekday};
  return {year, month, day, weekday, hour, minute};
}

bool looks_like_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return end != text.c_str() && *end == 0;
}

uint64_t fold_of(uint32_t row, uint64_t seed) {
  return mix(row, seed) % kFolds;
}

[[noreturn]] void refuse_nothing_left(const std::vector<ColumnUse>& uses) {
  constexpr size_t kShown = 5;
  std::vector<std::string> reasons;
  for (size_t i = 0; i < std::min(uses.size(), kShown); ++i)
    reasons.push_back(fmt::format("`{}` ({})", uses[i].column, uses[i].reason));
  if (uses.size() > kShown) reasons.push_back(fmt::format("and {} more", uses.size() - kShown));
  throw Error(ErrorKind::data, "FR0804", "nothing is left to learn from: " + join(reasons, ", "),
              "`filrouge look TABLE` shows the columns");
}

}  // namespace

Features Features::fit(const Frame& frame, const Rows& rows, const std::vector<double>& y, int classes,
                       const std::map<std::string, int>& monotone, uint64_t seed, const FrameColumn* time) {
  Features features;
  features.monotone_ = monotone;
  features.y_ = &y;
  features.seed_ = seed;
  features.outputs_ = classes > 2 ? classes : std::min(classes, 1);
  if (time) {
    features.by_time_ = rows;
    std::stable_sort(features.by_time_.begin(), features.by_time_.end(),
                     [&](uint32_t a, uint32_t b) { return time->numbers[a] < time->numbers[b]; });
  }
  for (const FrameColumn& column : frame.columns) {
    ColumnUse use{column.source.name, to_string(column.source.kind), "", "", 0, 0};
    for (uint32_t row : rows) use.missing += column.is_null(row);
    if (use.missing == rows.size())
      use.reason = "it has no value in the rows to learn from";
    else
      features.add_column(column, rows, use);
    features.uses_.push_back(std::move(use));
  }
  if (features.features_.empty()) refuse_nothing_left(features.uses_);
  features.y_ = nullptr;
  features.by_time_.clear();
  return features;
}

void Features::add_column(const FrameColumn& column, const Rows& rows, ColumnUse& use) {
  if (column.is_text()) return add_text(column, rows, use);
  bool is_time = column.source.kind != SourceKind::number && column.source.kind != SourceKind::boolean;
  return is_time ? add_time(column, rows, use) : add_number(column, rows, use);
}

void Features::add_feature(const FrameColumn& column, Feature::Part part, int output) {
  if (sources_.empty() || sources_.back().name != column.source.name) {
    sources_.push_back(column.source);
    categories_.emplace_back();
  }
  std::string name = column.source.name;
  if (part != Feature::Part::value && part != Feature::Part::category) name += std::string(": ") + name_of(part);
  if (part == Feature::Part::target_mean && outputs_ > 1) name += fmt::format(" {}", output);
  features_.push_back({name, sources_.size() - 1, part, output});
}

/// Along the split's time, does it (nearly) never turn back?
bool Features::only_tells_time(const std::function<double(uint32_t row)>& value) const {
  size_t up = 0, down = 0;
  double last = kMissing;
  for (uint32_t row : by_time_) {
    double now = value(row);
    if (std::isnan(now)) continue;
    up += now > last, down += now < last;
    last = now;
  }
  return up + down > 0 && std::min(up, down) * 100 <= std::max(up, down);
}

void Features::add_number(const FrameColumn& column, const Rows& rows, ColumnUse& use) {
  double first = kMissing;
  bool varies = false;
  uint64_t infinite = 0;
  for (uint32_t row : rows) {
    double value = column.numbers[row];
    if (std::isinf(value)) ++infinite;
    if (!std::isfinite(value)) continue;
    if (std::isnan(first)) first = value;
    varies = varies || value != first;
  }
  if (infinite) use.reason = fmt::format("{} infinite values count as missing", infinite);
  if (!varies && (std::isnan(first) || use.missing + infinite == 0)) {
    use.reason = std::isnan(first) ? "it has no finite value" : fmt::format("it is always {}", first);
    return;
  }
  if (only_tells_time([&](uint32_t row) { return column.numbers[row]; })) {
    use.reason = "it only moves on with the time that the rows are split by: later rows have values never seen";
    return;
  }
  use.used_as = "number";
  add_feature(column, Feature::Part::value);
}

void Features::add_time(const FrameColumn& column, const Rows& rows, ColumnUse& use) {
  std::vector<std::string> names;
  for (Feature::Part part : parts_of(column.source.kind)) {
    double first = kMissing;
    bool varies = false;
    for (uint32_t row : rows) {
      double value = time_part(part, column.numbers[row]);
      if (std::isnan(value)) continue;
      if (std::isnan(first)) first = value;
      varies = varies || value != first;
    }
    if (!varies || only_tells_time([&](uint32_t row) { return time_part(part, column.numbers[row]); })) continue;
    names.push_back(name_of(part));
    add_feature(column, part);
  }
  use.used_as = join(names, ", ");
  if (names.empty()) use.reason = "it is always the same, or only moves on with the time that the rows are split by";
}

void Features::add_text(const FrameColumn& column, const Rows& rows, ColumnUse& use) {
  std::vector<uint64_t> counts(column.dictionary.size());
  for (uint32_t row : rows)
    if (!column.is_null(row)) ++counts[column.codes[row]];
  std::vector<uint32_t> order;
  uint64_t numeric = 0;
  for (uint32_t code = 0; code < counts.size(); ++code)
    if (counts[code]) order.push_back(code), numeric += looks_like_number(column.dictionary[code]);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : column.dictionary[a] < column.dictionary[b];
  });
  use.values = order.size();
  uint64_t present = rows.size() - use.missing;
  if (order.size() == 1 && use.missing == 0) {
    use.reason = fmt::format("it is always `{}`", column.dictionary[order[0]]);
    return;
  }
  if (present >= 50 && order.size() * 10 > present * 9) {
    use.reason = fmt::format("it names the row: {} different values in {} rows", order.size(), present);
    return;
  }
  if (numeric * 20 >= order.size() * 19 && order.size() > 20)
    use.reason = "nearly all its texts are numbers: cast it in SQL to have it used as one";
  bool is_category = order.size() <= kMostCategories;
  Feature::Part many = outputs_ > 0 ? Feature::Part::target_mean : Feature::Part::frequency;
  add_feature(column, is_category ? Feature::Part::category : many);
  Category& category = categories_.back();
  for (uint32_t code : order) {
    category.codes[column.dictionary[code]] = static_cast<uint32_t>(category.values.size());
    category.values.push_back(column.dictionary[code]);
    category.frequency.push_back(static_cast<double>(counts[code]) / static_cast<double>(rows.size()));
  }
  if (is_category) {
    use.used_as = fmt::format("category of {} values", order.size());
    return;
  }
  if (outputs_ == 0) {
    use.used_as = fmt::format("frequency of its {} values", order.size());
    return;
  }
  use.used_as = fmt::format("mean of the target by its {} values, and their frequency", order.size());
  for (int output = 1; output < outputs_; ++output) add_feature(column, Feature::Part::target_mean, output);
  add_feature(column, Feature::Part::frequency);
  learn_means(column, rows, category);
}

void Features::learn_means(const FrameColumn& column, const Rows& rows, Category& category) const {
  const size_t values = category.values.size(), outputs = static_cast<size_t>(outputs_);
  std::vector<uint32_t> codes = codes_in(column, category);
  // Sums and counts by fold; the last "fold" is everything.
  std::vector<std::vector<double>> sums(kFolds + 1, std::vector<double>(outputs * values));
  std::vector<std::vector<double>> counts(kFolds + 1, std::vector<double>(values));
  std::vector<double> total(outputs);
  for (uint32_t row : rows) {
    for (size_t output = 0; output < outputs; ++output) {
      double y = outputs > 1 ? (*y_)[row] == static_cast<double>(output) : (*y_)[row];
      total[output] += y;
      if (codes[row] == FrameColumn::kNull) continue;
      sums[fold_of(row, seed_)][output * values + codes[row]] += y;
      sums[kFolds][output * values + codes[row]] += y;
    }
    if (codes[row] == FrameColumn::kNull) continue;
    ++counts[fold_of(row, seed_)][codes[row]];
    ++counts[kFolds][codes[row]];
  }
  for (double& sum : total) category.overall.push_back(sum / static_cast<double>(rows.size()));
  auto shrunk = [&](double sum, double count, size_t output) {
    return (sum + kPriorRows * category.overall[output]) / (count + kPriorRows);
  };
  category.means.assign(outputs, std::vector<double>(values));
  category.fold_means.assign(kFolds, std::vector<double>(outputs * values));
  for (size_t output = 0; output < outputs; ++output)
    for (size_t value = 0; value < values; ++value) {
      size_t at = output * values + value;
      category.means[output][value] = shrunk(sums[kFolds][at], counts[kFolds][value], output);
      for (size_t fold = 0; fold < kFolds; ++fold)
        category.fold_means[fold][at] =
            shrunk(sums[kFolds][at] - sums[fold][at], counts[kFolds][value] - counts[fold][value], output);
    }
}

std::vector<FeatureSpec> Features::specs() const {
  std::vector<FeatureSpec> specs;
  for (const Feature& feature : features_) {
    FeatureSpec spec{feature.name, 0, 0};
    const Category& category = categories_[feature.source];
    if (feature.part == Feature::Part::category) spec.categories = static_cast<uint32_t>(category.values.size());
    if (auto found = monotone_.find(sources_[feature.source].name); found != monotone_.end())
      spec.monotone = feature.part == Feature::Part::value ? found->second : 0;
    specs.push_back(std::move(spec));
  }
  return specs;
}

const std::string& Features::category_value(size_t feature, size_t code) const {
  return categories_[features_[feature].source].values.at(code);
}

std::vector<uint32_t> Features::codes_in(const FrameColumn& column, const Category& category) {
  std::vector<uint32_t> known(column.dictionary.size(), FrameColumn::kNull);
  for (size_t code = 0; code < known.size(); ++code)
    if (auto found = category.codes.find(column.dictionary[code]); found != category.codes.end())
      known[code] = found->second;
  std::vector<uint32_t> codes(column.codes.size(), FrameColumn::kNull);
  for (size_t row = 0; row < codes.size(); ++row)
    if (column.codes[row] != FrameColumn::kNull) codes[row] = known[column.codes[row]];
  return codes;
}

void Features::fill_text(const FrameColumn& column, const Category& category, size_t f, const Rows* training,
                         Matrix& x) const {
  const Feature& feature = features_[f];
  const auto output = static_cast<size_t>(feature.output);
  std::vector<uint32_t> codes = codes_in(column, category);
  for (size_t i = 0; i < x.rows; ++i) {
    uint32_t row = training ? (*training)[i] : static_cast<uint32_t>(i);
    uint32_t code = codes[row];
    if (code == FrameColumn::kNull)
      x.at(i, f) = feature.part == Feature::Part::target_mean ? category.overall[output] : kMissing;
    else if (feature.part == Feature::Part::category)
      x.at(i, f) = code;
    else if (feature.part == Feature::Part::frequency)
      x.at(i, f) = category.frequency[code];
    else if (training)
      x.at(i, f) = category.fold_means[fold_of(row, seed_)][output * category.values.size() + code];
    else
      x.at(i, f) = category.means[output][code];
  }
}

Matrix Features::encode_rows(const Frame& frame, const Rows* training) const {
  Matrix x(training ? training->size() : frame.rows, features_.size());
  for (size_t f = 0; f < features_.size(); ++f) {
    const Feature& feature = features_[f];
    const FrameColumn* column = frame.find(sources_[feature.source].name);
    FR_CHECK(column != nullptr);
    if (column->is_text()) {
      fill_text(*column, categories_[feature.source], f, training, x);
      continue;
    }
    for (size_t i = 0; i < x.rows; ++i) {
      double value = column->numbers[training ? (*training)[i] : i];
      if (feature.part != Feature::Part::value) value = time_part(feature.part, value);
      x.at(i, f) = std::isfinite(value) ? value : kMissing;
    }
  }
  return x;
}

Matrix Features::encode(const Frame& frame) const {
  return encode_rows(frame, nullptr);
}

Matrix Features::encode_training(const Frame& frame, const Rows& rows) const {
  return encode_rows(frame, &rows);
}

std::vector<std::vector<uint16_t>> Features::unseen(const Frame& frame) const {
  std::vector<std::vector<uint16_t>> unseen(frame.rows);
  for (size_t source = 0; source < sources_.size(); ++source) {
    const FrameColumn* column = frame.find(sources_[source].name);
    if (!column->is_text()) continue;
    std::vector<uint32_t> codes = codes_in(*column, categories_[source]);
    for (size_t row = 0; row < frame.rows; ++row)
      if (codes[row] == FrameColumn::kNull && !column->is_null(row))
        unseen[row].push_back(static_cast<uint16_t>(source));
  }
  return unseen;
}

Json Features::to_json() const {
  Json sources = Json::array(), features = Json::array();
  for (size_t i = 0; i < sources_.size(); ++i) {
    const Category& category = categories_[i];
    Json source = {{"name", sources_[i].name}, {"kind", to_string(sources_[i].kind)}};
    if (!category.values.empty()) source["values"] = category.values, source["frequency"] = category.frequency;
    if (!category.means.empty()) source["means"] = category.means, source["overall"] = category.overall;
    sources.push_back(std::move(source));
  }
  for (const Feature& feature : features_)
    features.push_back({{"name", feature.name},
                        {"source", feature.source},
                        {"part", name_of(feature.part)},
                        {"output", feature.output}});
  return {{"sources", std::move(sources)}, {"features", std::move(features)}, {"outputs", outputs_}};
}

namespace {

SourceKind kind_named(const std::string& name) {
  for (SourceKind kind : {SourceKind::number, SourceKind::boolean, SourceKind::text, SourceKind::date,
                          SourceKind::timestamp, SourceKind::time})
    if (name == to_string(kind)) return kind;
  throw Error(ErrorKind::data, "FR0810", fmt::format("the model knows no kind of column called {}", name));
}

}  // namespace

Features Features::from_json(const Json& json) {
  Features features;
  features.outputs_ = json.at("outputs");
  auto refuse_if = [](bool wrong) {
    if (wrong) throw Error(ErrorKind::data, "FR0810", "the model's features do not fit together");
  };
  for (const Json& source : json.at("sources")) {
    features.sources_.push_back({source.at("name"), kind_named(source.at("kind"))});
    Category category;
    category.values = source.value("values", std::vector<std::string>{});
    category.frequency = source.value("frequency", std::vector<double>{});
    category.means = source.value("means", std::vector<std::vector<double>>{});
    category.overall = source.value("overall", std::vector<double>{});
    for (size_t i = 0; i < category.values.size(); ++i) category.codes[category.values[i]] = static_cast<uint32_t>(i);
    refuse_if(category.frequency.size() != category.values.size() || category.overall.size() != category.means.size());
    for (const auto& means : category.means) refuse_if(means.size() != category.values.size());
    features.categories_.push_back(std::move(category));
  }
  for (const Json& entry : json.at("features")) {
    Feature feature{entry.at("name"), entry.at("source"), part_named(entry.at("part")), entry.at("output")};
    refuse_if(feature.source >= features.sources_.size() || feature.output < 0);
    bool needs_mean = feature.part == Feature::Part::target_mean;
    refuse_if(needs_mean && static_cast<size_t>(feature.output) >= features.categories_[feature.source].means.size());
    features.features_.push_back(std::move(feature));
  }
  return features;
}

}  // namespace filrouge
