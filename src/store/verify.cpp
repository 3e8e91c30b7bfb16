// Nothing is used that has changed: every file against the hash in its receipt, every receipt against the catalog, and
// nothing beside them. And the way back: a catalog made anew from the receipts.
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/impl.h"
#include "store/publish.h"
#include "store/receipt.h"

namespace filrouge {
namespace {

/// Looks at one version; appends what it finds.
class VersionCheck {
 public:
  VersionCheck(const fs::path& store, const Entry& entry, std::vector<Finding>& findings)
      : store_(store), folder_(folder_in_store(entry.version)), entry_(entry), findings_(findings) {}

  /// True: the version is as it was made. (A file too many is found, and does no harm.)
  bool passes() {
    if (!fs::is_directory(store_ / folder_)) {
      report("missing", folder_, "the folder of the version is gone");
      return false;
    }
    check_receipt();
    for (const FileHash& file : entry_.version.file_hashes) check_file(file);
    check_extras();
    return is_good_;
  }

 private:
  void report(const char* what, const fs::path& path, std::string message, uint64_t bytes = 0) {
    const Version& version = entry_.version;
    findings_.push_back({what, path.string(), version.verb, version.name, version.key, std::move(message), bytes});
    if (what != std::string_view("extra")) is_good_ = false;
  }

  bool is_missing(const fs::path& path) {
    std::error_code error;
    if (fs::is_regular_file(fs::symlink_status(store_ / path, error))) return false;
    report("missing", path, "the file is gone");
    return true;
  }

  void check_receipt() {
    fs::path path = folder_ / kReceipt;
    if (is_missing(path)) return;
    try {
      if (hash_file(store_ / path) != entry_.receipt_hash)
        report("damaged", path, "the receipt does not say what the catalog says");
    } catch (const Error& e) {
      report("unreadable", path, e.message);
    }
  }

  void check_file(const FileHash& file) {
    fs::path path = folder_ / file.path;
    if (is_missing(path)) return;
    try {
      uint64_t bytes = stat_file(store_ / path).size_bytes;
      if (bytes != file.bytes)
        report("damaged", path, fmt::format("{} bytes; the receipt says {}", bytes, file.bytes), bytes);
      else if (hash_file(store_ / path) != file.hash)
        report("damaged", path, "the content is not what the receipt says", bytes);
    } catch (const Error& e) {
      report("unreadable", path, e.message);
    }
  }

  void check_extras() {
    std::set<std::string> known = {kReceipt};
    for (const FileHash& file : entry_.version.file_hashes) known.insert(file.path);
    std::error_code error;
    for (auto at = fs::recursive_directory_iterator(store_ / folder_, error); !error && at != fs::end(at);
         at.increment(error)) {
      std::string path = at->path().lexically_relative(store_ / folder_).string();
      if (!at->is_directory() && !known.contains(path))
        report("extra", folder_ / path, "no part of the version", at->is_regular_file() ? at->file_size() : 0);
    }
    if (error) report("unreadable", folder_, error.message());
  }

