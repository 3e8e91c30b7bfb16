// `counterfactuals:` of explain: what would have to be different for a row to get another outcome.
#pragma once

#include "models/counterfactual.h"
#include "steps/explain_work.h"
#include "steps/result_table.h"

namespace filrouge {

/// Reports what is wrong with the key (FR0801 a column that is no feature, FR0812 the rest); true where nothing is.
bool check_counterfactuals(const Step& step, const ModelPlan& plan, BindContext& context);

/// Answers rows of the table that `explain` looks at, and fills NAME.counterfactuals: a line for each change of each
/// row. At most 20,000 rows are looked at, whatever the table's size; a note says so.
void fill_counterfactuals(const WorkRequest& request, const Model& model, WorkContext& context, ResultTable& table,
                          std::vector<std::string>& notes);

}  // namespace filrouge
