#include "sources/find.h"

#include "base/error.h"
#include "base/text.h"
#include "sources/column_types.h"

namespace filrouge {
namespace {

bool is_pattern(const std::string& from) {
  return from.find_first_of("*?[") != std::string::npos;
}

/// "year=2024/month=1" of root/year=2024/month=1/x.csv.
std::string partition_of(const fs::path& file, const fs::path& root) {
  fs::path partition;
  for (const fs::path& part : file.parent_path().lexically_relative(root))
    if (part.string().find('=') != std::string::npos) partition /= part;
  return partition.string();
}

SourceFile source_file(const fs::path& file, const fs::path& folder, const fs::path& root) {
  fs::path shown = file.lexically_relative(folder);
  bool inside = !shown.empty() && *shown.begin() != "..";
  return {file, "", inside ? shown.string() : file.string(), partition_of(file, root)};
}

/// Hidden files and those that tools leave beside data (_SUCCESS) are not data; links to folders are not followed.
void add_files_below(const fs::path& folder, std::vector<fs::path>& found) {
  for (const fs::path& path : entries_of(folder)) {
    std::string name = path.filename().string();
    if (name.starts_with('.') || name.starts_with('_')) continue;
    if (fs::is_directory(fs::symlink_status(path))) add_files_below(path, found);
    if (fs::is_regular_file(path)) found.push_back(path);
  }
}

std::vector<SourceFile> files_below(const fs::path& path, const fs::path& folder) {
  std::vector<fs::path> found;
  add_files_below(path, found);
  std::sort(found.begin(), found.end());
  std::vector<SourceFile> files;
  for (const fs::path& file : found) files.push_back(source_file(file, folder, path));
  return files;
}

/// The part of a glob before its first wildcard.
fs::path fixed_root(const fs::path& folder, const std::string& pattern) {
  fs::path root = folder;
  for (const fs::path& part : fs::path(pattern)) {
    if (is_pattern(part.string())) break;
    root /= part;
  }
  return root;
}

/// data/flights.zip/flights.csv: the longest beginning of the path that is a file, and the rest.
std::optional<SourceFile> zip_member(const fs::path& path, const fs::path& folder) {
  for (fs::path archive = path.parent_path(); archive.has_relative_path(); archive = archive.parent_path()) {
    if (!fs::is_regular_file(archive)) continue;
    SourceFile file = source_file(archive, folder, archive.parent_path());
    file.member = path.lexically_relative(archive).string();
    file.shown += "/" + file.member;
    return file;
  }
  return std::nullopt;
}

[[noreturn]] void nothing_there(const fs::path& folder, const std::string& from) {
  fs::path parent = is_pattern(from) ? fixed_root(folder, from) : (folder / from).parent_path();
  std::error_code ignored;
  if (!fs::is_directory(parent, ignored)) {
    std::vector<std::string> folders;
    for (const auto& entry : fs::directory_iterator(parent.parent_path(), ignored))
      folders.push_back(entry.path().filename().string());
    std::sort(folders.begin(), folders.end());
    auto near = nearest(parent.filename().string(), folders);
    throw Error(ErrorKind::user, "FR0301", fmt::format("no file `{}`: there is no folder `{}`", from, parent.string()),
                near ? fmt::format("did you mean the folder `{}`?", *near) : "");
  }
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  std::string wanted = fs::path(from).filename().string();
  auto near = nearest(wanted, names);
  // flights.csv where there is flights.csv.gz is a slip too, though not a near one.
  for (const std::string& name : names)
    if (!near && lower(name).starts_with(lower(fs::path(wanted).stem().string()) + ".")) near = name;
  std::string message =
      is_pattern(from) ? fmt::format("no file matches `{}`", from) : fmt::format("no file `{}`", from);
  std::string hint;
  if (near)
    hint = fmt::format("did you mean `{}`?", (fs::path(from).parent_path() / *near).string());
  else if (names.empty())
    hint = "the folder is empty";
  else if (names.size() <= 8)
    hint = "there is " + join(names, ", ");
  throw Error(ErrorKind::user, "FR0301", message, hint);
}

}  // namespace

bool is_url(const std::string& from) {
  return from.starts_with("http://") || from.starts_with("https://");
}

std::vector<SourceFile> find_source_files(const fs::path& folder, const std::string& from) {
  fs::path path = (folder / from).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    std::vector<SourceFile> files = files_below(path, folder);
    if (files.empty()) throw Error(ErrorKind::user, "FR0301", fmt::format("the folder `{}` holds no file", from));
    return files;
  }
  if (fs::exists(path, ignored)) return {source_file(path, folder, path.parent_path())};
  if (is_pattern(from)) {
    std::vector<SourceFile> files;
    for (const fs::path& file : glob_files(folder, from))
      if (!fs::is_directory(file))
        files.push_back(source_file(file.lexically_normal(), folder, fixed_root(folder, from)));
    if (!files.empty()) return files;
  } else if (auto member = zip_member(path, folder)) {
    return {*member};
  }
  nothing_there(folder, from);
}

std::vector<Column> partition_columns(const std::vector<SourceFile>& files) {
  std::vector<std::string> keys;
  std::vector<ColumnGuess> guesses;
  ValueRules rules{.nulls = {"__HIVE_DEFAULT_PARTITION__"}, .decimal = '.', .date_format = ""};
  for (const SourceFile& file : files) {
    std::vector<std::string> own;
    size_t at = 0;
    for (const fs::path& part : fs::path(file.partition)) {
      std::string text = part.string();
      size_t equals = text.find('=');
      if (equals == std::string::npos) continue;
      own.push_back(text.substr(0, equals));
      if (guesses.size() <= at) guesses.resize(at + 1);
      guesses[at++].add(text.substr(equals + 1), rules);
    }
    if (&file == &files.front()) keys = own;
    if (own != keys)
      throw Error(
          ErrorKind::user, "FR0309",
          fmt::format("`{}` does not have the same key=value folders as `{}`", file.shown, files.front().shown));
  }
  std::vector<Column> columns;
  for (size_t at = 0; at < keys.size(); ++at) {
    std::string type = guesses[at].type();
    // month=01 is a number here: nobody writes folder names to keep zeros, and Spark and DuckDB read it so too.
    uint64_t numbers = guesses[at].count(ValueKind::integer) + guesses[at].count(ValueKind::leading_zero);
    if (numbers > 0 && numbers == guesses[at].values()) type = "BIGINT";
    columns.push_back({keys[at], type == "BIGINT" || type == "DATE" ? type : "VARCHAR", {}});
  }
  return columns;
}

}  // namespace filrouge
