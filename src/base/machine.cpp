#include "base/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
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

/// Calls `look(folder)` for this process's control group with that controller (version 2 or 1) and each one above it.
void for_each_cgroup(const std::string& controller,
                     const std::function<void(const std::string& folder, bool version_2)>& look) {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    bool version_2 = line.starts_with("0::");
    if (!version_2 && line.find(":" + controller + ":") == std::string::npos) continue;
    std::string path = line.substr(line.rfind(':') + 1);
    while (true) {
      look((version_2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + controller) + path, version_2);
      if (path.empty() || path == "/") break;
      path.resize(path.rfind('/'));
    }
  }
}

/// The limit of the control group, version 2 (every level up to the root) or version 1.
std::optional<uint64_t> cgroup_memory_limit() {
  std::optional<uint64_t> lowest;
  for_each_cgroup("memory", [&](const std::string& folder, bool version_2) {
    auto limit = number_in(folder + (version_2 ? "/memory.max" : "/memory.limit_in_bytes"));
    if (limit && (!lowest || *limit < *lowest)) lowest = limit;
  });
  return lowest;
}

}  // namespace

uint64_t memory_of_machine_bytes() {
  return static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

uint64_t memory_available_bytes() {
  return std::min(memory_of_machine_bytes(), cgroup_memory_limit().value_or(UINT64_MAX));
}

uint64_t memory_free_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("MemAvailable:")) return std::stoull(line.substr(13)) * 1024;
  return memory_of_machine_bytes();
}

std::optional<uint64_t> memory_rlimit_bytes() {
  std::optional<uint64_t> lowest;
  for (auto what : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit{};
    if (::getrlimit(what, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) continue;
    if (!lowest || limit.rlim_cur < *lowest) lowest = limit.rlim_cur;
  }
  return lowest;
}

int processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
}

std::optional<double> processor_quota() {
  std::optional<double> lowest;
  for_each_cgroup("cpu", [&](const std::string& folder, bool version_2) {
    std::ifstream file(folder + (version_2 ? "/cpu.max" : "/cpu.cfs_quota_us"));
    double quota = 0, period = 0;
    if (!(file >> quota) || quota <= 0) return;
    if (version_2)
      file >> period;
    else
      period = static_cast<double>(number_in(folder + "/cpu.cfs_period_us").value_or(0));
    if (period > 0 && (!lowest || quota / period < *lowest)) lowest = quota / period;
  });
  return lowest;
}

std::string kernel_name() {
  utsname name{};
  if (::uname(&name) != 0) return "unknown";
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

}  // namespace filrouge
