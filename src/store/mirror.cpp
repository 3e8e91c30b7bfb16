// A store on HDFS as this machine sees it: a folder like that of any store, with a catalog of all versions that are
// there and the files of those that were used or made here. It is a copy and may be deleted at any time.
//
//   CACHE/stores/HASH-OF-ADDRESS/copy.json     {"of": "webhdfs://..", "id": ..}
//   CACHE/stores/HASH-OF-ADDRESS/fetch/        versions on their way here
//   CACHE/stores/HASH-OF-ADDRESS/...           as store.h says; a version's folder is here when its files are
//
// Each command that opens the store learns first: which folders are there by their names and the NameNode's numbers of
// them (one LISTSTATUS for each table), the receipts of those not yet known, the records of runs not yet known.
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/removed_folder.h"
#include "store/impl.h"
#include "store/publish.h"
#include "store/receipt.h"
#include "store/records.h"

namespace filrouge {
namespace {

constexpr const char* kSeenKind = "on-hdfs";  // in cache.db: folder of a version -> the NameNode's number of it

/// "HOST:ID" of the copy, made when it has none. See RemoteLock.
std::string name_of_copy(const fs::path& folder, const std::string& address, const std::string& new_id) {
  const fs::path file = folder / "copy.json";
  Json copy = fs::exists(file) ? Json::parse(read_file(file), nullptr, /*allow_exceptions=*/false) : Json();
  if (!copy.is_object() || !copy.contains("id")) {
    copy = {{"of", address}, {"id", new_id}};
    write_file_durably(file, dump(copy, 1) + "\n");
  }
  return lock_signature().at("host").get<std::string>() + ":" + copy.at("id").get<std::string>();
}

void make_folders(const fs::path& folder) {
  for (const char* name : {"tables", "charts", "runs", "tmp", "fetch"}) make_folder(folder / name);
}

/// What a reader that was killed left: of a time at which nobody still works on it.
void empty_fetch(const fs::path& folder) {
  const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours(24);
  std::error_code ignored;
  for (const fs::path& entry : entries_of(folder / "fetch"))
    if (fs::last_write_time(entry, ignored) < yesterday) discard(entry);
}

/// Below the folder that it is relative to. Others may write to HDFS: nothing in a receipt leads out of the store.
bool stays_below(const std::string& path) {
  fs::path clean = fs::path(path).lexically_normal();
  return !path.empty() && clean.is_relative() && *clean.begin() != "..";
}

bool stays_inside(const Version& version) {
  return std::all_of(version.file_hashes.begin(), version.file_hashes.end(),
                     [](const FileHash& file) { return stays_below(file.path); }) &&
         std::all_of(version.publish_from.begin(), version.publish_from.end(), stays_below) &&
         std::all_of(version.publish_to.begin(), version.publish_to.end(), stays_below) &&
         std::all_of(version.tables.begin(), version.tables.end(), [](const StoredTable& table) {
           return std::all_of(table.files.begin(), table.files.end(), stays_below);
         });
}

/// Nothing where it is no receipt of the version of this name.
std::optional<Entry> entry_from(const std::string& folder, const std::optional<std::string>& receipt) {
  if (!receipt) return std::nullopt;
  try {
    Version version = version_from_json(parse_json(*receipt, folder));
    if (folder_in_store(version) != folder || !stays_inside(version)) return std::nullopt;
    return Entry{std::move(version), hash_text(*receipt)};
  } catch (const Error& e) {
    if (e.code == "FR0511") throw;
    return std::nullopt;  // `verify` and `gc` name it
  }
}

}  // namespace

StorePlace parse_place(const std::string& text) {
  if (!is_webhdfs(text)) return StorePlace(fs::absolute(text));
  std::string address = parse_webhdfs(text).text();
  StorePlace place(cache_folder() / "stores" / hash_text(address));
  place.remote = address;
  return place;
}

bool Store::exists(const StorePlace& place) {
  return place.remote.empty() ? fs::exists(place.folder) : RemoteStore(place.remote, "").exists();
}

void Store::rebuild_copy(const StorePlace& place) {
  const fs::path folder = fs::absolute(place.folder).lexically_normal();
  make_folder(folder);
  {
    WriteLock lock(folder / "lock", /*wait=*/false, {});
    for (const char* file : {"catalog.db", kCacheFile})
      for (const char* suffix : {"-wal", "-shm", ""}) fs::remove(folder / (std::string(file) + suffix));
  }
  open(place, Access::read, /*wait=*/true);  // learns all of it
}

// ---- opening ----

void Store::Impl::take_remotely(bool wait, const std::function<void(const std::string&)>& on_wait) {
  make_folders(folder);
  empty_fetch(folder);
  remote->lock(name_of_copy(folder, remote->address(), own_temporary), wait, on_wait);
  remote->empty_tmp();
  learn();
}

void Store::Impl::refresh() {
  make_folder(folder);
  constexpr int kAttempts = 4;
  for (int attempt = 0;; ++attempt) try {
      // A run of this machine knows what is there, and what it makes it enters: beside it nothing needs to be learned.
      const bool has_catalog = fs::exists(folder / "catalog.db");
      Impl writer(folder, Access::write);
      writer.lock.emplace(folder / "lock", /*wait=*/!has_catalog, [](const std::string&) {});
      make_folders(folder);
      empty_fetch(folder);
      writer.remote = std::move(remote);
      try {
        writer.learn();
      } catch (...) {
        remote = std::move(writer.remote);
        throw;
      }
      remote = std::move(writer.remote);
      return;
    } catch (const Error& e) {
      if (e.code != "FR0510") throw;
      if (attempt == kAttempts) return;
      ::usleep(20'000);
    }
}

void Store::Impl::learn() {
  std::lock_guard guard(mutex);
  std::vector<StepKey> found;
  learn_versions(found);
  learn_runs();
  settle_as_there(found);
}

void Store::Impl::learn_versions(std::vector<StepKey>& found) {
  const std::map<std::string, uint64_t> there = remote->version_folders();
  const std::map<std::string, StepKey> known = writable().all_folders();
  std::map<std::string, std::string> seen;
  if (Cache* cache = this->cache(true)) seen = cache->all(kSeenKind);
  std::vector<StepKey> gone;
  for (const auto& [path, step] : known)
    if (!there.contains(path)) gone.push_back(step);
  if (!gone.empty()) writable().remove(gone);
  for (const fs::path& path : version_folders(folder))
    if (!there.contains(path.string())) discard(folder / path);

  std::vector<std::string> paths;
  for (const auto& [path, id] : there)
    if (!known.contains(path) || !seen.contains(path) || seen[path] != std::to_string(id)) paths.push_back(path);
  std::vector<std::optional<std::string>> receipts(paths.size());
  for_parts(paths.size(), kRequestsAtOnce, [&](size_t i) { receipts[i] = remote->text(paths[i] + "/" + kReceipt); });
  std::vector<Entry> entries;
  std::vector<RunStep> built;
  std::vector<StepKey> no_more;
  std::vector<std::pair<std::string, std::string>> now_seen;
  for (size_t i = 0; i < paths.size(); ++i) {
    std::optional<Entry> entry = entry_from(paths[i], receipts[i]);
    auto before = known.find(paths[i]);
    if (!entry) {
      if (before != known.end()) no_more.push_back(before->second);
      continue;
    }
    now_seen.emplace_back(paths[i], std::to_string(there.at(paths[i])));
    std::optional<Entry> old = before != known.end() ? writable().entry(before->second) : std::nullopt;
    if (old && old->receipt_hash == entry->receipt_hash) continue;
    discard(folder / paths[i]);  // of another version of this name, if of any
    found.push_back({entry->version.verb, entry->version.name, entry->version.key});
    built.push_back(built_step(entry->version));
    entries.push_back(std::move(*entry));
  }
  if (!no_more.empty()) writable().remove(no_more);
  writable().enter(entries, {});
  writable().set_last_built(built);
  if (Cache* cache = this->cache(true)) cache->put(kSeenKind, now_seen);
}

void Store::Impl::learn_runs() {
  std::vector<std::string> names;
  for (const std::string& name : remote->run_records())
    if (!fs::exists(folder / "runs" / name)) names.push_back(name);
  if (names.empty()) return;
  std::vector<std::optional<std::string>> texts(names.size());
  for_parts(names.size(), kRequestsAtOnce, [&](size_t i) { texts[i] = remote->text("runs/" + names[i]); });
  for (size_t i = 0; i < names.size(); ++i)
    if (texts[i]) write_file(folder / "runs" / names[i], *texts[i]);
  const std::set<std::string> fresh(names.begin(), names.end());
  std::vector<Run> runs = read_run_records(folder);
  std::erase_if(runs, [&](const Run& run) { return !fresh.contains(run_record(run.id).filename().string()); });
  writable().enter_runs(runs);
  std::vector<RunStep> built;
  for (const Run& run : runs)
    for (const RunStep& step : run.steps)
      if (step.action == "built") built.push_back(step);
  writable().set_last_built(built);
}

/// As current.json says there, when it says something new; a step that is not in it, its newest version.
void Store::Impl::settle_as_there(const std::vector<StepKey>& found) {
  const fs::path file = folder / "current.json";
  std::optional<std::string> text = remote->text("current.json");
  const bool is_new = text && (!fs::exists(file) || read_file(file) != *text);
  if (is_new) write_file_durably(file, *text);
  if (!is_new && found.empty()) return;
  std::map<StepName, std::string> told = read_current(folder), current;
  for (const StepKey& step : writable().current_keys()) current[{step.verb, step.name}] = step.key;
  std::vector<StepKey> now;
  for (const auto& [step, key] : told)
    if (StepKey version{step.first, step.second, key}; writable().has(version)) now.push_back(version);
  std::set<StepName> settled_on;
  for (const StepKey& step : now) settled_on.insert({step.verb, step.name});
  for (const StepKey& step : found) {
    StepName name{step.verb, step.name};
    if (settled_on.contains(name) || current.contains(name)) continue;
    settled_on.insert(name);
    now.push_back({step.verb, step.name, writable().versions(step.verb, step.name).front().key});
  }
  writable().enter({}, now);
}

// ---- versions ----

bool Store::Impl::is_there_remotely(const Version& version) {
  const std::string path = folder_in_store(version).string();
  {
    std::lock_guard guard(mutex);
    if (seen_remotely.contains(path)) return true;
  }
  if (!remote->is_there(version)) return false;
  std::lock_guard guard(mutex);
  seen_remotely.insert(path);
  return true;
}

void Store::Impl::fetch(const Version& version) {
  const fs::path final = folder / folder_in_store(version);
  std::lock_guard one_at_a_time(fetching);
  if (is_unchanged(final, version)) return;
  const RemovedFolder arriving(folder / "fetch" / temporary().filename());
  make_folder(arriving.path);
  if (!remote->fetch(version, arriving.path))
    throw Error(ErrorKind::data, "FR0516",
                fmt::format("the version of {} {} in {} is not as it was written: {}", version.verb, version.name,
                            remote->address(), folder_in_store(version).string()),
                "filrouge run --repair builds it again; filrouge verify names the file");
  make_folder(final.parent_path());
  discard(final);  // what of it was here is not whole
  // Another process of this machine may have brought it meanwhile.
  if (!publish_folder(arriving.path, final, temporary()) && !looks_whole(final, version))
    throw Error(ErrorKind::environment, "FR0502", fmt::format("cannot write {}", final.string()));
}

void Store::Impl::publish_remotely(const fs::path& staging, Version& version, std::string& receipt_hash) {
  const fs::path path = folder_in_store(version);
  while (!remote->publish(staging, version)) {
    // As on a disk: one that is there is used when it is whole, to the last byte.
    std::optional<std::string> receipt = remote->text((path / kReceipt).string());
    std::optional<Entry> there = entry_from(path.string(), receipt);
    bool is_same = there && there->version.verb == version.verb && there->version.name == version.name;
    bool is_good = is_same && remote->is_there(there->version);
    if (is_good)
      remote->check_files(there->version,
                          [&](const char*, const std::string&, const std::string&) { is_good = false; });
    if (is_good) {
      version = std::move(there->version);
      receipt_hash = there->receipt_hash;
      return;  // its files are fetched when they are needed
    }
    remote->remove({path.string()});
  }
  // From here on it is done. The files that are here need not be brought back.
  const fs::path final = folder / path;
  make_folder(final.parent_path());
  discard(final);
  publish_folder(staging, final, temporary());
  std::lock_guard guard(mutex);
  seen_remotely.insert(path.string());
}

void Store::Impl::remove_remotely(const std::vector<fs::path>& paths) {
  std::vector<std::string> names;
  std::set<std::string> parents;
  for (const fs::path& path : paths) {
    names.push_back(path.lexically_relative(folder).string());
    parents.insert(fs::path(names.back()).parent_path().string());
    seen_remotely.erase(names.back());
  }
  remote->remove(names);
  for (const std::string& parent : parents)
    if (parent.find('/') != std::string::npos) remote->remove_if_empty(parent);
}

// ---- records ----

void Store::Impl::write_remotely(const fs::path& file) {
  try {
    remote->write_text(file.string(), read_file(folder / file));
  } catch (...) {
    std::error_code ignored;
    fs::remove(folder / file, ignored);  // so that it counts as not known
    throw;
  }
}

void Store::Impl::copy_records() {
  const std::vector<std::string> names = remote->run_records();
  const std::set<std::string> there(names.begin(), names.end());
  for (const fs::path& file : entries_of(folder / "runs"))
    if (!there.contains(file.filename().string())) fs::remove(file);
  for (const std::string& name : names)
    if (std::optional<std::string> text = remote->text("runs/" + name)) write_file(folder / "runs" / name, *text);
  if (std::optional<std::string> text = remote->text("current.json")) write_file(folder / "current.json", *text);
}

}  // namespace filrouge
