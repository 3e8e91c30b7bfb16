#include "base/line_sort.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files.h"

namespace filrouge {
namespace {

constexpr uint64_t kMarkBytes = 256 << 10;
constexpr size_t kWriteBytes = 1 << 20;
constexpr size_t kHead = 2 * sizeof(uint32_t);  // before each line of a run: bytes of its key, bytes of the line

uint64_t prefix_of(std::string_view key) {
  uint64_t prefix = 0;
  memcpy(&prefix, key.data(), std::min(key.size(), sizeof prefix));
  return __builtin_bswap64(prefix);
}

/// The order of two keys of which the first eight bytes are equal.
int compare_rest(std::string_view a, std::string_view b) {
  constexpr size_t kSeen = sizeof(uint64_t);
  if (a.size() <= kSeen || b.size() <= kSeen) return a.size() < b.size() ? -1 : a.size() > b.size();
  return a.substr(kSeen).compare(b.substr(kSeen));
}

Error refused(const char* code, const fs::path& file) {
  return Error(ErrorKind::environment, code, fmt::format("{}: {}", file.string(), std::strerror(errno)));
}

}  // namespace

size_t key_length(std::string_view line, size_t fields) {
  size_t at = 0;
  for (; fields > 0; --fields, ++at) {
    at = line.find('\t', at);
    if (at == std::string_view::npos) return line.size();
  }
  return at - 1;
}

void LineBuffer::reserve(size_t bytes) {
  if (bytes <= capacity_) return;
  size_t capacity = grown(bytes);
  char* before = bytes_.release();
  char* after = static_cast<char*>(std::realloc(before, capacity));
  bytes_.reset(after ? after : before);
  if (!after) throw std::bad_alloc();
  capacity_ = capacity;
}

void LineBuffer::add(std::string_view line) {
  if (line.size() > kLongestLine)
    throw Error(ErrorKind::data, "FR0446", fmt::format("a line of more than {} MB", kLongestLine >> 20),
                "write one record a line");
  FR_CHECK(used_ < (size_t{1} << 31));
  reserve(used_ + sizeof(uint32_t) + line.size());
  auto length = static_cast<uint32_t>(line.size());
  auto key = static_cast<uint32_t>(key_length(line, key_fields_));
  memcpy(bytes_.get() + used_, &length, sizeof length);
  memcpy(bytes_.get() + used_ + sizeof length, line.data(), line.size());
  entries_.push_back({prefix_of(line.substr(0, key)), static_cast<uint32_t>(used_), key});
  used_ += sizeof length + line.size();
}

std::string_view LineBuffer::line(size_t at) const {
  uint32_t length;
  const char* place = bytes_.get() + entries_[at].offset;
  memcpy(&length, place, sizeof length);
  return {place + sizeof length, length};
}

bool LineBuffer::before(const Entry& a, const Entry& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  const char* bytes = bytes_.get() + sizeof(uint32_t);
  int order = compare_rest({bytes + a.offset, a.key}, {bytes + b.offset, b.key});
  return order != 0 ? order < 0 : a.offset < b.offset;
}

void LineBuffer::sort() {
  constexpr size_t kGroups = 1 << 16, kFewLines = 4096;
  auto in_order = [this](const Entry& a, const Entry& b) { return before(a, b); };
  if (entries_.size() < kFewLines) return std::sort(entries_.begin(), entries_.end(), in_order);
  std::vector<size_t> ends(kGroups + 1, 0);
  for (const Entry& entry : entries_) ++ends[(entry.prefix >> 48) + 1];
  for (size_t group = 0; group < kGroups; ++group) ends[group + 1] += ends[group];
  std::vector<Entry> grouped(entries_.size());
  std::vector<size_t> places(ends.begin(), ends.end() - 1);
  for (const Entry& entry : entries_) grouped[places[entry.prefix >> 48]++] = entry;
  for (size_t group = 0; group < kGroups; ++group) sort_group(grouped, ends[group], ends[group + 1]);
  entries_.swap(grouped);
}

/// Sorts the entries from `begin` to `end`, which have the same first 16 bits and stand in the order in which they
/// came. A large group by the other bytes of the prefix, last one first, in the place of entries_ that is no longer
/// needed; what is then still equal but for what the prefix does not hold, by comparison.
void LineBuffer::sort_group(std::vector<Entry>& grouped, size_t begin, size_t end) {
  constexpr size_t kFew = 128, kBytes = 256, kLeft = 48;
  auto in_order = [this](const Entry& a, const Entry& b) { return before(a, b); };
  Entry *from = grouped.data() + begin, *to = entries_.data() + begin;
  const size_t count = end - begin;
  if (count < kFew) return std::sort(from, from + count, in_order);
  for (size_t shift = 0; shift < kLeft; shift += 8) {
    std::array<size_t, kBytes> places{};
    for (size_t i = 0; i < count; ++i) ++places[from[i].prefix >> shift & 0xff];
    if (places[from[0].prefix >> shift & 0xff] == count) continue;
    for (size_t byte = 0, sum = 0; byte < kBytes; ++byte) sum += std::exchange(places[byte], sum);
    for (size_t i = 0; i < count; ++i) to[places[from[i].prefix >> shift & 0xff]++] = from[i];
    std::swap(from, to);
  }
  for (size_t first = 0, next; first < count; first = next) {
    bool same_keys = from[first].key <= sizeof(uint64_t);
    for (next = first + 1; next < count && from[next].prefix == from[first].prefix; ++next)
      same_keys = same_keys && from[next].key == from[first].key;
    if (!same_keys) std::sort(from + first, from + next, in_order);
  }
  if (from != grouped.data() + begin) std::copy(from, from + count, grouped.data() + begin);
}

void LineBuffer::clear() {
  used_ = 0;
  entries_.clear();
}

/// Writes lines in their order, remembering now and then which key stands where.
class RunWriter {
 public:
  explicit RunWriter(const fs::path& file) : out_(open_to_write(file)) {
    run_.file_ = file;
    buffer_.reserve(kWriteBytes + kHead);
  }

