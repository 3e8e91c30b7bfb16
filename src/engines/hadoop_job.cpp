#include "engines/hadoop_job.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <regex>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/find_program.h"
#include "engines/hadoop_command.h"

namespace filrouge {
namespace {

constexpr uint64_t kLogsMs = 60'000;
constexpr int kLogTries = 5;

/// Waits for "done" on its standard input; where that closes without, whoever ran the job is gone. A cluster that is
/// gone too is not waited for long.
constexpr const char* kGuard = R"(exec 3<"$4"; read -r word; [ "$word" = done ] && exit 0
job=$(grep -o -m 1 'job_[0-9]*_[0-9]*' <&3)
limit=$(command -v timeout) && limit="$limit 120"
[ -n "$job" ] && $limit "$2" application -kill "application_${job#job_}"
$limit "$1" fs -rm -r -f -skipTrash "$3")";

std::string random_name() {
  uint64_t number = 0;
  FR_CHECK(::getrandom(&number, sizeof number, 0) == sizeof number);
  return fmt::format("{:016x}", number);
}

/// The process that stands by. It has a session of its own, so Ctrl-C does not reach it.
class Guard {
 public:
  Guard(const HadoopPlace& place, const std::string& staging, const fs::path& log) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(ErrorKind::environment, "FR0521", "cannot make a pipe");
    Descriptor theirs(ends[0]);
    ours_ = Descriptor(ends[1]);
    write_file(log, "");
    if (!place.config.empty()) ::setenv("HADOOP_CONF_DIR", place.config.c_str(), 1);
    std::string words[] = {"sh", "-c", kGuard, "sh", place.hadoop, place.yarn, staging, log.string()};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ != 0) return;
    ::setsid();
    int nothing = ::open("/dev/null", O_WRONLY);
    ::dup2(theirs.number(), 0), ::dup2(nothing, 1), ::dup2(nothing, 2);
    ::execv("/bin/sh", arguments.data());
    ::_exit(127);
  }
  ~Guard() {
    static_cast<void>(write_whole(ours_.number(), "done\n"));
    ours_.close();
    if (process_ > 0) ::waitpid(process_, nullptr, 0);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Descriptor ours_;
  pid_t process_ = -1;
};

class Run {
 public:
  Run(const HadoopPlace& place, const StreamingJob& job, const std::function<void(const std::string&)>& say,
      std::atomic<double>& progress)
      : place_(place), job_(job), say_(say), progress_(progress), staging_(place.staging + "/" + random_name()) {}

  StreamingResult run() {
    progress_ = -1;
    Guard guard(place_, staging_, log("job"));
    try {
      send();
      StreamingResult result{{}, submit()};
      result.files = fetch();
      remove();
      return result;
    } catch (const Error& error) {
      if (error.kind != ErrorKind::interrupted) try {
          remove();
        } catch (const Error&) {
          // What went wrong first is told.
        }
      throw;
    }
  }

 private:
  fs::path log(const std::string& name) const { return job_.folder / (name + ".log"); }

  /// `hadoop fs WORDS`, readable for the user alone.
  void hdfs(std::vector<std::string> words, const std::string& name) {
    std::vector<std::string> all = {place_.hadoop, "fs", "-Dfs.permissions.umask-mode=077"};
    for (const auto& [key, value] : place_.conf) all.push_back("-D" + key + "=" + value);
    all.insert(all.end(), words.begin(), words.end());
    HadoopCommandEnd end = run_command(place_, {all, log(name), 0, true});
    if (end.status == 0) return;
    throw Error(ErrorKind::environment, "FR0336", fmt::format("`hadoop fs {}`: {}", words[0], last_word(end.text)),
                "next: filrouge doctor --engine NAME");
  }

  void send() {
    say_("sending it to " + place_.staging);
    hdfs({"-mkdir", "-p", staging_}, "mkdir");
    hdfs({"-put", (job_.folder / "in").string(), staging_ + "/in"}, "put");
  }

  std::vector<std::string> command() const {
    std::vector<std::string> words = {place_.hadoop, "jar", place_.streaming.string()};
    auto property = [&](const std::string& key, const std::string& value) {
      words.insert(words.end(), {"-D", key + "=" + value});
    };
    property("mapreduce.job.name", job_.name);
    property("mapreduce.framework.name", "yarn");
    for (const auto& [key, value] : place_.conf) property(key, value);
    for (const auto& [key, value] : job_.properties) property(key, value);
    std::vector<std::string> files;
    for (const fs::path& file : job_.files) files.push_back(file.string());
    if (!files.empty()) words.insert(words.end(), {"-files", join(files, ",")});
    if (!job_.input_format.empty()) words.insert(words.end(), {"-inputformat", job_.input_format});
    if (!job_.partitioner.empty()) words.insert(words.end(), {"-partitioner", job_.partitioner});
    words.insert(words.end(), {"-input", staging_ + "/in", "-output", staging_ + "/out", "-mapper", job_.mapper});
    if (!job_.combiner.empty()) words.insert(words.end(), {"-combiner", job_.combiner});
    words.insert(words.end(), {"-reducer", job_.reducer.empty() ? "NONE" : job_.reducer});
    return words;
  }

