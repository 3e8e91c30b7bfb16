// The rows that could not be kept, on their way to NAME.rejects: written to a scratch file as they come, sorted at the
// end.
#pragma once

#include <fstream>
#include <string>
#include <string_view>

#include "base/files.h"
#include "engines/engine.h"
#include "sources/source.h"

namespace filrouge {

class Rejects {
 public:
  Rejects(fs::path scratch_file, bool stop);
  /// `line` from 1, in the file as the user has it; 0 = not known. Throws FR0306 when bad rows shall stop the step.
  void add(size_t file_index, const std::string& file, uint64_t line, const std::string& reason, std::string_view text);
  uint64_t count() const { return count_; }
  /// "12 rows rejected: filrouge show flights.rejects", with the first reason.
  std::string note(const std::string& table) const;
  /// Writes the table NAME.rejects into `folder`, in the order of files and lines.
  WrittenTable write(const std::string& name, const fs::path& folder, Engine& engine);
  /// Starts again from nothing.
  void clear();

 private:
  fs::path path_;
  bool stop_;
  std::ofstream out_;
  uint64_t count_ = 0;
  std::string first_;
};

}  // namespace filrouge
