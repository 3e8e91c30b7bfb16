// The same step on two engines with the same rows to read: is the result the same? Each step gets what the store has of
// its inputs, so a difference begins in the step that shows it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "run/plan.h"

namespace filrouge {

struct ProveOptions {
  std::string first = "duckdb", second;  ///< names of engines; at least one is of engines.yaml
  double sample = 1;                     ///< share of the rows of each input, chosen by their hash
  double tolerance = 1e-12;              ///< of DOUBLE, relative; of FLOAT 1e-6
  Limits limits;
  std::filesystem::path scratch;
};

struct Proof {
  const PlannedStep* step = nullptr;
  bool equal = false;
  uint64_t rows = 0, other_rows = 0;
  double largest_error = 0;  ///< relative, of doubles that count as equal
  /// What differs: a column with the rows in which it does.
  std::vector<std::pair<std::string, uint64_t>> columns;
  std::vector<std::string> examples;  ///< "share_late: 0.25 / 0.5"
  std::string failure;                ///< the step did not run on one of them: refused, or stopped
  double seconds = 0, other_seconds = 0;
  std::string engine, other_engine;  ///< as they call themselves: "spark 4.3.0"
};

/// Proves the selected `sql` steps of the plan, in order. Rows are compared as multisets: sorted by all columns,
/// floating-point ones last, and then row by row. Throws Error(user, FR0608) where the store has no
/// version of an input.
void prove(const Thread& thread, const Store& store, const Plan& plan, const ProveOptions& options,
           const std::function<void(const Proof&)>& on_proof);

}  // namespace filrouge
