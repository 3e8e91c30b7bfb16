#include "store/publish.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/hash.h"
#include "store/receipt.h"

namespace filrouge {
namespace {

[[noreturn]] void fail(const char* code, const char* doing, const fs::path& path, int error) {
  throw Error(ErrorKind::environment, code,
              fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(error)));
}

/// The end of a file that describes the rest: Parquet's footer with its length and magic, of any other file the last
/// 4 KiB. Throws FR0501.
std::string tail_hash(const fs::path& file) {
  constexpr uint64_t kParquetEnd = 8, kOtherTail = 4096;
  Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!descriptor.is_open() || ::fstat(descriptor.number(), &status) != 0) fail("FR0501", "open", file, errno);
  auto size = static_cast<uint64_t>(status.st_size);
  auto last = [&](uint64_t bytes) {
    std::string text(std::min(bytes, size), '\0');
    for (size_t done = 0; done < text.size();) {
      ssize_t got = ::pread(descriptor.number(), text.data() + done, text.size() - done,
                            static_cast<off_t>(size - text.size() + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) fail("FR0501", "read", file, got < 0 ? errno : EIO);
      done += static_cast<size_t>(got);
    }
    return text;
  };
  uint64_t bytes = kOtherTail;
  if (std::string end = last(kParquetEnd); end.ends_with("PAR1")) {
    uint32_t footer = 0;
    std::memcpy(&footer, end.data(), sizeof footer);
    bytes = footer + kParquetEnd;
  }
  return hash_text(last(bytes));
}

/// Folders first come after what is in them.
void sync_folders(const fs::path& folder) {
  for (const fs::path& path : entries_of(folder))
    if (fs::is_directory(fs::symlink_status(path))) sync_folders(path);
  sync_path(folder);
}

FileHash seal_file(const fs::path& file, const fs::path& staging) {
  std::string hash = hash_file(file);
  std::string tail = tail_hash(file);
  sync_path(file);
  return {file.lexically_relative(staging).string(), std::move(hash), fs::file_size(file), std::move(tail)};
}

void seal_folder(const fs::path& folder, const fs::path& staging, std::vector<FileHash>& files) {
  for (const fs::path& path : entries_of(folder)) {
    fs::file_type type = fs::symlink_status(path).type();
    if (type == fs::file_type::directory) {
      seal_folder(path, staging, files);
    } else if (type != fs::file_type::regular) {
      throw Error(ErrorKind::data, "FR0515",
                  fmt::format("the step left `{}`, which is neither a file nor a folder",
                              path.lexically_relative(staging).string()),
                  "let it write ordinary files: the store keeps no links, pipes or devices");
    } else if (path != staging / kReceipt) {
      files.push_back(seal_file(path, staging));
    }
  }
}

}  // namespace

std::vector<FileHash> seal_files(const fs::path& staging) {
  std::vector<FileHash> files;
  seal_folder(staging, staging, files);
  std::sort(files.begin(), files.end(), [](const FileHash& a, const FileHash& b) { return a.path < b.path; });
  return files;
}

std::string seal_receipt(const fs::path& staging, const Version& version) {
  std::string text = receipt_text(version);
  write_file_synced(staging / kReceipt, text);
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

bool looks_whole(const fs::path& version_folder, const Version& version) {
  if (!files_are_there(version_folder, version)) return false;
  try {
    for (const FileHash& file : version.file_hashes)
      if (!file.tail.empty() && tail_hash(version_folder / file.path) != file.tail) return false;
  } catch (const Error&) {
    return false;  // a disk that cannot give the file back
  }
  return true;
}

bool is_as_written(const fs::path& version_folder, const Version& version) {
  if (!files_are_there(version_folder, version)) return false;
  for (const FileHash& file : version.file_hashes)
    if (hash_file(version_folder / file.path) != file.hash) return false;
  return true;
}

bool is_unchanged(const fs::path& version_folder, const Version& version) {
  constexpr uint64_t kReadWhole = 256'000'000;  // about 0.1 s from memory; what reads the rows has them in memory then
  return total_bytes(version) <= kReadWhole ? is_as_written(version_folder, version)
                                            : looks_whole(version_folder, version);
}

void discard(const fs::path& folder) noexcept {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

}  // namespace filrouge
