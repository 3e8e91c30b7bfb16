// catalog.db: any file is read as far as it is whole, or refused.
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "store/catalog.h"

using namespace filrouge;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path file = fs::temp_directory_path() / ("fuzz-catalog-" + std::to_string(::getpid()) + ".db");
  write_file(file, {reinterpret_cast<const char*>(data), size});
  try {
    Catalog catalog(file, Database::Mode::read);
    if (catalog.is_empty()) return 0;
    catalog.problems();
    for (const Version& version : catalog.all_current()) to_json(version);
    catalog.current_keys();
    catalog.all_folders();
    catalog.runs(20);
    catalog.all_last_built();
    catalog.used_by_last_runs(3);
  } catch (const std::exception&) {
    // Refused.
  }
  return 0;
}
