// The bytes of a source file as text the readers can use: unpacked (.gz, .zst, one member of a .zip), in UTF-8, without
// a BOM.
//
// A stream, so that a file larger than memory is fine. Compression is recognised by the first bytes, not by the name.
// Everything here runs in a worker and throws Error(data, FR0304 ...) that names the file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace filrouge {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Up to `size` bytes into `into`; 0 only at the end.
  virtual size_t read(char* into, size_t size) = 0;
  /// All that is still to be read, where it lies in memory already; valid as long as the source. Else empty.
  virtual std::string_view ahead() const { return {}; }
};

/// One stream of records: a file, or a member of a zip file.
struct SourceFile {
  fs::path path;          ///< absolute
  std::string member;     ///< of a zip file; else empty
  std::string shown;      ///< as the thread names it, with the member: "data/flights.zip/flights.csv"
  std::string partition;  ///< "year=2024/month=1"; empty where there is none
};

enum class Packing { none, gzip, zstd, zip };
/// By the file's first bytes. Throws FR0304 for what is not a regular file.
Packing packing_of(const fs::path& path);

/// The names of the members of a zip file that hold data, in byte order: no folders, no hidden files, no `__MACOSX`.
std::vector<std::string> zip_members(const fs::path& path);

/// How packed bytes are unpacked. At once (files up to 128 MB): three times as fast, but nothing can be done with the
/// first byte before the last one is there. So bit by bit where only the start is wanted, or another thread parses.
enum class Unpacking { at_once, bit_by_bit };

/// Opens the file unpacked and decoded. `encoding`: a name iconv knows; empty = UTF-8, or UTF-16 where a BOM says so.
/// Stops with FR0305 when the unpacked text exceeds both 1000 times the file and 1 GB.
std::unique_ptr<ByteSource> open_source(const SourceFile& file, const std::string& encoding,
                                        Unpacking unpacking = Unpacking::at_once);
/// Bytes of a text in memory (tests, samples).
std::unique_ptr<ByteSource> text_source(std::string text);
/// The same, of a text that somebody else keeps.
std::unique_ptr<ByteSource> view_source(std::string_view text);
/// The bytes of a file as they stand, from a place on. FR0304 for what is not a regular file (a FIFO or a device would
/// hang or never end).
std::unique_ptr<ByteSource> file_source(const fs::path& path, uint64_t from = 0);

/// True when the engine can read the file as it stands: not packed, UTF-8 without a BOM.
bool is_plain(const SourceFile& file, const std::string& encoding);

/// Writes everything `source` gives to `path`. Throws FR0305 when less than 64 MB would stay free on that disk.
void write_all(ByteSource& source, const fs::path& path, const std::string& shown);

}  // namespace filrouge
