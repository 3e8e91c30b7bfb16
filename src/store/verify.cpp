// Nothing is used that has changed: every file against the hash in its receipt, every receipt against the catalog,
// every row of the catalog and every record of a run against its own hash, and nothing beside them.
#include <cerrno>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/impl.h"
#include "store/publish.h"
#include "store/receipt.h"
#include "store/records.h"

namespace filrouge {
namespace {

/// Looks at one version; appends what it finds.
class VersionCheck {
 public:
  VersionCheck(const fs::path& store, const Entry& entry, std::vector<Finding>& findings)
      : store_(store), folder_(folder_in_store(entry.version)), entry_(entry), findings_(findings) {}

  /// True: the version is as it was made. (A file too many is found, and does no harm.)
  bool passes() {
    std::error_code error;
    if (!fs::is_directory(store_ / folder_, error)) {
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
    if (what != std::string_view("extra") && what != std::string_view("unreadable")) is_good_ = false;
  }

  /// Where the disk cannot give it back it is lost. All else (too many open files, no right to read) says nothing of
  /// the version.
  void cannot_read(const fs::path& path, const Error& error) {
    report(error.system_error == EIO ? "damaged" : "unreadable", path, error.message);
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
      cannot_read(path, e);
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
      cannot_read(path, e);
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

/// The same for a version on HDFS.
bool remote_passes(RemoteStore& remote, const Entry& entry, std::vector<Finding>& findings) {
  const Version& version = entry.version;
  const fs::path folder = folder_in_store(version);
  bool is_good = true;
  auto report = [&](const char* what, const fs::path& path, const std::string& message) {
    findings.push_back({what, path.string(), version.verb, version.name, version.key, message});
    is_good = is_good && what == std::string_view("extra");
  };
  std::optional<std::map<std::string, uint64_t>> files = remote.files_of(folder.string());
  if (!files) {
    report("missing", folder, "the folder of the version is gone");
    return false;
  }
  std::optional<std::string> receipt = remote.text((folder / kReceipt).string());
  if (!receipt)
    report("missing", folder / kReceipt, "the file is gone");
  else if (hash_text(*receipt) != entry.receipt_hash)
    report("damaged", folder / kReceipt, "the receipt does not say what the catalog says");
  remote.check_files(version, [&](const char* what, const std::string& path, const std::string& message) {
    report(what, folder / path, message);
  });
  files->erase(kReceipt);
  for (const FileHash& file : version.file_hashes) files->erase(file.path);
  for (const auto& [path, bytes] : *files) report("extra", folder / path, "no part of the version");
  return is_good;
}

/// For each current version the steps that read it, directly or not.
class Feeds {
 public:
  explicit Feeds(const std::vector<Version>& current) {
    for (const Version& version : current)
      for (const StoredTable& table : version.tables)
        for (const std::string& source : table.lineage->tables) readers_[source].insert(&version);
    for (const Version& version : current) read_by(version, version, fed_[{version.verb, version.name, version.key}]);
  }
  std::vector<std::string> of(const StepKey& version) const {
    auto found = fed_.find(version);
    if (found == fed_.end()) return {};
    return {found->second.begin(), found->second.end()};
  }

 private:
  static std::string label(const Version& version) { return version.verb + " " + version.name; }
  void read_by(const Version& origin, const Version& version, std::set<std::string>& into) {
    for (const StoredTable& table : version.tables)
      for (const Version* reader : readers_[table.name])
        if (reader != &origin && into.insert(label(*reader)).second) read_by(origin, *reader, into);
  }
  std::map<std::string, std::set<const Version*>> readers_;  // table -> what is made of it
  std::map<StepKey, std::set<std::string>> fed_;
};

}  // namespace

std::vector<Finding> Store::verify(bool repair, const std::function<void(const std::string&)>& progress) {
  FR_CHECK(!repair || impl_->access == Access::write);
  std::vector<Finding> findings;
  std::vector<Version> bad, current;
  std::map<std::string, StepKey> known;
  {
    std::lock_guard guard(impl_->mutex);
    impl_->flush_settled();
    if (Catalog* catalog = impl_->catalog()) {
      for (const std::string& problem : catalog->problems())
        findings.push_back({"damaged", "catalog.db", "", "", "", problem});
      // Nothing more can be said with a catalog that lies.
      if (!findings.empty()) return findings;
      known = catalog->all_folders();
      current = catalog->all_current();
    }
  }
  const Feeds feeds(current);
  for (const auto& [folder, key] : known) {
    if (progress) progress(folder);
    std::optional<Entry> entry;
    {
      std::lock_guard guard(impl_->mutex);
      entry = impl_->catalog()->entry(key);
    }
    size_t before = findings.size();
    bool is_good = !entry || (impl_->remote ? remote_passes(*impl_->remote, *entry, findings)
                                            : VersionCheck(impl_->folder, *entry, findings).passes());
    if (!is_good) bad.push_back(std::move(entry->version));
    for (size_t i = before; i < findings.size(); ++i) findings[i].feeds = feeds.of(key);
  }
  for (const fs::path& folder : impl_->all_version_folders())
    if (!known.contains(folder.string()))
      findings.push_back({"extra", folder.string(), "", "", "", "unknown to the catalog; filrouge gc removes it"});
  impl_->verify_records(repair, findings);
  impl_->verify_cache(repair, findings);
  if (!repair || bad.empty()) return findings;

  impl_->remove_versions(bad);
  for (const Version& version : bad)
    findings.push_back({"removed", folder_in_store(version).string(), version.verb, version.name, version.key,
                        "the next run builds it again", total_bytes(version)});
  return findings;
}

/// The records of the runs and current.json. What is wrong with them is written anew from the catalog.
void Store::Impl::verify_records(bool repair, std::vector<Finding>& findings) {
  std::lock_guard guard(mutex);
  if (!catalog()) return;
  size_t before = findings.size();
  if (remote) copy_records();
  read_current(folder, &findings);
  if (repair && findings.size() > before) current_changed = true, save_current();
  std::set<int64_t> recorded;
  for (const Run& run : read_run_records(folder, &findings)) recorded.insert(run.id);
  for (const Run& run : catalog()->runs(std::numeric_limits<int64_t>::max())) {
    if (!catalog()->has_hashes() || run.finished.empty() || recorded.contains(run.id)) continue;
    std::error_code ignored;
    if (!fs::exists(folder / run_record(run.id), ignored))
      findings.push_back({"missing", run_record(run.id).string(), "", "", "", "the record of a run is gone"});
    if (!repair) continue;
    write_run_record(folder, run, temporary());
    if (remote) write_remotely(run_record(run.id));
  }
}

/// Nothing depends on the cache, but a disk that changes it will change more. One that cannot be opened (a disk that
/// is read only) is done without.
void Store::Impl::verify_cache(bool repair, std::vector<Finding>& findings) {
  std::lock_guard guard(mutex);
  if (!fs::exists(folder / kCacheFile)) return;
  std::vector<std::string> problems;
  try {
    problems = Cache(folder / kCacheFile).problems();
  } catch (const Error& e) {
    if (e.code == "FR0512") problems.push_back(e.message);
  }
  for (std::string& problem : problems) findings.push_back({"damaged", kCacheFile, "", "", "", std::move(problem)});
  if (repair && !problems.empty()) drop_cache();
}

}  // namespace filrouge
