#include "engines/hadoop_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/find_program.h"

extern char** environ;

namespace filrouge {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kLookMs = 200, kEndMs = 5000;

std::vector<std::string> environment_for(const HadoopPlace& place) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry; ++entry)
    if (!std::string_view(*entry).starts_with("HADOOP_ROOT_LOGGER=") &&
        (place.config.empty() || !std::string_view(*entry).starts_with("HADOOP_CONF_DIR=")))
      entries.emplace_back(*entry);
  if (!place.config.empty()) entries.push_back("HADOOP_CONF_DIR=" + place.config.string());
  entries.push_back("HADOOP_ROOT_LOGGER=INFO,console");  // the job's name and how far it is
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

[[noreturn]] void become(char* const* words, char* const* environment, const char* file, int log) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0), ::dup2(log, 1), ::dup2(log, 2);
  ::execve(file, words, environment);
  ::dprintf(2, "%s: cannot run it: %s\n", file, std::strerror(errno));
  ::_exit(127);
}

/// What is written to a file while it grows.
class GrowingText {
 public:
  explicit GrowingText(const fs::path& file) : in_(open_to_read(file)) {}
  const std::string& all() {
    char block[1 << 16];
    for (ssize_t got; (got = ::read(in_.number(), block, sizeof block)) > 0;)
      text_.append(block, static_cast<size_t>(got));
    return text_;
  }

 private:
  Descriptor in_;
  std::string text_;
};

bool asker_is_gone() {
  pollfd place{STDIN_FILENO, 0, 0};
  return ::poll(&place, 1, 0) > 0 && (place.revents & (POLLHUP | POLLERR)) != 0;
}

/// SIGTERM, and where that does not help SIGKILL; the status as waitpid gives it.
int end_group(pid_t child) {
  int status = 0;
  ::kill(-child, SIGTERM);
  auto until = Clock::now() + std::chrono::milliseconds(kEndMs);
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (Clock::now() > until) ::kill(-child, SIGKILL);
    ::usleep(20'000);
  }
  return status;
}

}  // namespace

HadoopCommandEnd run_command(const HadoopPlace& place, const HadoopCommand& command) {
  std::vector<std::string> words = command.words, environment = environment_for(place);
  std::string file = find_program(words[0]).value_or(words[0]).string();
  std::vector<char*> arguments = pointers(words), entries = pointers(environment);
  Descriptor log = open_to_write(command.log);
  GrowingText written(command.log);
  auto began = Clock::now();
  pid_t child = ::fork();
  if (child == 0) become(arguments.data(), entries.data(), file.c_str(), log.number());
  if (child < 0)
    throw Error(ErrorKind::environment, "FR0521", fmt::format("cannot start {}: {}", file, std::strerror(errno)));
  ::setpgid(child, child);
  HadoopCommandEnd end;
  for (pid_t gone = 0; gone == 0;) {
    ::usleep(Clock::now() - began < std::chrono::seconds(1) ? 20'000 : kLookMs * 1000);
    gone = ::waitpid(child, &end.status, WNOHANG);
    if (gone != 0) break;
    bool enough = command.look && !command.look(written.all());
    end.slow = command.timeout_ms > 0 && Clock::now() - began > std::chrono::milliseconds(command.timeout_ms);
    bool alone = command.is_owned && asker_is_gone();
    if (enough || end.slow || alone) end.status = end_group(child), gone = child;
    if (alone) throw Error(ErrorKind::interrupted, "FR0703", "interrupted");
  }
  end.text = written.all();
  if (command.look) command.look(end.text);
  return end;
}

std::string last_word(const std::string& text) {
  std::string last;
  for (const std::string& line : split(text, '\n')) {
    std::string_view said = trim(line);
    bool is_of_a_stack = said.starts_with("at ") || said.starts_with("... ") || line.starts_with("\t");
    bool is_of_a_log = line.find(" INFO ") != std::string::npos || line.find(" WARN ") != std::string::npos;
    if (!said.empty() && !is_of_a_stack && !is_of_a_log) last = std::string(said);
  }
  return last.size() > 400 ? last.substr(0, 400) + " .." : last;
}

}  // namespace filrouge
