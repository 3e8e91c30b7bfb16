// The plan: which steps must run, and why. Made from the thread, the files it reads and the store; moves no data.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "run/worker.h"
#include "steps/step.h"
#include "store/store.h"
#include "thread/thread.h"

namespace filrouge {

enum class Action { build, reuse, skip };
const char* to_string(Action action);

/// A step with all that is known of it before it runs.
struct PlannedStep {
  const Step* step = nullptr;
  const Verb* verb = nullptr;
  std::vector<size_t> needs;  ///< indices of steps whose tables it reads
  std::vector<size_t> gates;  ///< indices of checks that must pass first
  std::optional<Binding> binding;
  std::optional<std::string> key;  ///< known when all its inputs are
  Json why_key;                    ///< the parts of the key
  Action action = Action::build;
  std::vector<std::string> why;    ///< in words: "never built", "parameter late_after changed: 15 -> 30"
  std::optional<Version> version;  ///< the version to reuse, or the current one before this run
  std::optional<uint64_t> rows;    ///< expected
  std::optional<double> seconds;   ///< expected
  bool selected = true;
};

/// Which table comes from which step, in the order in which they can run.
struct Plan {
  std::vector<PlannedStep> steps;                 ///< in dependency order; the file's order where free
  std::map<std::string, size_t> provider;         ///< table name -> index of the step that yields it
  std::map<std::string, size_t> reader_provider;  ///< as provider, but a quarantine replaces the table for others
  LineageGraph lineage;                           ///< of every bound table
};

struct PlanOptions {
  std::vector<std::string> select, exclude;  ///< selectors, as in dbt: NAME, +NAME, NAME+, 2+NAME, @NAME, a,b
  uint64_t memory_bytes = 0;
  bool again = false;  ///< rebuild the selected steps even if they are up to date
};

/// Binds everything and compares with the store. All problems go into `problems`; with errors the plan is still
/// complete enough for `trace` and `help` but must not run. `inspector` serves BindContext::inspect (made on first
/// use).
class Planner {
 public:
  Planner(const Thread& thread, Store* store, PlanOptions options);
  ~Planner();
  Plan plan(std::vector<Diagnostic>& problems);

  /// Called while running, when every input of plan.steps[index] has its version in `done`: fixes the key, and the
  /// action by what the store has under that key (early cut-off).
  void decide(Plan& plan, size_t index, const std::map<size_t, Version>& done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace filrouge
