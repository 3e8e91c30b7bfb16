#include "base/descriptor.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace filrouge {
namespace {

Error refused(const char* code, const std::filesystem::path& file) {
  return Error(ErrorKind::environment, code, fmt::format("{}: {}", file.string(), std::strerror(errno)));
}

}  // namespace

Descriptor open_to_read(const std::filesystem::path& file) {
  Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened.is_open()) throw refused("FR0501", file);
  return opened;
}

Descriptor open_to_write(const std::filesystem::path& file) {
  Descriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!opened.is_open()) throw refused("FR0502", file);
  return opened;
}

bool write_whole(int number, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t wrote = ::write(number, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

void write_whole(const Descriptor& to, const std::filesystem::path& file, std::string_view bytes) {
  if (!write_whole(to.number(), bytes)) throw refused("FR0502", file);
}

}  // namespace filrouge
