// engines.yaml: the engines that a thread may run on besides the embedded one. It describes machines, not data, so it
// stands apart from the thread, which then runs anywhere without a change:
//
//   spark: {kind: spark, submit: /opt/spark/bin/spark-submit, master: yarn, conf: {spark.executor.memory: 4g}}
//   yarn: {kind: hadoop, home: /opt/hadoop, config: /etc/hadoop/conf, conf: {mapreduce.map.memory.mb: 1024}}
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "thread/diagnostic.h"

namespace filrouge {

/// Name -> its settings, from engines.yaml beside the thread and, for names that are not there, from
/// $XDG_CONFIG_HOME/filrouge/engines.yaml. Appends what it read to `sources`. Problems are FR0222.
std::map<std::string, Json> read_engines(const std::filesystem::path& folder, std::vector<SourceText>& sources,
                                         std::vector<Diagnostic>& problems);

/// "spark, big": the names, or "none".
std::string engine_names(const std::map<std::string, Json>& engines);

/// Those of one kind, by name.
std::vector<std::string> engines_of_kind(const std::map<std::string, Json>& engines, const std::string& kind);

/// `engine: auto` where there is more than one engine of a kind (FR0221); nothing where there is not.
std::optional<Error> cannot_choose(const std::map<std::string, Json>& engines);

}  // namespace filrouge
