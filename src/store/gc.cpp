// What is no longer needed goes, and what was never entered.
#include "base/error.h"
#include "base/text.h"
#include "store/impl.h"
#include "store/publish.h"
#include "store/receipt.h"

namespace filrouge {
namespace {

uint64_t bytes_in(const fs::path& folder) {
  uint64_t bytes = 0;
  std::error_code ignored;
  if (fs::is_regular_file(fs::symlink_status(folder, ignored))) return fs::file_size(folder, ignored);
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::end(at); at.increment(error))
    if (at->is_regular_file(ignored) && !at->is_symlink(ignored)) bytes += at->file_size(ignored);
  return bytes;
}

}  // namespace

std::vector<fs::path> Store::Impl::all_version_folders() {
  if (!remote) return version_folders(folder);
  std::vector<fs::path> paths;
  for (const auto& [path, id] : remote->version_folders()) paths.push_back(path);
  return paths;
}

uint64_t Store::Impl::bytes_of_folder(const fs::path& path) {
  return remote ? remote->bytes_of(path.string()) : bytes_in(folder / path);
}

void Store::Impl::remove_folders(const std::vector<fs::path>& paths) {
  std::vector<fs::path> hidden;
  std::set<fs::path> parents;
  auto give_back = [&] {
    for (const fs::path& path : hidden) discard(path);
  };
  try {
    for (const fs::path& path : paths) {
      std::error_code error;
      if (!fs::exists(fs::symlink_status(path, error))) continue;
      const fs::path to = temporary();
      rename_path(path, to);
      hidden.push_back(to);
      parents.insert(path.parent_path());
    }
    if (hidden.empty()) return;
    // Else power loss could bring a name back whose files are gone.
    sync_path(folder / "tmp");
    for (const fs::path& parent : parents) sync_path(parent);
  } catch (const Error&) {
    give_back();  // what power loss brings back then is not whole, and the catalog does not know it
    throw;
  }
  give_back();
}

void Store::Impl::remove_last_versions(const std::vector<fs::path>& paths) {
  if (remote) remove_remotely(paths);
  remove_folders(paths);
  std::error_code ignored;
  for (const fs::path& path : paths) fs::remove(path.parent_path(), ignored);  // tables/FOLDER, if nothing is in it
}

/// Versions whose folders could not be taken out of sight: else nobody would ask for their removal again.
void Store::Impl::know_again(const std::vector<Entry>& entries, const std::set<StepKey>& were_current) {
  std::vector<Entry> left;
  std::vector<StepKey> current;
  for (const Entry& entry : entries) {
    std::error_code ignored;
    if (!fs::exists(folder / folder_in_store(entry.version), ignored)) continue;
    StepKey key{entry.version.verb, entry.version.name, entry.version.key};
    if (were_current.contains(key)) current.push_back(std::move(key));
    left.push_back(entry);
  }
  writable().enter(left, current);
}

void Store::Impl::remove_versions(const std::vector<Version>& versions) {
  // The catalog first: a folder that it does not know is only waste, an entry without a folder would be a lie.
  std::vector<StepKey> keys;
  std::vector<Entry> entries;
  std::lock_guard guard(mutex);
  for (const Version& version : versions) {
    keys.push_back({version.verb, version.name, version.key});
    if (std::optional<Entry> entry = writable().entry(keys.back())) entries.push_back(std::move(*entry));
  }
  const std::vector<StepKey> current = writable().current_keys();
  writable().remove(keys);
  current_keys.reset();
  current_changed = true;
  std::vector<fs::path> paths;
  for (const Version& version : versions) paths.push_back(folder / folder_in_store(version));
  try {
    remove_last_versions(paths);
  } catch (const Error&) {
    if (!remote) know_again(entries, {current.begin(), current.end()});
    throw;
  }
  save_current();
}

/// On a full disk not even the catalog could be opened, and `gc` is what one needs then: the caches go first, which are
/// only a convenience.
void Store::Impl::make_room() {
  constexpr uint64_t kEnough = 1'000'000;
  std::error_code error;
  fs::space_info space = fs::space(folder, error);
  std::lock_guard guard(mutex);
  if (error || space.available >= kEnough) return;
  drop_cache();
  cache_is_broken = false;  // where there is room again it may be made anew
}

std::vector<Finding> Store::gc(size_t keep_runs, bool dry_run, const std::set<StepName>* steps) {
  std::map<std::string, StepKey> known;
  std::set<StepKey> needed;
  std::vector<Version> unneeded;
  {
    std::lock_guard guard(impl_->mutex);
    Catalog* catalog = impl_->catalog();
    if (!catalog) return {};
    impl_->flush_settled();
    // A version that a damaged catalog does not know would be removed as waste.
    if (std::vector<std::string> problems = catalog->problems(); !problems.empty())
      throw Error(ErrorKind::environment, "FR0512",
                  fmt::format("{} is damaged: {}", (impl_->folder / "catalog.db").string(), problems.front()),
                  "filrouge verify --rebuild makes the catalog anew from the receipts");
    known = catalog->all_folders();
    needed = catalog->used_by_last_runs(keep_runs);
    for (StepKey& step : catalog->current_keys())
      if (!steps || steps->contains({step.verb, step.name})) needed.insert(std::move(step));
    for (const auto& [folder, step] : known)
      if (!needed.contains(step))
        if (std::optional<Version> version = catalog->find(step.verb, step.name, step.key))
          unneeded.push_back(std::move(*version));
  }
  std::vector<Finding> findings;
  for (const Version& version : unneeded) {
    fs::path folder = folder_in_store(version);
    findings.push_back({"removed", folder.string(), version.verb, version.name, version.key,
                        fmt::format("of {}, used by none of the last {}", version.created, plural(keep_runs, "run")),
                        impl_->bytes_of_folder(folder)});
  }
  for (const fs::path& folder : impl_->all_version_folders())
    if (!known.contains(folder.string()))
      findings.push_back(
          {"removed", folder.string(), "", "", "", "unknown to the catalog", impl_->bytes_of_folder(folder)});
  if (dry_run) return findings;

  FR_CHECK(impl_->access == Access::write);
  impl_->remove_versions(unneeded);
  std::vector<fs::path> unknown;
  for (const Finding& finding : findings)
    if (finding.key.empty()) unknown.push_back(impl_->folder / finding.path);
  impl_->remove_last_versions(unknown);
  return findings;
}

}  // namespace filrouge
