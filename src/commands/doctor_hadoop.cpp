// doctor --engine NAME, of kind hadoop: each line asks Hadoop's own programs, in the order in which a job needs them.
#include <unistd.h>

#include <regex>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "commands/doctor.h"
#include "commands/workspace.h"
#include "engines/find_program.h"
#include "engines/hadoop_command.h"

namespace filrouge {
namespace {

constexpr uint64_t kPatienceMs = 120'000;

bool says(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

class HadoopChecks {
 public:
  HadoopChecks(const HadoopPlace& place, std::vector<Check>& checks)
      : place_(place), checks_(checks), folder_(scratch_folder() / fmt::format("doctor-{}", ::getpid())) {
    make_folder(folder_);
  }
  ~HadoopChecks() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void run() {
    if (!check_program()) return;
    check_jar();
    check_configuration();
    check_hdfs();
    check_yarn();
  }

 private:
  HadoopCommandEnd ask(const std::vector<std::string>& words) {
    return run_command(place_, {words, folder_ / "log", kPatienceMs});
  }

  bool check_program() {
    auto program = find_program(place_.hadoop);
    if (!program) {
      checks_.push_back(
          {"hadoop", fmt::format("there is no {}", place_.hadoop), CheckState::bad,
           "install Hadoop's client programs, or name their folder: `home: /opt/hadoop` in engines.yaml"});
      return false;
    }
    HadoopCommandEnd end = ask({place_.hadoop, "version"});
    std::smatch match;
    if (std::regex_search(end.text, match, std::regex(R"(Hadoop (\d+\.[\w.-]+))"))) {
      checks_.push_back({"hadoop", fmt::format("{}, Hadoop {}", program->string(), match[1].str())});
      return true;
    }
    bool java = says(end.text, "JAVA_HOME") || says(end.text, "java");
    std::string said = end.slow ? "no answer within two minutes" : last_word(end.text);
    checks_.push_back(
        {java ? "Java" : "hadoop", fmt::format("{} version: {}", program->string(), said), CheckState::bad,
         java ? "install Java (on Debian and Ubuntu: sudo apt install openjdk-17-jre-headless) and export JAVA_HOME"
              : "run it by hand: does it find its jars?"});
    return false;
  }

  void check_jar() {
    if (place_.streaming.empty() || !fs::exists(place_.streaming))
      checks_.push_back({"streaming",
                         place_.streaming.empty() ? "no hadoop-streaming-*.jar is found"
                                                  : fmt::format("there is no {}", place_.streaming.string()),
                         CheckState::bad, "`streaming:` in engines.yaml names the jar"});
    else
      checks_.push_back({"streaming", place_.streaming.string()});
  }

  void check_configuration() {
    fs::path folder = config_of(place_);
    Check check{"config", folder.string()};
    if (folder.empty()) check.found = "the one that hadoop takes by itself";
    for (const char* name : {"core-site.xml", "yarn-site.xml"})
      if (!folder.empty() && !fs::exists(folder / name)) {
        check.found = fmt::format("there is no {}", (folder / name).string());
        check.state = CheckState::bad;
        check.mend = "`config:` in engines.yaml, or HADOOP_CONF_DIR, is the folder with the cluster's *-site.xml";
        break;
      }
    checks_.push_back(check);
  }

  void check_hdfs() {
    std::string folder = fmt::format("{}/doctor-{}", place_.staging, ::getpid());
    HadoopCommandEnd end = ask({place_.hadoop, "fs", "-Dipc.client.connect.max.retries=1", "-mkdir", "-p", folder});
    if (end.status == 0) {
      ask({place_.hadoop, "fs", "-rm", "-r", "-f", "-skipTrash", folder});
      return checks_.push_back({"its files", fmt::format("{} can be written", place_.staging)});
    }
    std::string said = end.slow ? "no answer within two minutes" : last_word(end.text), mend;
    if (says(end.text, "safe mode"))
      mend = "the NameNode still waits for its DataNodes, or was told to: hdfs dfsadmin -safemode get";
    else if (says(end.text, "ermission denied"))
      mend = "`staging:` in engines.yaml is a folder there that you may write to";
    else if (says(end.text, "refused") || says(end.text, "UnknownHost") || end.slow)
      mend = "is the NameNode running at fs.defaultFS of core-site.xml?";
    else
      mend = fmt::format("by hand: hadoop fs -mkdir -p {}", place_.staging);
    checks_.push_back({"its files", said, CheckState::bad, mend});
  }

  void check_yarn() {
    HadoopCommandEnd end = ask({place_.yarn, "node", "-Dyarn.resourcemanager.connect.max-wait.ms=10000",
                                "-Dipc.client.connect.max.retries=1", "-list"});
    std::smatch match;
    if (!std::regex_search(end.text, match, std::regex(R"(Total Nodes: *(\d+))")))
      return checks_.push_back({"YARN", end.slow ? "no answer within two minutes" : last_word(end.text),
                                CheckState::bad,
                                "is the ResourceManager running at yarn.resourcemanager.address of yarn-site.xml?"});
    uint64_t nodes = std::stoull(match[1]);
    if (nodes > 0) return checks_.push_back({"YARN", plural(nodes, "NodeManager")});
    checks_.push_back({"YARN", "no NodeManager", CheckState::bad,
                       "start one on each machine, or look why they are not healthy: yarn node -list -all"});
  }

  const HadoopPlace& place_;
  std::vector<Check>& checks_;
  fs::path folder_;
};

}  // namespace

void check_hadoop(const HadoopPlace& place, std::vector<Check>& checks) {
  HadoopChecks(place, checks).run();
}

}  // namespace filrouge
