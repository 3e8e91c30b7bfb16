// The worker's first process: it answers no request itself. For each request it makes a copy of itself, which may touch
// what that request names and nothing else (run/sandbox.h), does the work, answers the owner, and ends.
//
// Why a copy: a process can give rights up but never take them back, so one that serves many steps would have to be
// allowed what all of them need. Starting the program anew for each step costs 30 ms of CPU time (libraries, DuckDB);
// a copy of a process that has them ready costs 2 to 3. It also starts each step with the same memory, whatever was
// done before, and what it cost is what the kernel says of one process.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace filrouge {

/// "was ended by signal 9 (Killed)", "ended with exit code 3"; `status` as waitpid gives it.
std::string ending_of(int status);

struct ProcessWork {
  /// Before the copy is made, in the first process, which must have one thread before and after.
  std::function<void(const std::string& line)> prepare;
  /// Whether the first process answers this request itself, because something it starts (a Spark driver) must outlive
  /// it. May be null: none. Such a process is used for nothing else.
  std::function<bool(const std::string& line)> keeps;
  /// In the copy: answers the request on standard output.
  std::function<void(const std::string& line)> answer;
  /// In the first process, when a copy ended without answering: `how` is its status as waitpid gives it, `ran_out`
  /// says that it had asked for more memory than it may have.
  std::function<void(const std::string& line, int how, bool ran_out)> died;
};

/// Takes requests, one a line, from standard input until it closes, then ends the process; a copy that is at work then
/// is killed. `own` is a folder for temporary files of the copies, emptied after each.
[[noreturn]] void take_requests(const std::filesystem::path& own, const ProcessWork& work);

}  // namespace filrouge
