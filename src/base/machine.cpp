#include "base/machine.h"

#include <sched.h>
#include <unistd.h>

namespace filrouge {
namespace {

/// The number in a control file of a cgroup; nothing for "max" or no such file.
std::optional<uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

/// The limit of the control group, version 2 (every level up to the root) or version 1.
std::optional<uint64_t> cgroup_memory_limit() {
  std::optional<uint64_t> lowest;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    bool version_2 = line.starts_with("0::");
    if (!version_2 && line.find(":memory:") == std::string::npos) continue;
    std::string path = line.substr(line.rfind(':') + 1);
    while (true) {
      auto limit = version_2 ? number_in("/sys/fs/cgroup" + path + "/memory.max")
                             : number_in("/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes");
      if (limit && (!lowest || *limit < *lowest)) lowest = limit;
      if (path.empty() || path == "/") break;
      path.resize(path.rfind('/'));
    }
  }
  return lowest;
}

}  // namespace

uint64_t memory_available_bytes() {
  auto machine = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGE_SIZE));
  return std::min(machine, cgroup_memory_limit().value_or(machine));
}

int processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace filrouge
