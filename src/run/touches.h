// What a change of a step reaches: the steps further down, and personal data on the way.
#pragma once

#include "run/plan.h"

namespace filrouge {

struct Touches {
  std::vector<size_t> steps;     ///< that read it or wait for it, directly or not: the first kMostTouched of the plan
  size_t count = 0;              ///< all of them
  std::set<ColumnRef> personal;  ///< columns of the step's own tables that come from one declared `subject: true`
};

constexpr size_t kMostTouched = 100;

/// One for each step of the plan, as plan.steps. Time grows with links times steps / 64.
std::vector<Touches> touches_of(const Plan& plan);

}  // namespace filrouge
