// Programs of Hadoop's (`hadoop fs`, `hadoop jar`, `yarn logs`), run to their end.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engines/hadoop_place.h"

namespace filrouge {

struct HadoopCommand {
  std::vector<std::string> words;
  std::filesystem::path log;  ///< what it writes to either output; written anew
  uint64_t timeout_ms = 0;    ///< 0 = none
  /// Standard input of this process is a pipe of whoever asked: when that is hung up, the program is ended and
  /// Error(interrupted, FR0703) thrown.
  bool is_owned = false;
  /// Called a few times a second with all that it has written; false ends it.
  std::function<bool(const std::string& text)> look = {};
};

struct HadoopCommandEnd {
  int status = 0;     ///< as waitpid gives it
  bool slow = false;  ///< it was ended when time was up
  std::string text;   ///< all that it wrote
};

/// It gets this process's environment with HADOOP_CONF_DIR as the place says, and ends with this process. Throws
/// Error(environment, FR0521) where no process can be made; a program that is not there ends with exit code 127.
HadoopCommandEnd run_command(const HadoopPlace& place, const HadoopCommand& command);

/// The last line that says something: no line of a Java stack, no note or warning of a log.
std::string last_word(const std::string& text);

}  // namespace filrouge
