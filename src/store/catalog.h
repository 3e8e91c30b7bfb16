// The catalog: what is known of versions and runs, in one SQLite file. A cache of the receipts, but for the history of
// runs. Every function that changes something is one durable transaction. Not thread-safe. Errors as in database.h.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "store/database.h"
#include "store/store.h"

namespace filrouge {

/// Names a version.
struct StepKey {
  std::string verb, name, key;
  auto operator<=>(const StepKey&) const = default;
};

/// A version with the hash of its receipt.json.
struct Entry {
  Version version;
  std::string receipt_hash;
};

class Catalog {
 public:
  /// Throws FR0511 for a catalog of a newer program, FR0512 for a file that is not a catalog.
  Catalog(const std::filesystem::path& file, Database::Mode mode);

  // ---- versions ----
  /// Adds versions (or says anew what is known of them) and makes `settled` current, all in one transaction.
  void enter(std::span<const Entry> entries, std::span<const StepKey> settled);
  /// Also forgets that it is current.
  void remove(std::span<const StepKey> versions);
  std::optional<Version> find(const std::string& verb, const std::string& name, const std::string& key);
  std::optional<Version> find_key(const std::string& verb, const std::string& key);
  std::optional<Version> current(const std::string& verb, const std::string& name);
  std::vector<Version> all_current();
  std::vector<StepKey> current_keys();
  std::vector<Version> versions(const std::string& verb, const std::string& name);  ///< newest first
  std::map<std::string, StepKey> all_folders();  ///< folder in the store -> the version that is there
  bool has(const StepKey& key);
  /// Throws FR0512 also where the row and the packed version in it do not name the same.
  std::optional<Entry> entry(const StepKey& key);

  // ---- runs ----
  int64_t begin_run(const std::string& command, double seconds_ago);
  /// The run as it will be when it has ended; changes nothing.
  Run ended(int64_t id, int exit_code, std::span<const RunStep> steps);
  void end_run(const Run& run, std::span<const StepKey> settled);
  /// Adds runs that are known from elsewhere, or says anew what is known of them.
  void enter_runs(std::span<const Run> runs);
  std::vector<Run> runs(size_t most);
  std::optional<Run> last_proof(const StepKey& key);
  std::optional<RunStep> last_built(const std::string& verb, const std::string& name);
  std::map<StepName, RunStep> all_last_built();
  /// For a catalog made anew: what the receipts know of it.
  void set_last_built(std::span<const RunStep> steps);
  std::set<StepKey> used_by_last_runs(size_t runs);

  /// It has no tables yet, for a reader came between the making of the file and its first transaction. Nothing else may
  /// be asked of it then.
  bool is_empty() const { return is_empty_; }
  /// False: an old catalog that is only read.
  bool has_hashes() const { return has_hashes_; }
  /// The catalog was of an older format when it was opened for writing.
  bool was_upgraded() const { return was_upgraded_; }
  /// Moves everything from the log into the file itself.
  void empty_log();
  /// SQLite's own check of the file and every row's hash: what is wrong, or nothing.
  std::vector<std::string> problems();

 private:
  void create();
  void upgrade(Database::Mode mode);
  void put(std::span<const Entry> entries, std::span<const StepKey> settled);
  void put(const Run& run);
  void check(const std::string& recorded, const std::string& expected, const std::string& row) const;
  Version current_version(const SqlQuery& row) const;
  Run run_of(const SqlQuery& row) const;
  std::vector<RunStep> steps_of(int64_t run);
  RunStep last_built_step(const SqlQuery& row) const;

  Database database_;
  bool has_hashes_ = true, was_upgraded_ = false, is_empty_ = false;
};

inline constexpr const char* kCacheFile = "cache.db";

/// The caches, in a file of their own: whatever happens to it, the catalog stays whole. Entries with a wrong bit count
/// as forgotten.
class Cache {
 public:
  explicit Cache(const std::filesystem::path& file);
  std::optional<std::string> get(const std::string& kind, const std::string& key);
  std::map<std::string, std::string> all(const std::string& kind);
  void put(const std::string& kind, std::span<const std::pair<std::string, std::string>> entries);
  /// As Catalog::problems().
  std::vector<std::string> problems();

 private:
  Database database_;
};

}  // namespace filrouge
