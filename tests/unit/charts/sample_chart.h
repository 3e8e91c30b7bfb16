// A chart from the keys of a step and rows as the engine gives them.
#pragma once

#include <gtest/gtest.h>

#include "charts/spec.h"

namespace filrouge {

/// `rows` as Engine::rows gives them: {columns: [{name, type}], rows: [[..]]}. The keys must be right. Aggregates and
/// bins count as computed, so `rows` are those of chart_query().
inline Chart sample_chart(const Json& config, const Json& source_schema, const Json& rows, Theme theme = Theme::light) {
  std::vector<ChartProblem> problems;
  const Schema schema = schema_from_json(source_schema);
  ShortForm form = short_form(config, schema, problems);
  for (const ChartProblem& problem : problems) ADD_FAILURE() << problem.code << " " << problem.message;
  chart_query(form, "SELECT * FROM t", schema);
  return make_chart(config, form, chart_table(rows), theme);
}

inline Json columns(std::initializer_list<std::pair<const char*, const char*>> list) {
  Json schema = Json::array();
  for (const auto& [name, type] : list) schema.push_back({{"name", name}, {"type", type}});
  return schema;
}

}  // namespace filrouge
