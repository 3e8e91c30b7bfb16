// The layer under open_source: a file's bytes, unpacked but not decoded.
#pragma once

#include <string.h>

#include "sources/bytes.h"

namespace filrouge {

inline constexpr size_t kBlockBytes = 1 << 18;

/// What a decoder keeps of the stream under it: a block of input.
struct Input {
  std::unique_ptr<ByteSource> below;
  std::string block = std::string(kBlockBytes, '\0');
  size_t begin = 0, end = 0;

  /// Makes sure there is input, keeping what is left; false at the end.
  bool more() {
    if (begin > 0) memmove(block.data(), block.data() + begin, end - begin);
    end -= begin, begin = 0;
    size_t got = below->read(block.data() + end, block.size() - end);
    end += got;
    return got > 0;
  }
};

/// The file, unpacked as its first bytes say.
std::unique_ptr<ByteSource> unpacked(const SourceFile& file, Unpacking unpacking = Unpacking::at_once);
/// Up to `size` bytes, fewer only at the end.
std::string take(ByteSource& source, size_t size);

}  // namespace filrouge
