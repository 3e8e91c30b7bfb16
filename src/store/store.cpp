#include "store/store.h"

#include <unistd.h>

#include <random>

#include "base/error.h"
#include "base/hash.h"
#include "store/impl.h"
#include "store/publish.h"
#include "store/receipt.h"
#include "store/records.h"

namespace filrouge {
namespace {

constexpr const char* kCatalogFile = "catalog.db";

/// The version in this folder, if it is the expected one and whole.
std::optional<Version> whole_version(const fs::path& folder, const Version& expected) {
  try {
    Version there = read_receipt(folder);
    // Only the step that made it may use it as it is.
    bool is_same = there.verb == expected.verb && there.name == expected.name && there.key == expected.key;
    if (is_same && is_as_written(folder, there)) return there;
  } catch (const Error&) {
    // Unreadable: it will be replaced.
  }
  return std::nullopt;
}

}  // namespace

// ---- opening and closing ----

/// No other process has it, not even a worker that has not yet seen that its owner is dead.
std::string unused_name() {
  std::random_device device;
  return fmt::format("{}-{:08x}{:08x}", ::getpid(), device(), device());
}

Store::Impl::Impl(const fs::path& f, Access a) : folder(f), access(a), own_temporary(unused_name()) {}

Store::Impl::~Impl() {
  if (access != Access::write || !opened_catalog) return;
  try {
    flush_settled();
    save_current();
  } catch (const Error&) {
    // Settling is a convenience: the next run finds the versions by their keys.
  }
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

std::unique_ptr<Store> Store::open(const StorePlace& place, Access access, bool wait,
                                   const std::function<void(const std::string&)>& on_wait) {
  auto impl = std::make_unique<Impl>(fs::absolute(place.folder).lexically_normal(), access);
  if (!place.remote.empty()) impl->remote = std::make_unique<RemoteStore>(place.remote, impl->own_temporary);
  if (access == Access::write) {
    make_folder_durably(impl->folder);
    impl->lock.emplace(impl->folder / "lock", wait, on_wait);
    for (const char* name : {"tables", "charts", "runs", "tmp"}) make_folder_durably(impl->folder / name);
    // A fresh store must not end up in the user's repository.
    if (!fs::exists(impl->folder / ".gitignore")) write_file_durably(impl->folder / ".gitignore", "*\n");
    impl->empty_tmp();
    impl->make_room();
  }
  if (impl->remote) {
    if (access == Access::write)
      impl->take_remotely(wait, on_wait);
    else
      impl->refresh();
    impl->catalog();
    return std::unique_ptr<Store>(new Store(std::move(impl)));
  }
  bool is_lost = !fs::exists(impl->folder / kCatalogFile);  // or was never there: then there is nothing to enter
  impl->catalog();
  if (access == Access::write) {
    if (is_lost || impl->lock->last_holder_crashed()) impl->recover(is_lost);
    if (impl->catalog()->was_upgraded()) impl->write_missing_records();
  }
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Catalog* Store::Impl::catalog() {
  if (opened_catalog) return opened_catalog.get();
  fs::path file = folder / kCatalogFile;
  if (access == Access::write)
    opened_catalog = std::make_unique<Catalog>(file, Database::Mode::write);
  else if (std::error_code ignored; fs::exists(file, ignored))
    opened_catalog = std::make_unique<Catalog>(file, Database::Mode::read);
  if (opened_catalog && opened_catalog->is_empty()) opened_catalog.reset();
  return opened_catalog.get();
}

Catalog& Store::Impl::writable() {
  FR_CHECK(access == Access::write);
  return *catalog();
}

void Store::Impl::empty_tmp() {
  constexpr int kAttempts = 50;  // a worker whose owner was killed may still be writing, for a moment
  for (const fs::path& entry : entries_of(folder / "tmp")) {
    std::error_code error;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      fs::remove_all(entry, error);
      if (error != std::errc::directory_not_empty) break;
      ::usleep(10'000);
    }
    if (error)
      throw Error(ErrorKind::environment, "FR0502",
                  fmt::format("cannot remove {}, left by an earlier run: {}", entry.string(), error.message()));
  }
}

fs::path Store::Impl::temporary() {
  return folder / "tmp" / fmt::format("{}-{}", own_temporary, ++next_temporary);
}

void Store::Impl::recover(bool all) {
  // The one who made these may not have come to syncing them.
  for (const fs::path& path : {folder.parent_path(), folder, folder / "tables", folder / "charts"}) sync_path(path);
  if (all) return enter_all(writable(), folder);
  std::map<std::string, StepKey> known = writable().all_folders();
  std::vector<Entry> found;
  for (const fs::path& path : version_folders(folder)) {
    if (known.contains(path.string())) continue;
    try {
      Version version = read_receipt(folder / path);
      if (folder_in_store(version) != path || !looks_whole(folder / path, version)) continue;
      sync_path((folder / path).parent_path());
      found.push_back({std::move(version), hash_file(folder / path / kReceipt)});
    } catch (const Error&) {
      // Not a version: `verify` names it, `gc` removes it.
    }
  }
  writable().enter(found, {});
  std::set<int64_t> finished;
  for (const Run& run : writable().runs(std::numeric_limits<int64_t>::max()))
    if (!run.finished.empty()) finished.insert(run.id);
  std::vector<Run> runs = read_run_records(folder);
  std::erase_if(runs, [&](const Run& run) { return finished.contains(run.id); });
  writable().enter_runs(runs);
  current_changed = true;
  save_current();
}

void Store::Impl::write_missing_records() {
  for (const Run& run : writable().runs(std::numeric_limits<int64_t>::max()))
    if (!run.finished.empty() && !fs::exists(folder / run_record(run.id))) write_run_record(folder, run, temporary());
}

std::vector<fs::path> version_folders(const fs::path& store) {
  std::vector<fs::path> found;
  for (const char* kind : {"tables", "charts"})
    for (const fs::path& folder : entries_of(store / kind)) {
      std::error_code ignored;
      if (!fs::is_directory(folder, ignored)) {
        found.push_back(folder.lexically_relative(store));
        continue;
      }
      for (const fs::path& version : entries_of(folder)) found.push_back(version.lexically_relative(store));
    }
  std::sort(found.begin(), found.end());
  return found;
}

const fs::path& Store::folder() const {
  return impl_->folder;
}
fs::path Store::folder_of(const Version& version) const {
  return impl_->folder / folder_in_store(version);
}

std::vector<fs::path> Store::files_of(const Version& version, const StoredTable& table) const {
  std::vector<fs::path> files;
  for (const std::string& file : table.files) files.push_back(folder_of(version) / file);
  return files;
}

// ---- finding ----

std::optional<Version> Store::find(const std::string& verb, const std::string& name, const std::string& key) const {
  std::lock_guard guard(impl_->mutex);
  Catalog* catalog = impl_->catalog();
  return catalog ? catalog->find(verb, name, key) : std::nullopt;
}

std::optional<Version> Store::find_key(const std::string& verb, const std::string& key) const {
  std::lock_guard guard(impl_->mutex);
  Catalog* catalog = impl_->catalog();
  return catalog ? catalog->find_key(verb, key) : std::nullopt;
}

std::optional<Version> Store::current(const std::string& verb, const std::string& name) const {
  std::lock_guard guard(impl_->mutex);
  impl_->flush_settled();
  Catalog* catalog = impl_->catalog();
  return catalog ? catalog->current(verb, name) : std::nullopt;
}

std::vector<Version> Store::all_current() const {
  std::lock_guard guard(impl_->mutex);
  impl_->flush_settled();
  Catalog* catalog = impl_->catalog();
  return catalog ? catalog->all_current() : std::vector<Version>();
}

std::vector<Version> Store::versions(const std::string& verb, const std::string& name) const {
  std::lock_guard guard(impl_->mutex);
  Catalog* catalog = impl_->catalog();
  return catalog ? catalog->versions(verb, name) : std::vector<Version>();
}

bool Store::is_whole(const Version& version) const {
  if (impl_->remote) return impl_->is_there_remotely(version);
  return looks_whole(folder_of(version), version);
}

void Store::check_unchanged(const Version& version) const {
  if (impl_->remote) return impl_->fetch(version);  // which looks at every byte
  if (!is_unchanged(folder_of(version), version))
    throw Error(ErrorKind::data, "FR0516",
                fmt::format("the version of {} {} in the store is not as it was written: {}", version.verb,
                            version.name, folder_in_store(version).string()),
                "filrouge run --repair builds it again; filrouge verify names the file");
}

// ---- committing ----

fs::path Store::stage() {
  FR_CHECK(impl_->access == Access::write);
  fs::path staging = impl_->temporary();
  make_folder(staging);
  return staging;
}

void Store::Impl::publish_locally(const fs::path& staging, Version& version, std::string& receipt_hash) {
  fs::path final = folder / folder_in_store(version);
  make_folder_durably(final.parent_path());
  while (!publish_folder(staging, final, temporary())) {
    // A folder under its final name is whole by construction, unless something else damaged it since: the bytes are
    // read, for it may be that damage for which the step was built again.
    if (std::optional<Version> there = whole_version(final, version)) {
      version = std::move(*there);
      receipt_hash = hash_file(final / kReceipt);
      return;
    }
    remove_folders({final});
  }
}

Version Store::commit(const fs::path& staging, Version version) {
  FR_CHECK(impl_->access == Access::write);
  try {
    version.created = utc_now();
    version.file_hashes = seal_files(staging);
    std::string receipt_hash = seal_receipt(staging, version);
    if (impl_->remote)
      impl_->publish_remotely(staging, version, receipt_hash);
    else
      impl_->publish_locally(staging, version, receipt_hash);
    discard(staging);  // there still where another version was found
    std::lock_guard guard(impl_->mutex);
    Entry entry{version, std::move(receipt_hash)};
    impl_->writable().enter({&entry, 1}, impl_->settled);
    impl_->settled.clear();
  } catch (const fs::filesystem_error& e) {
    discard(staging);
    throw Error(ErrorKind::environment, "FR0502", e.what());
  } catch (...) {
    discard(staging);
    throw;
  }
  return version;
}

// ---- settling ----

void Store::settle(const std::string& verb, const std::string& name, const std::string& key) {
  std::lock_guard guard(impl_->mutex);
  Catalog& catalog = impl_->writable();
  if (!impl_->current_keys) {
    impl_->current_keys.emplace();
    for (StepKey& step : catalog.current_keys()) impl_->current_keys->emplace(StepName(step.verb, step.name), step.key);
  }
  std::string& current = (*impl_->current_keys)[StepName(verb, name)];
  if (current == key) return;  // nothing to write in a run with nothing to do
  FR_CHECK(catalog.has({verb, name, key}));
  current = key;
  impl_->settled.push_back({verb, name, key});
  impl_->current_changed = true;
}

void Store::Impl::flush_settled() {
  if (settled.empty()) return;
  writable().enter({}, settled);
  settled.clear();
}

void Store::Impl::save_current() {
  if (!current_changed) return;
  write_current(folder, writable().current_keys(), temporary());
  if (remote) write_remotely("current.json");
  current_changed = false;
}

// ---- runs ----

int64_t Store::begin_run(const std::string& command, double seconds_ago) {
  std::lock_guard guard(impl_->mutex);
  return impl_->writable().begin_run(command, seconds_ago);
}

void Store::end_run(int64_t id, int exit_code, const std::vector<RunStep>& steps) {
  std::lock_guard guard(impl_->mutex);
  Run run = impl_->writable().ended(id, exit_code, steps);
  write_run_record(impl_->folder, run, impl_->temporary());
  if (impl_->remote) impl_->write_remotely(run_record(id));
  impl_->writable().end_run(run, impl_->settled);
  impl_->settled.clear();
  impl_->save_current();
}

std::vector<Run> Store::runs(size_t most) const {
  std::lock_guard guard(impl_->mutex);
  Catalog* catalog = impl_->catalog();
  return catalog ? catalog->runs(most) : std::vector<Run>();
}

std::optional<Run> Store::last_proof(const Version& version) const {
  std::lock_guard guard(impl_->mutex);
  Catalog* catalog = impl_->catalog();
  if (!catalog) return std::nullopt;
  return catalog->last_proof({version.verb, version.name, version.key});
}

std::optional<RunStep> Store::last_built(const std::string& verb, const std::string& name) const {
  std::lock_guard guard(impl_->mutex);
  Catalog* catalog = impl_->catalog();
  return catalog ? catalog->last_built(verb, name) : std::nullopt;
}

std::map<StepName, RunStep> Store::all_last_built() const {
  std::lock_guard guard(impl_->mutex);
  Catalog* catalog = impl_->catalog();
  return catalog ? catalog->all_last_built() : std::map<StepName, RunStep>();
}

// ---- caches ----

Cache* Store::Impl::cache(bool make) {
  if (opened_cache || cache_is_broken) return opened_cache.get();
  try {
    if (!make && !fs::exists(folder / kCacheFile)) return nullptr;
    make_folder(folder);
    opened_cache = std::make_unique<Cache>(folder / kCacheFile);
  } catch (const std::exception&) {
    drop_cache();
  }
  return opened_cache.get();
}

/// A cache that gives trouble is done without, and a damaged one is made anew by the next command.
void Store::Impl::drop_cache() {
  opened_cache.reset();
  cache_is_broken = true;
  std::error_code ignored;
  if (access == Access::write)
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(folder / (std::string(kCacheFile) + suffix), ignored);
}

std::optional<std::string> Store::cached(const std::string& kind, const std::string& key) const {
  std::lock_guard guard(impl_->mutex);
  try {
    if (Cache* cache = impl_->cache(false)) return cache->get(kind, key);
  } catch (const Error&) {
    impl_->drop_cache();
  }
  return std::nullopt;
}

std::map<std::string, std::string> Store::all_cached(const std::string& kind) const {
  std::lock_guard guard(impl_->mutex);
  try {
    if (Cache* cache = impl_->cache(false)) return cache->all(kind);
  } catch (const Error&) {
    impl_->drop_cache();
  }
  return {};
}

void Store::remember(const std::string& kind, const std::vector<std::pair<std::string, std::string>>& entries) {
  if (entries.empty()) return;
  std::lock_guard guard(impl_->mutex);
  try {
    if (Cache* cache = impl_->cache(true)) cache->put(kind, entries);
  } catch (const Error&) {
    impl_->drop_cache();
  }
}

}  // namespace filrouge