  /// The application's name.
  std::string submit() {
    say_("waiting for YARN");
    std::string shown;
    HadoopCommand client{command(), log("job"), 0, true};
    client.look = [&](const std::string& text) {
      ClientWords words = read_client(text);
      progress_ = words.progress;
      if (shown.empty() && !words.application.empty()) say_(shown = words.application);
      return true;
    };
    HadoopCommandEnd end = run_command(place_, client);
    ClientWords words = read_client(end.text);
    if (end.status == 0) return words.application;
    if (words.application.empty())
      throw Error(ErrorKind::environment, "FR0336", "YARN took no job: " + last_word(end.text),
                  "next: filrouge doctor --engine NAME");
    throw failure(words, end.text);
  }

  Error failure(const ClientWords& words, const std::string& text) {
    if (!words.killed && !words.task_error.empty())
      if (std::optional<Error> told = told_by_worker(words.application)) return *told;
    std::string why = words.reason.empty() ? last_word(text) : words.reason;
    if (!words.task_error.empty()) why += "; " + words.task_error;
    return Error(ErrorKind::engine, "FR0335",
                 fmt::format("{} {}: {}", words.application, words.killed ? "was killed" : "failed", why),
                 "more in its logs: yarn logs -applicationId " + words.application);
  }

  /// What a worker wrote to standard error before its task failed. YARN gathers that some seconds after the end, where
  /// it is told to.
  std::optional<Error> told_by_worker(const std::string& application) {
    say_("asking for the logs of " + application);
    Json told;
    for (int tries = 0; tries < kLogTries && told.is_null(); ++tries) {
      if (tries > 0) ::sleep(2);
      HadoopCommand logs{
          {place_.yarn, "logs", "-applicationId", application, "-log_files", "stderr"}, log("logs"), kLogsMs, true};
      logs.look = [&](const std::string& text) {
        size_t at = text.find(kTaskError), end = text.find('\n', at);
        if (at == std::string::npos || end == std::string::npos) return true;
        size_t begin = at + std::string_view(kTaskError).size();
        told = Json::parse(text.substr(begin, end - begin), nullptr, false);
        return false;
      };
      run_command(place_, logs);
    }
    if (!told.is_object()) return std::nullopt;
    return Error(
        error_kind_from(told.at("kind")), told.at("code"),
        fmt::format("{} ({}, {})", told.at("message").get<std::string>(), told.value("where", "a task"), application),
        told.at("hint"));
  }

  std::vector<fs::path> fetch() {
    say_("fetching the result");
    fs::path out = job_.folder / "out";
    hdfs({"-get", staging_ + "/out", out.string()}, "get");
    if (!fs::exists(out / "_SUCCESS"))
      throw Error(ErrorKind::engine, "FR0335", "the job's output has no _SUCCESS: it is not finished", "run again");
    std::vector<fs::path> files;
    for (const fs::path& file : entries_of(out))
      if (file.filename().string().starts_with("part-")) files.push_back(file);
    std::sort(files.begin(), files.end());
    return files;
  }

  void remove() { hdfs({"-rm", "-r", "-f", "-skipTrash", staging_}, "rm"); }

  const HadoopPlace& place_;
  const StreamingJob& job_;
  const std::function<void(const std::string&)>& say_;
  std::atomic<double>& progress_;
  std::string staging_;
};

}  // namespace

ClientWords read_client(const std::string& text) {
  ClientWords words;
  std::smatch match;
  static const std::regex job(R"(job_(\d+_\d+))"), how_far(R"( map (\d+)% reduce (\d+)%)"),
      end(R"(failed with state (\w+) due to: *([^\n]*))");
  if (std::regex_search(text, match, job)) words.application = "application_" + match[1].str();
  for (size_t at = 0; std::string::npos != (at = text.find("Status : FAILED", at)); ++at) {
    size_t begin = text.find('\n', at), line_end = text.find('\n', begin + 1);
    if (begin == std::string::npos) break;
    words.task_error = std::string(trim(text.substr(begin + 1, line_end - begin - 1)));
  }
  for (std::sregex_iterator at(text.begin(), text.end(), how_far), none; at != none; ++at)
    words.progress = (std::stod((*at)[1]) + std::stod((*at)[2])) / 200;
  if (std::regex_search(text, match, end)) words.killed = match[1] == "KILLED", words.reason = trim(match[2].str());
  return words;
}

StreamingResult run_streaming(const HadoopPlace& place, const StreamingJob& job,
                              const std::function<void(const std::string&)>& say, std::atomic<double>& progress) {
  if (!find_program(place.hadoop))
    throw Error(ErrorKind::environment, "FR0336", fmt::format("there is no {}", place.hadoop),
                "`home:` in engines.yaml is the folder of a Hadoop");
  if (place.streaming.empty())
    throw Error(ErrorKind::environment, "FR0336", "the jar of Hadoop streaming is not found",
                "`streaming:` in engines.yaml names it");
  return Run(place, job, say, progress).run();
}

}  // namespace filrouge
