// One job of Hadoop streaming on YARN, from files of this machine to files of this machine:
//
//   in/ -> staging folder on HDFS -> hadoop jar hadoop-streaming.jar -> all of its output, if the job is finished ->
//   out/
//
// The staging folder is removed whatever happens. A small process stands by meanwhile: when this one is killed or
// interrupted, it kills the application and removes the folder.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engines/hadoop_place.h"

namespace filrouge {

struct StreamingJob {
  std::string name;
  std::filesystem::path folder;              ///< in/ is there; out/ and logs are made
  std::vector<std::filesystem::path> files;  ///< go into the working folder of each task, under their own names
  std::string mapper, combiner, reducer;     ///< commands; an empty one is none
  std::vector<std::pair<std::string, std::string>> properties;  ///< those of the place go before
  std::string input_format, partitioner;  ///< Java classes; empty = what streaming takes by itself
};

struct StreamingResult {
  std::vector<std::filesystem::path> files;  ///< the job's output, in the order of its tasks
  std::string application;                   ///< application_1700000000000_0001
};

/// Line of a task's standard error by which a worker there says what went wrong: this, then an error as JSON with
/// "kind", "code", "message", "hint", and "where" it was.
inline constexpr const char* kTaskError = "filrouge-error ";

/// Runs it. `say` is told what goes on, `progress` how far the job is (0 to 1). Standard input of this process is the
/// pipe of whoever asked. Throws the error of a worker (kTaskError) with the application's name; Error(engine, FR0335)
/// with YARN's diagnostics where the job failed or was killed otherwise; Error(environment, FR0336) where `hadoop`
/// cannot be used.
StreamingResult run_streaming(const HadoopPlace& place, const StreamingJob& job,
                              const std::function<void(const std::string&)>& say, std::atomic<double>& progress);

/// What the job's client has said, as far as it is understood.
struct ClientWords {
  std::string application;  ///< empty = none was made
  std::string reason;       ///< "Task failed task_1_0001_m_000000 .."
  std::string task_error;   ///< the first line of the last error of a task
  bool killed = false;
  double progress = -1;
};
ClientWords read_client(const std::string& text);

}  // namespace filrouge
