#include "charts/short_form.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "sample_chart.h"

namespace filrouge {
namespace {

const Schema kFlights = schema_from_json(columns({{"hour", "BIGINT"},
                                                  {"Carrier", "VARCHAR"},
                                                  {"arr_delay", "DOUBLE"},
                                                  {"is_late", "BOOLEAN"},
                                                  {"day", "DATE"},
                                                  {"mean(x)", "DOUBLE"}}));

/// "FR0401 y: hint" of each problem, joined.
std::string problems_of(const char* json) {
  std::vector<ChartProblem> problems;
  const Json config = Json::parse(json);
  if (config.contains("vega"))
    check_vega(config["vega"], kFlights, problems);
  else
    short_form(config, kFlights, problems);
  std::vector<std::string> lines;
  for (const ChartProblem& problem : problems)
    lines.push_back(problem.code + " " + join(problem.path, ".") + ": " + problem.hint);
  return join(lines, "\n");
}

TEST(ShortForm, ProblemsAreReportedAtTheirPlace) {
  struct Case {
    const char* config;
    const char* problems;
  };
  const Case cases[] = {
      {R"json({"mark": "line", "x": "hour", "y": "arr_delay"})json", ""},
      {R"json({"mark": "line", "x": "HOUR", "y": "mean(x)"})json", ""},
      {R"json({"mark": "line", "x": "huor", "y": "mean(ar_delay)"})json",
       "FR0401 x: did you mean `hour`?\nFR0401 y: did you mean `arr_delay`?"},
      {R"json({"mark": "scatter", "x": "hour", "y": "arr_delay"})json", "FR0402 mark: here it is called `point`"},
      {R"json({"mark": "lien", "x": "hour", "y": "arr_delay"})json", "FR0402 mark: did you mean `line`?"},
      {R"json({"mark": {"type": "brr"}, "x": "hour", "y": "arr_delay"})json", "FR0402 mark: did you mean `bar`?"},
      {R"json({"mark": "line", "x": "hour"})json", "FR0404 mark: add `y: COLUMN`"},
      {R"json({"mark": "bar"})json", "FR0404 mark: add `x: COLUMN`"},
      {R"json({"mark": "bar", "x": "hour", "y": "meen(arr_delay)"})json", "FR0404 y: did you mean `mean`?"},
      {R"json({"mark": "bar", "x": "hour", "y": "mean(Carrier)"})json",
       "FR0404 y: `distinct` and `count` work on any column"},
      {R"json({"mark": "bar", "x": "hour", "y": "mean(is_late)"})json", ""},
      {R"json({"mark": "bar", "x": "day", "y": "Carrier"})json", "FR0404 y: `y: count()` counts rows"},
      {R"json({"mark": "bar", "x": {"feild": "hour"}, "y": "count()"})json",
       "FR0404 x.feild: did you mean `field`?\nFR0404 x: give `field:`, as in {field: hour, title: Hour}"},
      {R"json({"mark": "bar", "x": {"field": "hours"}, "y": "count()"})json", "FR0401 x.field: did you mean `hour`?"},
      {R"json({"mark": "line", "x": "hour", "y": "arr_delay", "facet": {"row": "carier"}})json",
       "FR0401 facet.row: did you mean `Carrier`?"},
      {R"json({"vega": {"mark": "bar", "encoding": {"x": {"field": "huor"}, "y": {"aggregate": "count"}}}})json",
       "FR0401 vega.encoding.x.field: did you mean `hour`?"},
      {R"json({"vega": {"mark": "bra", "encoding": {"x": {"field": "hour"}}}})json",
       "FR0402 vega.mark: did you mean `bar`?"},
      {R"json({"vega": {"transform": [{"calculate": "datum.hour * 2", "as": "twice"}], "mark": "bar", "encoding": {"x": {"field": "twice"}}}})json",
       ""},
      {R"json({"vega": {"layer": [{"mark": "bar", "data": {"url": "a.csv"}}]}})json",
       "FR0422 vega.layer.0.data.url: read it with a `read` step and name the table with `from:`"},
  };
  for (const Case& c : cases) EXPECT_EQ(problems_of(c.config), c.problems) << c.config;
}

std::string query_of(const char* json) {
  std::vector<ChartProblem> problems;
  const Json config = Json::parse(json);
  ShortForm form = short_form(config, kFlights, problems);
  EXPECT_TRUE(problems.empty()) << json;
  return chart_query(form, config.value("query", "SELECT * FROM flights"), kFlights);
}

TEST(ChartQuery, TheEngineComputesWhatIsShown) {
  EXPECT_EQ(query_of(R"json({"mark": "line", "x": "hour", "y": "arr_delay", "from": "flights"})json"),
            "SELECT \"hour\", \"arr_delay\" FROM (SELECT * FROM flights\n)");
  EXPECT_EQ(query_of(R"json({"mark": "line", "x": "hour", "y": "arr_delay", "query": "SELECT 1 -- x"})json"),
            "SELECT 1 -- x");
  EXPECT_EQ(query_of(R"json({"mark": "bar", "x": "carrier", "y": "mean(arr_delay)", "from": "flights"
})json"),
            "WITH source AS (SELECT * FROM flights\n) SELECT \"Carrier\" AS \"Carrier\", avg(\"arr_delay\") AS "
            "\"mean_arr_delay\" FROM source GROUP BY ALL ORDER BY ALL");
  EXPECT_NE(query_of(R"json({"mark": "bar", "x": "carrier", "y": "mean(is_late)", "from": "f"
  })json")
                .find("avg(\"is_late\"::INTEGER)"),
            std::string::npos);
  EXPECT_NE(query_of(R"json({"mark": "bar", "x": "carrier", "from": "f"})json").find("count(*) AS \"count\""),
            std::string::npos);
  EXPECT_NE(query_of(R"json({"mark": "histogram", "x": "arr_delay", "from": "f"})json").find("\"arr_delay_end\""),
            std::string::npos);
  EXPECT_EQ(
      query_of(R"json({"mark": "line", "x": {"field": "day", "timeUnit": "month"}, "y": "mean(arr_delay)", "from": "f"
  })json"),
      "SELECT \"day\", \"arr_delay\" FROM (SELECT * FROM flights\n)")
      << "Vega computes by month itself";
  EXPECT_EQ(query_of(R"json({"mark": "boxplot", "x": "carrier", "y": "arr_delay", "from": "f"})json"),
            "SELECT \"Carrier\", \"arr_delay\" FROM (SELECT * FROM flights\n)");
}

}  // namespace
}  // namespace filrouge
