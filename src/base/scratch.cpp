#include "base/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files.h"

namespace filrouge {
namespace {

constexpr const char* kPrefix = "filrouge-";

enum class Lock { taken, not_free, not_known };  // not_known: no such file, or locks are not to be had here

/// Of a file in the folder; it is held for as long as the descriptor is open.
Lock take(const fs::path& folder, int flags, Descriptor& file) {
  file = Descriptor(::open((folder / "lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
  if (!file.is_open()) return Lock::not_known;
  if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) return Lock::taken;
  return errno == EWOULDBLOCK ? Lock::not_free : Lock::not_known;
}

/// Folders of this user's whose owner is gone, and those that are empty: who has just made one makes another.
void remove_what_is_left(const fs::path& place) {
  std::error_code ignored;
  for (fs::directory_iterator at(place, ignored), end; at != end; at.increment(ignored)) {
    if (!at->path().filename().string().starts_with(kPrefix)) continue;
    struct stat folder {};
    if (::lstat(at->path().c_str(), &folder) != 0 || !S_ISDIR(folder.st_mode) || folder.st_uid != ::geteuid()) continue;
    Descriptor lock;
    if (take(at->path(), 0, lock) == Lock::taken)
      fs::remove_all(at->path(), ignored);
    else if (!lock.is_open())
      ::rmdir(at->path().c_str());  // does nothing where something is in it
  }
}

fs::path make_private_folder(const fs::path& place) {
  std::string pattern = (place / kPrefix).string() + "XXXXXX";
  if (::mkdtemp(pattern.data())) return pattern;
  throw Error(ErrorKind::environment, "FR0502",
              fmt::format("cannot make a folder in {}: {}", place.string(), std::strerror(errno)),
              "TMPDIR names another place");
}

}  // namespace

ScratchFolder::ScratchFolder() {
  std::error_code error;
  const fs::path place = fs::temp_directory_path(error);
  if (error)
    throw Error(ErrorKind::environment, "FR0502",
                fmt::format("there is no folder for temporary files: {}", error.message()), "TMPDIR names one");
  remove_what_is_left(place);
  constexpr int kMostTries = 10;
  for (int tries = 0; tries < kMostTries; ++tries) {
    path_ = make_private_folder(place);
    Lock lock = take(path_, O_CREAT, lock_);
    if (lock == Lock::taken || (lock == Lock::not_known && fs::exists(path_))) return;
  }
  throw Error(ErrorKind::environment, "FR0502", fmt::format("folders made in {} do not stay there", place.string()),
              "TMPDIR names another place");
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace filrouge
