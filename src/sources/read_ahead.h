// Unpacks in a thread of its own, so that what parses or writes the bytes does not wait for the unpacking.
#pragma once

#include <memory>

#include "sources/bytes.h"

namespace filrouge {

/// As open_source, with the unpacking and decoding, where there is any, up to 2 MB ahead. What fails there is thrown by
/// the read() that comes to that place.
std::unique_ptr<ByteSource> open_ahead(const SourceFile& file, const std::string& encoding, Unpacking unpacking);

}  // namespace filrouge
