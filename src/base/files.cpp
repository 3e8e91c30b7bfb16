#include "base/files.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace filrouge {
namespace {

[[noreturn]] void fail(const char* code, const char* doing, const fs::path& path, int error) {
  Error failure(ErrorKind::environment, code,
                fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(error)));
  failure.system_error = error;
  throw failure;
}

/// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

void read_in_blocks(const fs::path& path, const std::function<void(std::string_view)>& take) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) fail("FR0501", "open", path, errno);
  struct stat info {};
  if (::fstat(file.fd, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
    throw Error(ErrorKind::data, "FR0304", fmt::format("`{}` is not a regular file", path.string()),
                "a pipe or a device may never end: copy what comes from it into a file");
  std::string block(1 << 20, '\0');
  while (true) {
    ssize_t got = ::read(file.fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("FR0501", "read", path, errno);
    if (got == 0) return;
    take(std::string_view(block.data(), static_cast<size_t>(got)));
  }
}

std::string read_file(const fs::path& path) {
  std::string text;
  read_in_blocks(path, [&](std::string_view block) { text.append(block); });
  return text;
}

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error(ErrorKind::environment, "FR0502", fmt::format("cannot write {}", path.string()));
}

namespace {

/// Removes `path` + ".tmpPID" of processes that are no more.
void remove_leftovers(const fs::path& path) {
  std::error_code error;
  std::string begin = path.filename().string() + ".tmp";
  fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    std::string name = at->path().filename().string();
    if (!name.starts_with(begin)) continue;
    std::string digits = name.substr(begin.size());
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    if (::kill(static_cast<pid_t>(std::stoi(digits)), 0) != 0 && errno == ESRCH) ::unlink(at->path().c_str());
  }
}

}  // namespace

void write_file_synced(const fs::path& path, std::string_view text) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) fail("FR0502", "create", path, errno);
  int error = 0;
  const char *code = "FR0502", *doing = "write";
  while (!text.empty() && error == 0) {
    ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote >= 0)
      text.remove_prefix(static_cast<size_t>(wrote));
    else if (errno != EINTR)
      error = errno;
  }
  if (error == 0 && ::fsync(fd) != 0) error = errno, code = "FR0503", doing = "make durable";
  if (::close(fd) != 0 && error == 0 && errno != EINTR) error = errno;  // some report a lost write only here
  if (error == 0) return;
  ::unlink(path.c_str());
  fail(code, doing, path, error);
}

void write_file_durably(const fs::path& path, std::string_view text, fs::path temporary) {
  if (temporary.empty()) {
    remove_leftovers(path);
    temporary = path;
    temporary += fmt::format(".tmp{}", ::getpid());
  }
  write_file_synced(temporary, text);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    int error = errno;
    ::unlink(temporary.c_str());
    fail("FR0502", "rename to", path, error);
  }
  sync_path(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

void sync_path(const fs::path& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) fail("FR0501", "open", path, errno);
  if (::fsync(file.fd) != 0) fail("FR0503", "make durable", path, errno);
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail("FR0502", "create the folder", path, error.value());
}

void make_folder_durably(const fs::path& path) {
  std::error_code error;
  fs::path parent = path.parent_path();
  if (fs::is_directory(path, error)) return;
  if (!parent.empty() && parent != path) make_folder_durably(parent);
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) fail("FR0502", "create the folder", path, errno);
  if (!fs::is_directory(path, error)) fail("FR0502", "create the folder", path, ENOTDIR);
  sync_path(parent.empty() ? fs::path(".") : parent);
}

bool on_one_file_system(const fs::path& folder, const fs::path& other) {
  struct stat one, two;
  return ::stat(folder.c_str(), &one) == 0 && ::stat(other.c_str(), &two) == 0 && one.st_dev == two.st_dev;
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("FR0502", "rename to", to, errno);
}

namespace {

/// The folder that the variable names, else the one in the user's home.
fs::path own_folder(const char* variable, const char* in_home) {
  const char* named = std::getenv(variable);
  const char* home = std::getenv("HOME");
  return (named && *named ? fs::path(named) : fs::path(home ? home : "") / in_home) / "filrouge";
}

}  // namespace

fs::path config_folder() {
  return own_folder("XDG_CONFIG_HOME", ".config");
}

fs::path cache_folder() {
  return own_folder("XDG_CACHE_HOME", ".cache");
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  auto at = fs::directory_iterator(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) entries.push_back(at->path());
  if (error && error != std::errc::no_such_file_or_directory) fail("FR0501", "read the folder", folder, error.value());
  return entries;
}

FileStat stat_file(const fs::path& path) {
  struct stat s;
  if (::stat(path.c_str(), &s) != 0) fail("FR0501", "open", path, errno);
  auto ns = [](const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  return {static_cast<uint64_t>(s.st_size), ns(s.st_mtim), ns(s.st_ctim), s.st_ino};
}

namespace {

void glob_parts(const fs::path& at, std::span<const std::string> parts, std::vector<fs::path>& found) {
  std::error_code error;
  if (parts.empty()) {
    if (fs::exists(at, error)) found.push_back(at);
    return;
  }
  const std::string& part = parts.front();
  if (part.find_first_of("*?[") == std::string::npos) return glob_parts(at / part, parts.subspan(1), found);
  if (part == "**") glob_parts(at, parts.subspan(1), found);
  for (const fs::directory_entry& entry : fs::directory_iterator(at.empty() ? "." : at, error)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    fs::path next = at / name;
    if (part == "**") {
      if (entry.is_directory(error) && !entry.is_symlink(error)) glob_parts(next, parts, found);
    } else if (::fnmatch(part.c_str(), name.c_str(), 0) == 0) {
      glob_parts(next, parts.subspan(1), found);
    }
  }
}

}  // namespace

std::vector<fs::path> glob_files(const fs::path& base, const std::string& pattern) {
  fs::path whole(pattern);
  std::vector<std::string> parts;
  for (const fs::path& part : whole.relative_path())
    if (!part.empty()) parts.push_back(part.string());
  std::vector<fs::path> found;
  glob_parts(whole.is_absolute() ? whole.root_path() : base, parts, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace filrouge
