#include "engines/profile.h"

#include "engines/profile_warnings.h"

#include <chrono>
#include <cmath>

namespace filrouge {
namespace {

constexpr uint64_t kProbeRows = 100'000;    ///< first rows, by which a column of many values is recognised
constexpr uint64_t kSampleValues = 50'000;  ///< values grouped of such a column
constexpr const char* kCounts =
    "temp.main.profile_counts";  ///< (v, n, w): value, rows it stands for, values it stands for
constexpr const char* kHeavy = "temp.main.profile_heavy";
constexpr const char* kCopy = "temp.main.profile_copy";

enum class Kind { number, text, time, boolean, other };

Kind kind_of(const std::string& type) {
  if (type == "VARCHAR") return Kind::text;
  if (type == "BOOLEAN") return Kind::boolean;
  if (type.ends_with(']')) return Kind::other;
  if (type == "DATE" || type == "TIME" || type.starts_with("TIMESTAMP")) return Kind::time;
  if (type.ends_with("INT") || type == "INTEGER" || type == "UINTEGER" || type == "FLOAT" || type == "DOUBLE" ||
      type.starts_with("DECIMAL("))
    return Kind::number;
  return Kind::other;
}

const char* name_of(Kind kind) {
  constexpr const char* kNames[] = {"number", "text", "time", "boolean", "other"};
  return kNames[static_cast<int>(kind)];
}

/// Sums of doubles differ in their last digits with the order of adding.
Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::stod(fmt::format("{:.10g}", value));
}

class ColumnProfile {
 public:
  ColumnProfile(Engine& engine, const std::string& source, const Column& column, const ProfileOptions& options)
      : engine_(engine),
        source_(source),
        options_(options),
        type_(column.type),
        kind_(kind_of(column.type)),
        name_(kind_ == Kind::other ? fmt::format("CAST({} AS VARCHAR)", quote_name(column.name))
                                   : quote_name(column.name)) {
    out_ = {{"name", column.name}, {"type", column.type}, {"kind", name_of(kind_)}};
  }

  /// `sample`: 1 = group every value, else about every sample-th.
  Json make(uint64_t sample) {
    sampled_ = sample > 1;
    group(sample);
    totals();
    if (kind_ == Kind::number || kind_ == Kind::time) spread();
    if (kind_ == Kind::text) texts();
    top();
    out_["warnings"] = warnings_of(out_, suspicions_, rows_);
    return out_;
  }
  uint64_t rows() const { return rows_; }

 private:
  /// The first row of the answer as an object.
  Json ask(const std::string& sql) {
    Json answer = engine_.rows(sql, 1), object = Json::object();
    for (size_t i = 0; i < answer["columns"].size(); ++i)
      object[answer["columns"][i]["name"].get<std::string>()] = answer["rows"][0][i];
    return object;
  }

  void group(uint64_t sample);
  void totals();
  void spread();
  void histogram(const Json& ends);
  void sentinels();
  void moments();
  void texts();
  void top();

  /// The value as a DOUBLE: of a time its seconds.
  std::string as_double() const {
    if (kind_ == Kind::number) return "CAST(v AS DOUBLE)";
    return type_ == "TIME" ? "epoch(v)" : "epoch(CAST(v AS TIMESTAMP))";
  }

