// What the machine (or the container it runs in) offers.
#pragma once

#include <cstdint>

namespace filrouge {

/// Memory that this process may use: the machine's, or the control group's limit where that is lower.
uint64_t memory_available_bytes();
/// Processors that this process may run on, at least 1.
int processors();

}  // namespace filrouge
