// The way back: a catalog made anew from the receipts of the versions, the records of the runs and current.json.
#include <cerrno>

#include "base/error.h"
#include "base/hash.h"
#include "base/removed_folder.h"
#include "store/impl.h"
#include "store/publish.h"
#include "store/receipt.h"
#include "store/records.h"

namespace filrouge {
namespace {

/// The receipts of all versions that are whole; others are left for `verify` and `gc` to name. A receipt that cannot be
/// read at all is another matter: without it the catalog would forget a version that is there.
std::vector<Entry> entries_from_receipts(const fs::path& store) {
  std::vector<Entry> entries;
  for (const fs::path& path : version_folders(store)) {
    try {
      Version version = read_receipt(store / path);
      if (folder_in_store(version) == path && files_are_there(store / path, version))
        entries.push_back({std::move(version), hash_file(store / path / kReceipt)});
    } catch (const Error& e) {
      if (e.code != "FR0514" && e.system_error != ENOENT && e.system_error != ENOTDIR) throw;
    }
  }
  return entries;
}

/// For each step the version that current.json names, else its newest.
std::map<StepName, const Version*> current_of(const std::vector<Entry>& entries, const fs::path& store) {
  std::map<StepName, std::string> settled = read_current(store);
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

}  // namespace

RunStep built_step(const Version& version) {
  RunStep step{version.verb, version.name,    version.key,         "built",
               {},           version.seconds, version.cpu_seconds, version.peak_memory_bytes};
  step.rows = version.tables.empty() ? 0 : version.tables[0].rows;
  return step;
}

void enter_all(Catalog& catalog, const fs::path& store) {
  std::vector<Entry> entries = entries_from_receipts(store);
  std::vector<StepKey> settled;
  std::vector<RunStep> built;
  for (const auto& [step, version] : current_of(entries, store)) {
    settled.push_back({version->verb, version->name, version->key});
    built.push_back(built_step(*version));
  }
  std::vector<Run> runs = read_run_records(store);
  for (const Run& run : runs)
    for (const RunStep& step : run.steps)
      if (step.action == "built") built.push_back(step);  // the later one replaces the earlier
  catalog.enter(entries, settled);
  catalog.enter_runs(runs);
  catalog.set_last_built(built);
}

void Store::rebuild(const StorePlace& place) {
  fs::path folder = fs::absolute(place.folder).lexically_normal();
  if (!place.remote.empty()) return rebuild_copy(place);
  if (!fs::is_directory(folder))
    throw Error(ErrorKind::environment, "FR0501", fmt::format("there is no store in {}", folder.string()));
  WriteLock lock(folder / "lock", /*wait=*/false, {});
  const fs::path catalog = folder / "catalog.db", old = folder / "catalog.db.old", made = folder / "tmp" / "rebuild";
  discard(made);
  const RemovedFolder cleanup(made);
  make_folder_durably(made);
  {
    Catalog fresh(made / "catalog.db", Database::Mode::write);
    enter_all(fresh, folder);
    fresh.empty_log();  // closing would do it too, and say nothing when it fails
  }
  sync_path(made / "catalog.db");
  // Where the process dies from here on there is no catalog, and the next writer makes one in the same way.
  fs::remove(old);
  if (fs::exists(catalog)) rename_path(catalog, old);
  sync_path(folder);
  // The old log must be gone before the new file takes the name: SQLite would replay it into the new file.
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(folder / (std::string("catalog.db") + suffix));
  rename_path(made / "catalog.db", catalog);
  sync_path(folder);
}

}  // namespace filrouge
