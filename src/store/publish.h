// From a staging folder to a version that is there for good: the file system's part of commit.
//
// The order is the promise. Every file synced, receipt.json written and synced, the folders synced from the inside out,
// then one rename to the final name, then the parent synced. So a folder under its final name is whole, whatever
// happened afterwards.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"

namespace filrouge {

/// Hashes and syncs every file in the folder, at any depth; sorted by path. Hashed here because the bytes are still in
/// memory. Throws Error(data, FR0515) for what is neither file nor folder.
std::vector<FileHash> seal_files(const fs::path& staging);

/// Writes receipt.json, the last file, and makes the folder durable. Returns the hash of the receipt.
std::string seal_receipt(const fs::path& staging, const Version& version);

/// Renames the sealed folder to its final name and makes that durable. False: a folder of that name is there already.
/// If the name cannot be made durable it is taken back (by way of `reject`, an unused name) before the error is thrown.
bool publish_folder(const fs::path& staging, const fs::path& final, const fs::path& reject);

/// The files are there, with the sizes in file_hashes, and the receipt.
bool files_are_there(const fs::path& version_folder, const Version& version);

/// The same, and the end of each file (a Parquet file's footer) has the hash in file_hashes. Reads a few kB a file.
bool looks_whole(const fs::path& version_folder, const Version& version);

/// The same by the hash of every byte. Throws FR0501.
bool is_as_written(const fs::path& version_folder, const Version& version);

/// Before its rows are read: is_as_written() where its files have 256 MB at most together, else looks_whole().
bool is_unchanged(const fs::path& version_folder, const Version& version);

/// Removes the folder with all in it; never throws. Staging that stays behind is removed by the next writer.
void discard(const fs::path& folder) noexcept;

}  // namespace filrouge
