#include "engines/find_program.h"

#include <unistd.h>

#include "base/files.h"
#include "base/text.h"

namespace filrouge {

std::optional<fs::path> find_program(const std::string& name) {
  auto runs = [](const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return runs(name) ? std::optional<fs::path>(name) : std::nullopt;
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path ? path : "", ':'))
    if (!folder.empty() && runs(fs::path(folder) / name)) return fs::path(folder) / name;
  return std::nullopt;
}

}  // namespace filrouge
