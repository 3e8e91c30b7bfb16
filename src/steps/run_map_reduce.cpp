#include "steps/run_map_reduce.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/line_sort.h"
#include "steps/run_lines.h"

namespace filrouge {
namespace {

constexpr size_t kWriteBytes = 1 << 20;
constexpr size_t kMostRuns = 128;        // of one merge
constexpr uint64_t kSampleEvery = 1024;  // lines of a part, of which the first one's key is remembered
constexpr uint64_t kLeastSortBytes = 4 << 20;

struct Part {
  size_t number;
  fs::path file;
};

}  // namespace

class MapReduce::Work {
 public:
  Work(const MapReduceJob& job, const MapReduceLimits& limits, Programs& programs, const fs::path& folder)
      : job_(job), threads_(std::max<size_t>(1, limits.threads)), programs_(programs), folder_(folder) {
    sort_bytes_ = std::clamp<uint64_t>(limits.sort_bytes / threads_, kLeastSortBytes, LineBuffer::kLargest);
    begin_part();
    for (size_t i = 0; i < threads_; ++i) mappers_.emplace_back([this] { map_parts(); });
  }

  ~Work() {
    if (!mappers_.empty()) {
      fail(nullptr);
      join();
    }
  }

  void add(std::string_view line) {
    part_ += line;
    part_ += '\n';
    ++counts_.lines_in;
    part_size_ += line.size() + 1;
    if (part_.size() >= kWriteBytes) flush();
    if (part_size_ >= job_.part_bytes) {
      end_part();
      begin_part();
    }
  }

  MapReduceCounts finish(const fs::path& result) {
    if (part_size_ > 0 || counts_.parts == 0) end_part();  // one mapper at least, also for nothing
    {
      std::lock_guard lock(mutex_);
      no_more_ = true;
    }
    changed_.notify_all();
    join();
    if (failure_) std::rethrow_exception(failure_);
    if (!job_.reduce) {
      std::vector<fs::path> outputs;
      for (size_t part = 0; part < counts_.parts; ++part) outputs.push_back(output_of(part));
      concatenate(outputs, result);
    } else {
      reduce(result);
    }
    return counts_;
  }

 private:
  using Place = std::pair<size_t, size_t>;  // of a run: its part, and which one of the part's

  fs::path output_of(size_t part) const { return folder_ / fmt::format("mapped-{}", part); }

  void begin_part() {
    part_file_ = folder_ / fmt::format("part-{}", counts_.parts);
    part_out_ = open_to_write(part_file_);
    part_size_ = 0;
  }

  void flush() {
    write_whole(part_out_, part_file_, part_);
    part_.clear();
  }

