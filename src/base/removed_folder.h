// A folder that goes with its owner.
#pragma once

#include <filesystem>

namespace filrouge {

/// Removes `path` with all in it when it ends, whatever became of it; never throws.
struct RemovedFolder {
  const std::filesystem::path path;
  explicit RemovedFolder(std::filesystem::path at) : path(std::move(at)) {}
  RemovedFolder(const RemovedFolder&) = delete;
  RemovedFolder& operator=(const RemovedFolder&) = delete;
  ~RemovedFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace filrouge
