#include "store/publish.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/hash.h"
#include "store/receipt.h"

namespace filrouge {
namespace {

[[noreturn]] void fail(const char* code, const char* doing, const fs::path& path, int error) {
  throw Error(ErrorKind::environment, code,
              fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(error)));
}

void write_synced(const fs::path& file, std::string_view text) {
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) fail("FR0502", "create", file, errno);
  int error = 0;
  const char* code = "FR0502";
  while (!text.empty() && error == 0) {
    ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote >= 0)
      text.remove_prefix(static_cast<size_t>(wrote));
    else if (errno != EINTR)
      error = errno;
  }
  if (error == 0 && ::fsync(fd) != 0) {
    error = errno;
    code = "FR0503";
  }
  if (::close(fd) != 0 && error == 0) error = errno;  // some file systems report a lost write only here
  if (error != 0) fail(code, "write", file, error);
}

/// Folders first come after what is in them.
void sync_folders(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && !entry.is_symlink()) sync_folders(entry.path());
  sync_path(folder);
}

}  // namespace

std::vector<FileHash> seal_files(const fs::path& staging) {
  std::vector<FileHash> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(staging)) {
    fs::path path = entry.path().lexically_relative(staging);
    if (entry.is_symlink() || (!entry.is_directory() && !entry.is_regular_file()))
      throw Error(ErrorKind::data, "FR0515",
                  fmt::format("the step left `{}`, which is neither a file nor a folder", path.string()),
                  "let it write ordinary files: the store keeps no links, pipes or devices");
    if (entry.is_directory() || path == kReceipt) continue;
    std::string hash = hash_file(entry.path());
    sync_path(entry.path());
    files.push_back({path.string(), std::move(hash), entry.file_size()});
  }
  std::sort(files.begin(), files.end(), [](const FileHash& a, const FileHash& b) { return a.path < b.path; });
  return files;
}

std::string seal_receipt(const fs::path& staging, const Version& version) {
  std::string text = receipt_text(version);
  write_synced(staging / kReceipt, text);
  sync_folders(staging);
  return hash_text(text);
}

bool publish_folder(const fs::path& staging, const fs::path& final, const fs::path& reject) {
  if (::rename(staging.c_str(), final.c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST) return false;
    fail("FR0502", "rename to", final, errno);
  }
  try {
    sync_path(final.parent_path());
  } catch (const Error&) {
    if (::rename(final.c_str(), reject.c_str()) == 0) discard(reject);
    throw;
  }
  return true;
}

void make_folder_durably(const fs::path& root, const fs::path& folder) {
  if (folder == root || fs::is_directory(folder)) return;
  make_folder_durably(root, folder.parent_path());
  make_folder(folder);
  sync_path(folder.parent_path());
}

bool files_are_there(const fs::path& version_folder, const Version& version) {
  struct stat status;
  auto is_file = [&](const std::string& name) {
    return ::stat((version_folder / name).c_str(), &status) == 0 && S_ISREG(status.st_mode);
  };
  if (!is_file(kReceipt)) return false;
  for (const FileHash& file : version.file_hashes)
    if (!is_file(file.path) || static_cast<uint64_t>(status.st_size) != file.bytes) return false;
  return true;
}

void discard(const fs::path& folder) noexcept {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

}  // namespace filrouge