  /// Hands the part to the mappers; waits where they are behind, so that the disk need not hold all input again.
  void end_part() {
    flush();
    part_out_.close();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() <= threads_ || failed_; });
    if (failed_) {
      lock.unlock();
      join();
      std::rethrow_exception(failure_);
    }
    waiting_.push_back({counts_.parts++, part_file_});
    changed_.notify_all();
  }

  std::optional<Part> next_part() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty() || no_more_ || failed_; });
    if (failed_ || waiting_.empty()) return std::nullopt;
    Part part = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return part;
  }

  /// The first failure counts; those that follow from it do not.
  void fail(std::exception_ptr failure) {
    {
      std::lock_guard lock(mutex_);
      if (failed_) return;
      failed_ = true;
      failure_ = failure;
    }
    changed_.notify_all();
    programs_.end();
  }

  void join() {
    for (std::thread& thread : mappers_) thread.join();
    mappers_.clear();
  }

  void map_parts() {
    LineBuffer buffer(job_.key_fields);
    try {
      while (std::optional<Part> part = next_part()) job_.reduce ? map_and_sort(*part, buffer) : map_only(*part);
    } catch (...) {
      fail(std::current_exception());
    }
  }

  void map_only(const Part& part) {
    std::unique_ptr<StartedProgram> mapper =
        programs_.start(job_.map, open_to_read(part.file), open_to_write(output_of(part.number)));
    mapper->wait();
    fs::remove(part.file);
  }

  void map_and_sort(const Part& part, LineBuffer& buffer) {
    Pipe pipe;
    std::unique_ptr<StartedProgram> mapper = programs_.start(job_.map, open_to_read(part.file), pipe.write_end);
    pipe.write_end.close();
    size_t spills = 0;
    uint64_t lines = 0;
    std::vector<std::string> sample;
    read_lines(pipe.read_end, *mapper, [&](std::string_view line) {
      if (lines++ % kSampleEvery == 0 && job_.reducers > 1)
        sample.emplace_back(line.substr(0, key_length(line, job_.key_fields)));
      if (!buffer.empty() && !buffer.has_room(line.size(), sort_bytes_)) spill({part.number, spills++}, buffer);
      buffer.add(line);
    });
    mapper->wait();
    if (!buffer.empty()) spill({part.number, spills++}, buffer);
    fs::remove(part.file);
    std::lock_guard lock(mutex_);
    counts_.lines_mapped += lines;
    std::move(sample.begin(), sample.end(), std::back_inserter(sample_));
  }

  void spill(Place place, LineBuffer& buffer) {
    buffer.sort();
    if (job_.combine) combine(place, buffer);
    SortedRun run = SortedRun::write(buffer, folder_ / fmt::format("run-{}-{}", place.first, place.second));
    buffer.clear();
    std::lock_guard lock(mutex_);
    runs_.emplace(place, std::move(run));
  }

  /// What the combiner makes of the sorted lines, sorted again: it may print other keys.
  void combine(Place place, LineBuffer& buffer) {
    fs::path file = folder_ / fmt::format("combine-{}-{}", place.first, place.second);
    {
      std::ofstream out(file, std::ios::binary);
      for (size_t at = 0; at < buffer.size(); ++at) {
        std::string_view line = buffer.line(at);
        out << line << (buffer.key(at).size() == line.size() ? "\t\n" : "\n");
      }
      out.close();
      if (!out) throw Error(ErrorKind::environment, "FR0502", fmt::format("{}: cannot be written", file.string()));
    }
    buffer.clear();
    Pipe pipe;
    std::unique_ptr<StartedProgram> combiner = programs_.start(*job_.combine, open_to_read(file), pipe.write_end);
    pipe.write_end.close();
    read_lines(pipe.read_end, *combiner, [&](std::string_view line) { buffer.add(line); });
    combiner->wait();
    fs::remove(file);
    buffer.sort();
  }

  void reduce(const fs::path& result) {
    std::vector<SortedRun> runs;
    for (auto& [place, run] : runs_) runs.push_back(std::move(run));
    runs_.clear();
    counts_.runs = runs.size();
    merge_down(runs, kMostRuns, folder_);
    for (const SortedRun& run : runs) sorted_.push_back(&run);
    splits_ = splits();
    for (size_t i = 0; i < std::min(threads_, splits_.size() + 1); ++i)
      mappers_.emplace_back([this] { reduce_ranges(); });
    join();
    sorted_.clear();
    if (failure_) std::rethrow_exception(failure_);
    std::vector<fs::path> outputs;
    for (size_t range = 0; range <= splits_.size(); ++range) outputs.push_back(reduced(range));
    concatenate(outputs, result);
  }

  /// The keys at which the ranges of the reducers begin, but for the first range's.
  std::vector<std::string> splits() {
    std::sort(sample_.begin(), sample_.end());
    std::vector<std::string> keys;
    for (size_t i = 1; i < job_.reducers && !sample_.empty(); ++i)
      keys.push_back(sample_[i * sample_.size() / job_.reducers]);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }

  fs::path reduced(size_t range) const { return folder_ / fmt::format("reduced-{}", range); }

  void reduce_ranges() {
    try {
      while (true) {
        size_t range;
        {
          std::lock_guard lock(mutex_);
          if (failed_ || next_range_ > splits_.size()) return;
          range = next_range_++;
        }
        reduce_range(range);
      }
    } catch (...) {
      fail(std::current_exception());
    }
  }

  void reduce_range(size_t range) {
    auto bound = [&](size_t at) { return at < splits_.size() ? std::optional(splits_[at]) : std::nullopt; };
    size_t read_bytes = std::clamp<size_t>(sort_bytes_ / (sorted_.size() + 1), 16 << 10, 256 << 10);
    LineMerge merge(sorted_, range > 0 ? bound(range - 1) : std::nullopt, bound(range), read_bytes);
    Pipe pipe;
    std::unique_ptr<StartedProgram> reducer =
        programs_.start(*job_.reduce, pipe.read_end, open_to_write(reduced(range)));
    pipe.read_end.close();
    LineFeed feed(std::move(pipe.write_end), *reducer);
    for (std::string_view line; !feed.is_closed() && merge.next(line);)
      feed.add(line, merge.key_bytes() == line.size());
    feed.finish();
    reducer->wait();
  }

  const MapReduceJob job_;
  size_t threads_;
  uint64_t sort_bytes_ = 0;
  Programs& programs_;
  fs::path folder_;

  std::string part_;  ///< of the part that is being filled: what is not yet in its file
  fs::path part_file_;
  Descriptor part_out_;
  uint64_t part_size_ = 0;

  std::mutex mutex_;  ///< guards what follows, but in finish() after join()
  std::condition_variable changed_;
  std::deque<Part> waiting_;
  bool no_more_ = false, failed_ = false;
  std::exception_ptr failure_;
  std::map<Place, SortedRun> runs_;
  std::vector<std::string> sample_;
  MapReduceCounts counts_;
  std::vector<const SortedRun*> sorted_;
  std::vector<std::string> splits_;
  size_t next_range_ = 0;
  std::vector<std::thread> mappers_;
};

MapReduce::MapReduce(const MapReduceJob& job, const MapReduceLimits& limits, Programs& programs, const fs::path& folder)
    : work_(std::make_unique<Work>(job, limits, programs, folder)) {}

MapReduce::~MapReduce() = default;

void MapReduce::add(std::string_view line) {
  work_->add(line);
}

MapReduceCounts MapReduce::finish(const fs::path& result) {
  return work_->finish(result);
}

}  // namespace filrouge
