// No column of a result changes with a source column that its lineage does not name: on the 22 queries of TPC-H, the 99
// of TPC-DS and queries for every construct of the language. By default a fixed sample of columns is perturbed in each
// query of the benchmarks; FILROUGE_PERTURB=12 takes so many, FILROUGE_PERTURB=all takes all of them in all ways (an
// hour and more).
#include "soundness.h"

#include <gtest/gtest.h>

#include "engines/duckdb_plan.h"

namespace filrouge {
namespace {

/// Loads DuckDB's extension that brings a benchmark's data and queries; false where tools/fetch.sh has not fetched it.
bool load_benchmark(DuckSession& data, const std::string& name) {
  std::string file = fmt::format("{}/.deps/extensions/{}.duckdb_extension", FILROUGE_SOURCE_DIR, name);
  if (!std::filesystem::exists(file)) return false;
  data.execute("LOAD '" + file + "'");
  return true;
}

size_t columns_per_query(size_t sample) {
  const char* wanted = std::getenv("FILROUGE_PERTURB");
  if (!wanted) return sample;
  return std::string(wanted) == "all" ? 0 : std::stoul(wanted);
}

/// Checks all queries; fails with every violation.
void expect_sound(Soundness& soundness, const std::vector<std::pair<std::string, std::string>>& queries,
                  size_t sample) {
  size_t runs = 0, claimed = 0, shown = 0;
  for (const auto& [name, sql] : queries) {
    try {
      Soundness::Outcome outcome = soundness.check(name, sql, columns_per_query(sample));
      EXPECT_TRUE(soundness.binder().describe(sql).not_understood.empty()) << name;
      for (const std::string& violation : outcome.violations) ADD_FAILURE() << violation;
      runs += static_cast<size_t>(outcome.runs), claimed += outcome.claimed.size(), shown += outcome.shown.size();
    } catch (const Error& error) {
      ADD_FAILURE() << name << ": " << error.message;
    }
  }
  EXPECT_GT(runs, queries.size());
  std::cout << fmt::format("{} queries, {} perturbed runs; {} of {} value links seen at work\n", queries.size(), runs,
                           shown, claimed);
}

std::vector<std::pair<std::string, std::string>> benchmark_queries(DuckSession& data, const std::string& benchmark) {
  std::vector<std::pair<std::string, std::string>> queries;
  for (auto& row : data.texts(fmt::format("SELECT query_nr, query FROM {}_queries() ORDER BY 1", benchmark)))
    queries.emplace_back(benchmark + " " + *row[0], row[1]->substr(0, row[1]->find_last_not_of("; \n") + 1));
  return queries;
}

TEST(LineageSoundness, TpcH) {
  DuckSession data(1);
  if (!load_benchmark(data, "tpch")) GTEST_SKIP() << "no tpch extension: run tools/fetch.sh";
  data.execute(std::getenv("FILROUGE_PERTURB") ? "CALL dbgen(sf = 0.01)" : "CALL dbgen(sf = 0.002)");
  Soundness soundness(data);
  auto queries = benchmark_queries(data, "tpch");
  ASSERT_EQ(queries.size(), 22u);
  expect_sound(soundness, queries, 10);
}

TEST(LineageSoundness, TpcDs) {
  DuckSession data(1);
  if (!load_benchmark(data, "tpcds")) GTEST_SKIP() << "no tpcds extension: run tools/fetch.sh";
  data.execute("CALL dsdgen(sf = 0.01)");
  data.execute(
      "DELETE FROM customer_demographics WHERE cd_demo_sk NOT IN (SELECT c_current_cdemo_sk FROM customer WHERE "
      "c_current_cdemo_sk IS NOT NULL) AND cd_demo_sk % 100 <> 0; DELETE FROM time_dim WHERE t_time_sk % 10 <> 0; "
      "DELETE FROM date_dim WHERE d_year NOT BETWEEN 1998 AND 2003");
  Soundness soundness(data);
  auto queries = benchmark_queries(data, "tpcds");
  ASSERT_EQ(queries.size(), 99u);
  expect_sound(soundness, queries, 3);
}

const char* const kConstructs[] = {
    "SELECT f.*, 2013 - p.year AS age FROM flights f LEFT JOIN planes p USING (tailnum) WHERE arr_delay IS NOT NULL",
    "SELECT tailnum, year, carrier FROM flights RIGHT JOIN planes USING (tailnum)",
    "SELECT tailnum, year, carrier, hour FROM flights FULL JOIN planes USING (tailnum)",
    "SELECT * FROM flights NATURAL JOIN planes",
    "SELECT carrier, hour FROM flights SEMI JOIN planes USING (tailnum)",
    "SELECT carrier, hour FROM flights ANTI JOIN planes USING (tailnum)",
    "SELECT f.carrier, p.model FROM flights f JOIN planes p ON f.hour < p.seats AND f.tailnum = p.tailnum",
    "SELECT f.carrier, p.model FROM flights f LEFT JOIN planes p ON f.hour = p.seats OR p.year = f.dep_delay",
    "SELECT carrier, (SELECT max(seats) FROM planes p WHERE p.tailnum = f.tailnum) AS m FROM flights f",
    "SELECT carrier, (SELECT max(seats) FROM planes) AS m, (SELECT count(*) FROM planes WHERE year > 5) AS n FROM "
    "flights",
    "SELECT carrier, (SELECT model FROM planes p WHERE p.tailnum = f.tailnum ORDER BY year, model LIMIT 1) AS m FROM "
    "flights f",
    "SELECT carrier, (SELECT sum(seats) FROM planes p WHERE p.year > (SELECT min(hour) FROM flights g WHERE g.carrier "
    "= f.carrier "
    "AND g.tailnum = p.tailnum)) AS m FROM flights f",
    "SELECT carrier, tailnum IN (SELECT tailnum FROM planes WHERE year > 3) AS known FROM flights",
    "SELECT carrier FROM flights f WHERE EXISTS (SELECT 1 FROM planes p WHERE p.tailnum = f.tailnum AND p.year > 3)",
    "SELECT carrier FROM flights f WHERE hour NOT IN (SELECT seats FROM planes p WHERE p.tailnum = f.tailnum)",
    "SELECT carrier, hour > ANY (SELECT seats FROM planes) AS b FROM flights",
    "SELECT carrier, hour > ALL (SELECT seats FROM planes p WHERE p.tailnum = f.tailnum) AS b FROM flights f",
    "SELECT p.model, x.n, x.s FROM planes p, LATERAL (SELECT count(*) AS n, sum(hour) AS s FROM flights f WHERE "
    "f.tailnum = p.tailnum) x",
    "SELECT carrier, sum(hour) AS s, count(*) AS n FROM flights GROUP BY carrier",
    "SELECT sum(hour) AS s, carrier, avg(arr_delay) AS a FROM flights GROUP BY carrier",
    "SELECT sum(hour) AS s, min(dep_delay) AS d FROM flights GROUP BY carrier",
    "SELECT carrier, hour, grouping(carrier) AS g, sum(dep_delay) AS s FROM flights GROUP BY GROUPING SETS ((carrier), "
    "(hour), ())",
    "SELECT carrier, hour, sum(dep_delay) AS s FROM flights GROUP BY ROLLUP (carrier, hour)",
    "SELECT carrier, sum(dep_delay) FILTER (hour > 3) AS s, count(DISTINCT tailnum) AS t FROM flights GROUP BY ALL "
    "HAVING count(*) > 2",
    "SELECT count(*) AS n, max(hour) AS h FROM flights WHERE dep_delay > 3",
    "SELECT carrier, list(hour ORDER BY dep_delay, hour) AS l, string_agg(tailnum, ',' ORDER BY hour, tailnum) AS t "
    "FROM flights GROUP BY 1",
    "SELECT carrier, first(hour) AS a, list(dep_delay) AS b, arg_max(tailnum, hour) AS c, any_value(dep_delay) AS d "
    "FROM flights GROUP BY 1",
    "SELECT hour, list(x) AS l FROM (SELECT hour, dep_delay AS x FROM flights ORDER BY arr_delay) GROUP BY hour",
    "SELECT approx_count_distinct(tailnum) AS a, median(hour) AS b, quantile_cont(dep_delay, 0.3) AS c, mode(carrier) "
    "AS d FROM flights",
    "SELECT carrier, row_number() OVER (PARTITION BY tailnum ORDER BY hour, dep_delay) AS r FROM flights",
    "SELECT carrier, sum(dep_delay) OVER (ORDER BY hour ROWS 2 PRECEDING) AS s, lag(arr_delay, 2) OVER (ORDER BY "
    "dep_delay) AS l FROM flights",
    "SELECT carrier, last_value(arr_delay IGNORE NULLS) OVER (PARTITION BY carrier ORDER BY hour, dep_delay) AS v FROM "
    "flights",
    "SELECT carrier, hour FROM flights QUALIFY rank() OVER (PARTITION BY carrier ORDER BY dep_delay) = 1",
    "SELECT count(*) AS n FROM (SELECT carrier, rank() OVER (ORDER BY hour) AS r FROM flights) WHERE r < 5",
    "SELECT carrier, row_number() OVER () AS r FROM flights",
    "SELECT carrier, hour FROM flights ORDER BY dep_delay, hour LIMIT 5",
    "SELECT carrier, hour FROM flights ORDER BY dep_delay",
    "SELECT carrier, hour FROM flights LIMIT (SELECT max(seats) FROM planes)",
    "SELECT carrier, hour FROM flights ORDER BY hour, carrier LIMIT 10% OFFSET 2",
    "SELECT DISTINCT carrier, hour FROM flights",
    "SELECT DISTINCT ON (carrier) carrier, tailnum FROM flights ORDER BY carrier, hour, tailnum",
    "SELECT tailnum FROM flights UNION SELECT model FROM planes",
    "SELECT tailnum, hour FROM flights UNION ALL SELECT model, year FROM planes WHERE seats > 3",
    "SELECT tailnum, hour FROM flights UNION ALL BY NAME SELECT tailnum, year FROM planes",
    "SELECT tailnum FROM flights INTERSECT SELECT tailnum FROM planes",
    "SELECT tailnum FROM flights EXCEPT ALL SELECT tailnum FROM planes WHERE year > 3",
    "SELECT * FROM (PIVOT (SELECT tailnum, hour, dep_delay FROM flights) ON hour IN (1, 2, 3) USING sum(dep_delay), "
    "count(*) AS n)",
    "SELECT * FROM (PIVOT (SELECT carrier, hour, dep_delay FROM flights) ON hour IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, "
    "11, 12, 13, 14, 15, "
    "16, 17, 18, 19, 20, 21, 22, 23) USING sum(dep_delay))",
    "SELECT model, name, value FROM (UNPIVOT planes ON year, seats)",
    "SELECT carrier, unnest(tags) AS t FROM flights",
    "SELECT carrier, t FROM flights, unnest(tags) AS u(t)",
    "SELECT carrier, n FROM flights, range(hour) AS r(n)",
    "SELECT n FROM generate_series(1, (SELECT max(hour) FROM flights)) AS g(n)",
    "SELECT list_transform(tags, t -> t || carrier) AS a, list_filter(tags, t -> t > tailnum) AS b, [x * hour FOR x IN "
    "[1, 2] IF x < dep_delay] "
    "AS c FROM flights",
    "SELECT list_reduce([hour, dep_delay], (a, b) -> a + b) AS r, {'a': carrier, 'b': hour} AS s, map {carrier: hour} "
    "AS m FROM flights",
    "SELECT place.lon AS lon, struct_extract(place, 'lat') AS lat FROM flights",
    "SELECT unnest(place) FROM flights",
    "SELECT f.carrier, p.model FROM flights f ASOF JOIN planes p ON f.tailnum = p.tailnum AND f.hour >= p.seats",
    "SELECT f.carrier, p.model FROM flights f ASOF LEFT JOIN planes p ON f.hour >= p.year",
    "SELECT carrier, model FROM flights POSITIONAL JOIN planes",
    "WITH a AS MATERIALIZED (SELECT carrier, hour FROM flights), b AS (SELECT carrier, max(hour) AS h FROM a GROUP BY "
    "1) SELECT a.carrier, "
    "b.h FROM a JOIN b USING (carrier)",
    "WITH RECURSIVE r AS (SELECT tailnum, 1 AS n FROM flights UNION ALL SELECT p.model, n + 1 FROM r JOIN planes p ON "
    "p.tailnum = r.tailnum "
    "WHERE n < 4) SELECT tailnum, n FROM r",
    "WITH RECURSIVE r AS (SELECT tailnum FROM planes WHERE year > 4 UNION SELECT p.model FROM r JOIN planes p USING "
    "(tailnum)) SELECT * FROM r",
    "SELECT max(COLUMNS(* EXCLUDE (tags, place))) FROM flights",
    "SELECT * EXCLUDE (tags, place) REPLACE (hour + dep_delay AS hour) FROM flights",
    "FROM planes SELECT model, CASE WHEN year > 3 THEN seats ELSE 0 END AS c, coalesce(year, seats) AS d",
    "SELECT model, x.a FROM planes, (VALUES (1, 'p'), (2, 'q')) AS x(a, b) WHERE x.a = year",
    "SELECT hour, s FROM (SELECT hour, sum(arr_delay) AS s FROM flights GROUP BY hour) ORDER BY s DESC LIMIT 3",
    "SELECT carrier, sum(n) AS n FROM (SELECT carrier, hour, count(*) AS n FROM flights GROUP BY ALL) GROUP BY carrier",
    "SELECT a.carrier, (SELECT count(*) FROM flights b WHERE b.carrier = a.carrier AND b.hour < a.hour) AS before FROM "
    "flights a",
    "SELECT carrier FROM flights WHERE hour = (SELECT max(hour) FROM flights)",
    "SELECT try_cast(tailnum AS INTEGER) AS i, carrier LIKE 'A%' AS a, regexp_extract(tailnum, '[0-9]+') AS e FROM "
    "flights",
    "SELECT * FROM (SUMMARIZE planes)",
    "SELECT p.model, count(f.hour) AS n FROM planes p LEFT JOIN flights f ON f.tailnum = p.tailnum GROUP BY ALL ORDER "
    "BY ALL",
    "SELECT histogram(hour) AS h, bool_and(hour > 1) AS b, count_if(dep_delay > 3) AS c FROM flights",
};

TEST(LineageSoundness, EveryConstruct) {
  DuckSession data(1);
  data.execute(
      "CREATE TABLE flights AS SELECT ['AA', 'UA', 'DL'][(1 + hash(i) % 3)::INTEGER] AS carrier, 'N' || (hash(i * 7) % "
      "12) AS "
      "tailnum, "
      "(hash(i * 3) % 9)::INTEGER AS hour, (hash(i * 5) % 40) / 7.0::DOUBLE AS arr_delay, (hash(i * 11) % 11)::INTEGER "
      "AS dep_delay, "
      "CASE WHEN hash(i) % 4 = 0 THEN [] ELSE ['t' || hash(i) % 3, 'u' || hash(i * 2) % 4] END AS tags, "
      "{'lon': hash(i) % 7, 'lat': hash(i + 1) % 5}::STRUCT(lon DOUBLE, lat DOUBLE) AS place FROM range(90) r(i); "
      "CREATE TABLE planes AS SELECT 'N' || i AS tailnum, (hash(i) % 8)::INTEGER AS year, (hash(i * 9) % 9)::INTEGER "
      "AS seats, "
      "'N' || (hash(i * 4) % 14) AS model FROM range(15) r(i)");
  Soundness soundness(data);
  std::vector<std::pair<std::string, std::string>> queries;
  for (const char* sql : kConstructs) queries.emplace_back(sql, sql);
  expect_sound(soundness, queries, 0);
}

/// The content of a result: rows, and a hash of every row with its position.
std::string content(DuckSession& data, const std::string& sql, RowOrder order) {
  data.execute("CREATE OR REPLACE TABLE result AS " +
               (order == RowOrder::sorted ? "SELECT * FROM (" + sql + "\n) ORDER BY ALL" : sql));
  auto rows =
      data.texts("SELECT count(*), bit_xor(hash(xor(hash(r), hash(rowid)))) FROM (SELECT rowid, r FROM result r)");
  return rows[0][0].value_or("") + " " + rows[0][1].value_or("");
}

/// What is classed as streaming or sorted comes out the same on one thread and on several.
TEST(RowOrder, OfStreamingAndSortedQueriesDoesNotDependOnThreads) {
  DuckSession data(1);
  data.execute(
      "CREATE TABLE flights AS SELECT ['AA', 'UA', 'DL'][(1 + hash(i) % 3)::INTEGER] AS carrier, 'N' || (hash(i * 7) % "
      "500) AS tailnum, "
      "(hash(i * 3) % 900)::INTEGER AS hour, (hash(i * 5) % 40) / 7.0::DOUBLE AS arr_delay, (hash(i * 11) % "
      "11)::INTEGER AS dep_delay, "
      "['t' || hash(i) % 3] AS tags, {'lon': hash(i) % 7, 'lat': hash(i + 1) % 5}::STRUCT(lon DOUBLE, lat DOUBLE) AS "
      "place FROM "
      "range(400000) r(i); "
      "CREATE TABLE planes AS SELECT 'N' || i AS tailnum, (hash(i) % 8)::INTEGER AS year, (hash(i * 9) % 9)::INTEGER "
      "AS seats, "
      "'N' || (hash(i * 4) % 14) AS model FROM range(15) r(i)");
  Soundness declared(data);
  size_t checked = 0;
  for (const char* sql : kConstructs) {
    RowOrder order = declared.binder().describe(sql).order;
    if (order == RowOrder::sequential) continue;
    data.execute("SET threads = 1");
    std::string alone = content(data, sql, order);
    data.execute("SET threads = 4");
    for (int round = 0; round < 2; ++round) EXPECT_EQ(content(data, sql, order), alone) << sql;
    ++checked;
  }
  EXPECT_GT(checked, 20u);
}

}  // namespace
}  // namespace filrouge
