// How a Hadoop is reached: an entry of engines.yaml of kind hadoop, and what is found on this machine for it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"

namespace filrouge {

struct HadoopPlace {
  std::string hadoop = "hadoop", yarn = "yarn";  ///< paths of the programs; names where they are looked for on PATH
  std::filesystem::path config;                  ///< HADOOP_CONF_DIR; empty = what `hadoop` takes by itself
  std::filesystem::path streaming;               ///< the jar of Hadoop streaming; empty = there is none
  std::string staging = ".filrouge";             ///< on its file system; a relative one begins at the user's home there
  std::map<std::string, std::string> conf;       ///< properties of jobs
  std::string worker;                            ///< filrouge on its machines; empty = this program is sent there
};
/// `home` or HADOOP_HOME is the folder of a Hadoop: bin/hadoop, share/hadoop/tools/lib/hadoop-streaming-*.jar. Without
/// one `hadoop` is looked for on PATH, and the jar beside it and where distributions put it.
HadoopPlace hadoop_place(const Json& engine);

/// The configuration's folder, whoever named it; empty where only `hadoop` knows it.
std::filesystem::path config_of(const HadoopPlace& place);

}  // namespace filrouge
