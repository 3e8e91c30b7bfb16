// The program's own version, for --version, receipts and keys.
#pragma once

namespace filrouge {
inline constexpr const char* kVersion = "0.1.0";
inline constexpr int kSchemaVersion = 1;  ///< of every --json answer
}  // namespace filrouge
