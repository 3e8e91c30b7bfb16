// Running a plan: workers in parallel under one memory budget, versions committed as they come.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "run/plan.h"

namespace filrouge {

struct RunEvent {
  enum class Kind { started, progress, finished } kind = Kind::started;
  const PlannedStep* step = nullptr;
  std::string action;  ///< finished: built | reused | failed | skipped
  std::string phase;   ///< progress
  uint64_t rows = 0;
  size_t columns = 0;
  double seconds = 0;
  std::string summary;  ///< finished: "336,776 rows  19 columns" or the verb's own
  std::vector<std::string> notes;
  std::optional<Diagnostic> problem;  ///< finished, failed: with the place in the user's text
};

struct RunOptions {
  uint64_t memory_bytes = 0;  ///< for all workers together
  int jobs = 1;               ///< workers at once, and threads shared among them
  uint64_t step_timeout_ms = 0;
  std::string command;  ///< recorded in the history
};

struct RunOutcome {
  std::vector<RunStep> steps;  ///< in plan order
  size_t built = 0, reused = 0, failed = 0, skipped = 0;
  bool gate_failed = false, interrupted = false;
  double seconds = 0;
  int exit_code = 0;  ///< 0, 1, 3 or 130
};

/// `on_event` is called from one thread at a time. SIGINT and SIGTERM (through request_stop) end it with a usable
/// store.
RunOutcome execute(const Thread& thread, Store& store, Planner& planner, Plan& plan, const RunOptions& options,
                   const std::function<void(const RunEvent&)>& on_event);

/// Async-signal-safe.
void request_stop();

}  // namespace filrouge