  Engine& engine_;
  const std::string& source_;
  const ProfileOptions& options_;
  std::string type_;
  Kind kind_;
  std::string name_;  ///< SQL of the column
  Json out_;
  Suspicions suspicions_;
  uint64_t rows_ = 0, filled_ = 0;
  bool sampled_ = false;
};

void ColumnProfile::group(uint64_t sample) {
  if (!sampled_)
    return engine_.execute(
        fmt::format("CREATE OR REPLACE TEMP TABLE profile_counts AS SELECT {} AS v, count(*) AS n, 1 AS w "
                    "FROM {} GROUP BY 1",
                    name_, source_));
  engine_.execute(
      fmt::format("CREATE OR REPLACE TEMP TABLE profile_heavy AS SELECT v FROM (SELECT {} AS v FROM {} LIMIT {}) "
                  "WHERE v IS NOT NULL GROUP BY 1 HAVING count(*) >= {}",
                  name_, source_, kProbeRows, kProbeRows / 500));
  engine_.execute(
      fmt::format("CREATE OR REPLACE TEMP TABLE profile_counts AS SELECT v, n * w AS n, w FROM (SELECT v, n, CASE WHEN "
                  "v IS NULL OR v IN "
                  "(FROM {}) THEN 1 ELSE {} END AS w FROM (SELECT {} AS v, count(*) AS n FROM {} WHERE hash({}) % {} = "
                  "0 OR {} IS NULL "
                  "OR {} IN (FROM {}) GROUP BY 1))",
                  kHeavy, sample, name_, source_, name_, sample, name_, name_, kHeavy));
}

void ColumnProfile::totals() {
  std::string sql =
      "SELECT coalesce(sum(n), 0)::BIGINT AS rows, coalesce(sum(n) FILTER (WHERE v IS NULL), 0)::BIGINT AS nulls, "
      "coalesce(sum(w) FILTER (WHERE v IS NOT NULL), 0)::BIGINT AS distinct, coalesce(max(n) FILTER (WHERE v IS NOT "
      "NULL AND n > w), 0) AS most FROM ";
  Json row = ask(sql + kCounts);
  bool doubles = row["most"].get<uint64_t>() > 0;
  if (sampled_)
    row.update(ask(fmt::format("SELECT count(*) AS rows, count(*) - count({}) AS nulls FROM {}", name_, source_)));
  rows_ = row["rows"].get<uint64_t>();
  filled_ = rows_ - row["nulls"].get<uint64_t>();
  out_["approximate"] = sampled_;
  out_["nulls"] = row["nulls"];
  // All occurrences of a sampled value are in the sample: where none has two, the column is as good as unique.
  out_["distinct"] = sampled_ && !doubles ? filled_ : std::min(filled_, row["distinct"].get<uint64_t>());
}

/// Minimum to maximum, quantiles, histogram; for numbers mean, deviation and counts of what is special.
void ColumnProfile::spread() {
  std::string sql = fmt::format("SELECT min(v) AS min, max(v) AS max FROM {}",
                                sampled_ ? fmt::format("(SELECT {} AS v FROM {})", name_, source_) : kCounts);
  if (kind_ == Kind::number) sql += fmt::format(" WHERE isfinite({})", as_double());
  out_.update(ask(sql));
  constexpr const char* kQuantiles[][2] = {{"1", "0.01"},  {"5", "0.05"},  {"25", "0.25"}, {"50", "0.5"},
                                           {"75", "0.75"}, {"95", "0.95"}, {"99", "0.99"}};
  std::string list;
  for (const auto& [name, q] : kQuantiles)
    list += fmt::format("min(v) FILTER (WHERE upto >= {} * total) AS \"{}\", ", q, name);
  Json row =
      ask(fmt::format("SELECT {0} min(d) FILTER (WHERE upto >= 0.01 * total) AS d1, min(d) FILTER (WHERE upto >= 0.99 "
                      "* total) AS d99, min(d) AS d0, "
                      "max(d) AS d100 FROM (SELECT v, d, sum(n) OVER (ORDER BY v) AS upto, sum(n) OVER () AS total "
                      "FROM (SELECT v, n, {1} AS d FROM {2} "
                      "WHERE v IS NOT NULL) WHERE isfinite(d))",
                      list, as_double(), kCounts));
  if (kind_ == Kind::number) moments();
  Json quantiles;
  for (const char* name : {"5", "25", "50", "75", "95"}) quantiles[name] = row[name];
  out_["quantiles"] = quantiles;
  if (row["d0"].is_number() && filled_ > 0) histogram(row);
  if (kind_ == Kind::number) sentinels();
  if (kind_ == Kind::time && type_ != "TIME") {
    auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    Json special =
        ask(fmt::format("SELECT coalesce(sum(n) FILTER (WHERE d > {}), 0)::BIGINT AS future, coalesce(sum(n) FILTER "
                        "(WHERE d IN (0, -2208988800)), "
                        "0)::BIGINT AS epochs FROM (SELECT n, {} AS d FROM {})",
                        now + 86400, as_double(), kCounts));
    suspicions_.future = special["future"].get<uint64_t>(), suspicions_.epochs = special["epochs"].get<uint64_t>();
  }
}

void ColumnProfile::moments() {
  std::string source = sampled_ ? fmt::format("(SELECT {} AS v, 1 AS n FROM {})", name_, source_) : kCounts;
  std::string order = sampled_ ? "" : " ORDER BY v";
  std::string finite = fmt::format("(SELECT v, n, {} AS d FROM {} WHERE v IS NOT NULL)", as_double(), source);
  Json row =
      ask(fmt::format("SELECT (sum(n) FILTER (WHERE isfinite(d)))::BIGINT AS count, sum(d * n{1}) FILTER (WHERE "
                      "isfinite(d)) AS total, coalesce(sum(n) FILTER (WHERE d = 0), 0)::BIGINT AS "
                      "zeros, coalesce(sum(n) FILTER (WHERE d < 0), 0)::BIGINT AS negatives, coalesce(sum(n) FILTER "
                      "(WHERE NOT isfinite(d)), 0)::BIGINT AS "
                      "infinite FROM {0}",
                      finite, order));
  out_["zeros"] = row["zeros"], out_["negatives"] = row["negatives"], out_["infinite"] = row["infinite"];
  out_["mean"] = nullptr, out_["std"] = nullptr;
  if (!row["total"].is_number() || !row["count"].is_number()) return;
  double count = row["count"].get<double>(), mean = row["total"].get<double>() / count;
  out_["mean"] = rounded(mean);
  if (count < 2) return;
  Json squares = ask(
      fmt::format("SELECT sum((d - {0:.17g}) * (d - {0:.17g}) * n{1}) FILTER (WHERE isfinite(d)) AS squares FROM {2}",
                  mean, order, finite));
  if (squares["squares"].is_number()) out_["std"] = rounded(std::sqrt(squares["squares"].get<double>() / (count - 1)));
}

/// Bins of equal width from minimum to maximum. Where a few values lie far outside, from the 1 % to the 99 % quantile,
/// and the outer bins hold what is beyond (`clipped`). Whole numbers get bins of whole width.
void ColumnProfile::histogram(const Json& ends) {
  double low = ends["d0"].get<double>(), high = ends["d100"].get<double>();
  double inner = ends["d99"].get<double>() - ends["d1"].get<double>();
  bool clipped = inner > 0 && high - low > 5 * inner;
  if (clipped) low = ends["d1"].get<double>(), high = ends["d99"].get<double>();
  bool whole = type_.ends_with("INT") || type_ == "INTEGER" || type_ == "DATE";
  double unit = type_ == "DATE" ? 86400 : 1, bins = static_cast<double>(options_.bins), width = (high - low) / bins;
  if (whole) {
    double values = (high - low) / unit + 1;
    width = values <= 20 ? unit : std::ceil(values / bins) * unit;
    bins = std::ceil(values * unit / width);
  }
  if (!(width > 0) || !std::isfinite(width)) width = 1, bins = 1;
  Json answer = engine_.rows(fmt::format("SELECT least({0}, greatest(0, floor((d - {1:.17g}) / {2:.17g})))::INTEGER AS "
                                         "bin, sum(n)::BIGINT FROM (SELECT n, {3} AS d FROM {4} "
                                         "WHERE v IS NOT NULL) WHERE isfinite(d) GROUP BY 1 ORDER BY 1",
                                         bins - 1, low, width, as_double(), kCounts),
                             1000);
  std::vector<uint64_t> counts(static_cast<size_t>(bins), 0);
  for (const Json& row : answer["rows"]) counts[row[0].get<size_t>()] = row[1].get<uint64_t>();
  out_["histogram"] = {{"from", clipped ? ends["1"] : out_["min"]},
                       {"to", clipped ? ends["99"] : out_["max"]},
                       {"clipped", clipped},
                       {"counts", counts}};
}

/// Numbers like 9999 that occur again and again, far outside of where the others are.
void ColumnProfile::sentinels() {
  std::string values =
      "-9, -99, -999, -9999, -99999, -999999, 99, 999, 9999, 99999, 999999, 9999999, -32768, 32767, 2147483647, "
      "-2147483648";
  Json answer = engine_.rows(fmt::format("WITH c AS (SELECT v, n, {0} AS d FROM {1} WHERE v IS NOT NULL AND "
                                         "isfinite({0})), o AS (SELECT d, sum(n) OVER (ORDER BY d) AS "
                                         "upto, sum(n) OVER () AS total FROM c WHERE d NOT IN ({2})), q AS (SELECT "
                                         "min(d) FILTER (WHERE upto >= 0.01 * total) AS low, min(d) FILTER (WHERE "
                                         "upto >= 0.99 * total) AS high FROM o) SELECT v, n::BIGINT FROM c, q WHERE d "
                                         "IN ({2}) AND n >= greatest(2, {3} * 0.0005) AND (d > high + greatest(high "
                                         "- low, 10) OR d < low - greatest(high - low, 10)) ORDER BY n DESC, v",
                                         as_double(), kCounts, values, filled_),
                             3);
  for (const Json& row : answer["rows"]) suspicions_.sentinels.push_back({{"value", row[0]}, {"count", row[1]}});
}

void ColumnProfile::texts() {
  const char* na =
      "lower(trim(v)) IN ('na', 'n/a', '#n/a', 'n.a.', 'null', 'none', 'nil', 'nan', 'missing', 'unknown', '-', '--', "
      "'?', '\\n')";
  Json row = ask(fmt::format(
      "SELECT min(length(v)) AS shortest, max(length(v)) AS longest, sum(length(v) * n)::DOUBLE / sum(n) AS mean, "
      "coalesce(sum(n) FILTER (WHERE trim(v) = ''), 0)::BIGINT AS empty, coalesce(sum(n) FILTER (WHERE {0}), "
      "0)::BIGINT AS na_words, "
      "arg_max(v, (n, v)) FILTER (WHERE {0}) AS na_word, "
      "coalesce(sum(n) FILTER (WHERE TRY_CAST(v AS DOUBLE) IS NOT NULL AND NOT {0}), 0)::BIGINT AS numbers, "
      "coalesce(sum(n) FILTER (WHERE length(v) >= 8 AND TRY_CAST(v AS TIMESTAMP) IS NOT NULL), 0)::BIGINT AS dates, "
      "coalesce(sum(n) FILTER (WHERE v ~ '0[0-9]+'), 0)::BIGINT AS leading_zeros, "
      "coalesce(sum(n) FILTER (WHERE v <> trim(v) AND trim(v) <> ''), 0)::BIGINT AS outer_blanks, "
      "(count(v) - count(DISTINCT lower(trim(v))))::BIGINT AS case_variants FROM {1} WHERE v IS NOT NULL",
      na, kCounts));
  out_["length"] = {{"min", row["shortest"]},
                    {"max", row["longest"]},
                    {"mean", row["mean"].is_number() ? rounded(row["mean"].get<double>()) : Json()}};
  out_["empty"] = row["empty"];
  suspicions_.na_words = row["na_words"].get<uint64_t>(), suspicions_.numbers = row["numbers"].get<uint64_t>();
  suspicions_.dates = row["dates"].get<uint64_t>(), suspicions_.leading_zeros = row["leading_zeros"].get<uint64_t>();
  suspicions_.outer_blanks = row["outer_blanks"].get<uint64_t>(),
  suspicions_.case_variants = row["case_variants"].get<uint64_t>();
  if (row["na_word"].is_string()) suspicions_.na_word = row["na_word"].get<std::string>();
}

void ColumnProfile::top() {
  Json answer = engine_.rows(
      fmt::format("SELECT v, n::BIGINT FROM {} WHERE v IS NOT NULL AND w = 1 AND n > 1 ORDER BY n DESC, v LIMIT {}",
                  kCounts, options_.top),
      options_.top);
  if (answer["rows"].empty()) return;
  out_["top"] = Json::array();
  for (const Json& row : answer["rows"]) out_["top"].push_back({{"value", row[0]}, {"count", row[1]}});
}

/// For each column 1, or one in how many values is enough.
std::vector<uint64_t> samples_for(Engine& engine, const std::string& source, const Schema& schema, uint64_t rows,
                                  const ProfileOptions& options) {
  std::vector<uint64_t> samples(schema.columns.size(), 1);
  if (rows <= options.exact_rows) return samples;
  std::string list;
  for (const Column& column : schema.columns) {
    std::string name = quote_name(column.name);
    list += fmt::format("{}count(DISTINCT {})", list.empty() ? "" : ", ",
                        kind_of(column.type) == Kind::other ? fmt::format("CAST({} AS VARCHAR)", name) : name);
  }
  uint64_t probe = std::min(rows, kProbeRows);
  const Json counts =
      engine.rows(fmt::format("SELECT {} FROM (SELECT * FROM {} LIMIT {})", list, source, probe), 1)["rows"][0];
  for (size_t i = 0; i < samples.size(); ++i) {
    uint64_t distinct = counts[i].get<uint64_t>();
    if (distinct * 5 > probe) samples[i] = std::max<uint64_t>(1, rows * distinct / probe / kSampleValues);
  }
  return samples;
}

}  // namespace

Json profile(Engine& engine, const std::string& table_sql, const ProfileOptions& options) {
  std::string source = fmt::format("({}\n)", table_sql);
  if (options.copy_first) {
    engine.execute(fmt::format("CREATE OR REPLACE TEMP TABLE profile_copy AS {}", table_sql));
    source = kCopy;
  }
  Schema schema = schema_from_json(engine.rows(fmt::format("SELECT * FROM {}", source), 0)["columns"]);
  uint64_t rows = engine.rows(fmt::format("SELECT count(*) FROM {}", source), 1)["rows"][0][0].get<uint64_t>();
  std::vector<uint64_t> samples = samples_for(engine, source, schema, rows, options);
  Json columns = Json::array();
  for (size_t i = 0; i < schema.columns.size(); ++i)
    columns.push_back(ColumnProfile(engine, source, schema.columns[i], options).make(samples[i]));
  for (const char* table : {kCounts, kHeavy, kCopy}) engine.execute(fmt::format("DROP TABLE IF EXISTS {}", table));
  return {{"rows", rows}, {"columns", std::move(columns)}};
}

}  // namespace filrouge
