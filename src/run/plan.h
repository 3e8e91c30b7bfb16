// The plan: which steps must run, and why. Made from the thread, the files it reads and the store; moves no data.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "engines/engine.h"
#include "steps/step.h"
#include "store/store.h"
#include "thread/thread.h"

namespace filrouge {

class Worker;

enum class Action { build, reuse, skip };
const char* to_string(Action action);

/// A step with all that is known of it before it runs.
struct PlannedStep {
  const Step* step = nullptr;
  const Verb* verb = nullptr;
  std::vector<std::string> references;   ///< tables it reads
  std::vector<size_t> needs;             ///< steps that yield them (indices into Plan::steps), sorted
  std::vector<size_t> gates;             ///< checks that must pass first
  std::optional<Binding> binding;        ///< nothing where a problem was reported
  std::vector<std::string> file_hashes;  ///< as Binding::files
  std::vector<FileStat> file_stats;      ///< as Binding::files: what each was when it was hashed
  std::optional<std::string> key;        ///< known when all its inputs are
  Json why_key;                          ///< the parts of the key
  Action action = Action::build;
  std::vector<std::string> why;    ///< in words: "never built", "parameter late_after changed: 15 -> 30"
  std::optional<Version> version;  ///< reuse: the version to use
  bool is_current = false;         ///< reuse: the last run settled on this version too
  std::optional<uint64_t> rows;    ///< expected
  std::optional<double> seconds;   ///< expected
  bool selected = true;
};

struct Plan {
  std::vector<PlannedStep> steps;             ///< an order in which they can run; the file's order where free
  std::map<std::string, size_t> provider;     ///< table -> the step that yields it
  std::map<std::string, size_t> replacement;  ///< table -> the quarantine that yields it for others

  /// The step whose version of `table` the step `reader` reads; nothing for a table that nobody yields.
  std::optional<size_t> source_of(const std::string& table, size_t reader) const;
  LineageGraph lineage() const;  ///< of every bound table; of a quarantined one as others read it
  const Schema* schema(const std::string& table) const;
  const OutputTable* output(const std::string& table) const;
  /// Steps (by index) that `index` needs, directly or not; gates count when `with_gates`.
  std::vector<bool> ancestors(size_t index, bool with_gates) const;
};

struct PlanOptions {
  std::vector<std::string> select, exclude;  ///< see run/selectors.h
  bool again = false;                        ///< build the selected steps even if they are up to date
  std::filesystem::path scratch;             ///< where an inspecting worker may spill
  Limits limits;                             ///< of an inspecting worker
};

/// Bytes that the tables a step reads take in the store, each counted once; nothing while one of them has no version in
/// `done`.
std::optional<uint64_t> input_bytes(const Plan& plan, size_t index, const std::map<size_t, Version>& done);

/// FR0337 where a file of the step is no longer the one that its key is made of.
std::optional<Error> changed_file(const PlannedStep& step);

/// The engine of engines.yaml that does a bound step, empty = the embedded one; nothing where that depends on the size
/// of inputs that have no version in `done`.
std::optional<std::string> engine_for(const Plan& plan, size_t index, const std::map<size_t, Version>& done,
                                      uint64_t memory_bytes);

/// Binds every step and compares with the store. `thread`, `store` must outlive the planner and its plans.
class Planner {
 public:
  Planner(const Thread& thread, Store& store, PlanOptions options);
  ~Planner();

  /// All problems go into `problems`; with errors among them the plan still serves `trace` and `help` but must not run.
  Plan plan(std::vector<Diagnostic>& problems);

  /// Fixes the key, and the action by what the store has under that key (early cut-off), when every step that
  /// plan.steps[index] needs has its version in `done`. Used by plan() and again while running. Thread-safe against
  /// nothing.
  void decide(Plan& plan, size_t index, const std::map<size_t, Version>& done);

  /// A worker that inspected files, to be used further; null when there is none left.
  std::unique_ptr<Worker> take_worker();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace filrouge