  const fs::path& store_;
  fs::path folder_;
  const Entry& entry_;
  std::vector<Finding>& findings_;
  bool is_good_ = true;
};

/// The receipts of all versions that are whole; others are left for `verify` and `gc` to name.
std::vector<Entry> entries_from_receipts(const fs::path& store) {
  std::vector<Entry> entries;
  for (const fs::path& path : version_folders(store)) {
    try {
      Version version = read_receipt(store / path);
      if (folder_in_store(version) == path && files_are_there(store / path, version))
        entries.push_back({std::move(version), hash_file(store / path / kReceipt)});
    } catch (const Error& e) {
      if (e.code == "FR0511") throw;
    }
  }
  return entries;
}

/// What current.json says, as far as it can be read: it only helps.
std::map<StepName, std::string> settled_keys(const fs::path& store) {
  std::map<StepName, std::string> keys;
  try {
    for (const Json& entry : parse_json(read_file(store / "current.json"), "current.json"))
      keys[{entry.at("verb"), entry.at("name")}] = entry.at("key");
  } catch (const std::exception&) {
    return {};
  }
  return keys;
}

/// For each step the version that current.json names, else its newest.
std::map<StepName, const Version*> current_of(const std::vector<Entry>& entries, const fs::path& store) {
  std::map<StepName, std::string> settled = settled_keys(store);
  std::map<StepName, const Version*> current;
  for (const Entry& entry : entries) {
    const Version& version = entry.version;
    const Version*& best = current[{version.verb, version.name}];
    auto rank = [&](const Version& v) {
      auto found = settled.find({v.verb, v.name});
      return std::pair(found != settled.end() && found->second == v.key, v.created);
    };
    if (!best || rank(*best) < rank(version)) best = &version;
  }
  return current;
}

RunStep built_step(const Version& version) {
  RunStep step{version.verb, version.name,    version.key,         "built",
               {},           version.seconds, version.cpu_seconds, version.peak_memory_bytes};
  step.rows = version.tables.empty() ? 0 : version.tables[0].rows;
  return step;
}

void fill(const fs::path& file, const fs::path& store) {
  std::vector<Entry> entries = entries_from_receipts(store);
  std::vector<StepKey> settled;
  std::vector<RunStep> built;
  for (const auto& [step, version] : current_of(entries, store)) {
    settled.push_back({version->verb, version->name, version->key});
    built.push_back(built_step(*version));
  }
  Catalog catalog(file, Database::Mode::write);
  catalog.enter(entries, settled);
  catalog.set_last_built(built);
}  // closing the last connection moves everything from the log into the file

}  // namespace

std::vector<Finding> Store::verify(bool repair, const std::function<void(const std::string&)>& progress) {
  FR_CHECK(!repair || impl_->access == Access::write);
  std::vector<Finding> findings;
  std::vector<Version> bad;
  std::map<std::string, StepKey> known;
  {
    std::lock_guard guard(impl_->mutex);
    impl_->flush_settled();
    if (Catalog* catalog = impl_->catalog()) {
      for (const std::string& problem : catalog->problems())
        findings.push_back({"damaged", "catalog.db", "", "", "", problem});
      known = catalog->all_folders();
    }
  }
  for (const auto& [folder, key] : known) {
    if (progress) progress(folder);
    std::optional<Entry> entry;
    {
      std::lock_guard guard(impl_->mutex);
      entry = impl_->catalog()->entry(key);
    }
    if (entry && !VersionCheck(impl_->folder, *entry, findings).passes()) bad.push_back(std::move(entry->version));
  }
  for (const fs::path& folder : version_folders(impl_->folder))
    if (!known.contains(folder.string()))
      findings.push_back({"extra", folder.string(), "", "", "", "unknown to the catalog; filrouge gc removes it"});
  if (!repair || bad.empty()) return findings;

  impl_->remove_versions(bad);
  for (const Version& version : bad)
    findings.push_back({"removed", folder_in_store(version).string(), version.verb, version.name, version.key,
                        "the next run builds it again", total_bytes(version)});
  return findings;
}

void Store::rebuild(const fs::path& given) {
  fs::path folder = fs::absolute(given).lexically_normal();
  if (!fs::is_directory(folder))
    throw Error(ErrorKind::environment, "FR0501", fmt::format("there is no store in {}", folder.string()));
  WriteLock lock(folder / "lock", /*wait=*/false, {});
  auto remove_database = [&](const std::string& name) {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(folder / (name + suffix));
  };
  remove_database("catalog.db.new");
  fill(folder / "catalog.db.new", folder);
  sync_path(folder / "catalog.db.new");
  // The old log must be gone before the new file takes the name: SQLite would replay it into the new file.
  remove_database("catalog.db.old");
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(folder / (std::string("catalog.db") + suffix));
  if (fs::exists(folder / "catalog.db")) rename_path(folder / "catalog.db", folder / "catalog.db.old");
  sync_path(folder);
  rename_path(folder / "catalog.db.new", folder / "catalog.db");
  sync_path(folder);
}

}  // namespace filrouge
