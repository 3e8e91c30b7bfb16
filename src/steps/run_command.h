// The commands of a `run` step, and the files that they need: found while binding, none is started.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "steps/programs.h"
#include "steps/step.h"

namespace filrouge {

/// Reads the commands of one step. What is found belongs to the step's key: programs that are named by a path, words
/// that name a file of the thread's folder, and what `files:` says. A program that is looked for on PATH (python3,
/// sort) belongs to the machine and does not.
class CommandReader {
 public:
  CommandReader(const Step& step, BindContext& context) : step_(step), context_(context) {}

  /// The command under `key`: one text is split at blanks (outside quotes), a list is taken as it is, and `$name` is a
  /// parameter. Null where there is none; also after reporting FR0440 (empty), FR0441 (no such program), FR0205 (no
  /// such parameter).
  std::optional<ProgramCall> command(const std::string& key);
  /// `files:`. Reports FR0301.
  void read_files();

  const std::vector<InputFile>& files() const { return files_; }
  std::vector<std::string> params() const { return {params_.begin(), params_.end()}; }
  bool failed() const { return failed_; }

 private:
  void problem(const std::string& key, const std::string& code, const std::string& message, const std::string& hint);
  std::vector<std::string> words(const std::string& key);
  std::string with_parameters(const std::string& key, const std::string& word);
  std::optional<std::string> program(const std::string& key, const std::string& name);
  std::optional<std::string> on_path(const std::string& key, const std::string& name);
  bool may_run(const std::string& key, const std::string& name, const std::filesystem::path& file);
  void add(const std::filesystem::path& file, const std::string& shown);

  const Step& step_;
  BindContext& context_;
  std::vector<InputFile> files_;
  std::set<std::filesystem::path> seen_;  ///< those of files_
  std::set<std::string> params_;
  bool failed_ = false;
};

}  // namespace filrouge
