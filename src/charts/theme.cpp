// Quiet ink, as in a good newspaper: no frame, a pale grid in one direction, titles on the left, no rotated text.
//
// The colours began as those of Okabe and Ito ("Color Universal Design", 2008), which have 8, two of them (yellow, sky
// blue) hardly visible on white. A search moved each by at most 0.04 in Oklab so that the smallest distance of any two,
// over normal sight and Machado's (2009) simulations of protanopia, deuteranopia and tritanopia, is as large as
// possible: on white 0.067 (before: 0.009), on the dark background 0.059 (before: 0.025).
#include "charts/theme.h"

#include "charts/text_width.h"

namespace filrouge {
namespace {

Json axis_config(const ThemeColors& c) {
  return {{"labelColor", c.label}, {"labelFontSize", 11},   {"labelPadding", 5},      {"labelOverlap", true},
          {"labelLimit", 220},     {"titleColor", c.label}, {"titleFontSize", 11},    {"titleFontWeight", "normal"},
          {"titlePadding", 8},     {"gridColor", c.grid},   {"domainColor", c.quiet}, {"tickColor", c.quiet},
          {"tickSize", 4}};
}

Json title_config(const ThemeColors& c) {
  return {{"anchor", "start"},
          {"frame", "bounds"},
          {"color", c.title},
          {"fontSize", 15},
          {"fontWeight", "bold"},
          {"lineHeight", 19},
          {"subtitleColor", c.label},
          {"subtitleFontSize", 12},
          {"subtitleLineHeight", 16},
          {"subtitlePadding", 5},
          {"offset", 14}};
}

Json legend_config(const ThemeColors& c) {
  return {{"labelColor", c.label},    {"labelFontSize", 11},       {"labelLimit", 180},       {"titleColor", c.label},
          {"titleFontSize", 11},      {"titleFontWeight", "bold"}, {"symbolType", "circle"},  {"symbolSize", 70},
          {"symbolStrokeWidth", 2.5}, {"symbolOpacity", 1},        {"gradientThickness", 12}, {"rowPadding", 3}};
}

}  // namespace

const ThemeColors& theme_colors(Theme theme) {
  static const ThemeColors light = {
      "#ffffff",
      "#1b1d21",
      "#4d535c",
      "#e7e9ec",
      "#9aa1ab",
      {"#1a71a0", "#c5540a", "#3f956e", "#e074a9", "#bb9218", "#1799f0", "#6e49c0", "#6c6f72", "#902f2a", "#004379"},
      {"#e8f1f8", "#b3d2e6", "#74aed2", "#3584b5", "#145c8f", "#06335c"},
      {"#a5450a", "#e08f52", "#f6d3b3", "#f2f2f0", "#bcd8ea", "#5fa2cc", "#14608f"}};
  static const ThemeColors dark = {
      "#15181d",
      "#f1f3f5",
      "#b4bbc5",
      "#2b3038",
      "#6b7480",
      {"#27a0d8", "#ed792e", "#1ecd8f", "#f5a4d0", "#d7c548", "#7cceff", "#bf88fd", "#a5a4ad", "#cc7e7d", "#5c83df"},
      {"#16324a", "#1a5379", "#2179a8", "#3fa3d4", "#86caec", "#d8f0fc"},
      {"#ffb27a", "#d8722e", "#7a3f1c", "#2a2d33", "#1d4f70", "#2f93c8", "#9bd8f8"}};
  return theme == Theme::dark ? dark : light;
}

Json theme_config(Theme theme) {
  const ThemeColors& c = theme_colors(theme);
  const std::string& main = c.categories.front();
  Json config = {{"background", c.background},
                 {"font", kChartFont},
                 {"padding", 12},
                 {"title", title_config(c)},
                 {"axis", axis_config(c)},
                 {"axisQuantitative", {{"domain", false}, {"ticks", false}}},
                 {"axisX", {{"grid", false}, {"titleAnchor", "end"}, {"titleAlign", "right"}}},
                 {"axisY",
                  {{"titleAngle", 0},
                   {"titleAlign", "left"},
                   {"titleAnchor", "end"},
                   {"titleBaseline", "bottom"},
                   {"titleX", 0},
                   {"titleY", -7}}},
                 {"axisBand", {{"grid", false}, {"ticks", false}, {"labelPadding", 6}}},
                 {"legend", legend_config(c)},
                 {"header",
                  {{"labelColor", c.title},
                   {"labelFontSize", 11},
                   {"labelFontWeight", "bold"},
                   {"labelAnchor", "start"},
                   {"titleColor", c.label},
                   {"titleFontSize", 11},
                   {"titleFontWeight", "normal"},
                   {"titleAnchor", "start"}}},
                 {"view", {{"stroke", nullptr}}},
                 {"mark", {{"color", main}}},
                 {"line", {{"strokeWidth", 2}, {"strokeJoin", "round"}, {"strokeCap", "round"}}},
                 {"area", {{"fillOpacity", 0.85}}},
                 {"point", {{"filled", true}, {"size", 40}}},
                 {"tick", {{"thickness", 1.5}}},
                 {"rule", {{"color", c.quiet}}},
                 {"text", {{"color", c.label}, {"fontSize", 11}}},
                 {"arc", {{"stroke", c.background}, {"strokeWidth", 1}}},
                 {"boxplot",
                  {{"median", {{"color", c.background}, {"strokeWidth", 2}}},
                   {"rule", {{"color", c.quiet}}},
                   {"outliers", {{"size", 12}, {"opacity", 0.5}}}}},
                 {"range",
                  {{"category", c.categories},
                   {"ramp", c.ramp},
                   {"heatmap", c.ramp},
                   {"ordinal", c.ramp},
                   {"diverging", c.diverging}}}};
  return config;
}

}  // namespace filrouge
