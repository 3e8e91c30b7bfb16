// `report: true` of explain: a page about the model for people who will never open a terminal, reports/NAME.html.
//
// What is on it are figures, shares and curves; a value that a text column has is named only where at least
// kFewestNamed rows have it, and the smallest and largest number of a column are not named at all.
#pragma once

#include "charts/facts.h"
#include "models/model.h"
#include "steps/explain_work.h"

namespace filrouge {

inline constexpr uint64_t kFewestNamed = 10;

/// The tables of the `learn` step that the page reads, besides its predictions.
std::vector<std::string> report_tables(const Step& learn);

/// In the owner: what the page reads besides the model, and what it must be told.
void bind_report(const Step& step, const Step& learn, const ModelPlan& plan, BindContext& context, Binding& binding);

/// In the worker: writes the page into the staging folder and publishes it. `explained`: the tables of the step itself,
/// as they were written.
void write_report(const WorkRequest& request, const Model& model, const std::vector<WrittenTable>& explained,
                  Engine& engine, WorkResult& result);

// Pictures of the page, each empty where there is nothing to show. Rows are objects, as ChartTable has them.

std::string importance_figure(const Json& importance);
/// One for each of the first columns of `effects`, which come by importance.
std::string effect_figures(const Json& effects, const std::string& unit, size_t most);
std::string calibration_figure(const Json& bins);
/// Shares found and shares right by threshold; `chosen`: where the line stands that says which one is used.
std::string threshold_figure(const Json& thresholds, double chosen);
/// Predicted against true values, by tenths of the prediction: rows of {predicted, actual, low, high}.
std::string tenths_figure(const Json& tenths);

}  // namespace filrouge
