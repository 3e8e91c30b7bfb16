// A line of `doctor`.
#pragma once

#include <string>
#include <vector>

#include "commands/command.h"
#include "engines/hadoop_place.h"

namespace filrouge {

enum class CheckState { ok, warn, bad };

struct Check {
  std::string what, found;
  CheckState state = CheckState::ok;
  std::string mend;  ///< what to do; empty where nothing is wrong
};

/// The engine that --engine names, tried from what it needs here to what its machines can do; stops where going on has
/// no sense. Nothing for the embedded engine. Throws Error(user, FR0221) where there is none of that name.
std::vector<Check> check_engine(const Arguments& arguments);

/// Of a Hadoop what can be found out before a job: its programs, jar and configuration, HDFS, YARN.
void check_hadoop(const HadoopPlace& place, std::vector<Check>& checks);

}  // namespace filrouge