  void add(std::string_view line, size_t key) {
    if (written_ + buffer_.size() >= next_mark_) {
      run_.marks_.push_back({std::string(line.substr(0, key)), written_ + buffer_.size()});
      next_mark_ = written_ + buffer_.size() + kMarkBytes;
    }
    const uint32_t head[] = {static_cast<uint32_t>(key), static_cast<uint32_t>(line.size())};
    buffer_.append(reinterpret_cast<const char*>(head), kHead);
    buffer_.append(line);
    if (buffer_.size() >= kWriteBytes) flush();
  }

  SortedRun finish() {
    flush();
    return std::move(run_);
  }

 private:
  void flush() {
    write_whole(out_, run_.file_, buffer_);
    written_ += buffer_.size();
    buffer_.clear();
  }

  SortedRun run_;
  Descriptor out_;
  std::string buffer_;
  uint64_t written_ = 0, next_mark_ = 0;
};

SortedRun SortedRun::write(const LineBuffer& sorted, const fs::path& file) {
  RunWriter writer(file);
  for (size_t at = 0; at < sorted.size(); ++at) {
    sorted.prepare(at + 16);
    writer.add(sorted.line(at), sorted.key(at).size());
  }
  return writer.finish();
}

SortedRun::~SortedRun() {
  std::error_code ignored;
  if (!file_.empty()) fs::remove(file_, ignored);
}

uint64_t SortedRun::offset_for(std::string_view key) const {
  auto after = std::lower_bound(marks_.begin(), marks_.end(), key,
                                [](const Mark& mark, std::string_view wanted) { return mark.key < wanted; });
  return after == marks_.begin() ? 0 : std::prev(after)->offset;
}

/// One run, line by line.
class LineMerge::Reader {
 public:
  Reader(const SortedRun& run, uint64_t offset, size_t buffer_bytes)
      : file_(run.file()), in_(open_to_read(file_)), buffer_(buffer_bytes, '\0') {
    if (::lseek(in_.number(), static_cast<off_t>(offset), SEEK_SET) < 0) throw refused("FR0501", file_);
  }

