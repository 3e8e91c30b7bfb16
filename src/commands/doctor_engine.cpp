// doctor --engine NAME: can steps run on that engine, and what is missing? A driver or a job is started, and workers
// are sent to the machines of the cluster to read and write where the store is.
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "commands/doctor.h"
#include "commands/workspace.h"
#include "engines/spark_submit.h"
#include "thread/engines_file.h"

namespace filrouge {
namespace {

constexpr int kOldestJava = 17, kOldestSpark = 4;
constexpr const char* kCompared = "4.3";
constexpr uint64_t kPatienceMs = 180'000;

/// The settings of the engine; problems of engines.yaml become lines.
std::optional<Json> settings_of(const std::string& name, const Arguments& arguments, std::vector<Check>& checks) {
  std::optional<fs::path> thread = thread_file(arguments);
  std::vector<SourceText> sources;
  std::vector<Diagnostic> problems;
  auto engines = read_engines(thread ? thread->parent_path() : fs::current_path(), sources, problems);
  for (const Diagnostic& problem : problems)
    checks.push_back({"engine", problem.message, CheckState::bad, problem.hint});
  if (auto found = engines.find(name); found != engines.end()) return found->second;
  if (!problems.empty()) return std::nullopt;
  throw Error(ErrorKind::user, "FR0221", fmt::format("there is no engine `{}`", name),
              fmt::format("engines besides duckdb: {}", engine_names(engines)));
}

void check_submit(const SparkPlace& place, std::vector<Check>& checks) {
  SubmitFacts facts = try_submit(place);
  if (!facts.program)
    return checks.push_back(
        {"submit", fmt::format("there is no {}", place.submit), CheckState::bad,
         "install Spark (PyPI: pyspark), or name its program: `submit: /opt/spark/bin/spark-submit`"});
  if (facts.slow)
    return checks.push_back({"submit",
                             fmt::format("{} --version takes longer than two minutes", facts.program->string()),
                             CheckState::warn, "this machine has too much to do for a Java program to start"});
  if (facts.version.empty()) {
    bool java = facts.said.find("JAVA_HOME") != std::string::npos || facts.said.find("java") != std::string::npos;
    return checks.push_back({java ? "Java" : "submit",
                             fmt::format("{} --version: {}", facts.program->string(), facts.said), CheckState::bad,
                             java ? "install Java 17, on Debian and Ubuntu: sudo apt install openjdk-17-jre-headless"
                                  : "run it by hand: does it find its SPARK_HOME and Python?"});
  }
  Check submit{"submit", fmt::format("{}, Spark {}", facts.program->string(), facts.version)};
  if (std::atoi(facts.version.c_str()) < kOldestSpark)
    submit.state = CheckState::bad,
    submit.mend = fmt::format("take Spark {}: SQL means other things before 4.0", kCompared);
  else if (!facts.version.starts_with(kCompared))
    submit.state = CheckState::warn,
    submit.mend = fmt::format("what is portable was compared with {}: filrouge prove", kCompared);
  checks.push_back(submit);
  Check java{"Java", facts.java.empty() ? "it does not say which" : facts.java};
  if (!facts.java.empty() && std::atoi(facts.java.c_str()) < kOldestJava)
    java.state = CheckState::bad, java.mend = "Spark 4 needs Java 17, on Debian and Ubuntu: openjdk-17-jre-headless";
  checks.push_back(java);
}

void check_place(const SparkPlace& place, std::vector<Check>& checks) {
  std::optional<std::string> why = try_master(place);
  checks.push_back(why ? Check{"master", *why, CheckState::bad,
                               place.master.starts_with("yarn") ? "export HADOOP_CONF_DIR=/etc/hadoop/conf"
                                                                : "start it, or mend `master:` in engines.yaml"}
                       : Check{"master", place.master});
  why = try_host(place);
  Check host{"host", why ? *why : fmt::format("{}: the driver can connect back", place.host)};
  if (why)
    host.state = CheckState::bad, host.mend = "`host:` in engines.yaml is an address of this machine";
  else if (is_elsewhere(place) && place.host.starts_with("127."))
    host.state = CheckState::warn, host.found = place.host + ", which this machine alone reaches",
    host.mend = "executors on other machines must reach the driver here: `host: ADDRESS` in engines.yaml";
  checks.push_back(host);
}

/// The store's folder, or the nearest one above it that is there.
fs::path place_of_store(const Arguments& arguments) {
  bool known = arguments.has("--store") || thread_file(arguments);
  fs::path folder = fs::absolute(known ? store_place(arguments).folder : fs::current_path());
  std::error_code ignored;
  while (!fs::is_directory(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

/// "node1, node2 and 3 more"
std::string some_of(const std::set<std::string>& names) {
  constexpr size_t kShown = 4;
  std::vector<std::string> list(names.begin(), names.end());
  std::string text = join(std::span(list).first(std::min(kShown, list.size())), ", ");
  return list.size() > kShown ? fmt::format("{} and {} more", text, list.size() - kShown) : text;
}

/// What came back of the workers that were sent to the machines.
struct Trial {
  std::set<std::string> hosts;
  std::string failure;                        ///< of one of them
  size_t wanted = 0, answered = 0, seen = 0;  ///< seen: wrote where the store is, and it is there
};

Trial read_receipts(const Json& answer, const fs::path& folder) {
  Trial trial;
  trial.wanted = answer.at("wanted");
  for (const Json& text : answer.at("receipts")) {
    Json receipt = Json::parse(text.get<std::string>(), nullptr, false);
    if (!receipt.is_object()) continue;
    ++trial.answered;
    trial.hosts.insert(receipt.value("host", "?"));
    if (receipt.value("event", "") != "done")
      trial.failure = fmt::format("{} (on {})", receipt.value("message", "?"), receipt.value("host", "?"));
    else
      trial.seen += fs::exists(folder / fmt::format("seen-{}", receipt.value("id", 0)));
  }
  return trial;
}

/// `what`: what an engine calls those that run workers. False where not all answered.
bool judge_answers(const Trial& trial, const std::string& what, std::vector<Check>& checks) {
  if (trial.answered == trial.wanted)
    checks.push_back({what, fmt::format("workers answer from {}", some_of(trial.hosts))});
  else
    checks.push_back({what, fmt::format("{} of {} wrote a receipt", trial.answered, plural(trial.wanted, "worker")),
                      CheckState::bad, "is `worker:` in engines.yaml a filrouge that the machines can run?"});
  return trial.answered == trial.wanted;
}

void judge_store(const Trial& trial, const fs::path& place, const std::string& user, std::vector<Check>& checks) {
  Check store{"its store",
              fmt::format("read and written at {} by all of {}", place.string(), plural(trial.answered, "worker"))};
  if (!trial.failure.empty() || trial.seen < trial.answered) {
    store.found = trial.failure.empty() ? fmt::format("what workers write at {} is not seen here", place.string())
                                        : trial.failure;
    store.state = CheckState::bad;
    store.mend = fmt::format(
        "the store lies on a disk that all machines mount at the same place, writable for {} user: --store DIR", user);
  }
  checks.push_back(store);
}

void judge_spark(const Json& answer, const Trial& trial, const fs::path& place, double seconds,
                 std::vector<Check>& checks) {
  checks.push_back(
      {"driver", fmt::format("{} with Python {}, {} at once, tried in {}", answer.at("version").get<std::string>(),
                             answer.at("python").get<std::string>(), plural(answer.at("slots").get<uint64_t>(), "task"),
                             human_seconds(seconds))});
  if (judge_answers(trial, "executors", checks)) judge_store(trial, place, "Spark's", checks);
}

void judge_hadoop(const Json& engine, const Trial& trial, const fs::path& place, double seconds,
                  std::vector<Check>& checks) {
  checks.push_back({"job", fmt::format("{} ran on YARN in {}", plural(trial.wanted, "task"), human_seconds(seconds))});
  if (!judge_answers(trial, "tasks", checks)) return;
  if (engine.value("shared", false)) return judge_store(trial, place, "YARN's", checks);
  bool seen = trial.failure.empty() && trial.seen == trial.answered;
  checks.push_back(
      {"its store",
       seen ? fmt::format("seen by the machines: with `shared: true` in engines.yaml `score` runs there too")
            : "not seen by the machines; map and reduce need no more, `score` runs here"});
}

/// A driver or a job, and workers on the cluster.
void check_machines(const Json& engine, const Arguments& arguments, std::vector<Check>& checks) {
  fs::path folder = place_of_store(arguments) / fmt::format(".filrouge-doctor-{}", ::getpid());
  bool spark = engine.at("kind") == "spark";
  std::error_code ignored;
  const auto began = std::chrono::steady_clock::now();
  try {
    make_folder(folder);
    uint64_t patience_ms = arguments.has("--step-timeout") ? timeout_option_ms(arguments) : kPatienceMs;
    Limits limits{memory_option(arguments), 1, patience_ms};
    Json request = {
        {"kind", "try_engine"}, {"engine", engine}, {"folder", folder.string()}, {"limits", to_json(limits)}};
    Json answer = make_query_worker()->ask(request).result;
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    Trial trial = read_receipts(answer, folder);
    spark ? judge_spark(answer, trial, folder.parent_path(), seconds, checks)
          : judge_hadoop(engine, trial, folder.parent_path(), seconds, checks);
  } catch (const Error& error) {
    bool slow = error.code == "FR0702";
    checks.push_back(
        {spark ? "driver" : "job", slow ? "no worker came in time" : error.message, CheckState::bad,
         slow ? "are there free cores and memory, or does another job hold them? --step-timeout waits longer"
              : error.hint});
  }
  fs::remove_all(folder, ignored);
}

bool is_fine(const std::vector<Check>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.state != CheckState::bad; });
}

}  // namespace

std::vector<Check> check_engine(const Arguments& arguments) {
  std::vector<Check> checks;
  std::string name = arguments.get("--engine");
  if (name.empty() || name == "duckdb") return checks;
  std::optional<Json> engine = settings_of(name, arguments, checks);
  if (!engine) return checks;
  if (engine->at("kind") == "hadoop") {
    check_hadoop(hadoop_place(*engine), checks);
  } else {
    SparkPlace place = spark_place(*engine);
    check_submit(place, checks);
    check_place(place, checks);
  }
  if (is_fine(checks)) check_machines(*engine, arguments, checks);
  return checks;
}

}  // namespace filrouge
