#include "charts/spec.h"

#include <gtest/gtest.h>

#include "charts/titles.h"
#include "charts/vega.h"
#include "sample_chart.h"

namespace filrouge {
namespace {

Json parsed(const char* json) {
  return Json::parse(json);
}

/// What a JSON pointer of the chart's specification says, as text.
std::string at(const Chart& chart, const char* pointer) {
  const Json::json_pointer path(pointer);
  return chart.spec.contains(path) ? chart.spec[path].dump() : "";
}

TEST(Spec, TypesFollowTheColumns) {
  struct Case {
    const char* config;
    const char* x_type;    // SQL
    const char* x_values;  // three
    const char* expected;  // of the x channel
  };
  const Case cases[] = {
      {R"json({"mark": "line", "x": "x", "y": "v"})json", "BIGINT", "[1, 2, 3]", "quantitative"},
      {R"json({"mark": "bar", "x": "x", "y": "v"})json", "BIGINT", "[1, 2, 3]", "ordinal"},
      {R"json({"mark": "bar", "x": "x", "y": "v"})json", "DOUBLE", "[0.5, 1.5, 2.5]", "quantitative"},
      {R"json({"mark": "line", "x": "x", "y": "v"})json", "DATE",
       R"json(["2013-01-01", "2013-02-01", "2013-03-01"])json", "temporal"},
      {R"json({"mark": "heatmap", "x": "x", "y": "v", "color": "v"})json", "DATE",
       R"json(["2013-01-01", "2013-02-01", "2013-03-01"])json", "ordinal"},
      {R"json({"mark": "bar", "x": "x", "y": "v"})json", "VARCHAR", R"json(["a", "b", "c"])json", "nominal"},
      {R"json({"mark": "bar", "x": "x", "y": "v"})json", "BOOLEAN", "[true, false, null]", "nominal"},
      {R"json({"mark": "bar", "x": {"field": "x", "type": "quantitative"}, "y": "v"})json", "BIGINT", "[1, 2, 3]",
       "quantitative"},
  };
  for (const Case& c : cases) {
    const Json schema = columns({{"x", c.x_type}, {"v", "DOUBLE"}}), values = parsed(c.x_values);
    const Json rows = {{"columns", schema},
                       {"rows", Json::array({Json::array({values[0], 1.5}), Json::array({values[1], 2.5}),
                                             Json::array({values[2], 3.5})})}};
    const Chart chart = sample_chart(parsed(c.config), schema, rows);
    EXPECT_EQ(at(chart, "/encoding/x/type"), "\"" + std::string(c.expected) + "\"") << c.config << " " << c.x_type;
    EXPECT_TRUE(draw_svg(chart.spec).starts_with("<svg")) << c.config;
  }
}

/// `rows` as JSON text: an initializer list of pairs would become an object.
Json two_columns(const char* x_type, const char* y_name, const std::string& rows) {
  return {{"columns", columns({{"x", x_type}, {y_name, "DOUBLE"}})}, {"rows", Json::parse(rows)}};
}
Chart chart_of(const char* config, const Json& rows) {
  return sample_chart(parsed(config), rows["columns"], rows);
}

TEST(Spec, NumbersAreShownAsWhatTheyAre) {
  struct Case {
    const char* column;
    double low, high;
    const char* axis_key;
    const char* expected;
  };
  const Case cases[] = {
      {"share_late", 0.1, 0.9, "/encoding/y/axis/format", "\"%\""},
      {"share_late", 0.1, 12, "/encoding/y/axis/format", ""},
      {"delay", 0.1, 0.9, "/encoding/y/axis/format", ""},
      {"revenue", 1e6, 3e9, "/encoding/y/axis/labelExpr", "\"replace(format(datum.value, '~s'), 'G', 'B')\""},
      {"current", -3e-7, 2e-7, "/encoding/y/axis/labelExpr", "\"datum.value === 0 ? '0' : format(datum.value, '~e')\""},
      {"year", 1999, 2013, "/encoding/y/axis/format", "\"d\""},
  };
  for (const Case& c : cases) {
    const Json rows = two_columns("BIGINT", c.column, fmt::format("[[1, {}], [2, {}]]", c.low, c.high));
    const Chart chart = sample_chart({{"mark", "point"}, {"x", "x"}, {"y", c.column}}, rows["columns"], rows);
    EXPECT_EQ(at(chart, c.axis_key), c.expected) << c.column << " " << c.high;
  }
}

TEST(Spec, BarsAreOrderedAndLaidSensibly) {
  const Json rows = two_columns("VARCHAR", "v", R"json([["b", 1], ["a", 3]])json");
  EXPECT_EQ(at(chart_of(R"json({"mark": "bar", "x": "x", "y": "v"})json", rows), "/encoding/x/sort"), "\"-y\"");
  EXPECT_EQ(at(chart_of(R"json({"mark": "bar", "x": "x", "y": "v", "sort": "x"})json", rows), "/encoding/x/sort"),
            "\"ascending\"");
  EXPECT_EQ(at(chart_of(R"json({"mark": "bar", "x": "x", "y": "v", "sort": "y"})json", rows), "/encoding/x/sort"),
            "\"y\"");
  EXPECT_EQ(at(chart_of(R"json({"mark": "bar", "x": "x", "y": "v", "query": "SELECT 1 ORDER BY 1"})json", rows),
               "/encoding/x/sort"),
            "null");
  EXPECT_EQ(at(chart_of(R"json({"mark": "bar", "x": "x", "y": "v"})json", rows), "/encoding/y/scale/zero"), "true");

  const Json days = two_columns("VARCHAR", "v", R"json([["Sun", 1], ["Mon", 3], ["Wed", 2]])json");
  EXPECT_EQ(at(chart_of(R"json({"mark": "bar", "x": "x", "y": "v"})json", days), "/encoding/x/sort"),
            R"json(["Mon","Wed","Sun"])json");
  const Json classes = two_columns("VARCHAR", "v", R"json([["0-9", 1], ["10-19", 3]])json");
  EXPECT_EQ(at(chart_of(R"json({"mark": "bar", "x": "x", "y": "v"})json", classes), "/encoding/x/sort"),
            "\"ascending\"");

  Json names = Json::array();
  for (int i = 0; i < 12; ++i) names.push_back(Json::array({fmt::format("a rather long name, number {}", i), i}));
  const Chart lying = chart_of(R"json({"mark": "bar", "x": "x", "y": "v", "sort": "-y"})json",
                               two_columns("VARCHAR", "v", names.dump()));
  EXPECT_EQ(at(lying, "/encoding/y/field"), "\"x\"") << "long names lie";
  EXPECT_EQ(at(lying, "/encoding/y/sort"), "\"-x\"") << "`sort: -y` means the y that the thread names";
}

TEST(Spec, WhatDoesNotAddUpIsNotStacked) {
  const auto chart = [](const char* measure, const char* stack) {
    const Json schema = columns({{"x", "VARCHAR"}, {"c", "VARCHAR"}, {measure, "DOUBLE"}});
    const Json rows = {{"columns", schema},
                       {"rows", Json::parse(R"json([["a", "p", 0.1], ["a", "q", 0.2], ["b", "p", 0.3]])json")}};
    Json config = {{"mark", "bar"}, {"x", "x"}, {"y", measure}, {"color", "c"}};
    if (*stack) config["stack"] = stack;
    return sample_chart(config, schema, rows);
  };
  EXPECT_EQ(at(chart("flights", ""), "/encoding/xOffset"), "");
  EXPECT_EQ(at(chart("share_late", ""), "/encoding/xOffset/field"), "\"c\"");
  EXPECT_EQ(at(chart("share_late", ""), "/encoding/y/stack"), "null");
  EXPECT_EQ(at(chart("flights", "none"), "/encoding/xOffset/field"), "\"c\"");
  EXPECT_EQ(at(chart("flights", "normalize"), "/encoding/y/axis/format"), "\"%\"");
}

TEST(Spec, TimesAreDrawnAsTheyStand) {
  const Json rows = two_columns(
      "TIMESTAMP", "v",
      R"json([["2013-03-10T01:30:00", 1], ["2013-03-10T02:30:00", 2], ["2013-03-10 03:30:00.123456", 3]])json");
  const Chart chart = chart_of(R"json({"mark": "line", "x": "x", "y": "v"})json", rows);
  EXPECT_EQ(at(chart, "/encoding/x/scale/type"), "\"utc\"");
  EXPECT_EQ(at(chart, "/data/values/1/x"), "\"2013-03-10T02:30:00Z\"");
  EXPECT_EQ(at(chart, "/data/values/2/x"), "\"2013-03-10T03:30:00.123Z\"");
  EXPECT_NE(draw_svg(chart.spec).find("10 Mar 2013"), std::string::npos);
  const Json month = parsed(R"json({"mark": "line", "x": {"field": "x", "timeUnit": "month"}, "y": "mean(v)"
})json");
  EXPECT_EQ(at(sample_chart(month, rows["columns"], rows), "/encoding/x/timeUnit"), "\"utcmonth\"");
}

TEST(Spec, ColumnsWithOddNamesAreDrawn) {
  const Json schema = columns({{"a.b[c]", "BIGINT"}, {"it's \"q\"", "DOUBLE"}});
  const Chart chart = sample_chart({{"mark", "line"}, {"x", "a.b[c]"}, {"y", "it's \"q\""}}, schema,
                                   {{"columns", schema}, {"rows", Json::parse("[[0, 1], [9, 4000]]")}});
  EXPECT_NE(draw_svg(chart.spec).find(">4,000<"), std::string::npos);
}

TEST(Spec, NotesOfACarefulFriend) {
  const auto notes = [](const char* config, const Json& rows) {
    const std::vector<std::string> all = chart_of(config, rows).notes;
    return all.empty() ? "" : all[0];
  };
  const char* line = R"json({"mark": "line", "x": "x", "y": "v"})json";
  EXPECT_EQ(notes(line, two_columns("BIGINT", "v", R"json([[1, 1], [2, 2], [3, 5]])json")), "");
  EXPECT_EQ(notes(line, two_columns("BIGINT", "v", "[]")), "the chart shows no rows");
  EXPECT_EQ(notes(line, two_columns("BIGINT", "v", R"json([[1, 1], [1, 2], [3, 5]])json")).substr(0, 31),
            "1 value of `x` has several rows");
  EXPECT_EQ(notes(line, two_columns("BIGINT", "v", R"json([[1, 1], [2, null], [null, 5]])json")),
            "2 rows without `x` or `v` are not drawn");
  EXPECT_EQ(notes(line, two_columns("BIGINT", "v", R"json([[1, null], [2, null]])json")),
            "`v` is NULL in every row: there is nothing to draw");
  EXPECT_EQ(notes(line, two_columns("BIGINT", "v", R"json([[1, 4], [2, 4], [3, 4]])json")),
            "`v` has the same value in every row");
}

TEST(Spec, TheTextOpensInTheVegaEditor) {
  const Chart chart = chart_of(R"json({"mark": "bar", "x": "x", "y": "v", "title": "A \"filrouge rows\" title"})json",
                               two_columns("VARCHAR", "v", R"json([["a", 1], ["b", 2]])json"));
  const std::string text = spec_text(chart.spec);
  EXPECT_EQ(Json::parse(text), chart.spec);
  EXPECT_NE(text.find("\n{\"x\":\"a\",\"v\":1},\n{\"x\":\"b\",\"v\":2}\n]"), std::string::npos) << text;
  const Chart full = make_vega_chart({{"vega", {{"mark", "bar"}, {"encoding", {{"x", {{"field", "x"}}}}}}}},
                                     chart_table(two_columns("VARCHAR", "v", R"json([["a", 1]])json")), Theme::dark);
  EXPECT_EQ(Json::parse(spec_text(full.spec)), full.spec);
  EXPECT_NE(draw_svg(full.spec).find(theme_colors(Theme::dark).background), std::string::npos);
}

TEST(Titles, ReadableWords) {
  EXPECT_EQ(readable("share_late"), "share late");
  EXPECT_EQ(readable("distance_km"), "distance (km)");
  EXPECT_EQ(readable("temp_min"), "temp min") << "a minimum, not minutes";
  EXPECT_EQ(readable("_ms"), "ms");
  EXPECT_TRUE(names_a_share("share_late") && names_a_share("late_rate") && !names_a_share("generated"));
  EXPECT_EQ(wrap("one two three", 10, false, 45), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("unbreakable", 10, false, 5), std::vector<std::string>{"unbreakable"});
}

}  // namespace
}  // namespace filrouge
