// A renamed step finds its own work again: the same files under another name.
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/impl.h"
#include "store/publish.h"
#include "store/receipt.h"

namespace filrouge {
namespace {

/// "old" -> "new", "old.rejects" -> "new.rejects"; other names stay.
std::string renamed(const std::string& name, const std::string& from, const std::string& to) {
  bool is_ours = name.starts_with(from) && (name.size() == from.size() || name[from.size()] == '.');
  return is_ours ? to + name.substr(from.size()) : name;
}

std::set<ColumnRef> renamed(const std::set<ColumnRef>& columns, const std::string& from, const std::string& to) {
  std::set<ColumnRef> result;
  for (const ColumnRef& column : columns) result.insert({renamed(column.table, from, to), column.column});
  return result;
}

TableLineage renamed(TableLineage lineage, const std::string& from, const std::string& to) {
  lineage.rows = renamed(lineage.rows, from, to);
  std::set<std::string> tables;
  for (const std::string& table : lineage.tables) tables.insert(renamed(table, from, to));
  lineage.tables = std::move(tables);
  for (ColumnLineage& column : lineage.columns) {
    column.values = renamed(column.values, from, to);
    column.rows = renamed(column.rows, from, to);
  }
  return lineage;
}

Version renamed(Version version, const std::string& verb, const std::string& name) {
  for (StoredTable& table : version.tables) {
    table.name = renamed(table.name, version.name, name);
    table.lineage = renamed(*table.lineage, version.name, name);
  }
  for (std::string& published : version.publish_to) {
    fs::path path(published);
    published = (path.parent_path() / renamed(path.filename().string(), version.name, name)).string();
  }
  version.verb = verb;
  version.name = name;
  return version;
}

/// A second name for the file; a copy where the file system has no such thing, or no more of it.
void link_or_copy(const fs::path& from, const fs::path& to) {
  make_folder(to.parent_path());
  if (::link(from.c_str(), to.c_str()) == 0) return;
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error)
    throw Error(ErrorKind::environment, "FR0502",
                fmt::format("cannot copy {} to {}: {}", from.string(), to.string(), error.message()));
}

}  // namespace

Version Store::adopt(const Version& version, const std::string& verb, const std::string& name) {
  if (std::optional<Version> there = find(verb, name, version.key); there && is_whole(*there)) return *there;
  fs::path staging = stage();
  try {
    for (const FileHash& file : version.file_hashes) link_or_copy(folder_of(version) / file.path, staging / file.path);
  } catch (...) {
    discard(staging);
    throw;
  }
  return commit(staging, renamed(version, verb, name));
}

}  // namespace filrouge
