#include "engines/hadoop_place.h"

#include "base/files.h"
#include "engines/find_program.h"

namespace filrouge {
namespace {

/// Where the packages of Bigtop, EMR, Cloudera and Hortonworks put it.
constexpr const char* kStreamingPlaces[] = {"/usr/lib/hadoop-mapreduce/hadoop-streaming*.jar",
                                            "/usr/lib/hadoop/tools/lib/hadoop-streaming-*.jar",
                                            "/opt/cloudera/parcels/CDH/lib/hadoop-mapreduce/hadoop-streaming*.jar",
                                            "/usr/hdp/current/hadoop-mapreduce-client/hadoop-streaming*.jar"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path first_match(const fs::path& base, const std::string& pattern) {
  std::vector<fs::path> found = glob_files(base, pattern);
  return found.empty() ? fs::path() : found.front();
}

fs::path find_streaming(const std::string& home, const std::string& hadoop) {
  std::vector<fs::path> homes;
  if (!home.empty()) homes.push_back(home);
  std::error_code ignored;
  if (auto program = find_program(hadoop))
    homes.push_back(fs::weakly_canonical(*program, ignored).parent_path().parent_path());
  for (const fs::path& folder : homes)
    if (fs::path jar = first_match(folder, "share/hadoop/tools/lib/hadoop-streaming-*.jar"); !jar.empty()) return jar;
  for (const char* pattern : kStreamingPlaces)
    if (fs::path jar = first_match("/", pattern + 1); !jar.empty()) return jar;
  return {};
}

}  // namespace

HadoopPlace hadoop_place(const Json& engine) {
  HadoopPlace place;
  std::string home = engine.value("home", variable("HADOOP_HOME"));
  if (!home.empty()) {
    place.hadoop = (fs::path(home) / "bin/hadoop").string();
    place.yarn = (fs::path(home) / "bin/yarn").string();
  }
  place.config = engine.value("config", "");
  place.streaming = engine.value("streaming", "");
  if (place.streaming.empty()) place.streaming = find_streaming(home, place.hadoop);
  place.staging = engine.value("staging", place.staging);
  while (place.staging.size() > 1 && place.staging.back() == '/') place.staging.pop_back();
  place.worker = engine.value("worker", "");
  Json conf = engine.value("conf", Json::object());
  for (const auto& [key, value] : conf.items())
    place.conf[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return place;
}

fs::path config_of(const HadoopPlace& place) {
  if (!place.config.empty()) return place.config;
  if (std::string folder = variable("HADOOP_CONF_DIR"); !folder.empty()) return folder;
  auto program = find_program(place.hadoop);
  if (!program) return {};
  std::error_code failed;
  fs::path folder = fs::weakly_canonical(*program, failed).parent_path().parent_path() / "etc/hadoop";
  return fs::exists(folder, failed) ? folder : fs::path();
}

}  // namespace filrouge
