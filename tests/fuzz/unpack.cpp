// Packed files (gzip, zstd, zip) and encodings: any bytes come out as text or are refused, and both ways of unpacking
// agree. The first byte says which encoding is asked for.
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "must.h"
#include "sources/bytes.h"
#include "sources/unpack.h"

using namespace filrouge;

namespace {

constexpr size_t kMost = 4 << 20;  // of what comes out: an input of a few bytes may give a lot

/// What the file gives, as far as kMost; nothing where it is refused.
std::optional<std::string> text_of(const SourceFile& file, const std::string& encoding, Unpacking unpacking) {
  try {
    return take(*open_source(file, encoding, unpacking), kMost);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path path = fs::temp_directory_path() / ("fuzz-unpack-" + std::to_string(::getpid()));
  static const std::vector<std::string> encodings = {"", "", "", "ISO-8859-1", "UTF-16LE", "SHIFT_JIS"};
  if (size == 0) return 0;
  write_file(path, {reinterpret_cast<const char*>(data) + 1, size - 1});
  const std::string& encoding = encodings[data[0] % encodings.size()];
  std::vector<std::string> members = {""};
  try {
    if (packing_of(path) == Packing::zip) members = zip_members(path);
    if (members.size() > 20) members.resize(20);
  } catch (const Error&) {
    return 0;
  }
  for (const std::string& member : members) {
    SourceFile file{path, member, "packed", ""};
    auto at_once = text_of(file, encoding, Unpacking::at_once);
    auto bit_by_bit = text_of(file, encoding, Unpacking::bit_by_bit);
    if (at_once && bit_by_bit) MUST(*at_once == *bit_by_bit);
  }
  return 0;
}
