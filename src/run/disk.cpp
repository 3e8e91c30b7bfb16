#include "run/disk.h"

#include "base/error.h"

namespace filrouge {
namespace {

uint64_t bytes_before(const Version& version) {
  uint64_t bytes = 0;
  for (const FileHash& file : version.file_hashes) bytes += file.bytes;
  return bytes;
}

uint64_t bytes_of_files(const PlannedStep& step) {
  uint64_t bytes = 0;
  std::error_code error;
  for (const InputFile& file : step.binding->files)
    if (auto size = fs::file_size(file.path, error); !error) bytes += size;
  return bytes;
}

}  // namespace

DiskNeed disk_need(const Plan& plan, const Store& store) {
  DiskNeed need;
  std::error_code error;
  fs::space_info space = fs::space(store.folder(), error);
  need.free_bytes = error ? std::numeric_limits<uint64_t>::max() : space.available;
  std::map<std::pair<std::string, std::string>, uint64_t> before;  // by verb and name
  for (const Version& version : store.all_current()) before[{version.verb, version.name}] = bytes_before(version);
  std::vector<uint64_t> expected(plan.steps.size(), 0);
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlannedStep& step = plan.steps[i];
    if (!step.binding || step.action == Action::skip) continue;
    expected[i] = bytes_of_files(step);
    if (auto known = before.find({step.step->verb, step.step->name}); known != before.end())
      expected[i] = std::max(expected[i], known->second);
    else if (expected[i] == 0)
      for (size_t input : step.needs) expected[i] = std::max(expected[i], expected[input]);
    if (step.action == Action::build) need.needed_bytes += expected[i];
  }
  return need;
}

}  // namespace filrouge
