// What reading a table for `learn` at once and reading it again block by block have in common.
#pragma once

#include "steps/learn_data.h"

namespace filrouge {

/// Is this row of the table in a sample of one in `step`?
inline bool is_drawn(uint64_t row, uint64_t step) {
  return step == 1 || mix(row, 11) % step == 0;
}

/// The columns of data.inputs, then those of data.others, in the table's order.
std::string learn_scan_sql(const ModelPlan& plan, const LearnData& data);

}  // namespace filrouge
