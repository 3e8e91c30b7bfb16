#include "store/lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace filrouge {
namespace {

[[noreturn]] void fail(const char* doing, const fs::path& file, int error) {
  throw Error(ErrorKind::environment, "FR0513",
              fmt::format("cannot {} {}: {}", doing, file.string(), std::strerror(error)));
}

/// "filrouge run": the program and its sub-command. No further argument, for those may hold what is nobody's business.
std::string own_command() {
  std::string line;
  try {
    line = read_file("/proc/self/cmdline");  // words end with NUL
  } catch (const Error&) {
    return "filrouge";
  }
  std::string program = fs::path(line.c_str()).filename().string();
  std::string word =
      line.size() > program.size() ? line.substr(std::min(line.size(), line.find('\0') + 1)).c_str() : "";
  bool is_word =
      !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos && word[0] != '-';
  return is_word ? program + " " + word : program;
}

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

/// "14:02:11", with the date in front when it was not today.
std::string clock_time(int64_t seconds) {
  auto at = static_cast<std::time_t>(seconds), now = std::time(nullptr);
  std::tm then{}, today{};
  ::localtime_r(&at, &then);
  ::localtime_r(&now, &today);
  bool same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  char text[32];
  std::strftime(text, sizeof text, same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
  return text;
}

}  // namespace

Json lock_signature() {
  return {{"pid", ::getpid()},
          {"host", host_name()},
          {"started", static_cast<int64_t>(std::time(nullptr))},
          {"command", own_command()}};
}

std::string holder_text(const std::string& signature) {
  Json text = Json::parse(signature, nullptr, /*allow_exceptions=*/false);
  if (!text.is_object()) return "";
  std::string host = text.value("host", "");
  return fmt::format("`{}` of process {}{}, since {}", text.value("command", "filrouge"), text.value("pid", 0),
                     host == host_name() ? "" : " on " + host, clock_time(text.value("started", int64_t{0})));
}

void WriteLock::throw_held(const std::string& holder) {
  throw Error(ErrorKind::environment, "FR0510", fmt::format("the store is in use by {}", holder),
              "try again when it has ended; without --no-wait this command waits for it");
}

WriteLock::WriteLock(const fs::path& file, bool wait, const std::function<void(const std::string&)>& on_wait)
    : file_(file), fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_ < 0) fail("open", file_, errno);
  try {
    if (!try_take(false)) {
      if (!wait) throw_held(holder());
      if (on_wait) on_wait(fmt::format("waits for {}", holder()));
      try_take(true);
    }
    struct stat status;
    last_holder_crashed_ = ::fstat(fd_, &status) == 0 && status.st_size > 0;
    sign();
  } catch (...) {
    ::close(fd_);  // also gives the lock back
    throw;
  }
}

WriteLock::~WriteLock() {
  [[maybe_unused]] int ignored = ::ftruncate(fd_, 0);  // if it fails, the next holder only looks more closely
  struct flock whole {};
  whole.l_type = F_UNLCK;
  whole.l_whence = SEEK_SET;
  ::fcntl(fd_, F_OFD_SETLK,
          &whole);  // closing is not enough while a child that was just forked holds the descriptor too
  ::close(fd_);
}

/// False when another holds it and `wait` is false.
bool WriteLock::try_take(bool wait) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd_, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole) == 0) return true;
  if (!wait && (errno == EAGAIN || errno == EACCES)) return false;
  if (errno == EINTR) throw Error(ErrorKind::interrupted, "FR0703", "interrupted while waiting for the store");
  fail("lock", file_, errno);
}

std::string WriteLock::holder() const {
  // The holder signs just after it took the lock: give it a moment.
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (std::string text = holder_text(read_file(file_)); !text.empty()) return text;
    ::usleep(5'000);
  }
  return "another process";
}

/// Writes who holds the lock. Synced, so that after a power loss the next holder knows that we did not get to the end.
void WriteLock::sign() {
  std::string text = dump(lock_signature()) + "\n";
  if (::ftruncate(fd_, 0) != 0) fail("write", file_, errno);
  if (::pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    // On a full disk `gc` must be able to make room: it goes on without a name in the lock.
    if (errno != ENOSPC && errno != EDQUOT) fail("write", file_, errno);
    return;
  }
  if (::fdatasync(fd_) != 0) fail("make durable", file_, errno);
}

}  // namespace filrouge
