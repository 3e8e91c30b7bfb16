// What a worker is sent for one step, by a run and by `prove`, and what its answer makes of the step.
#pragma once

#include "run/plan.h"
#include "run/worker.h"

namespace filrouge {

/// The files of `table` in `version`, which the step `provider` made.
TableFiles files_in(const Store& store, const PlannedStep& provider, const Version& version, const std::string& table);

/// The request of kind `work` (worker.h) for a bound step, with these inputs (to_json(TableFiles)). `engine`: of
/// engines.yaml; empty = the embedded one.
Json work_request(const Thread& thread, const PlannedStep& step, const Json& inputs,
                  const std::filesystem::path& staging, const Limits& limits, const std::string& engine);

/// As Worker::ask, for such a request. Where memory runs out (FR0314) the staging folder is emptied and the step is
/// done once more by one thread: each thread has hash tables, sorted runs and row groups of Parquet of its own. The
/// result is the same on any number of threads. Not for a step that starts programs of the user's, nor for one on
/// another engine.
struct StepAnswer : Answer {
  bool by_one_thread = false;  ///< it was
};
StepAnswer ask_for_step(Worker& worker, Json request, const std::function<void(const Json& event)>& on_event);

/// The version that `answer` to such a request made in `staging`, as it is committed.
Version version_of(const PlannedStep& step, const Answer& answer, const std::filesystem::path& staging);

/// Why a step failed, at its place in the thread; where one of its files changed, that. Nothing else leaves a step.
Diagnostic problem_of(const Thread& thread, const PlannedStep& step, const std::exception& problem);

}  // namespace filrouge
