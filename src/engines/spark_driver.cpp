#include "engines/spark_driver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace filrouge {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kScript =
#include "engines/spark_driver_script.inc"
    ;

std::string random_token() {
  unsigned char bytes[16];
  FR_CHECK(::getrandom(bytes, sizeof bytes, 0) == sizeof bytes);
  std::string token;
  for (unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

/// The number of milliseconds until `deadline`, at least 0.
int left_ms(Clock::time_point deadline) {
  return static_cast<int>(
      std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count()));
}

}  // namespace

int listen_on(const std::string& host, int& port) {
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  bool known = ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1;
  socklen_t size = sizeof address;
  if (listener < 0 || !known || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 4) != 0 || ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::string why = known ? std::strerror(errno) : "it is no IPv4 address of this machine";
    if (listener >= 0) ::close(listener);
    throw Error(ErrorKind::environment, "FR0331",
                fmt::format("cannot listen on {} for the Spark driver: {}", host, why),
                "`host:` in engines.yaml is an address of this machine that the driver reaches");
  }
  port = ntohs(address.sin_port);
  return listener;
}

SparkPlace spark_place(const Json& engine) {
  SparkPlace place;
  place.submit = engine.value("submit", "spark-submit");
  place.master = engine.value("master", "local[*]");
  place.host = engine.value("host", place.host);
  Json conf = engine.value("conf", Json::object());
  for (const auto& [key, value] : conf.items())
    place.conf[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return place;
}

SparkDriver::SparkDriver(SparkPlace place, fs::path scratch) : place_(std::move(place)), scratch_(std::move(scratch)) {}

SparkDriver::~SparkDriver() {
  end();
}

void SparkDriver::start() {
  if (connection_ >= 0) return;
  make_folder(scratch_);
  int port = 0, listener = listen_on(place_.host, port);
  std::string token = random_token();
  try {
    spawn(port, token);
    accept_driver(listener, token);
  } catch (...) {
    ::close(listener);
    throw;
  }
  ::close(listener);
  Json ready = Json::parse(read_line(place_.start_timeout_ms), nullptr, false);
  if (!ready.is_object() || !ready.contains("ready")) lost("did not get ready");
  version_ = ready["ready"];
}

/// spark-submit in a process group of its own, its words in a file. When this process ends, so does the JVM.
void SparkDriver::spawn(int port, const std::string& token) {
  fs::path script = scratch_ / "spark_driver.py", log = scratch_ / "spark_driver.log";
  std::ofstream(script, std::ios::binary) << kScript;
  std::vector<std::string> words = {place_.submit, "--master", place_.master, "--conf",
                                    "spark.ui.showConsoleProgress=false"};
  for (const auto& [key, value] : place_.conf) words.insert(words.end(), {"--conf", key + "=" + value});
  if (!place_.conf.contains("spark.driver.host"))
    words.insert(words.end(), {"--conf", "spark.driver.host=" + place_.host});
  words.insert(words.end(), {script.string(), fmt::format("{}:{}", place_.host, port)});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string log_name = log.string();
  pid_ = ::fork();
  if (pid_ != 0) {
    if (pid_ < 0)
      throw Error(ErrorKind::environment, "FR0331",
                  fmt::format("cannot start {}: {}", place_.submit, std::strerror(errno)));
    return;
  }
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::setenv("FILROUGE_SPARK_TOKEN", token.c_str(), 1);
  ::setenv("SPARK_LOCAL_IP", place_.host.c_str(), 0);
  int out = ::open(log_name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, 0), ::dup2(out, 1), ::dup2(out, 2);
  ::execvp(arguments[0], arguments.data());
  ::dprintf(2, "cannot run it: %s\n", std::strerror(errno));
  ::_exit(127);
}

bool SparkDriver::is_running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

/// Waits for the driver's connection; whoever does not know the token is turned away.
void SparkDriver::accept_driver(int listener, const std::string& token) {
  auto deadline = Clock::now() + std::chrono::milliseconds(place_.start_timeout_ms);
  while (left_ms(deadline) > 0) {
    pollfd wait{listener, POLLIN, 0};
    if (::poll(&wait, 1, 200) <= 0) {
      if (!is_running())
        throw Error(ErrorKind::environment, "FR0331",
                    fmt::format("{} ended before its driver connected{}", place_.submit, last_words(false)),
                    "run that command by hand with --version: does it find its Java and Python?");
      continue;
    }
    connection_ = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection_ < 0) continue;
    buffer_.clear();
    Json hello;
    try {
      hello = Json::parse(read_line(5'000), nullptr, false);
    } catch (const Error&) {
      hello = nullptr;
    }
    if (hello.is_object() && hello.value("token", "") == token) return;
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
  }
  std::string said = last_words(false);  // a WARN says what it waits for
  end();
  throw Error(ErrorKind::environment, "FR0331",
              fmt::format("no Spark driver connected within {}{}",
                          human_seconds(static_cast<double>(place_.start_timeout_ms) / 1000), said),
              "is the master reachable, and are there free cores?");
}

std::string SparkDriver::read_line(uint64_t timeout_ms) {
  auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    if (size_t end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    // Standard input is looked at too: when it is hung up, whoever asked is gone, and the driver must go with it.
    pollfd waits[] = {{connection_, POLLIN, 0}, {STDIN_FILENO, 0, 0}};
    int ready = ::poll(waits, 2, timeout_ms == 0 ? 1000 : std::min(1000, left_ms(deadline)));
    if (ready > 0 && (waits[1].revents & POLLHUP) && !(waits[0].revents & POLLIN)) lost("has nobody left who asks");
    if (ready < 0 && errno != EINTR) lost("cannot be read");
    if (ready <= 0) {
      if (timeout_ms > 0 && left_ms(deadline) == 0) lost("did not answer in time");
      continue;
    }
    char block[1 << 14];
    ssize_t got = ::recv(connection_, block, sizeof block, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) lost("was lost");
    buffer_.append(block, static_cast<size_t>(got));
  }
}

void SparkDriver::send(const std::string& line) {
  for (size_t done = 0; done < line.size();) {
    ssize_t sent = ::send(connection_, line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) lost("was lost");
    done += static_cast<size_t>(sent);
  }
}

Json SparkDriver::ask(Json request) {
  start();
  progress_ = -1;
  int64_t id = next_id_++;
  request["id"] = id;
  send(dump(request) + "\n");
  while (true) {
    Json answer = Json::parse(read_line(0), nullptr, false);
    if (!answer.is_object() || answer.value("id", int64_t{0}) != id) continue;
    if (answer.contains("progress")) {
      progress_ = answer["progress"].get<double>();
      continue;
    }
    if (answer.value("ok", false)) return answer;
    std::string message = answer.value("message", ""), condition = answer.value("condition", "");
    message = message.substr(0, message.find('\n'));
    throw Error(ErrorKind::data, "FR0330",
                fmt::format("Spark: {}", message.starts_with("[") ? message : condition + ": " + message));
  }
}

std::string SparkDriver::last_words(bool errors_only) const {
  static constexpr const char* kOfEveryStart[] = {" WARN ", "WARNING: ", "default log4j profile", "default log level",
                                                  "adjust logging level"};
  std::ifstream log(scratch_ / "spark_driver.log");
  std::string last;
  for (std::string line; std::getline(log, line);) {
    auto has = [&](const char* word) { return line.find(word) != std::string::npos; };
    if (trim(line).empty() || trim(line).starts_with("at ") || has(" INFO ")) continue;
    if (!errors_only || std::none_of(std::begin(kOfEveryStart), std::end(kOfEveryStart), has)) last = line;
  }
  return last.empty() ? "" : ": " + last.substr(0, 300);
}

void SparkDriver::lost(const std::string& how) {
  std::string said = last_words(true);
  end();
  throw Error(ErrorKind::engine, "FR0332", fmt::format("the Spark driver {}{}", how, said),
              "run again: what is finished is not computed again");
}

void SparkDriver::end() {
  if (connection_ >= 0) ::close(connection_);
  connection_ = -1;
  if (pid_ > 0) {
    ::kill(-pid_, SIGTERM);
    auto deadline = Clock::now() + std::chrono::seconds(5);
    while (is_running() && left_ms(deadline) > 0) ::usleep(20'000);
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  pid_ = -1;
}

}  // namespace filrouge
