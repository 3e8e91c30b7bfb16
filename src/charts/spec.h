// From the short form of a chart and its data to a complete Vega-Lite specification that looks good without tuning.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "charts/facts.h"
#include "charts/short_form.h"
#include "charts/theme.h"

namespace filrouge {

struct Chart {
  Json spec;                       ///< complete, rows included: draws here and in the Vega editor
  std::vector<std::string> notes;  ///< what a careful friend would say about it, one sentence each
};

/// `config` holds the keys of the step besides the channels: title, subtitle, x_title, y_title, x_unit, y_unit, unit,
/// width, height, sort, stack. `form` went through chart_query(), whose rows `table` holds. Pure: same arguments, same
/// chart.
Chart make_chart(const Json& config, const ShortForm& form, const ChartTable& table, Theme theme);

/// The full specification config["vega"] with the rows as its data, under the name "table", and with title, size and
/// theme of ours where it says nothing itself.
Chart make_vega_chart(const Json& config, const ChartTable& table, Theme theme);

/// The specification as text for people: indented, one row of data a line.
std::string spec_text(const Json& spec);

}  // namespace filrouge
