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

/// The version that `answer` to such a request made in `staging`, as it is committed.
Version version_of(const PlannedStep& step, const Answer& answer, const std::filesystem::path& staging);

}  // namespace filrouge
