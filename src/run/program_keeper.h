// The process that starts a step's programs and ends them.
//
// A worker may not start programs (run/sandbox.h): what it reads is made by others, and what reads it is large. So a
// step that runs the user's own gets a second process, made before the first one is confined, which reads no data: it
// takes commands with their open files over a socket, starts them, keeps the end of what they write to standard error,
// and tells how they ended.
//
//   worker (reads and writes the tables; no new programs) -- socket --> keeper -- fork, exec --> the user's programs
//
// What they may touch: they read and run whatever the user may, but of the thread's folder only what the step names
// (so that nothing decides a result without being part of its key), nothing of the store, and not the user's secrets.
// They write into one folder of the step's own, and have no network unless the step says so. Their locale is C.UTF-8,
// their time zone UTC, Python's hash seed 0: the same step gives the same result whoever runs it.
//
// All of them end with the step. The keeper adopts what they leave behind, and kills it when the worker closes its end
// of the socket, however that came about.
#pragma once

#include <filesystem>
#include <memory>

#include "engines/engine.h"
#include "steps/programs.h"

namespace filrouge {

/// Makes the keeper, a copy of this process, which must have one thread. `place`: a folder of the step's staging
/// folder, made here. `input_files`: what the programs may read besides `room`. Each program may take
/// limits.memory_bytes of memory. Throws Error(environment, FR0521 or FR0523).
std::unique_ptr<Programs> keep_programs(const ProgramRoom& room, const std::filesystem::path& place,
                                        const std::vector<std::filesystem::path>& input_files, const Limits& limits);

}  // namespace filrouge
