#include "run/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>

#include "base/error.h"

namespace filrouge {

namespace fs = std::filesystem;

namespace {

/// One byte that a copy and its maker share: a copy that finds no memory may not be able to say so in any other way.
std::atomic<bool>* ran_out = nullptr;

void no_memory() {
  *ran_out = true;
  throw std::bad_alloc();
}

/// Lines from standard input, read without threads.
class Lines {
 public:
  /// Nothing at the end.
  std::optional<std::string> next() {
    while (true) {
      if (size_t end = buffer_.find('\n', searched_); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        searched_ = 0;
        return line;
      }
      searched_ = buffer_.size();
      if (!fill()) return std::nullopt;
    }
  }

  /// False when the other end is closed.
  bool fill() {
    char block[1 << 16];
    ssize_t got;
    while ((got = ::read(STDIN_FILENO, block, sizeof block)) < 0 && errno == EINTR) {
    }
    if (got <= 0) return false;
    buffer_.append(block, static_cast<size_t>(got));
    return true;
  }

 private:
  std::string buffer_;
  size_t searched_ = 0;
};

/// Waits until the copy has ended (its end of `ended` closes, or was left open by a close() that failed) or the owner
/// is gone; then it is killed.
int wait_for(pid_t copy, int ended, Lines& lines) {
  constexpr int kLookAgainMs = 1000;
  int status = 0;
  bool owner_is_gone = false;
  while (!owner_is_gone) {
    pollfd places[] = {{ended, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    int ready = ::poll(places, 2, kLookAgainMs);
    if (ready == 0 && ::waitpid(copy, &status, WNOHANG) == copy) return status;
    if (ready <= 0) continue;
    if (places[0].revents) break;
    if (places[1].revents) owner_is_gone = !lines.fill();
  }
  if (owner_is_gone) ::kill(copy, SIGKILL);
  while (::waitpid(copy, &status, 0) < 0 && errno == EINTR) {
  }
  if (owner_is_gone) ::_exit(0);
  return status;
}

void empty_folder(const fs::path& folder) {
  std::error_code ignored;
  for (auto entry = fs::directory_iterator(folder, ignored); entry != fs::directory_iterator();
       entry.increment(ignored))
    fs::remove_all(entry->path(), ignored);
}

[[noreturn]] void be_a_copy(pid_t maker, const std::string& line, const ProcessWork& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != maker) ::_exit(1);
  ::close(STDIN_FILENO);
  std::set_new_handler(no_memory);
  work.answer(line);
  ::_exit(0);
}

}  // namespace

std::string ending_of(int status) {
  return WIFSIGNALED(status)
             ? fmt::format("was ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)))
             : fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

void take_requests(const fs::path& own, const ProcessWork& work) {
  void* shared = ::mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  FR_CHECK(shared != MAP_FAILED);
  ran_out = new (shared) std::atomic<bool>(false);
  Lines lines;
  const pid_t maker = ::getpid();
  while (auto line = lines.next()) {
    if (work.keeps && work.keeps(*line)) {
      work.answer(*line);
      continue;
    }
    work.prepare(*line);
    *ran_out = false;
    int ends[2];
    pid_t copy = -1;
    if (::pipe2(ends, O_CLOEXEC) == 0) copy = ::fork();
    if (copy == 0) {
      ::close(ends[0]);
      be_a_copy(maker, *line, work);
    }
    int status = 0;
    if (copy > 0) {
      ::close(ends[1]);
      status = wait_for(copy, ends[0], lines);
      ::close(ends[0]);
    }
    if (copy < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) work.died(*line, copy < 0 ? -1 : status, *ran_out);
    empty_folder(own);
  }
  ::_exit(0);
}

}  // namespace filrouge
