#include "engines/profile.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "base/files.h"
#include "base/text.h"

namespace filrouge {
namespace {

std::unique_ptr<Engine> engine_with(int threads) {
  auto engine = make_duckdb_engine(fs::temp_directory_path());
  engine->set_limits({0, threads, 0});
  return engine;
}

Json profile_of(const std::string& sql, const ProfileOptions& options = {}, int threads = 2) {
  return profile(*engine_with(threads), sql, options);
}

std::string codes(const Json& column) {
  std::vector<std::string> codes;
  for (const Json& warning : column["warnings"]) codes.push_back(warning["code"]);
  return join(codes, " ");
}

TEST(Profile, Numbers) {
  Json p = profile_of("SELECT CASE WHEN i < 90 THEN i - 10 END AS x FROM range(100) AS t(i)");
  EXPECT_EQ(p["rows"], 100);
  const Json& x = p["columns"][0];
  EXPECT_EQ(x["kind"], "number");
  EXPECT_EQ(x["approximate"], false);
  EXPECT_EQ(x["nulls"], 10);
  EXPECT_EQ(x["distinct"], 90);
  EXPECT_EQ(x["min"], -10);
  EXPECT_EQ(x["max"], 79);
  EXPECT_DOUBLE_EQ(x["mean"].get<double>(), 34.5);
  EXPECT_NEAR(x["std"].get<double>(), 26.12470, 1e-5);  // sqrt((90^2 - 1) / 12 * 90 / 89)
  EXPECT_EQ(dump(x["quantiles"]), R"({"5":-6,"25":12,"50":34,"75":57,"95":75})");
  EXPECT_EQ(x["zeros"], 1);
  EXPECT_EQ(x["negatives"], 10);
  EXPECT_EQ(dump(x["histogram"]["counts"]), "[6,6,6,6,6,6,6,6,6,6,6,6,6,6,6]");
  EXPECT_FALSE(x.contains("top"));
}

TEST(Profile, SmallWholeNumbersHaveOneBinEach) {
  Json p = profile_of("SELECT i % 5 AS x FROM range(103) AS t(i)");
  EXPECT_EQ(dump(p["columns"][0]["histogram"]), R"({"from":0,"to":4,"clipped":false,"counts":[21,21,21,20,20]})");
  EXPECT_EQ(dump(p["columns"][0]["top"][0]), R"({"value":0,"count":21})");
}

TEST(Profile, OutliersDoNotFlattenTheHistogram) {
  Json p = profile_of("SELECT CASE WHEN i = 0 THEN 1e9 ELSE i % 100 END::DOUBLE AS x FROM range(1000) AS t(i)");
  const Json& histogram = p["columns"][0]["histogram"];
  EXPECT_EQ(histogram["clipped"], true);
  EXPECT_LT(histogram["counts"][0].get<int>(), 100);
  EXPECT_EQ(p["columns"][0]["max"], 1e9);
}

TEST(Profile, TextsBooleansTimesAndNestedColumns) {
  Json p = profile_of(
      "SELECT * FROM (VALUES ('a', true, DATE '2013-01-01', [1, 2], 1.50), ('bb', true, DATE '2013-01-03', [1, 2], "
      "2.5), "
      "('a', false, NULL, NULL, NULL), ('', NULL, DATE '2013-01-01', [3], -1)) AS t(s, b, d, l, m)");
  const Json& c = p["columns"];
  EXPECT_EQ(dump(c[0]["length"]), R"({"min":0,"max":2,"mean":1.0})");
  EXPECT_EQ(c[0]["empty"], 1);
  EXPECT_EQ(dump(c[0]["top"]), R"([{"value":"a","count":2}])");
  EXPECT_EQ(c[1]["kind"], "boolean");
  EXPECT_EQ(dump(c[1]["top"]), R"([{"value":true,"count":2}])");
  EXPECT_EQ(c[2]["min"], "2013-01-01");
  EXPECT_EQ(c[2]["max"], "2013-01-03");
  EXPECT_EQ(dump(c[2]["histogram"]["counts"]), "[2,0,1]");
  EXPECT_EQ(c[3]["kind"], "other");
  EXPECT_EQ(dump(c[3]["top"]), R"([{"value":"[1, 2]","count":2}])");
  EXPECT_EQ(c[4]["kind"], "number");
  EXPECT_EQ(c[4]["max"], 2.5);
}

struct WarningCase {
  const char* column;  ///< an expression over i = 0 .. 999
  const char* codes;
};

TEST(Profile, Warnings) {
  const WarningCase cases[] = {
      {"i", "unique"},
      {"'k' || i", "unique"},
      {"i::DOUBLE / 7", ""},
      {"greatest(i, 3)", "nearly_unique"},
      {"7", "constant"},
      {"CASE WHEN i < 9 THEN 7 END", "mostly_null constant"},
      {"NULL::INTEGER", "all_null"},
      {"CASE WHEN i % 3 = 0 THEN i % 10 END", "mostly_null"},
      {"CASE WHEN i % 9 = 0 THEN 'NA' ELSE 'x' || i % 5 END", "na_text"},
      {"CASE WHEN i % 9 = 0 THEN 'NA' ELSE (i % 50)::VARCHAR END", "na_text numbers_as_text"},
      {"(i % 50)::VARCHAR", "numbers_as_text"},
      {"lpad((i % 50)::VARCHAR, 5, '0')", ""},
      {"(DATE '2013-01-01' + (i % 50)::INTEGER)::VARCHAR", "dates_as_text"},
      {"CASE WHEN i % 2 = 0 THEN 'x' ELSE (i % 50)::VARCHAR END", "mixed_types"},
      {"CASE WHEN i % 2 = 0 THEN 'x' ELSE '' END", "empty_text"},
      {"['Paris', 'paris', 'Rome'][i % 3 + 1]", "case_variants"},
      {"['Paris', 'Paris ', 'Rome'][i % 3 + 1]", "outer_blanks case_variants"},
      {"CASE WHEN i % 9 = 0 THEN 'inf' ELSE '1' END::DOUBLE", "infinite"},
      {"CASE WHEN i % 9 = 0 THEN -9999 ELSE i % 50 END", "sentinel"},
      {"CASE WHEN i = 0 THEN 999 ELSE i % 50 END", ""},
      {"i % 500 * 2", ""},
      {"CASE WHEN i % 9 = 0 THEN DATE '1970-01-01' ELSE DATE '2013-01-01' + (i % 50)::INTEGER END", "epoch"},
      {"CASE WHEN i % 9 = 0 THEN DATE '2999-01-01' ELSE DATE '2013-01-01' + (i % 50)::INTEGER END", "future"},
  };
  auto engine = engine_with(2);
  for (const WarningCase& c : cases) {
    Json p = profile(*engine, fmt::format("SELECT {} AS x FROM range(1000) AS t(i)", c.column));
    // 'inf' and '1' make a column of one finite value.
    EXPECT_EQ(codes(p["columns"][0]), c.codes) << c.column << dump(p);
  }
}

TEST(Profile, AnEmptyTableAndOneOfNullsHaveProfiles) {
  Json p = profile_of("SELECT 1 AS a, 'x' AS b, DATE '2013-01-01' AS c WHERE false");
  EXPECT_EQ(p["rows"], 0);
  EXPECT_EQ(p["columns"][0]["min"], nullptr);
  EXPECT_EQ(p["columns"][0]["warnings"].size(), 0u);
  p = profile_of("SELECT NULL::DOUBLE AS a, NULL::VARCHAR AS b, NULL::TIMESTAMP AS c");
  EXPECT_EQ(codes(p["columns"][2]), "all_null");
}

TEST(Profile, ColumnsOfManyValuesAreSampledAlikeOnAnyNumberOfThreads) {
  const char* sql =
      "SELECT i AS id, CASE WHEN i % 2 = 0 THEN 0 ELSE (i * 7919) % 1000003 / 1000 END::DOUBLE AS d, i % 10 AS k FROM "
      "range(300000) AS t(i)";
  Json one = profile_of(sql, {.exact_rows = 10000}, 1),
       two = profile_of(sql, {.copy_first = true, .exact_rows = 10000}, 2);
  EXPECT_EQ(dump(one), dump(two));
  const Json& c = one["columns"];
  EXPECT_EQ(c[0]["approximate"], true);
  EXPECT_EQ(c[0]["distinct"], 300000);
  EXPECT_EQ(c[0]["max"], 299999);
  EXPECT_NEAR(c[0]["quantiles"]["25"].get<double>(), 75000, 1500);
  EXPECT_EQ(codes(c[0]), "unique");
  EXPECT_EQ(c[1]["approximate"], true);
  EXPECT_EQ(c[1]["quantiles"]["25"], 0.0);  // half of the rows: grouped in any case
  EXPECT_NEAR(c[1]["quantiles"]["75"].get<double>(), 500, 15);
  EXPECT_NEAR(c[1]["distinct"].get<double>(), 150000, 3000);
  EXPECT_EQ(dump(c[1]["top"]), R"([{"value":0.0,"count":150000}])");
  EXPECT_EQ(c[2]["approximate"], false);
  EXPECT_EQ(c[2]["distinct"], 10);
}

/// For the ratio to DuckDB's SUMMARIZE, in one run on the same machine:
///   PROFILE_FILE=flights_5m.parquet unit_tests --gtest_also_run_disabled_tests --gtest_filter='*BesideSummarize'
TEST(Profile, DISABLED_BesideSummarize) {
  const char* file = std::getenv("PROFILE_FILE");
  if (!file) GTEST_SKIP() << "PROFILE_FILE names no Parquet file";
  auto engine = engine_with(2);
  std::string from = fmt::format("FROM read_parquet({})", quote_text(file));
  auto seconds = [](auto act) {
    auto start = std::chrono::steady_clock::now();
    act();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  for (int round = 0; round < 2; ++round) {
    double summarize = seconds([&] { engine->rows("SELECT * FROM (SUMMARIZE " + from + ")", 1000); });
    double ours = seconds([&] { profile(*engine, from); });
    fmt::print("SUMMARIZE {:.2f} s   profile {:.2f} s   ratio {:.2f}\n", summarize, ours, ours / summarize);
  }
}

}  // namespace
}  // namespace filrouge
