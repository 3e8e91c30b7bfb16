// What a worker is sent for one step: by a run, and by `prove`.
#pragma once

#include "run/plan.h"

namespace filrouge {

/// The files of `table` in `version`, which the step `provider` made.
TableFiles files_in(const Store& store, const PlannedStep& provider, const Version& version, const std::string& table);

/// The request of kind `work` (worker.h) for a bound step, with these inputs (to_json(TableFiles)). `engine`: of
/// engines.yaml; empty = the embedded one.
Json work_request(const Thread& thread, const PlannedStep& step, const Json& inputs,
                  const std::filesystem::path& staging, const Limits& limits, const std::string& engine);

}  // namespace filrouge
