#include "run/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/files.h"
#include "base/text.h"
#include "run/sandbox.h"
#include "run/worker_process.h"
#include "thread/thread.h"

namespace filrouge {

using Clock = std::chrono::steady_clock;

struct Worker::Impl {
  fs::path scratch;
  pid_t pid = -1;
  int to_worker = -1, from_worker = -1, talk = -1;  // `talk`: what the worker writes to stderr, kept in memory
  std::string buffer;
  int64_t next_id = 1;
  std::mutex mutex;  // guards pid against stop()
  std::atomic<bool> stopped = false;

  void start();
  void send(const std::string& line);
  std::optional<std::string> read_line(std::optional<Clock::time_point> deadline, bool& timed_out);
  bool has_ended() const;
  int end(bool kill_it);
  [[noreturn]] void died();
  static Error death(int status, const std::string& said);
  std::string last_words() const;
};

namespace {

constexpr int64_t kLookAgainMs = 200;  // a signal may come just before poll() begins to wait
std::atomic<bool> interrupted = false;

/// While one lives, in any thread, signals that would end the process end the waiting for a worker instead.
class Interruptible {
 public:
  Interruptible() {
    std::lock_guard lock(mutex_);
    if (living_++ > 0) return;
    for (size_t i = 0; i < std::size(kSignals); ++i) {
      struct sigaction before {};
      ::sigaction(kSignals[i], nullptr, &before);
      is_ours_[i] = before.sa_handler == SIG_DFL;
      if (is_ours_[i]) ::signal(kSignals[i], [](int) { interrupted = true; });
    }
  }
  ~Interruptible() {
    std::lock_guard lock(mutex_);
    if (--living_ > 0) return;
    for (size_t i = 0; i < std::size(kSignals); ++i)
      if (is_ours_[i]) ::signal(kSignals[i], SIG_DFL);
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  static inline std::mutex mutex_;
  static inline int living_ = 0;
  static inline bool is_ours_[std::size(kSignals)] = {};
};

/// Both ends close on exec; the child's own ends are duplicated onto 0 and 1.
void open_pipe(int (&ends)[2]) {
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Error(ErrorKind::environment, "FR0521", fmt::format("cannot start a worker: {}", std::strerror(errno)));
}

/// The worker's environment: what its libraries look for, and none of what else may stand there (passwords, tokens),
/// unless somebody switched the walls off to look at it with tools of their own.
std::vector<std::string> environment_of_worker() {
  constexpr std::string_view kNames[] = {"PATH",
                                         "HOME",
                                         "USER",
                                         "LANG",
                                         "LANGUAGE",
                                         "TZ",
                                         "SSL_CERT_FILE",
                                         "SSL_CERT_DIR",
                                         "CURL_CA_BUNDLE",
                                         "LD_LIBRARY_PATH",
                                         "LD_PRELOAD",
                                         "JAVA_HOME",  // from here on for spark-submit and hadoop
                                         "SPARK_HOME",
                                         "SPARK_CONF_DIR",
                                         "SPARK_LOCAL_IP",
                                         "PYSPARK_PYTHON",
                                         "PYSPARK_DRIVER_PYTHON",
                                         "HADOOP_HOME",
                                         "HADOOP_CONF_DIR",
                                         "HADOOP_USER_NAME",
                                         "HADOOP_CLASSPATH",
                                         "HADOOP_OPTS",
                                         "HADOOP_CLIENT_OPTS",
                                         "YARN_CONF_DIR",
                                         "KRB5_CONFIG",
                                         "KRB5CCNAME",
                                         "FILROUGE_LIGHTGBM",
                                         "FILROUGE_SANDBOX"};
  constexpr std::string_view kBeginnings[] = {"LC_", "XDG_", "FONTCONFIG_", "OMP_", "GOMP_", "MALLOC_", "GLIBC_"};
  constexpr std::string_view kEnds[] = {"_proxy", "_PROXY", "SAN_OPTIONS"};
  const bool all = sandbox_facts().switched_off;
  std::vector<std::string> kept;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text = *entry, name = text.substr(0, text.find('='));
    bool keep = all || std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
    for (std::string_view beginning : kBeginnings) keep = keep || name.starts_with(beginning);
    for (std::string_view end : kEnds) keep = keep || name.ends_with(end);
    if (keep) kept.emplace_back(text);
  }
  return kept;
}

[[noreturn]] void become_worker(int input, int output, int talk, const char* scratch, char* const* environment) {
  ::setpgid(0, 0);  // Ctrl-C goes to the owner, which ends its workers in order
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(talk, STDERR_FILENO);
  ::execle("/proc/self/exe", "filrouge", "worker", scratch, nullptr, environment);
  ::_exit(127);
}

}  // namespace

void Worker::Impl::start() {
  if (pid > 0) return;
  int down[2], up[2];
  open_pipe(down);
  open_pipe(up);
  if (talk >= 0) ::close(talk);
  talk = ::memfd_create("worker stderr", MFD_CLOEXEC);
  std::string folder = scratch.string();
  std::vector<std::string> environment = environment_of_worker();
  std::vector<char*> entries;
  for (std::string& entry : environment) entries.push_back(entry.data());
  entries.push_back(nullptr);
  pid_t child = ::fork();
  if (child == 0) become_worker(down[0], up[1], talk, folder.c_str(), entries.data());
  ::close(down[0]);
  ::close(up[1]);
  to_worker = down[1];
  from_worker = up[0];
  buffer.clear();
  if (child < 0) {
    end(false);
    throw Error(ErrorKind::environment, "FR0521", fmt::format("cannot start a worker: {}", std::strerror(errno)));
  }
  std::lock_guard lock(mutex);
  pid = child;
}

void Worker::Impl::send(const std::string& line) {
  if (!write_whole(to_worker, line)) died();
}

/// Also where a close() that failed keeps the pipe open on our side.
bool Worker::Impl::has_ended() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/// The next line; nothing when the worker closed its end or time is up.
std::optional<std::string> Worker::Impl::read_line(std::optional<Clock::time_point> deadline, bool& timed_out) {
  size_t searched = 0;
  while (true) {
    if (size_t end = buffer.find('\n', searched); end != std::string::npos) {
      std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      return line;
    }
    searched = buffer.size();
    int64_t wait_ms = kLookAgainMs;
    if (deadline) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      if (left <= 0) return timed_out = true, std::nullopt;
      wait_ms = std::min<int64_t>(left, wait_ms);
    }
    if (interrupted) {
      end(true);
      throw Error(ErrorKind::interrupted, "FR0703", "interrupted");
    }
    pollfd wait{from_worker, POLLIN, 0};
    int ready = ::poll(&wait, 1, static_cast<int>(wait_ms));
    if (ready == 0 && has_ended()) return std::nullopt;
    if (ready <= 0) continue;  // EINTR, or a deadline to look at again
    char block[1 << 16];
    ssize_t got = ::read(from_worker, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    buffer.append(block, static_cast<size_t>(got));
  }
}

/// Kills the worker and the copy of it that is at work (run/worker_process.h).
void kill_worker(pid_t pid) {
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);  // where it has not made its group yet
}

