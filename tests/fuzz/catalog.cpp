// catalog.db: any file is read as far as it is whole, or refused. And the packed form of a version that stands in its
// rows: inputs that do not begin as a file of SQLite's are such a version, with the hash that it must end with put
// behind it.
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "must.h"
#include "store/catalog.h"
#include "store/receipt.h"

using namespace filrouge;

namespace {

void ask(Catalog& catalog) {
  if (catalog.is_empty()) return;
  catalog.problems();
  for (const Version& version : catalog.all_current()) dump(to_json(version));
  catalog.current_keys();
  catalog.all_folders();
  catalog.runs(20);
  catalog.all_last_built();
  catalog.used_by_last_runs(3);
}

void unpack_and_pack(std::string fields) {
  Version version = unpack(fields + hash_text(fields));
  Version again = unpack(pack(version));
  dump(to_json(version));
  MUST(again.key == version.key && again.file_hashes.size() == version.file_hashes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path file = fs::temp_directory_path() / ("fuzz-catalog-" + std::to_string(::getpid()) + ".db");
  std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    if (!text.starts_with("SQLite")) return unpack_and_pack(std::string(text)), 0;
    write_file(file, text);
    Catalog catalog(file, Database::Mode::read);
    ask(catalog);
  } catch (const std::exception&) {
    // Refused.
  }
  return 0;
}
