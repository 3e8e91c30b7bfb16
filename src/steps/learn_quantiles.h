// `quantiles:` of learn: what is wrong with them, and how they are judged.
#pragma once

#include "steps/learn_judge.h"

namespace filrouge {

/// Reports what does not go with quantiles (FR0809); true where nothing does.
bool check_quantiles(const Step& step, const ModelPlan& plan, BindContext& context);

/// Figures of the quantiles on a part, in pairs with those of the baseline (the training rows' own quantiles):
/// pinball@0.1 and coverage@0.1 (the share of rows at or below), and coverage@0.1-0.9 and width@0.1-0.9 between the
/// lowest and the highest.
struct QuantileFigure {
  Metric metric;
  double baseline = 0;
};
std::vector<QuantileFigure> judge_quantiles(const Model& model, const Judged& truth,
                                            const std::vector<double>& quantiles);

/// A share of rows is neither good nor bad by being high.
bool has_direction(const std::string& metric);

}  // namespace filrouge
