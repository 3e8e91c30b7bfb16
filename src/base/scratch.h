// A folder for what may be lost: rows that find no room in memory, files on their way to somebody else.
#pragma once

#include <filesystem>

#include "base/descriptor.h"

namespace filrouge {

/// TMPDIR/filrouge-XXXXXX, which only this user may enter. It goes with its owner; what is left by processes that were
/// killed is removed when the user's next one is made. (Its owner holds a lock on a file in it for as long as he
/// lives.)
class ScratchFolder {
 public:
  /// Throws Error(environment, FR0502).
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  Descriptor lock_;
};

}  // namespace filrouge
