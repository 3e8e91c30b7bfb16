#include "steps/run_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/sql_text.h"
#include "sources/find.h"

namespace filrouge {
namespace {

/// The words of a command, split at blanks; what stands in quotes of either kind is part of one word, as it is. (As
/// Hadoop streaming splits them.) Nothing where a quote is not closed.
std::optional<std::vector<std::string>> split_command(const std::string& text) {
  std::vector<std::string> words;
  bool inside = false;  // a word, if an empty one
  char quote = 0;
  for (char byte : text) {
    bool blank = byte == ' ' || byte == '\t' || byte == '\n';
    if (!quote && blank) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back(), inside = true;
    if (quote ? byte == quote : byte == '"' || byte == '\'')
      quote = quote ? 0 : byte;
    else
      words.back() += byte;
  }
  if (quote) return std::nullopt;
  return words;
}

bool is_of_the_shell(const std::string& word) {
  static const std::set<std::string> signs = {"|", ">", ">>", "<", "&&", "||", ";", "&", "2>&1"};
  return signs.contains(word);
}

bool is_program(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

/// Names in the folder of `path`, for hints.
std::string near_file(const fs::path& folder, const std::string& path) {
  std::vector<std::string> names;
  std::error_code failed;
  fs::path beside = (folder / path).parent_path();
  for (fs::directory_iterator entry(beside, failed), end; !failed && entry != end; entry.increment(failed))
    names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());
  auto near = nearest(fs::path(path).filename().string(), names);
  if (!near) return "paths begin at the folder of thread.yaml";
  fs::path meant = fs::path(path).parent_path() / *near;
  return fmt::format("did you mean `{}`?", meant.string());
}

}  // namespace

void CommandReader::problem(const std::string& key, const std::string& code, const std::string& message,
                            const std::string& hint) {
  failed_ = true;
  context_.report(context_.thread().at(step_, {key}, code, message, hint));
}

std::string CommandReader::with_parameters(const std::string& key, const std::string& word) {
  const auto& known = context_.thread().params;
  std::string text;
  size_t done = 0;
  for (const ParameterUse& use : find_parameters(word)) {
    auto found = known.find(use.name);
    if (found == known.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : known) names.push_back(name);
      auto near = nearest(use.name, names);
      problem(key, "FR0205", fmt::format("no parameter `{}`", use.name),
              near ? fmt::format("did you mean `${}`?", *near) : "parameters stand under `params:`");
      return word;
    }
    params_.insert(use.name);
    text += word.substr(done, use.offset - done) + scalar_text(found->second);
    done = use.offset + use.length;
  }
  return text + word.substr(done);
}

std::vector<std::string> CommandReader::words(const std::string& key) {
  std::vector<std::string> said = step_.config[key].get<std::vector<std::string>>();
  const Node* node = step_.node.find(key);
  if (node && node->kind == Node::Kind::scalar) {
    auto split = split_command(said[0]);
    if (!split) problem(key, "FR0440", fmt::format("a quote in `{}` is not closed", key), "or write a list of words");
    said = split.value_or(std::vector<std::string>());
    auto sign = std::find_if(said.begin(), said.end(), is_of_the_shell);
    if (sign != said.end())
      problem(key, "FR0440", fmt::format("no shell reads `{}`, so `{}` means nothing", key, *sign),
              fmt::format("put it into a script, or: [sh, -c, \"... {} ...\"]", *sign));
  }
  for (std::string& word : said) word = with_parameters(key, word);
  if (!failed_ && (said.empty() || said[0].empty()))
    problem(key, "FR0440", fmt::format("`{}` names no program", key), fmt::format("such as `{}: ./words.py`", key));
  return failed_ ? std::vector<std::string>() : said;
}

bool CommandReader::may_run(const std::string& key, const std::string& name, const fs::path& file) {
  if (is_program(file)) return true;
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    problem(key, "FR0441", fmt::format("there is no program `{}`", name), near_file(context_.thread().folder, name));
  else if (!fs::is_regular_file(file, ignored))
    problem(key, "FR0441", fmt::format("`{}` is not a file", name), "name the program itself");
  else
    problem(key, "FR0441", fmt::format("`{}` may not be run", name), fmt::format("chmod +x {}", name));
  return false;
}

std::optional<std::string> CommandReader::on_path(const std::string& key, const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path ? path : "/usr/local/bin:/usr/bin:/bin", ':'))
    if (!folder.empty() && fs::path(folder).is_absolute() && is_program(fs::path(folder) / name))
      return (fs::path(folder) / name).string();
  std::error_code ignored;
  bool is_here = fs::exists(context_.thread().folder / name, ignored);
  problem(key, "FR0441", fmt::format("there is no program `{}` on PATH", name),
          is_here ? fmt::format("did you mean `./{}`?", name) : "a program beside thread.yaml begins with `./`");
  return std::nullopt;
}

std::optional<std::string> CommandReader::program(const std::string& key, const std::string& name) {
  if (name.find('/') == std::string::npos) return on_path(key, name);
  fs::path file = (context_.thread().folder / name).lexically_normal();
  if (!may_run(key, name, file)) return std::nullopt;
  add(file, fs::path(name).lexically_normal().string());
  return file.string();
}

void CommandReader::add(const fs::path& file, const std::string& shown) {
  if (seen_.insert(file).second) files_.push_back({file, shown});
}

std::optional<ProgramCall> CommandReader::command(const std::string& key) {
  if (!step_.config.contains(key)) return std::nullopt;
  ProgramCall call{"", words(key)};
  if (call.words.empty()) return std::nullopt;
  std::optional<std::string> file = program(key, call.words[0]);
  if (!file) return std::nullopt;
  call.file = *file;
  for (size_t i = 1; i < call.words.size(); ++i) {
    fs::path word(call.words[i]);
    std::error_code ignored;
    if (word.empty() || word.is_absolute() || !fs::is_regular_file(context_.thread().folder / word, ignored)) continue;
    add((context_.thread().folder / word).lexically_normal(), word.lexically_normal().string());
  }
  return call;
}

void CommandReader::read_files() {
  if (!step_.config.contains("files")) return;
  for (const Json& pattern : step_.config["files"]) {
    try {
      for (const SourceFile& file : find_source_files(context_.thread().folder, pattern.get<std::string>()))
        add(file.path, file.shown);
    } catch (const Error& error) {
      problem("files", error.code, error.message, error.hint);
    }
  }
}

}  // namespace filrouge
