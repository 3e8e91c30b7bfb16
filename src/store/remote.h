// A store on HDFS: the tree of versions that store.h describes, without catalog.db and cache.db. What store.cpp does
// with folders of a disk is done here with files of WebHDFS; paths are relative to the store ("tables/flights/KEY").
//
// docs/store.md, "On HDFS", says what is promised, docs/decisions/0012-store-on-hdfs.md why it is done so.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "store/remote_lock.h"
#include "store/store.h"
#include "store/webhdfs.h"

namespace filrouge {

/// Small requests mostly wait: so many are made side by side.
inline constexpr int kRequestsAtOnce = 8;

/// All functions are thread-safe, and throw what WebHdfs throws. Those that write throw FR0534 when the lock is lost.
class RemoteStore {
 public:
  /// `unique`: begins the names of this process in tmp/.
  RemoteStore(const std::string& address, const std::string& unique);

  std::string address() const { return files_.address().text(); }
  bool exists() { return files_.stat("").has_value(); }
  /// From here on this process may write; until the object ends. See RemoteLock.
  void lock(const std::string& copy, bool wait, const std::function<void(const std::string&)>& on_wait);
  void empty_tmp();

  // ---- reading ----
  /// Everything under tables/*/ and charts/*/, with the NameNode's number of it: another one of the same name has
  /// another.
  std::map<std::string, uint64_t> version_folders();
  /// Every file below the folder, relative to it, with its size. Nothing where there is no such folder.
  std::optional<std::map<std::string, uint64_t>> files_of(const std::string& folder);
  /// Names in runs/.
  std::vector<std::string> run_records();
  std::optional<std::string> text(const std::string& path) { return files_.get_text(path); }
  uint64_t bytes_of(const std::string& path) { return files_.bytes_below(path); }
  /// Its files are there, with the recorded sizes, and the receipt.
  bool is_there(const Version& version);
  /// Reads every byte of it. What is wrong with a file is told to `bad`: "missing" or "damaged".
  void check_files(
      const Version& version,
      const std::function<void(const char* what, const std::string& path, const std::string& message)>& bad);
  /// Its files and its receipt into an empty folder, each checked against its hash on the way. False where one is
  /// missing or is not what the receipt says.
  bool fetch(const Version& version, const fs::path& into);

  // ---- writing ----
  /// Uploads the sealed folder beside, the receipt last, checks each file, and renames it to its final name. False: a
  /// folder of that name is there already.
  bool publish(const fs::path& staging, const Version& version);
  /// Whole, in one step; replaces what is there.
  void write_text(const std::string& path, const std::string& text);
  /// Out of sight in one rename each, then deleted.
  void remove(const std::vector<std::string>& paths);
  /// tables/FOLDER, where nothing is in it.
  void remove_if_empty(const std::string& folder) { files_.remove(folder, /*content=*/false); }

 private:
  std::string temporary();

  WebHdfs files_;
  const std::string unique_;
  std::atomic<uint64_t> next_temporary_{0};
  std::optional<RemoteLock> lock_;
};

}  // namespace filrouge
