// The store: versions of tables and pictures, written once, never changed; and a catalog of what is known about them.
//
//   .filrouge/tables/FOLDER/KEY/*.parquet        main table; side tables in subfolders (rejects/, failures/)
//   .filrouge/charts/FOLDER/KEY/...              what a chart leaves
//   .filrouge/.../KEY/receipt.json               the version's own receipt: the catalog can be rebuilt from these
//   .filrouge/catalog.db                         SQLite, WAL, synchronous=FULL
//   .filrouge/current.json                       which version each step settled on, for a catalog made anew
//   .filrouge/cache.db                           caches; may be deleted at any time
//   .filrouge/lock                               who writes now
//   .filrouge/tmp/                               staging; emptied when a run takes the lock
//
// FOLDER is the name of the version's main table ("flights", "flights.checks"), for a chart the chart's name.
// docs/store.md says more. A store on HDFS is the same tree there; `folder` is then a copy on this machine of what was
// used of it, with a catalog made from its receipts. A version is there when HDFS has it.
//
// A version exists whole or not at all: staged in tmp/, every file and folder fsynced, receipt.json written last, the
// folder renamed to its final name, the parent fsynced, then entered in the catalog in one transaction. One process at
// a time holds the write lock (an fcntl lock on `.filrouge/lock`, so it ends with the process); readers never wait.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/lazy.h"
#include "tables/lineage.h"
#include "tables/schema.h"

namespace filrouge {

/// A table inside a version.
struct StoredTable {
  std::string name;                ///< "flights", "flights.rejects"
  std::vector<std::string> files;  ///< Parquet, relative to the version's folder, in row order
  uint64_t rows = 0, bytes = 0;
  Schema schema;
  std::vector<std::string> column_hashes;  ///< as schema.columns
  Lazy<TableLineage> lineage;              ///< parsed when first looked at: table.lineage->columns
};

/// A file of a version.
struct FileHash {
  std::string path;  ///< relative to the version's folder: "data-0.parquet", "rejects/data-0.parquet"
  std::string hash;  ///< hash_file()
  uint64_t bytes = 0;
  /// Hash of the file's end: Parquet's footer, of other files the last 4 KiB. Checked at each use. Empty in versions of
  /// before it was recorded.
  std::string tail;
};

/// (verb, name) of a step.
using StepName = std::pair<std::string, std::string>;

/// A version of what one step yields. Everything here stands in receipt.json too.
struct Version {
  std::string verb, name;  ///< the step: read flights
  std::string key;         ///< 32 hexadecimal digits; (verb, name, key) is unique
  std::vector<StoredTable> tables;
  bool passed = true;  ///< false: a gate that did not hold
  std::string summary;
  std::vector<std::string> notes;
  Lazy<Json> details;  ///< the verb's own; parsed when first looked at: version.details->at("k")
  std::vector<std::string> publish_from, publish_to;  ///< file in the version's folder -> path beside the thread
  double seconds = 0, cpu_seconds = 0;
  uint64_t peak_memory_bytes = 0;
  std::string engine;   ///< "duckdb 1.5.5"
  std::string created;  ///< UTC, ISO 8601, microseconds
  Lazy<Json> why_key;   ///< what went into the key, part by part, so that a later plan can say what changed
  /// Every file but receipt.json, sorted by path; in JSON {"data-0.parquet": {"hash": .., "bytes": .., "tail": ..}}.
  std::vector<FileHash> file_hashes;
};
Json to_json(const Version& version);
/// Throws Error(data, FR0514) when `json` is not a receipt.
Version version_from_json(const Json& json);

/// One step in one run.
struct RunStep {
  std::string verb, name, key;
  std::string action;  ///< built | reused | failed | skipped; of a proof equal | different | failed
  std::vector<std::string> why;
  double seconds = 0, cpu_seconds = 0;
  uint64_t peak_memory_bytes = 0;
  uint64_t rows = 0;
  std::string error;  ///< message of a failed step
};

struct Run {
  int64_t id = 0;
  std::string started, finished;  ///< UTC; `finished` empty = interrupted or still running
  std::string command;
  int exit_code = -1;
  std::vector<RunStep> steps;
};

/// What `verify` and `gc` found; paths are relative to the store.
struct Finding {
  std::string what;  ///< damaged | missing | extra | unreadable | removed
  std::string path;
  std::string verb, name, key;
  std::string message;
  uint64_t bytes = 0;
  std::vector<std::string> feeds;  ///< verify: the current steps that what it found goes into, "sql departures"
};

/// Where a store is.
struct StorePlace {
  StorePlace(fs::path on_disk) : folder(std::move(on_disk)) {}

