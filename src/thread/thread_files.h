// The files of a thread: thread.yaml, what it includes, and the SQL files it names. Nothing outside of its folder is
// read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "thread/reporter.h"

namespace filrouge {

class ThreadFiles {
 public:
  /// Appends every file read to `sources`, which must outlive it.
  ThreadFiles(std::filesystem::path folder, std::vector<SourceText>& sources)
      : folder_(std::move(folder)), sources_(sources) {}

  const std::filesystem::path& folder() const { return folder_; }
  bool has(const std::string& name) const { return index_.contains(name); }
  void add(const std::string& name, std::string text);
  /// The text of node.file.
  const std::string& source_of(const Node& node) const { return sources_[index_.at(node.file)].text; }

  /// Whether a relative path stays inside the folder, also through symbolic links.
  bool is_inside(const std::string& path) const;

  /// The text, without byte order mark, of the file that `node` names as `path`; nothing after reporting FR0125.
  std::optional<std::string> read_text(const Node& node, const std::string& path, Reporter& reporter);

 private:
  std::string near_file(const std::string& path) const;

  std::filesystem::path folder_;
  std::vector<SourceText>& sources_;
  std::unordered_map<std::string, size_t> index_;  ///< name -> place in sources_
};

}  // namespace filrouge
