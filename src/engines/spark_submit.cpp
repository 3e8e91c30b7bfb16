#include "engines/spark_submit.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <regex>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/find_program.h"

namespace filrouge {
namespace {

constexpr int kVersionMs = 120'000, kConnectMs = 3'000;

/// What a program writes until it ends, or until time is up: then `slow`.
std::string output_of(const fs::path& program, const char* argument, bool& slow) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "";
  pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    ::dup2(ends[1], 1), ::dup2(ends[1], 2);
    ::execl(program.c_str(), program.c_str(), argument, nullptr);
    ::dprintf(2, "cannot run it: %s\n", std::strerror(errno));
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string text;
  auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kVersionMs);
  while (child > 0) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd wait{ends[0], POLLIN, 0};
    slow = left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) == 0;
    if (slow) break;
    char block[1 << 12];
    ssize_t got = ::read(ends[0], block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(block, static_cast<size_t>(got));
  }
  ::close(ends[0]);
  if (child > 0) ::kill(-child, SIGKILL), ::waitpid(child, nullptr, 0);
  return text;
}

std::string found_in(const std::string& text, const char* pattern) {
  std::smatch match;
  return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "";
}

/// Whether something listens there; waits for a few seconds.
bool answers(const std::string& host, const std::string& port) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) return false;
  bool yes = false;
  for (addrinfo* at = found; at && !yes; at = at->ai_next) {
    int socket = ::socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) continue;
    if (::connect(socket, at->ai_addr, at->ai_addrlen) == 0) {
      yes = true;
    } else if (errno == EINPROGRESS) {
      pollfd wait{socket, POLLOUT, 0};
      int error = 0;
      socklen_t size = sizeof error;
      yes = ::poll(&wait, 1, kConnectMs) > 0 && ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
            error == 0;
    }
    ::close(socket);
  }
  ::freeaddrinfo(found);
  return yes;
}

std::optional<std::string> try_yarn(const SparkPlace&) {
  for (const char* name : {"HADOOP_CONF_DIR", "YARN_CONF_DIR"})
    if (const char* folder = std::getenv(name)) {
      if (fs::exists(fs::path(folder) / "yarn-site.xml")) return std::nullopt;
      return fmt::format("{} is {}, and there is no yarn-site.xml", name, folder);
    }
  return "HADOOP_CONF_DIR is not set: Spark does not know where YARN is";
}

}  // namespace

SubmitFacts try_submit(const SparkPlace& place) {
  SubmitFacts facts;
  facts.program = find_program(place.submit);
  if (!facts.program) return facts;
  std::string text = output_of(*facts.program, "--version", facts.slow);
  facts.version = found_in(text, R"(version (\d+\.\d+[\w.-]*)\s)");
  facts.java = found_in(text, R"(VM, (\d+[\w.+-]*))");
  for (const std::string& line : split(text, '\n'))
    if (!trim(line).empty()) facts.said = std::string(trim(line));
  return facts;
}

std::optional<std::string> try_master(const SparkPlace& place) {
  if (place.master.starts_with("yarn")) return try_yarn(place);
  constexpr std::string_view kScheme = "spark://";
  if (!place.master.starts_with(kScheme)) return std::nullopt;
  for (const std::string& one : split(place.master.substr(kScheme.size()), ',')) {
    size_t colon = one.rfind(':');
    if (colon == std::string::npos) return fmt::format("`{}` has no port", place.master);
    if (answers(one.substr(0, colon), one.substr(colon + 1))) return std::nullopt;
  }
  return "nothing answers at " + place.master;
}

std::optional<std::string> try_host(const SparkPlace& place) {
  try {
    int port = 0;
    ::close(listen_on(place.host, port));
    return std::nullopt;
  } catch (const Error& error) {
    return error.message;
  }
}

bool is_elsewhere(const SparkPlace& place) {
  auto says = [&](std::string_view what) { return place.master.find(what) != std::string::npos; };
  return !place.master.starts_with("local") && !says("//127.") && !says("//localhost");
}

}  // namespace filrouge
