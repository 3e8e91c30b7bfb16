// The worker in a task of Hadoop streaming: between Hadoop and one of the user's programs (steps/run_elsewhere.h).
//
//   standard input -> [tags and receipts away] -> program -> [tags put in] -> standard output, a receipt at the end
//
// The working folder has job/, with job.json and the thread's files. The program is started as it is here: in the
// thread's folder, behind the same walls, with the same environment (run/program_keeper.h). What goes wrong is written
// to standard error (kTaskError) and ends it with exit code 1: Hadoop then tries the task again or gives up.
#pragma once

#include <filesystem>
#include <string>

namespace filrouge {

/// `role`: "map", "combine" or "reduce". A folder of its own is made in `scratch`. Returns the exit code.
int line_worker_main(const std::filesystem::path& scratch, const std::string& role);

}  // namespace filrouge
