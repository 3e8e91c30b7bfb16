// Running a plan: workers in parallel under one memory budget, versions committed as they come.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/plan.h"

namespace filrouge {

/// What the smallest step takes, and so the least that a run can do with.
inline constexpr uint64_t kLeastMemoryBytes = 100'000'000;

struct RunEvent {
  enum class Kind { started, progress, finished } kind = Kind::started;
  const PlannedStep* step = nullptr;
  std::string action;    ///< finished: built | reused | failed | skipped
  std::string phase;     ///< progress: "reading"
  double fraction = -1;  ///< progress: 0 to 1, below 0 = not known
  double seconds = 0;
  std::string summary;  ///< finished: "336,776 rows  19 columns", or the verb's own
  std::vector<std::string> notes;
  std::optional<Diagnostic> problem;  ///< finished, failed: with the place in the user's text
};

struct RunOptions {
  uint64_t memory_bytes = 0;  ///< for all workers together
  int jobs = 1;               ///< workers at once, if each finds kLeastMemoryBytes; each may use as many threads
  uint64_t step_timeout_ms = 0;
  std::string command;  ///< recorded in the history
  std::filesystem::path scratch;
};

struct RunOutcome {
  std::vector<RunStep> steps;  ///< as plan.steps
  std::vector<Diagnostic> problems;
  size_t built = 0, reused = 0, failed = 0, skipped = 0;  ///< `skipped`: of those selected
  bool gate_failed = false, interrupted = false;
  bool unmet = false;  ///< a selected step needs one that was not selected and is not there
  double seconds = 0;
  int exit_code() const { return interrupted ? 130 : failed > 0 || unmet ? 1 : gate_failed ? 3 : 0; }
};

/// True when executing would change nothing: every selected step is up to date, settled on, and its pictures are there.
bool nothing_to_do(const Thread& thread, const Plan& plan);

/// `on_event` is called by one thread at a time. request_stop() ends the run with a usable store.
/// A step that fails stops what needs it, not the rest.
RunOutcome execute(const Thread& thread, Store& store, Planner& planner, Plan& plan, const RunOptions& options,
                   const std::function<void(const RunEvent&)>& on_event);

/// Async-signal-safe.
void request_stop();

}  // namespace filrouge