/// Reads what is still said until every process that could say something is gone; for at most two seconds.
void wait_for_silence(int from_worker) {
  char block[1 << 16];
  pollfd wait{from_worker, POLLIN, 0};
  auto until = Clock::now() + std::chrono::seconds(2);
  while (Clock::now() < until)
    if (::poll(&wait, 1, 20) > 0 && ::read(from_worker, block, sizeof block) == 0) return;
}

/// Closes everything; the exit status as waitpid gives it.
int Worker::Impl::end(bool kill_it) {
  std::lock_guard lock(mutex);
  if (pid > 0 && kill_it) {
    kill_worker(pid);
    wait_for_silence(from_worker);
  }
  for (int* fd : {&to_worker, &from_worker})
    if (*fd >= 0) ::close(*fd), *fd = -1;
  int status = 0;
  if (pid > 0) {
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    std::error_code ignored;
    fs::remove_all(scratch / fmt::format("worker-{}", pid), ignored);
    pid = -1;
  }
  return status;
}

/// The last line that the worker wrote to stderr.
std::string Worker::Impl::last_words() const {
  off_t size = ::lseek(talk, 0, SEEK_END);
  off_t from = std::max<off_t>(0, size - 1000);
  std::string text(static_cast<size_t>(size - from), '\0');
  if (::pread(talk, text.data(), text.size(), from) < 0) return "";
  std::string_view last = trim(text);
  return std::string(last.substr(last.rfind('\n') + 1));
}

