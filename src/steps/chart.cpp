// chart: a picture of a query or a table, as Vega-Lite in short form or in full.
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "charts/spec.h"
#include "charts/vega.h"
#include "steps/sql_step.h"
#include "steps/verbs.h"

namespace filrouge {
namespace {

constexpr uint64_t kMaxRows = 50'000;  // an SVG of 9 MB; more points than a screen of 1000 x 600 shows apart
constexpr double kPngScale = 2;        // pixels per SVG unit: sharp on today's screens
constexpr const char* kShortKeys[] = {"x",       "y",       "color",       "size",   "facet",  "sort", "stack",
                                      "x_title", "y_title", "color_title", "x_unit", "y_unit", "unit"};

bool has_key(const Step& step, const char* key) {
  return step.config.contains(key) && !step.config[key].is_null();
}

std::string table_of(const Step& step) {
  return step.config.value("from", "");
}
std::string query_of(const Step& step) {
  return has_key(step, "query") ? step.config["query"].get<std::string>()
                                : "SELECT * FROM " + quote_table(table_of(step));
}
std::vector<std::string> source_path(const Step& step) {
  return {has_key(step, "query") ? "query" : "from"};
}

std::vector<std::string> texts(const Json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> all;
  for (const Json& item : value) all.push_back(scalar_text(item));
  return all;
}

/// The themes to draw, each with what follows the chart's name in its files.
std::vector<std::pair<Theme, std::string>> themes_of(const Json& config) {
  const std::string theme = config.value("theme", "light");
  if (theme == "both") return {{Theme::light, ""}, {Theme::dark, ".dark"}};
  return {{theme == "dark" ? Theme::dark : Theme::light, ""}};
}

bool wants_png(const Json& config) {
  const std::vector<std::string> formats = texts(config.value("format", Json("svg")));
  return std::find(formats.begin(), formats.end(), "png") != formats.end();
}

/// NAME.svg, NAME.png ... of one chart, the specification last.
std::vector<std::string> file_names(const std::string& name, const Json& config) {
  std::vector<std::string> names;
  for (const auto& [theme, suffix] : themes_of(config)) {
    names.push_back(name + suffix + ".svg");
    if (wants_png(config)) names.push_back(name + suffix + ".png");
  }
  names.push_back(name + ".vl.json");
  return names;
}

std::vector<std::string> references(const Step& step, BindContext& context) {
  if (!has_key(step, "query")) return {table_of(step)};
  return sql_references(step, {"query"}, query_of(step), context);
}

void check_keys(const Step& step, std::vector<ChartProblem>& problems) {
  if (has_key(step, "vega"))
    for (const char* key : kShortKeys)
      if (has_key(step, key))
        problems.push_back(
            {{key}, "FR0411", fmt::format("`{}` and `vega` exclude each other", key), "say it inside `vega:`"});
  const Json said = step.config.value("format", Json("svg"));
  const std::vector<std::string> formats = texts(said);
  for (size_t i = 0; i < formats.size(); ++i) {
    if (formats[i] == "svg" || formats[i] == "png") continue;
    std::vector<std::string> path = {"format"};
    if (said.is_array()) path.push_back(std::to_string(i));
    problems.push_back({path, "FR0411", fmt::format("a chart is not written as `{}`", formats[i]), "`svg` or `png`"});
  }
}

/// What the chart's own table holds; the same in `bind` and in `work`.
struct Drawing {
  ShortForm form;  ///< empty with `vega:`
  std::string sql;
};
Drawing plan_drawing(const Json& config, const std::string& source, const Schema& schema,
                     std::vector<ChartProblem>& problems) {
  Drawing drawing{{}, source};
  if (config.contains("vega")) {
    check_vega(config["vega"], schema, problems);
  } else {
    drawing.form = short_form(config, schema, problems);
    if (problems.empty()) drawing.sql = chart_query(drawing.form, source, schema);
  }
  return drawing;
}

std::optional<Binding> bind(const Step& step, BindContext& context) {
  if (!has_key(step, "query") && !find_table(step, {"from"}, table_of(step), context)) return std::nullopt;
  auto bound = bind_sql(step, source_path(step), query_of(step), context);
  if (!bound) return std::nullopt;
  std::vector<ChartProblem> problems;
  check_keys(step, problems);
  const Drawing drawing = plan_drawing(step.config, bound->sql, bound->query.schema, problems);
  for (const ChartProblem& problem : problems)
    context.report(context.thread().at(step, problem.path, problem.code, problem.message, problem.hint));
  if (!problems.empty()) return std::nullopt;

  Query query = drawing.sql == bound->sql ? bound->query : context.binder().describe(drawing.sql);
  Json canonical = step.config;
  canonical["query"] = canonical_sql(query_of(step));
  Binding binding;
  binding.canonical = canonical;
  binding.work = {{"config", step.config},
                  {"source", bound->sql},
                  {"schema", to_json(bound->query.schema)},
                  {"order", static_cast<int>(query.order)}};
  binding.uses = uses_of(query.lineage);
  binding.params = bound->params;
  binding.tables.push_back({step.name, std::move(query.schema), std::move(query.lineage)});
  for (const std::string& file : file_names(step.name, step.config)) binding.publishes.push_back("charts/" + file);
  return binding;
}

void check_rows(const WrittenTable& table, const Json& config) {
  const uint64_t most = config.value("max_rows", kMaxRows);
  if (table.rows > most)
    throw Error(ErrorKind::user, "FR0410",
                fmt::format("the chart `{}` would draw {} rows, and its limit is {}", table.name,
                            with_commas(table.rows), with_commas(most)),
                "aggregate first, as in `y: mean(delay)`, `x: bin(delay)` or GROUP BY in the query; `max_rows:` raises "
                "the limit");
}

ChartTable read_back(const WrittenTable& table, Engine& engine) {
  std::vector<std::string> files;
  for (const auto& file : table.files) files.push_back(quote_text(file.string()));
  if (files.empty()) return chart_table({{"columns", to_json(table.schema)}, {"rows", Json::array()}});
  return chart_table(engine.rows(fmt::format("SELECT * FROM read_parquet([{}])", join(files, ", ")), table.rows));
}

WorkResult work(const WorkRequest& request, WorkContext& context) {
  const Json& config = request.work.at("config");
  std::vector<ChartProblem> problems;
  const Drawing drawing =
      plan_drawing(config, request.work.at("source"), schema_from_json(request.work.at("schema")), problems);
  FR_CHECK(problems.empty());
  WorkResult result;
  const auto order = static_cast<RowOrder>(request.work.at("order").get<int>());
  result.tables.push_back(context.engine().materialise(request.name, drawing.sql, order, request.staging));
  check_rows(result.tables[0], config);
  const ChartTable table = read_back(result.tables[0], context.engine());

  context.phase("drawing");
  std::string specification;
  for (const auto& [theme, suffix] : themes_of(config)) {
    const Chart chart = config.contains("vega") ? make_vega_chart(config, table, theme)
                                                : make_chart(config, drawing.form, table, theme);
    std::vector<std::string> warnings;
    const std::string svg = draw_svg(chart.spec, &warnings);
    write_file(request.staging / (request.name + suffix + ".svg"), svg);
    if (wants_png(config)) write_png(svg, kPngScale, request.staging / (request.name + suffix + ".png"));
    if (!specification.empty()) continue;
    specification = spec_text(chart.spec);
    result.notes = chart.notes;
    if (!table.rows.empty())
      for (const std::string& warning : warnings) result.notes.push_back("Vega-Lite: " + warning);
  }
  write_file(request.staging / (request.name + ".vl.json"), specification);
  for (const std::string& file : file_names(request.name, config))
    result.publish.emplace_back(request.staging / file, std::filesystem::path("charts") / file);
  result.summary = fmt::format("{}  charts/{}.svg", plural(table.rows.size(), "row"), request.name);
  return result;
}

KeySpec channel_key(const char* name, const char* about) {
  return {.name = name, .type = ValueType::any, .about = about};
}

std::vector<KeySpec> keys() {
  return {
      {.name = "query", .type = ValueType::sql, .about = "the SELECT whose rows are drawn"},
      {.name = "from", .type = ValueType::table, .about = "the table that is drawn, in place of a query"},
      {.name = "file", .type = ValueType::file, .about = "a .sql file with the query, relative to the thread's folder"},
      {.name = "mark",
       .type = ValueType::any,
       .about = "what is drawn: " + join(mark_names(), ", ") + "; or a Vega-Lite mark, as {type: line, point: true}"},
      channel_key("x",
                  "a column, `mean(COLUMN)`, `count()`, `bin(COLUMN)`, or {field: COLUMN, title: ..., scale: ...} as "
                  "in Vega-Lite"),
      channel_key("y", "as x"),
      channel_key("color", "as x: a colour for each value"),
      channel_key("size", "as x: the size of points"),
      channel_key("facet", "a column: one small chart for each value; or {row: COLUMN, column: COLUMN}"),
      {.name = "sort",
       .type = ValueType::any,
       .about = "order of bars: x, -x, y, -y, ascending, descending, none, or a list of values"},
      {.name = "stack",
       .type = ValueType::any,
       .about = "zero, normalize (shares), center, or none (bars beside each other)"},
      {.name = "title", .about = "what the chart shows; without it the names of the columns say so"},
      {.name = "subtitle", .about = "a line below the title"},
      {.name = "x_title", .about = "the words at the x axis"},
      {.name = "y_title", .about = "the words at the y axis"},
      {.name = "color_title", .about = "the words above the legend"},
      {.name = "unit", .about = "unit of what is measured (y; in a heatmap the colour), such as min or EUR"},
      {.name = "x_unit", .about = "unit of x"},
      {.name = "y_unit", .about = "unit of y"},
      {.name = "width",
       .type = ValueType::integer,
       .default_value = "640",
       .about = "pixels of the whole picture",
       .least = 100},
      {.name = "height",
       .type = ValueType::integer,
       .about = "pixels of the whole picture; chosen by the content when absent",
       .least = 50},
      {.name = "format", .type = ValueType::text_list, .default_value = "svg", .about = "svg, or [svg, png]"},
      {.name = "theme",
       .type = ValueType::choice,
       .default_value = "light",
       .about = "both writes NAME.svg and NAME.dark.svg",
       .choices = {"light", "dark", "both"}},
      {.name = "max_rows",
       .type = ValueType::integer,
       .default_value = "50000",
       .about = "more rows than this are refused",
       .least = 1},
      {.name = "vega",
       .type = ValueType::mapping,
       .about = "a full Vega-Lite specification in place of mark, x, y ...; its data are the rows of the chart"},
  };
}

}  // namespace

Verb chart_verb() {
  Verb verb;
  verb.spec.name = "chart";
  verb.spec.makes = "a picture";
  verb.spec.about =
      "Draws rows as charts/NAME.svg, with the specification and its data in charts/NAME.vl.json, which opens in the "
      "Vega editor.";
  verb.spec.keys = keys();
  verb.spec.exactly_one_of = {{"query", "from", "file"}, {"mark", "vega"}};
  verb.spec.example =
      "- chart: by_hour\n"
      "  from: flights\n"
      "  mark: line\n"
      "  x: hour\n"
      "  y: mean(dep_delay)\n"
      "  color: origin\n"
      "  unit: min\n";
  verb.remembered = true;
  verb.references = references;
  verb.bind = bind;
  verb.work = work;
  return verb;
}

}  // namespace filrouge
