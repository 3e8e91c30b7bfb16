// Draws that depend on a seed and a number only, never on order or threads: what learners use instead of a generator
// with a state. mix() is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>

namespace filrouge {

inline uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Another one for each seed: of a row number, what draws of rows are made from.
inline uint64_t mix(uint64_t value, uint64_t seed) {
  return mix(value + seed * 0x9e3779b97f4a7c15);
}

/// In [0, 1), evenly; the same for the same seed and number.
inline double draw(uint64_t seed, uint64_t number) {
  return static_cast<double>(mix(mix(seed) ^ number) >> 11) * 0x1p-53;
}

}  // namespace filrouge
