// What the machine (or the container it runs in) offers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace filrouge {

/// Memory that this process may use: the machine's, or the control group's limit where that is lower.
uint64_t memory_available_bytes();
/// Memory of the machine, whatever this process may use of it.
uint64_t memory_of_machine_bytes();
/// Memory that is free now, or can be made so without swapping.
uint64_t memory_free_bytes();
/// RLIMIT_AS or RLIMIT_DATA (`ulimit -v`, `ulimit -d`), the lower one.
std::optional<uint64_t> memory_rlimit_bytes();
/// Processors that this process may run on, at least 1.
int processors();
/// Of how many processors the control group may use the time: 1.5; nothing where there is no limit.
std::optional<double> processor_quota();
/// "Linux 6.1.0-18-amd64 x86_64"
std::string kernel_name();

/// A folder and the disk under it, found out by trying.
struct Disk {
  std::string file_system;           ///< "ext4", "nfs"; "0x1234" where the number has no name here
  bool over_network = false;         ///< locks and fsync then hold as far as the server keeps them
  uint64_t free_bytes = 0;           ///< for an ordinary user
  double clock_ahead_seconds = 0;    ///< of the file system, before this machine's
  std::vector<std::string> refused;  ///< what does not work: "rename: Read-only file system"
};
/// Writes, renames, syncs and locks a file in an existing folder, and removes it again.
Disk try_disk(const std::filesystem::path& folder);

}  // namespace filrouge
