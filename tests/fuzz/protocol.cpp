// What a worker and its owner tell each other, and what the store keeps of it: any line is taken or refused by an
// exception, which both ends catch. The first byte says which reader gets the rest.
#include "base/error.h"
#include "run/worker.h"
#include "steps/step.h"
#include "store/receipt.h"

using namespace filrouge;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  try {
    Json json = parse_json({reinterpret_cast<const char*>(data) + 1, size - 1}, "a line");
    switch (data[0] % 6) {
      case 0:
        to_json(work_result_from_json(json));
        break;
      case 1:
        to_json(version_from_json(json));
        break;
      case 2:
        to_json(table_files_from_json(json));
        to_json(limits_from_json(json));
        break;
      case 3:
        to_json(binding_from_json(json));
        break;
      case 4:
        to_json(lineage_from_json(json));
        break;
      case 5:
        to_json(written_table_from_json(json));
        break;
    }
  } catch (const std::exception&) {
    // Refused.
  }
  return 0;
}
