// Error codes of charts: FR0401 to FR0429.
#include "thread/code_tables.h"

namespace filrouge {

std::span<const ErrorCode> chart_codes() {
  static const std::vector<ErrorCode> rows = {
      {"FR0401", "no such column in a chart",
       "A channel (x, y, color, size, facet) names a column that the chart's query or table does not have.\n"
       "Only columns of the SELECT can be drawn; upper and lower case are the same in the short form, not in `vega:`.",
       "- chart: by_hour\n  from: flights\n  mark: line\n  x: hours\n  y: mean(delay)",
       "- chart: by_hour\n  from: flights\n  mark: line\n  x: hour\n  y: mean(delay)"},
      {"FR0402", "no such mark",
       "`mark` says what is drawn for the rows: a line, bars, points ...; `filrouge help chart` lists them.",
       "- chart: ages\n  from: planes\n  mark: scatter\n  x: year\n  y: seats",
       "- chart: ages\n  from: planes\n  mark: point\n  x: year\n  y: seats"},
      {"FR0403", "a channel that cannot be drawn",
       "A channel is missing that the mark needs, uses a function that charts do not have, has a key that no channel "
       "has, or\n"
       "takes the mean of a text. A channel is a column, FUNCTION(COLUMN), or {field: COLUMN, ...}.",
       "- chart: delays\n  from: flights\n  mark: bar\n  x: carrier\n  y: mean(tailnum)",
       "- chart: delays\n  from: flights\n  mark: bar\n  x: carrier\n  y: mean(dep_delay)"},
      {"FR0404", "chart keys that do not go together",
       "`vega:` is a whole specification, so channels and axis titles stand inside it. The formats of a chart are svg "
       "and png.",
       "- chart: c\n  from: t\n  x: a\n  vega: {mark: bar, encoding: {y: {field: b}}}",
       "- chart: c\n  from: t\n  vega: {mark: bar, encoding: {x: {field: a}, y: {field: b}}}"},
      {"FR0410", "too many rows for a chart",
       "Each row becomes a mark in the picture, and nobody sees 336,776 of them apart. Aggregate first: in the chart "
       "with\n"
       "`mean(..)`, `count()`, `bin(..)`, or in SQL with GROUP BY. `max_rows:` raises the limit of 50,000.",
       "- chart: delays\n  from: flights\n  mark: point\n  x: dep_delay\n  y: arr_delay",
       "- chart: delays\n  from: flights\n  mark: heatmap\n  x: bin(dep_delay)\n  y: bin(arr_delay)"},
      {"FR0420", "Vega-Lite refuses the specification",
       "The message is Vega-Lite's own. Open charts/NAME.vl.json or the text under `vega:` in the Vega editor to try "
       "it out.",
       "- chart: c\n  from: t\n  vega: {mark: bar, encoding: {x: {field: a, aggregate: meen}}}",
       "- chart: c\n  from: t\n  vega: {mark: bar, encoding: {x: {field: a, aggregate: mean}}}"},
      {"FR0421", "no librsvg for PNG",
       "PNGs are drawn by librsvg, which is loaded when a chart asks for one. SVG needs nothing.\n"
       "On Debian and Ubuntu: sudo apt install librsvg2-2 fonts-liberation",
       "- chart: c\n  from: t\n  mark: bar\n  x: a\n  format: [svg, png]",
       "- chart: c\n  from: t\n  mark: bar\n  x: a"},
      {"FR0422", "a chart may not load data",
       "A chart shows the rows of its query or table, so that the run knows what it depends on. Data from a file or "
       "the web\n"
       "come through a `read` step.",
       "- chart: c\n  from: t\n  vega: {data: {url: other.csv}, mark: bar}",
       "- read: other\n  from: other.csv\n- chart: c\n  from: other\n  vega: {mark: bar}"},
      {"FR0423", "a chart that takes too long or too much memory",
       "Drawing stops after 30 seconds or 1 GiB. Aggregate in SQL, or draw fewer series.",
       "- chart: c\n  from: big\n  mark: boxplot\n  x: day\n  y: delay\n  max_rows: 50000000",
       "- chart: c\n  from: big\n  mark: line\n  x: day\n  y: median(delay)"},
      {"FR0424", "a picture that cannot be drawn or written",
       "librsvg or the system gives the reason: often a picture of more than 32,000 pixels, or a disk that is full.",
       "- chart: c\n  from: t\n  mark: bar\n  x: a\n  format: [png]\n  width: 40000",
       "- chart: c\n  from: t\n  mark: bar\n  x: a\n  format: [png]\n  width: 1200"},
  };
  return rows;
}

}  // namespace filrouge
