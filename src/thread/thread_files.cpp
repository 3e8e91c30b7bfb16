#include "thread/thread_files.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "thread/lines.h"

namespace filrouge {

void ThreadFiles::add(const std::string& name, std::string text) {
  index_.emplace(name, sources_.size());
  sources_.push_back({name, std::move(text)});
}

bool ThreadFiles::is_inside(const std::string& path) const {
  if (path.find('\0') != std::string::npos || fs::path(path).is_absolute()) return false;
  std::error_code failed;
  fs::path real_folder = fs::weakly_canonical(folder_, failed);
  if (failed) return false;
  fs::path real = fs::weakly_canonical(folder_ / path, failed);
  if (failed) return false;
  fs::path relative = real.lexically_relative(real_folder);
  return !relative.empty() && *relative.begin() != "..";
}

std::optional<std::string> ThreadFiles::read_text(const Node& node, const std::string& path, Reporter& reporter) {
  auto refuse = [&](std::string message, std::string hint) {
    reporter.error(node, "FR0125", std::move(message), std::move(hint));
    return std::nullopt;
  };
  if (!is_inside(path))
    return refuse(fmt::format("`{}` is outside of the folder of the thread", path), "put the file beside thread.yaml");
  std::error_code ignored;
  if (!fs::is_regular_file(folder_ / path, ignored))
    return refuse(fmt::format("there is no file `{}`", path), near_file(path));
  std::string text;
  try {
    text = read_file(folder_ / path);
  } catch (const Error& error) {
    return refuse(error.message, "");
  }
  if (auto bad = first_invalid_utf8(text)) {
    Place place = place_of_byte(text, *bad);
    return refuse(fmt::format("`{}` is not UTF-8: line {}, column {}", path, place.line, place.column),
                  "save it with the encoding UTF-8");
  }
  if (!has(path)) add(path, text);
  return text.substr(bom_length(text));
}

std::string ThreadFiles::near_file(const std::string& path) const {
  std::vector<std::string> names;
  std::error_code failed;
  fs::path folder = fs::path(path).parent_path();
  for (fs::directory_iterator entry(folder_ / folder, failed), end; !failed && entry != end; entry.increment(failed))
    names.push_back((folder / entry->path().filename()).string());
  std::sort(names.begin(), names.end());
  std::string hint = did_you_mean(path, names);
  return hint.empty() ? "paths begin at the folder of thread.yaml" : hint;
}

}  // namespace filrouge
