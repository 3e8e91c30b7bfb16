// What the files of this folder share of a Store: store.cpp (versions and runs), adopt.cpp, verify.cpp, gc.cpp.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "store/catalog.h"
#include "store/lock.h"
#include "store/remote.h"
#include "store/store.h"

namespace filrouge {

struct Store::Impl {
  Impl(const fs::path& folder, Access access);
  ~Impl();

  /// The catalog, or null while a reader finds none. Call with `mutex` held.
  Catalog* catalog();
  /// The catalog of a store that is open for writing.
  Catalog& writable();
  /// The cache, or null where there is none and none can be made (`make`: try to). Call with `mutex` held.
  Cache* cache(bool make);
  void drop_cache();
  /// Writes down what settle() was told. Call with `mutex` held.
  void flush_settled();
  /// Writes current.json when it has changed. Call with `mutex` held.
  void save_current();
  /// After a process that died: enters whole versions and runs that only missed the catalog, and sees to it that what
  /// it made is durable. With `all` everything is entered, into a catalog that is new. Removes nothing.
  void recover(bool all);
  void make_room();
  /// Of runs that ended before runs had records.
  void write_missing_records();
  void verify_records(bool repair, std::vector<Finding>& findings);
  void verify_cache(bool repair, std::vector<Finding>& findings);
  void empty_tmp();
  /// An unused name in tmp/.
  fs::path temporary();
  /// Takes versions out of the catalog, then their folders out of sight in one rename each, then deletes them.
  void remove_versions(const std::vector<Version>& versions);
  void know_again(const std::vector<Entry>& entries, const std::set<StepKey>& were_current);
  /// In one rename each, durably; then what was in them is deleted.
  void remove_folders(const std::vector<fs::path>& paths);
  void remove_last_versions(const std::vector<fs::path>& paths);  ///< and the folders around, if these are empty then

  // ---- a store on HDFS: mirror.cpp ----
  /// For a writer: the lock there, then learn().
  void take_remotely(bool wait, const std::function<void(const std::string&)>& on_wait);
  /// For a reader: learn() with the catalog open for writing, where no other process of this machine has it.
  void refresh();
  /// What HDFS has is what the catalog says: enters versions and runs it does not know, forgets what is gone.
  void learn();
  void learn_versions(std::vector<StepKey>& found);
  void learn_runs();
  void settle_as_there(const std::vector<StepKey>& found);
  /// commit(): the version is there when HDFS has it; `version` and `receipt_hash` become those of an earlier one where
  /// that is whole.
  void publish_remotely(const fs::path& staging, Version& version, std::string& receipt_hash);
  void publish_locally(const fs::path& staging, Version& version, std::string& receipt_hash);
  /// Brings the version to this machine.
  void fetch(const Version& version);
  bool is_there_remotely(const Version& version);
  /// runs/ and current.json as they are there.
  void copy_records();
  void remove_remotely(const std::vector<fs::path>& paths);  ///< absolute, in this folder
  /// tables/*/* and charts/*/* of the store, on HDFS or here; relative to it.
  std::vector<fs::path> all_version_folders();
  uint64_t bytes_of_folder(const fs::path& path);  ///< relative to the store
  /// A file of this folder, to the same name there. If that fails it is removed here.
  void write_remotely(const fs::path& file);

  const fs::path folder;
  const Access access;
  std::optional<WriteLock> lock;        // first in, last out
  std::unique_ptr<RemoteStore> remote;  // null for a store on a disk
  const std::string own_temporary;      // begins the names of this Store in tmp/
  std::atomic<uint64_t> next_temporary{0};

  std::mutex mutex;  // guards all below
  std::unique_ptr<Catalog> opened_catalog;
  std::unique_ptr<Cache> opened_cache;
  bool cache_is_broken = false;
  std::set<std::string> seen_remotely;                          // versions that were looked at and are there
  std::vector<StepKey> settled;                                 // told, not yet written
  std::optional<std::map<StepName, std::string>> current_keys;  // writers only: what the catalog holds plus `settled`
  bool current_changed = false;                                 // since current.json was written

  std::mutex fetching;  // one version at a time; taken before `mutex`
};

/// What the receipt knows of the step's last build.
RunStep built_step(const Version& version);

/// Fills an empty catalog from what lies in the store.
void enter_all(Catalog& catalog, const fs::path& store);

/// The folders of versions in the store, known to the catalog or not: tables/*/*, charts/*/*; relative to the store.
std::vector<fs::path> version_folders(const fs::path& store);

}  // namespace filrouge
