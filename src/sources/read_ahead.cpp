#include "sources/read_ahead.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace filrouge {
namespace {

constexpr size_t kBlock = 256 << 10, kBlocks = 8;

class ReadAhead : public ByteSource {
 public:
  explicit ReadAhead(std::unique_ptr<ByteSource> source) : source_(std::move(source)), thread_([this] { fill(); }) {}

  ~ReadAhead() override {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  size_t read(char* into, size_t size) override {
    if (at_ == block_.size() && !next_block()) return 0;
    size = std::min(size, block_.size() - at_);
    memcpy(into, block_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  bool next_block() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !blocks_.empty() || done_; });
    if (blocks_.empty()) {
      if (failure_) std::rethrow_exception(failure_);
      return false;
    }
    block_ = std::move(blocks_.front());
    blocks_.pop_front();
    at_ = 0;
    changed_.notify_all();
    return true;
  }

  /// The thread: full blocks, but for the last one.
  void fill() {
    std::exception_ptr failure;
    try {
      while (true) {
        std::string block(kBlock, '\0');
        size_t have = 0;
        while (size_t got = have < kBlock ? source_->read(block.data() + have, kBlock - have) : 0) have += got;
        block.resize(have);
        if (have > 0 && !put(std::move(block))) return;
        if (have < kBlock) break;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    std::lock_guard lock(mutex_);
    failure_ = failure;
    done_ = true;
    changed_.notify_all();
  }

  /// False when nobody wants more.
  bool put(std::string block) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return blocks_.size() < kBlocks || stop_; });
    if (stop_) return false;
    blocks_.push_back(std::move(block));
    changed_.notify_all();
    return true;
  }

  std::unique_ptr<ByteSource> source_;
  std::string block_;
  size_t at_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> blocks_;
  std::exception_ptr failure_;
  bool done_ = false, stop_ = false;
  std::thread thread_;  ///< last: it uses the others
};

}  // namespace

std::unique_ptr<ByteSource> open_ahead(const SourceFile& file, const std::string& encoding, Unpacking unpacking) {
  auto source = open_source(file, encoding, unpacking);
  if (is_plain(file, encoding)) return source;
  return std::make_unique<ReadAhead>(std::move(source));
}

}  // namespace filrouge
