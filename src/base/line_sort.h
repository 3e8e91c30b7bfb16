// Lines sorted by key, however many there are: the sort between map and reduce.
//
// A line is any bytes without a line feed. Its key is what stands before its Nth TAB, all of it where there are fewer.
// Order: by the bytes of the key as unsigned numbers, a key before those that it begins; lines of one key stay in the
// order in which they came (as Hadoop's Text keys, and `LC_ALL=C sort -s -t TAB -k1,1`).
//
// Lines are gathered in a LineBuffer, sorted there, and written as a run: a file of this program's own that ends with
// its owner. Runs are merged. An entry of the buffer holds the first eight bytes of the key as a number, so that most
// comparisons touch no line; the first sixteen bits split the entries into groups, and large groups are sorted by the
// other bytes of that number, so that words which come a thousand times cost no comparison at all.
// Measured on 35 M lines `word TAB 1`: see docs/programs.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"

namespace filrouge {

/// Bytes of the key of `line`: up to its `fields`th TAB.
size_t key_length(std::string_view line, size_t fields);

/// Lines in memory. One thread at a time.
class LineBuffer {
 public:
  /// `key_fields`: at least 1.
  explicit LineBuffer(size_t key_fields) : key_fields_(key_fields) {}

  /// Throws std::bad_alloc; Error(data, FR0446) for a line of more than kLongestLine bytes.
  void add(std::string_view line);
  /// Whether the memory that it takes, now and in sort(), stays within `budget` (at most kLargest) when a line of so
  /// many bytes is added.
  bool has_room(size_t line_bytes, size_t budget) const {
    size_t used = used_ + sizeof(uint32_t) + line_bytes, entries = entries_.capacity();
    size_t bytes = used > capacity_ ? grown(used) : capacity_;
    size_t second = entries_.size() == entries ? entries : entries_.size() + 1;  // while it grows, or in sort()
    if (entries_.size() == entries) entries = std::max<size_t>(2 * entries, 1);
    return bytes + sizeof(Entry) * (entries + second) <= budget;
  }
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  void sort();
  void clear();

  std::string_view line(size_t at) const;
  /// line(at) will be asked for soon: lines of one buffer lie in the order in which they came. Any number.
  void prepare(size_t at) const {
    if (at < entries_.size()) __builtin_prefetch(bytes_.get() + entries_[at].offset);
  }
  std::string_view key(size_t at) const { return line(at).substr(0, entries_[at].key); }

  static constexpr size_t kLongestLine = 512 << 20;
  static constexpr size_t kLargest = size_t{1} << 30;

 private:
  struct Entry {
    uint64_t prefix;  ///< the key's first eight bytes, the first one highest, zeros behind a shorter key
    uint32_t offset;  ///< of the line's length (4 bytes) in bytes_, the line itself behind it
    uint32_t key;     ///< bytes of the key
  };
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  bool before(const Entry& a, const Entry& b) const;
  void sort_group(std::vector<Entry>& grouped, size_t begin, size_t end);
  size_t grown(size_t bytes) const { return std::max({bytes, 2 * capacity_, size_t{1} << 16}); }
  void reserve(size_t bytes);

  size_t key_fields_;
  std::unique_ptr<char, Free> bytes_;
  size_t used_ = 0, capacity_ = 0;
  std::vector<Entry> entries_;
};

/// A sorted sequence of lines in a file, removed with it.
class SortedRun {
 public:
  /// Throws Error(environment, FR0502).
  static SortedRun write(const LineBuffer& sorted, const std::filesystem::path& file);
  SortedRun(SortedRun&& other) noexcept { *this = std::move(other); }
  SortedRun& operator=(SortedRun&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(marks_, other.marks_);
    return *this;
  }
  ~SortedRun();

  const std::filesystem::path& file() const { return file_; }
  /// Where in the file to begin for lines whose key is not before `key`: at or before the first of them.
  uint64_t offset_for(std::string_view key) const;

 private:
  friend class RunWriter;
  SortedRun() = default;
  struct Mark {
    std::string key;
    uint64_t offset;
  };
  std::filesystem::path file_;
  std::vector<Mark> marks_;  ///< one every 256 kB
};

/// The lines of several sorted runs in one order; of equal keys those of the earlier run come first.
class LineMerge {
 public:
  /// `runs` must outlive it. Only keys from `from` on (nothing: all) and before `until`. Reads `buffer_bytes` at a time
  /// of each run. Throws Error(environment, FR0501).
  LineMerge(const std::vector<const SortedRun*>& runs, std::optional<std::string> from,
            std::optional<std::string> until, size_t buffer_bytes = 256 << 10);
  ~LineMerge();

  /// The next line, valid until the next call; false at the end.
  bool next(std::string_view& line);
  /// Bytes of the key of the line that next() gave.
  size_t key_bytes() const;

 private:
  class Reader;
  bool before(size_t a, size_t b) const;
  void sift_down(size_t at);

  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<size_t> heap_;  ///< readers that have a line, the first one's first
  std::optional<std::string> until_;
  bool begun_ = false;
};

/// Merges neighbouring runs until there are at most `most`, so that no merge needs more open files and buffers.
/// New runs are made in `folder`.
void merge_down(std::vector<SortedRun>& runs, size_t most, const std::filesystem::path& folder);

}  // namespace filrouge