  /// False at the end of the run.
  bool next() {
    begin_ = after_;
    if (!have(kHead)) return false;
    uint32_t head[2];
    memcpy(head, buffer_.data() + begin_, kHead);
    FR_CHECK(have(kHead + head[1]));
    line = {buffer_.data() + begin_ + kHead, head[1]};
    key = line.substr(0, head[0]);
    prefix = prefix_of(key);
    after_ = begin_ + kHead + head[1];
    return true;
  }

  std::string_view line, key;
  uint64_t prefix = 0;

 private:
  /// Whether so many bytes from begin_ on are there, or could be read.
  bool have(size_t bytes) {
    while (end_ - begin_ < bytes) {
      if (begin_ > 0) {
        memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_, begin_ = 0;
      }
      if (buffer_.size() < bytes) buffer_.resize(bytes);
      ssize_t got = ::read(in_.number(), buffer_.data() + end_, buffer_.size() - end_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw refused("FR0501", file_);
      if (got == 0) return false;
      end_ += static_cast<size_t>(got);
    }
    return true;
  }

  fs::path file_;
  Descriptor in_;
  std::string buffer_;
  size_t begin_ = 0, after_ = 0, end_ = 0;
};

LineMerge::LineMerge(const std::vector<const SortedRun*>& runs, std::optional<std::string> from,
                     std::optional<std::string> until, size_t buffer_bytes)
    : until_(std::move(until)) {
  for (const SortedRun* run : runs) {
    auto reader = std::make_unique<Reader>(*run, from ? run->offset_for(*from) : 0, buffer_bytes);
    bool there = reader->next();
    while (there && from && reader->key < *from) there = reader->next();
    if (there) heap_.push_back(readers_.size());
    readers_.push_back(std::move(reader));
  }
  for (size_t at = heap_.size() / 2; at-- > 0;) sift_down(at);
}

LineMerge::~LineMerge() = default;

bool LineMerge::before(size_t a, size_t b) const {
  const Reader &left = *readers_[a], &right = *readers_[b];
  if (left.prefix != right.prefix) return left.prefix < right.prefix;
  int order = compare_rest(left.key, right.key);
  return order != 0 ? order < 0 : a < b;
}

void LineMerge::sift_down(size_t at) {
  size_t moved = heap_[at];
  for (size_t child; (child = 2 * at + 1) < heap_.size(); at = child) {
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], moved)) break;
    heap_[at] = heap_[child];
  }
  heap_[at] = moved;
}

bool LineMerge::next(std::string_view& line) {
  if (begun_ && !heap_.empty()) {
    if (!readers_[heap_[0]]->next()) {
      heap_[0] = heap_.back();
      heap_.pop_back();
    }
    if (heap_.size() > 1) sift_down(0);
  }
  begun_ = true;
  if (heap_.empty()) return false;
  if (until_ && readers_[heap_[0]]->key >= *until_) return false;
  line = readers_[heap_[0]]->line;
  return true;
}

size_t LineMerge::key_bytes() const {
  return readers_[heap_[0]]->key.size();
}

void merge_down(std::vector<SortedRun>& runs, size_t most, const fs::path& folder) {
  for (size_t made = 0; runs.size() > most;) {
    std::vector<SortedRun> fewer;
    for (size_t at = 0; at < runs.size(); at += most) {
      std::vector<const SortedRun*> group;
      for (size_t i = at; i < std::min(at + most, runs.size()); ++i) group.push_back(&runs[i]);
      LineMerge merge(group, std::nullopt, std::nullopt);
      RunWriter writer(folder / fmt::format("merged-{}-{}", runs.size(), made++));
      for (std::string_view line; merge.next(line);) writer.add(line, merge.key_bytes());
      fewer.push_back(writer.finish());
    }
    runs = std::move(fewer);
  }
}

}  // namespace filrouge
