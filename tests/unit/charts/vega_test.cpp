#include "charts/vega.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "charts/theme.h"

namespace filrouge {
namespace {

Json bars() {
  return Json::parse(R"json({"title": "Flights of the Zürich fleet", "width": 300, "height": 200,
    "data": {"values": [{"carrier": "AA", "flights": 12}, {"carrier": "Ünited", "flights": 30}]},
    "mark": "bar", "encoding": {"x": {"field": "carrier", "type": "nominal", "title": "airline"},
                                "y": {"field": "flights", "type": "quantitative", "title": "number of flights"}}})json");
}

std::string code_of(const Json& spec) {
  try {
    draw_svg(spec);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::user);
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
    return error.code;
  }
  return "";
}

TEST(Vega, DrawsTitlesAndLabels) {
  const std::string svg = draw_svg(bars());
  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_TRUE(svg.ends_with("</svg>"));
  for (const char* text : {"Flights of the Zürich fleet", "airline", "number of flights", ">AA<", ">Ünited<", ">30<"})
    EXPECT_NE(svg.find(text), std::string::npos) << text;
}

TEST(Vega, SameSpecificationSameBytes) {
  Json clipped = bars();  // clip paths and gradients are numbered
  clipped["mark"] = {{"type", "bar"}, {"clip", true}};
  clipped["transform"] = {{{"sample", 1}}};
  const std::string first = draw_svg(clipped);
  draw_svg(bars());
  EXPECT_EQ(draw_svg(clipped), first);
}

TEST(Vega, TimeZoneOfTheMachineDoesNotMatter) {
  const Json spec = Json::parse(
      R"json({"data": {"values": [{"t": "2013-01-01", "v": 1}, {"t": "2013-01-02", "v": 2}]}, "mark": "line",
    "encoding": {"x": {"field": "t", "type": "temporal", "axis": {"format": "%Y-%m-%d %H:%M"}}, "y": {"field": "v", "type": "quantitative"}}})json");
  const char* before = std::getenv("TZ");
  const std::string kept = before ? before : "";
  ::setenv("TZ", "America/New_York", 1);
  ::tzset();
  const std::string west = draw_svg(spec);
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  const std::string east = draw_svg(spec);
  before ? ::setenv("TZ", kept.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
  EXPECT_EQ(west, east);
  EXPECT_NE(west.find("2013-01-01 00:00"), std::string::npos);
}

TEST(Vega, RefusesToLoadAnything) {
  Json top = bars();
  top["data"] = {{"url", "data.csv"}};
  EXPECT_EQ(code_of(top), "FR0422");
  Json layer = {{"data", bars()["data"]},
                {"layer", {{{"mark", "bar"}, {"data", {{"url", "https://example.org/a.json"}}}}}}};
  EXPECT_EQ(code_of(layer), "FR0422");
  Json lookup = bars();
  lookup["transform"] = {
      {{"lookup", "carrier"}, {"from", {{"data", {{"url", "/etc/passwd"}}}, {"key", "a"}, {"fields", {"b"}}}}}};
  EXPECT_EQ(code_of(lookup), "FR0422");
  Json column = bars();  // a column may be called so
  column["data"]["values"][0]["data"] = {{"url", "only a value"}};
  EXPECT_EQ(code_of(column), "");
}

TEST(Vega, AWrongSpecificationSaysWhy) {
  Json spec = bars();
  spec["transform"] = {{{"filter", "datum.flights >"}}};
  try {
    draw_svg(spec);
    FAIL() << "was drawn";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0420");
    EXPECT_NE(error.message.find("Unexpected end of input"), std::string::npos) << error.message;
  }
  EXPECT_EQ(code_of({{"mark", "bar"}, {"encoding", 7}, {"layer", 3}}), "FR0420");
  EXPECT_EQ(code_of(bars()), "") << "the next chart is drawn all the same";
}

TEST(Vega, AnEndlessSpecificationIsStopped) {
  Json spec = bars();
  spec["data"] = {{"sequence", {{"start", 0}, {"stop", 3'000'000}, {"as", "flights"}}}};
  spec["transform"] = {{{"calculate", "length(split(pad('x', 200000, 'x'), 'y'))"}, {"as", "carrier"}}};
  try {
    draw_svg(spec, nullptr, std::chrono::milliseconds(300));
    FAIL() << "was drawn";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0423");
  }
  EXPECT_EQ(code_of(bars()), "");
}

TEST(Vega, MemoryIsLimited) {
  Json spec = bars();
  spec["transform"] = {{{"calculate", "sequence(0, 1e9)"}, {"as", "many"}}};
  EXPECT_EQ(code_of(spec), "FR0423");
  EXPECT_EQ(code_of(bars()), "");
}

TEST(Vega, WarningsAreHandedOver) {
  Json spec = bars();
  spec["encoding"]["colour"] = {{"field", "carrier"}};
  std::vector<std::string> warnings;
  draw_svg(spec, &warnings);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("colour"), std::string::npos) << warnings[0];
}

TEST(Vega, WritesAPng) {
  const fs::path path = fs::temp_directory_path() / fmt::format("chart-{}.png", ::getpid());
  try {
    write_png(draw_svg(bars()), 2, path);
  } catch (const Error& error) {
    if (error.code == "FR0421") GTEST_SKIP() << error.message;
    throw;
  }
  const std::string png = read_file(path);
  fs::remove(path);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_GT(png.size(), 2000u);
  EXPECT_THROW(write_png("<svg", 1, path), Error);
}

double luminance(const std::string& color) {
  const auto linear = [&](size_t at) {
    const double value = std::stoi(color.substr(at, 2), nullptr, 16) / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5);
}

TEST(Theme, CategoriesStandOutFromTheBackground) {  // WCAG 2.1, contrast ratio
  for (Theme theme : {Theme::light, Theme::dark}) {
    const ThemeColors& colors = theme_colors(theme);
    const double ground = luminance(colors.background);
    const auto contrast = [&](const std::string& color) {
      const double own = luminance(color);
      return (std::max(own, ground) + 0.05) / (std::min(own, ground) + 0.05);
    };
    EXPECT_EQ(colors.categories.size(), 10u);
    for (const std::string& color : colors.categories) EXPECT_GE(contrast(color), 2.8) << color;
    EXPECT_GE(contrast(colors.label), 4.5);
    EXPECT_GE(contrast(colors.title), 7);
  }
}

}  // namespace
}  // namespace filrouge
