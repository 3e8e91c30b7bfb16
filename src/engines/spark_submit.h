// What can be said of a Spark before a driver is started: its spark-submit, its Java, whether its master answers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engines/spark_driver.h"

namespace filrouge {

struct SubmitFacts {
  std::optional<std::filesystem::path> program;  ///< nothing where there is none of that name
  std::string version;                           ///< "4.3.0"; empty where it did not say
  std::string java;                              ///< "17.0.15"
  std::string said;                              ///< the last line that it wrote
  bool slow = false;                             ///< it had not ended when time was up
};
/// Runs `spark-submit --version`, for at most two minutes.
SubmitFacts try_submit(const SparkPlace& place);

/// Why the master cannot be reached, in words; nothing where it answers, or cannot be asked in a simple way. Of
/// spark://a:1,b:2 one is enough; of yarn Hadoop's configuration is looked for.
std::optional<std::string> try_master(const SparkPlace& place);

/// Why nothing can listen at `place.host`; nothing where it can.
std::optional<std::string> try_host(const SparkPlace& place);

/// Whether machines other than this one may have to reach it.
bool is_elsewhere(const SparkPlace& place);

}  // namespace filrouge
