// Doing a request of the worker's protocol (run/worker.h) in this process.
#pragma once

#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/json.h"
#include "engines/engine.h"

namespace filrouge {

/// Takes the events of a request. Called by two threads, but for its last event.
using Say = std::function<void(const Json& event)>;

/// The event by which a request ends that failed.
Json error_event(int64_t id, const Error& error);

/// What work done by other processes cost.
struct Cost {
  double cpu_seconds = 0;
  uint64_t peak_memory_bytes = 0;  ///< of the largest of them
};

/// Does a request and says what came of it: the last event is `done` or `error`. `confined`: this process does nothing
/// else and first gives up what the request does not need. `own`: a folder for temporary files.
void serve(const Json& request, Engine& engine, const std::filesystem::path& own, bool confined, const Say& say);

}  // namespace filrouge
