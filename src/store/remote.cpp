#include "store/remote.h"

#include <fstream>

#include "base/error.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "store/receipt.h"

namespace filrouge {

RemoteStore::RemoteStore(const std::string& address, const std::string& unique)
    : files_(parse_webhdfs(address)), unique_(unique) {}

void RemoteStore::lock(const std::string& copy, bool wait, const std::function<void(const std::string&)>& on_wait) {
  for (const char* folder : {"tmp", "tables", "charts", "runs"}) files_.make_folder(folder);
  lock_.emplace(files_, copy, unique_, wait, on_wait);
}

std::string RemoteStore::temporary() {
  return fmt::format("tmp/{}-{}", unique_, ++next_temporary_);
}

void RemoteStore::empty_tmp() {
  std::optional<std::vector<RemoteEntry>> entries = files_.list("tmp");
  if (!entries || entries->empty()) return;
  const int64_t now_ms = files_.now_ms();
  for (const RemoteEntry& entry : *entries)
    if (!RemoteLock::is_recent_trace(entry, now_ms)) files_.remove("tmp/" + entry.name);
}

// ---- reading ----

std::map<std::string, uint64_t> RemoteStore::version_folders() {
  std::vector<std::string> folders;
  std::map<std::string, uint64_t> found;
  for (const std::string kind : {"tables", "charts"})
    for (const RemoteEntry& entry : files_.list(kind).value_or(std::vector<RemoteEntry>()))
      if (std::string path = kind + "/" + entry.name; entry.is_folder)
        folders.push_back(path);
      else
        found[path] = entry.id;
  std::mutex mutex;
  for_parts(folders.size(), kRequestsAtOnce, [&](size_t i) {
    std::optional<std::vector<RemoteEntry>> versions = files_.list(folders[i]);
    std::lock_guard guard(mutex);
    for (const RemoteEntry& version : versions.value_or(std::vector<RemoteEntry>()))
      found[folders[i] + "/" + version.name] = version.id;
  });
  return found;
}

std::optional<std::map<std::string, uint64_t>> RemoteStore::files_of(const std::string& folder) {
  std::optional<std::vector<RemoteEntry>> entries = files_.list(folder);
  if (!entries) return std::nullopt;
  std::map<std::string, uint64_t> files;
  for (const RemoteEntry& entry : *entries) {
    if (!entry.is_folder) {
      files[entry.name] = entry.bytes;
      continue;
    }
    for (const auto& [path, bytes] : files_of(folder + "/" + entry.name).value_or(std::map<std::string, uint64_t>()))
      files[entry.name + "/" + path] = bytes;
  }
  return files;
}

std::vector<std::string> RemoteStore::run_records() {
  std::vector<std::string> names;
  for (const RemoteEntry& entry : files_.list("runs").value_or(std::vector<RemoteEntry>())) names.push_back(entry.name);
  return names;
}

bool RemoteStore::is_there(const Version& version) {
  std::optional<std::map<std::string, uint64_t>> files = files_of(folder_in_store(version).string());
  if (!files || !files->contains(kReceipt)) return false;
  return std::all_of(version.file_hashes.begin(), version.file_hashes.end(), [&](const FileHash& file) {
    auto found = files->find(file.path);
    return found != files->end() && found->second == file.bytes;
  });
}

void RemoteStore::check_files(
    const Version& version,
    const std::function<void(const char* what, const std::string& path, const std::string& message)>& bad) {
  const std::string folder = folder_in_store(version).string() + "/";
  for (const FileHash& file : version.file_hashes) {
    Hasher hasher;
    uint64_t bytes = 0;
    bool is_there = files_.get(folder + file.path, [&](std::string_view block) {
      hasher.bytes(block.data(), block.size());
      bytes += block.size();
    });
    if (!is_there)
      bad("missing", file.path, "the file is gone");
    else if (bytes != file.bytes)
      bad("damaged", file.path, fmt::format("{} bytes; the receipt says {}", bytes, file.bytes));
    else if (hasher.hex() != file.hash)
      bad("damaged", file.path, "the content is not what the receipt says");
  }
}

bool RemoteStore::fetch(const Version& version, const fs::path& into) {
  const std::string folder = folder_in_store(version).string() + "/";
  for (const FileHash& file : version.file_hashes) {
    fs::path path = into / file.path;
    make_folder(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    Hasher hasher;
    bool is_there = files_.get(folder + file.path, [&](std::string_view block) {
      hasher.bytes(block.data(), block.size());
      if (!out.write(block.data(), static_cast<std::streamsize>(block.size())))
        throw Error(ErrorKind::environment, "FR0502",
                    fmt::format("cannot write {}: the disk may be full", path.string()));
    });
    out.close();
    if (!is_there || hasher.hex() != file.hash) return false;
    sync_path(path);
  }
  std::optional<std::string> receipt = files_.get_text(folder + kReceipt);
  if (receipt) write_file_synced(into / kReceipt, *receipt);
  return receipt.has_value();
}

// ---- writing ----

bool RemoteStore::publish(const fs::path& staging, const Version& version) {
  lock_->check();
  const std::string upload = temporary(), final = folder_in_store(version).string();
  std::vector<std::string> paths;
  for (const FileHash& file : version.file_hashes) paths.push_back(file.path);
  paths.push_back(kReceipt);  // the last one: a folder without it is no version
  std::set<std::string> folders;
  for (const std::string& path : paths) folders.insert((fs::path(upload) / path).parent_path().string());
  for (const std::string& folder : folders) files_.make_folder(folder);
  for (const std::string& path : paths) {
    std::ifstream in(staging / path, std::ios::binary);
    if (!in) throw Error(ErrorKind::environment, "FR0501", fmt::format("cannot read {}", (staging / path).string()));
    files_.put(upload + "/" + path, in, fs::file_size(staging / path));
  }
  files_.make_folder(fs::path(final).parent_path().string());
  lock_->check();
  if (files_.rename(upload, final)) return true;
  files_.remove(upload);
  return false;
}

void RemoteStore::write_text(const std::string& path, const std::string& text) {
  lock_->check();
  const std::string upload = temporary();
  files_.put_text(upload, text);
  lock_->check();
  files_.rename(upload, path, /*replace=*/true);
}

void RemoteStore::remove(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    lock_->check();
    const std::string hidden = temporary();
    if (!files_.stat(path)) continue;
    files_.rename(path, hidden);
    files_.remove(hidden);
  }
}

}  // namespace filrouge
