// `costs:` of learn: what each mistake costs, and what the model's decisions then cost.
#pragma once

#include "models/card.h"
#include "steps/learn_judge.h"

namespace filrouge {

/// Reports what the thread alone tells to be wrong (FR0809); true where nothing is.
bool check_costs(const Step& step, const ModelPlan& plan, BindContext& context);

/// As models/decision.h takes them; empty where the thread names none. What is not said costs 1, being right 0. Throws
/// FR0806 for a class that the target does not have, FR0809 where a mistake costs no more than being right.
std::vector<double> costs_of(const Json& config, const ModelPlan& plan, const std::vector<std::string>& labels);

/// What the decisions cost on the rows that judge the model, beside always saying one class. There must be costs.
CardFacts::Decision decision_of(const Verdicts& verdicts);

}  // namespace filrouge