void Worker::Impl::died() {
  int status = end(false);
  std::string said = talk >= 0 ? last_words() : "";
  if (talk >= 0) ::close(talk), talk = -1;
  if (stopped) throw Error(ErrorKind::interrupted, "FR0703", "interrupted");
  throw death(status, said);
}

/// For `status` as waitpid gives it, with the last line that the process wrote to stderr.
Error Worker::Impl::death(int status, const std::string& said) {
  std::string how = ending_of(status);
  std::string hint = "run again; if it fails again, report it with the thread that shows it";
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    how += ", most likely by the system for want of memory";
    hint = "lower --memory or --jobs, or run where there is more memory";
  }
  if (!said.empty()) how += ": " + said;
  return Error(ErrorKind::engine, "FR0701", "the worker of this step " + how, hint);
}

Worker::Worker(fs::path scratch) : impl_(std::make_unique<Impl>()) {
  impl_->scratch = std::move(scratch);
  ::signal(SIGPIPE, SIG_IGN);
}

Worker::~Worker() {
  impl_->end(true);
  if (impl_->talk >= 0) ::close(impl_->talk);
}

void Worker::start() {
  impl_->start();
}

Answer Worker::ask(Json request, const std::function<void(const Json&)>& on_event) {
  impl_->stopped = false;
  const Interruptible guard;
  impl_->start();
  int64_t id = impl_->next_id++;
  request["id"] = id;
  if (request.contains("request") && request["request"].contains("fetch"))
    request["secrets"] = secrets_in(request["request"]["fetch"].get<std::string>());
  std::optional<Clock::time_point> deadline;
  uint64_t limit_ms = request.contains("limits") ? request["limits"].value("timeout_ms", uint64_t{0}) : 0;
  if (limit_ms > 0) deadline = Clock::now() + std::chrono::milliseconds(limit_ms);
  impl_->send(dump(request) + "\n");
  while (true) {
    bool timed_out = false;
    auto line = impl_->read_line(deadline, timed_out);
    if (timed_out) {
      impl_->end(true);
      throw Error(ErrorKind::engine, "FR0702",
                  fmt::format("it did not end within {}", human_seconds(static_cast<double>(limit_ms) / 1000)),
                  "give it longer with --step-timeout");
    }
    if (!line) impl_->died();
    Json event = Json::parse(*line, nullptr, false);
    if (!event.is_object() || event.value("id", int64_t{0}) != id) continue;
    std::string kind = event.value("event", "");
    if (kind == "done")
      return {std::move(event["result"]), event.at("engine"), event.at("seconds"), event.at("cpu_seconds"),
              event.at("peak_memory_bytes")};
    if (kind == "error") {
      Error error(error_kind_from(event.at("kind")), event.at("code"), event.at("message"), event.at("hint"));
      if (event.contains("text_offset")) error.text_offset = event["text_offset"].get<long>();
      error.text_length = event.value("text_length", 0L);
      throw error;
    }
    if (kind == "died" && impl_->stopped) throw Error(ErrorKind::interrupted, "FR0703", "interrupted");
    if (kind == "died" && event.value("ran_out", false))
      throw Error(ErrorKind::engine, "FR0314", "out of memory", "raise --memory");
    if (kind == "died") throw Impl::death(event.at("status"), impl_->last_words());
    if (on_event) on_event(event);
  }
}

void Worker::stop() {
  std::lock_guard lock(impl_->mutex);
  impl_->stopped = true;
  if (impl_->pid > 0) kill_worker(impl_->pid);
}

}  // namespace filrouge
