// How every chart looks: the `config` of Vega-Lite, light and dark.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace filrouge {

enum class Theme { light, dark };

struct ThemeColors {
  std::string background;
  std::string title;  ///< of the chart
  std::string label;  ///< of axes and legends
  std::string grid;
  std::string quiet;  ///< for what is there but should not be looked at first: axis lines, the line of zero
  /// Ten colours for categories, in order of use. Each stands out from the background (contrast 2.9:1 or more), and
  /// each two of them differ also for eyes without red, green or blue cones.
  std::vector<std::string> categories;
  std::vector<std::string> ramp;       ///< few to many
  std::vector<std::string> diverging;  ///< below zero, zero, above
};
const ThemeColors& theme_colors(Theme theme);

/// The `config` object of a specification: fonts, quiet grid, colours.
Json theme_config(Theme theme);

}  // namespace filrouge
