// What a chart shows is computed where the data is: `y: mean(arr_delay)` and `x: bin(dep_delay)` become SQL around the
// user's query. So the picture of 336,776 rows carries 16, lineage sees the columns used, and Vega only draws.
//
// Bins have round edges: the smallest of 1, 2, 5 x 10^n that gives at most kMaxBins of them, as Vega's own `bin` would.
#include "base/text.h"
#include "charts/facts.h"
#include "charts/short_form.h"

namespace filrouge {
namespace {

constexpr int kMaxBins = 30;
constexpr int kMaxBinsOfHeatmap = 25;

bool computes(const ShortForm& form) {
  if (form.mark == "boxplot") return false;
  bool any = false;
  for (const Channel& channel : form.channels) {
    if (channel.definition.contains("timeUnit")) return false;
    any |= channel.bin || !channel.aggregate.empty();
  }
  return any;
}

/// A name that no other column of the chart's table has.
std::string free_name(std::string name, std::set<std::string>& taken) {
  while (!taken.insert(lower(name)).second) name += "_";
  return name;
}

std::string aggregate_sql(const Channel& channel, const Schema& schema) {
  if (channel.aggregate == "count")
    return channel.column.empty() ? "count(*)" : fmt::format("count({})", quote_name(channel.column));
  if (channel.aggregate == "distinct") return fmt::format("count(DISTINCT {})", quote_name(channel.column));
  const Column* column = schema.find(channel.column);
  const char* cast = column && column_kind(column->type) == ColumnKind::boolean ? "::INTEGER" : "";
  const std::string function = channel.aggregate == "mean"    ? "avg"
                               : channel.aggregate == "stdev" ? "stddev_samp"
                                                              : channel.aggregate;
  return fmt::format("{}({}{})", function, quote_name(channel.column), cast);
}

/// The CTEs that find the width of a bin, `step_0`, for each binned column.
std::string steps_sql(const std::vector<const Channel*>& binned, const ShortForm& form, const Schema& schema) {
  std::vector<std::string> spans, steps;
  for (size_t i = 0; i < binned.size(); ++i) {
    const Json bin = binned[i]->definition.value("bin", Json(true));
    const std::string column = quote_name(binned[i]->column);
    if (bin.is_object() && bin.contains("step") && bin["step"].is_number()) {
      spans.push_back(fmt::format("1 AS span_{}", i));
      steps.push_back(fmt::format("{}::DOUBLE AS step_{}", bin["step"].get<double>(), i));
      continue;
    }
    int most = form.mark == "heatmap" ? kMaxBinsOfHeatmap : kMaxBins;
    if (bin.is_object() && bin.contains("maxbins") && bin["maxbins"].is_number_integer())
      most = std::max(1, bin["maxbins"].get<int>());
    const Column* source = schema.find(binned[i]->column);
    const double least = source && is_integer(source->type) ? 1 : 0;
    const std::string finite = fmt::format("FILTER (WHERE isfinite({}::DOUBLE))", column);
    spans.push_back(fmt::format(
        "CASE WHEN max({0}) {1} > min({0}) {1} THEN (max({0}) {1} - min({0}) {1})::DOUBLE / {2} ELSE 1 END AS span_{3}",
        column, finite, most, i));
    steps.push_back(fmt::format(
        "greatest({1}, pow(10, floor(log10(span_{0}))) * CASE WHEN span_{0} <= pow(10, floor(log10(span_{0}))) THEN 1 "
        "WHEN span_{0} <= 2 * pow(10, floor(log10(span_{0}))) THEN 2 "
        "WHEN span_{0} <= 5 * pow(10, floor(log10(span_{0}))) THEN 5 ELSE 10 END) AS step_{0}",
        i, least));
  }
  return fmt::format(", spans AS (SELECT {} FROM source), steps AS (SELECT {} FROM spans)", join(spans, ", "),
                     join(steps, ", "));
}

/// The columns that are drawn as they are, each once.
std::string plain_query(ShortForm& form, const std::string& source) {
  std::vector<std::string> columns;
  for (Channel& channel : form.channels) {
    channel.field = channel.column;
    const std::string name = quote_name(channel.column);
    if (!channel.column.empty() && std::find(columns.begin(), columns.end(), name) == columns.end())
      columns.push_back(name);
  }
  return fmt::format("SELECT {} FROM ({}\n)", join(columns, ", "), source);
}

}  // namespace

std::string chart_query(ShortForm& form, const std::string& source, const Schema& schema) {
  if (!computes(form)) {
    const std::string query = plain_query(form, source);
    return form.is_query ? source : query;
  }
  form.is_computed = true;
  std::set<std::string> taken;
  std::map<std::string, std::string> fields;  // expression -> field: one column may be on two channels
  std::vector<std::string> columns;
  std::vector<const Channel*> binned;
  const auto add = [&](const std::string& expression, const std::string& name) {
    const auto [at, is_new] = fields.try_emplace(expression);
    if (is_new) {
      at->second = free_name(name, taken);
      columns.push_back(fmt::format("{} AS {}", expression, quote_name(at->second)));
    }
    return at->second;
  };
  for (Channel& channel : form.channels) {
    if (channel.bin) {
      const std::string low = fmt::format("floor({} / step_{} + 1e-9)", quote_name(channel.column), binned.size());
      channel.field = add(fmt::format("{} * step_{}", low, binned.size()), channel.column);
      channel.field_end = add(fmt::format("({} + 1) * step_{}", low, binned.size()), channel.column + "_end");
      binned.push_back(&channel);
    } else if (!channel.aggregate.empty()) {
      const std::string name = channel.column.empty() ? "count" : channel.aggregate + "_" + channel.column;
      channel.field = add(aggregate_sql(channel, schema), name);
    } else if (!channel.column.empty()) {
      channel.field = add(quote_name(channel.column), channel.column);
    }
  }
  const std::string steps = binned.empty() ? "" : steps_sql(binned, form, schema);
  return fmt::format("WITH source AS ({}\n){} SELECT {} FROM source{} GROUP BY ALL ORDER BY ALL", source, steps,
                     join(columns, ", "), binned.empty() ? "" : ", steps");
}

}  // namespace filrouge
