// What a worker and its owner tell each other, and what the store keeps of it: any line is taken or refused by an
// exception, which both ends catch; what is taken can be written again. The first byte says which reader gets the rest.
#include "base/error.h"
#include "must.h"
#include "run/worker.h"
#include "steps/step.h"
#include "store/receipt.h"

using namespace filrouge;

namespace {

void take(uint8_t kind, const Json& json) {
  switch (kind % 6) {
    case 0:
      dump(to_json(work_result_from_json(json)));
      break;
    case 1:
      dump(to_json(version_from_json(json)));
      break;
    case 2:
      dump(to_json(table_files_from_json(json)));
      dump(to_json(limits_from_json(json)));
      break;
    case 3:
      dump(to_json(binding_from_json(json)));
      break;
    case 4:
      dump(to_json(lineage_from_json(json)));
      break;
    case 5:
      dump(to_json(written_table_from_json(json)));
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  try {
    take(data[0], parse_json({reinterpret_cast<const char*>(data) + 1, size - 1}, "a line"));
  } catch (const std::exception&) {
    // Refused.
  }
  return 0;
}
