// Map and reduce on this machine, with the contract of Hadoop streaming: the same programs run there unchanged.
//
//   input lines -> parts -> mapper -> lines sorted by key [-> combiner -> sorted again] -> runs -> merge -> reducer
//
// A part is closed by the line with which it reaches part_bytes; each part gets a mapper process of its own, which has
// the part as a file on standard input. What it prints is gathered, sorted and spilled as runs (base/line_sort.h), and
// all runs are merged on the way into the reducer. Nothing depends on how many threads or how much memory there is: not
// the parts, not the order of lines of one key (that of the parts, in each that of the mapper), not the ranges of keys
// that several reducers share, which come from a sample of each part's keys.
//
// Rejected: hash partitions as Hadoop has them, for then the result's order would follow the hash; and keeping runs in
// memory, which saved nothing that could be measured against files in the page cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "steps/programs.h"

namespace filrouge {

struct MapReduceJob {
  ProgramCall map;
  std::optional<ProgramCall> combine, reduce;  ///< without `reduce` the mappers' lines are the result, part after part
  size_t key_fields = 1;                       ///< so many fields, separated by TAB, are the key
  size_t reducers = 1;                         ///< so many ranges of keys, each with a process of its own
  uint64_t part_bytes = 16 << 20;
};

struct MapReduceLimits {
  size_t threads = 1;
  uint64_t sort_bytes = 0;  ///< memory for sorting, of all threads together
};

struct MapReduceCounts {
  uint64_t parts = 0, lines_in = 0, lines_mapped = 0, runs = 0;
};

/// One job. add() and finish() from one thread.
class MapReduce {
 public:
  /// `folder`: an empty folder for parts, runs and outputs; programs.folder() or below. Its threads begin at once.
  MapReduce(const MapReduceJob& job, const MapReduceLimits& limits, Programs& programs,
            const std::filesystem::path& folder);
  ~MapReduce();  ///< ends all programs if finish() was not reached

  /// A line of the input, without its line feed. Throws what a mapper's failure threw.
  void add(std::string_view line);
  /// Waits for all and writes the result's lines to `result`. Throws Error(data, FR0441, FR0442, FR0446).
  MapReduceCounts finish(const std::filesystem::path& result);

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace filrouge
