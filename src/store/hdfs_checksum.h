// What HDFS's GETFILECHECKSUM gives for a file, computed here, so that what arrived is checked without reading it back.
//
// The default, "MD5-of-262144MD5-of-512CRC32C": a CRC-32C of each 512 bytes; the MD5 of all CRCs (4 bytes each, big
// endian) of a block, here of 262144 x 512 bytes; the MD5 of all those MD5s. A file of one block has 0 in place of the
// CRCs per block. Source: MD5MD5CRC32FileChecksum and BlockChecksumHelper of Apache Hadoop.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace filrouge {

/// CRC-32C (Castagnoli) of `bytes`.
uint32_t crc32c(std::string_view bytes);

/// The hexadecimal digits as HDFS gives them (28 bytes: the two numbers of `algorithm`, then the MD5) for the whole of
/// `from`, which is read from its beginning. Nothing where `algorithm` is another kind.
std::optional<std::string> hdfs_checksum(const std::string& algorithm, std::istream& from);

}  // namespace filrouge