  fs::path folder;     ///< on HDFS: the copy on this machine, in cache_folder()
  std::string remote;  ///< the address on HDFS; empty for a folder
  /// For people.
  std::string text() const { return remote.empty() ? folder.string() : remote; }
};

/// A folder, or webhdfs://[USER@]HOST[:PORT]/PATH. Throws Error(user, FR0604).
StorePlace parse_place(const std::string& text);

class Store {
 public:
  enum class Access {
    read,  ///< never waits, never changes anything but caches; the store may be absent
    write  ///< holds the lock until the Store is destroyed; empties tmp/
  };
  /// Opens the store in `folder` (made when writing). Waiting: `on_wait(text)` is told once for whom and since when.
  /// Throws Error(environment, FR0510) when another run holds the lock and `wait` is false; FR0511 when the store was
  /// made by a newer program; FR0512 when the catalog is damaged (hint: verify --rebuild). Any function may throw
  /// FR0512, and Error(environment, FR0513), which names the file, when the disk is full or will not do what is asked.
  /// A signal whose handler was set without SA_RESTART ends the waiting with Error(interrupted, FR0703).
  /// On HDFS also FR0530 to FR0534 (see webhdfs.h, remote_lock.h), from here and from all that writes or reads there.
  static std::unique_ptr<Store> open(const StorePlace& place, Access access, bool wait,
                                     const std::function<void(const std::string&)>& on_wait = {});
  ~Store();
  static bool exists(const StorePlace& place);

  const fs::path& folder() const;
  /// Absolute path of a version's folder. On HDFS it is there after check_unchanged().
  fs::path folder_of(const Version& version) const;
  std::vector<fs::path> files_of(const Version& version, const StoredTable& table) const;

  // ---- versions (thread-safe) ----
  std::optional<Version> find(const std::string& verb, const std::string& name, const std::string& key) const;
  /// Any version with this key whatever its name: a renamed step finds its own work again.
  std::optional<Version> find_key(const std::string& verb, const std::string& key) const;
  /// The version that the last run settled on for this step.
  std::optional<Version> current(const std::string& verb, const std::string& name) const;
  /// All current versions, in one query.
  std::vector<Version> all_current() const;
  std::vector<Version> versions(const std::string& verb, const std::string& name) const;  ///< newest first
  /// A new empty folder in tmp/. Thread-safe.
  fs::path stage();
  /// Publishes what lies in `staging` (a folder from stage(); gone afterwards, also after an error). Sets created and
  /// file_hashes. Durable when it returns. Where a whole version with this key is there already, that one is returned.
  /// Throws Error(data, FR0515) for a link, pipe or device in the folder.
  Version commit(const fs::path& staging, Version version);
  /// The version under another step's name: hard links (copies where they fail), same key. Table names, lineage and the
  /// names of published files follow: "old" -> "new", "old.rejects" -> "new.rejects", charts/old.svg -> charts/new.svg.
  /// Durable like commit.
  Version adopt(const Version& version, const std::string& verb, const std::string& name);
  /// Remembers that this key is the step's current one; seen at once by this Store. Durable with the next commit or the
  /// run's end.
  void settle(const std::string& verb, const std::string& name, const std::string& key);
  /// Cheap check at use: the files are there with the recorded sizes, and end as recorded. False = rebuild it.
  bool is_whole(const Version& version) const;
  /// Before its rows are read: brings it to this machine where the store is on HDFS; then as is_whole(), and where its
  /// files have 256 MB at most together, every byte against its hash. Throws Error(data, FR0516), which says how to
  /// have it built again.
  void check_unchanged(const Version& version) const;

  // ---- runs ----
  int64_t begin_run(const std::string& command, double seconds_ago = 0);
  void end_run(int64_t id, int exit_code, const std::vector<RunStep>& steps);
  std::vector<Run> runs(size_t most) const;  ///< newest first
  /// The last `prove` that compared this version's step, with that step alone.
  std::optional<Run> last_proof(const Version& version) const;
  /// The last time the step was built: for expected rows and seconds.
  std::optional<RunStep> last_built(const std::string& verb, const std::string& name) const;
  /// The same for every step ever built, in one query.
  std::map<StepName, RunStep> all_last_built() const;

  // ---- caches ----
  // May be lost at any time, never needed for correctness; bulk functions so that 10,000 entries cost one query.
  // Readers may remember as well (they make the store's folder for it); where that cannot be done nothing is
  // remembered.
  std::optional<std::string> cached(const std::string& kind, const std::string& key) const;
  std::map<std::string, std::string> all_cached(const std::string& kind) const;
  void remember(const std::string& kind, const std::vector<std::pair<std::string, std::string>>& entries);

  // ---- upkeep ----
  /// Re-hashes every file of every version and compares receipts with the catalog. Opened for reading it may take what
  /// a run is just writing for `extra`. `repair` (writers only): damaged versions are removed so that the next run
  /// rebuilds them.
  std::vector<Finding> verify(bool repair, const std::function<void(const std::string&)>& progress);
  /// Makes the catalog anew from the receipts; the old one is kept as catalog.db.old. The current version of a step is
  /// the one it had settled on at the end of its last run, else the newest. The history of runs comes from their
  /// records: runs that were interrupted are not in it. Throws FR0510 while a run goes on.
  static void rebuild(const StorePlace& place);
  /// Removes versions that are neither current nor used by the last `keep_runs` runs, and folders that the catalog does
  /// not know. With `steps` (those of the thread) the current version of any other step is not kept for being current.
  /// Each finding has its bytes.
  std::vector<Finding> gc(size_t keep_runs, bool dry_run, const std::set<StepName>* steps = nullptr);

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  static void rebuild_copy(const StorePlace& place);
  std::unique_ptr<Impl> impl_;
};

}  // namespace filrouge
