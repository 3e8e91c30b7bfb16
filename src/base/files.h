// Files and folders, with the system's own reason in every error, and durable writes.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace filrouge {

namespace fs = std::filesystem;

/// The whole file. Throws Error(environment, FR0501) with path and reason.
std::string read_file(const fs::path& path);

/// Calls `take` with successive blocks (1 MiB at most) of the file. Throws like read_file.
void read_in_blocks(const fs::path& path, const std::function<void(std::string_view)>& take);

/// Writes the file anew, without waiting for the disk: for what is synced later or not kept. Throws Error(environment,
/// FR0502).
void write_file(const fs::path& path, std::string_view text);

/// Creates the file with `text` and fsyncs it, not the folder. On failure there is no file. Throws Error(environment,
/// FR0502 or FR0503).
void write_file_synced(const fs::path& path, std::string_view text);

/// Writes `text` beside `path`, fsyncs, renames over `path`, fsyncs the folder: after return it is there, whole, also
/// after power loss. On failure `path` is whole too, as before or (where only the folder could not be made durable) as
/// it was to become. The file beside it is `temporary`, on the same file system; by default `path` + ".tmpPID", and
/// what killed processes left under such names is removed. Throws Error(environment, FR0502 or FR0503).
void write_file_durably(const fs::path& path, std::string_view text, fs::path temporary = {});

/// fsync of a file or a folder. A failure is final: Error(environment, FR0503), never retried.
void sync_path(const fs::path& path);

/// Creates the folder and its parents; no error where it is there. Throws Error(environment, FR0502).
void make_folder(const fs::path& path);

/// As make_folder; each folder that is made is durable in its parent.
void make_folder_durably(const fs::path& path);

/// Whether rename_path() can move a file from one folder to the other. False where that cannot be found out.
bool on_one_file_system(const fs::path& folder, const fs::path& other);

/// rename(2) within one file system. Throws Error(environment, FR0502).
void rename_path(const fs::path& from, const fs::path& to);

/// The user's own settings: $XDG_CONFIG_HOME/filrouge, else ~/.config/filrouge. It need not be there.
fs::path config_folder();

/// What can be had again and may be deleted: $XDG_CACHE_HOME/filrouge, else ~/.cache/filrouge. It need not be there.
fs::path cache_folder();

/// What is in the folder, in no order; nothing where there is no such folder. Throws Error(environment, FR0501).
std::vector<fs::path> entries_of(const fs::path& folder);

/// Size and times of a file, to tell whether it may have changed since.
struct FileStat {
  uint64_t size_bytes = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t inode = 0;
  bool operator==(const FileStat&) const = default;
};
/// Throws Error(environment, FR0501) where there is no such file.
FileStat stat_file(const fs::path& path);

/// Paths that match a shell pattern (`*`, `?`, `[..]`, `**` for folders at any depth), sorted by byte value.
std::vector<fs::path> glob_files(const fs::path& base, const std::string& pattern);

}  // namespace filrouge
