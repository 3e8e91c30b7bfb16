#include "store/remote_lock.h"

#include <time.h>

#include <cerrno>

#include "base/error.h"
#include "store/lock.h"

namespace filrouge {
namespace {

constexpr const char* kLock = "lock";
constexpr std::string_view kStale = "stale-";

/// False when a signal ended it.
bool slept(int milliseconds) {
  struct timespec time {
    milliseconds / 1000, milliseconds % 1000 * 1'000'000L
  };
  return ::nanosleep(&time, nullptr) == 0 || errno != EINTR;
}

}  // namespace

bool RemoteLock::is_recent_trace(const RemoteEntry& entry, int64_t now_ms) {
  constexpr int64_t kHour = 3'600'000;
  return entry.name.starts_with(kStale) && now_ms - entry.modified_ms < kHour;
}

RemoteLock::RemoteLock(WebHdfs& files, const std::string& copy, const std::string& temporary, bool wait,
                       const std::function<void(const std::string&)>& on_wait)
    : files_(files), copy_(copy), temporary_("tmp/" + temporary + "-lock") {
  constexpr int kLookAgain_ms = 1000;
  Json text = lock_signature();
  text["owner"] = temporary;  // so that no two locks ever have the same text
  text["copy"] = copy;
  text_ = dump(text) + "\n";
  bool is_told = false;
  while (!try_take()) {
    bool is_new_holder = false;
    if (try_take_over(is_new_holder) || is_new_holder) continue;
    std::string holder = holder_text(holder_);
    if (holder.empty()) holder = "another process";
    if (!wait) WriteLock::throw_held(holder);
    if (on_wait && !is_told) on_wait(fmt::format("waits for {}", holder));
    is_told = true;
    if (!slept(kLookAgain_ms)) throw Error(ErrorKind::interrupted, "FR0703", "interrupted while waiting for the store");
  }
  renewing_ = std::thread([this] { renew_loop(); });
}

RemoteLock::~RemoteLock() {
  {
    std::lock_guard guard(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  renewing_.join();
  try {
    if (std::optional<RemoteEntry> lock = files_.stat(kLock); lock && lock->id == id_) files_.remove(kLock);
  } catch (const Error&) {
    // It ends by itself when nobody renews it.
  }
}

/// False where there is a lock.
bool RemoteLock::try_take() {
  if (files_.stat(kLock)) return false;
  files_.put_text(temporary_, text_);
  std::optional<RemoteEntry> own = files_.stat(temporary_);
  if (!own || !files_.rename(temporary_, kLock)) return false;
  id_ = own->id;
  return true;
}

/// True when the lock that was there is out of the way. `is_new_holder`: it is another by now; look again at once.
bool RemoteLock::try_take_over(bool& is_new_holder) {
  std::optional<RemoteEntry> lock = files_.stat(kLock);
  std::optional<std::string> text = lock ? files_.get_text(kLock) : std::nullopt;
  if (!text) return is_new_holder = true, false;
  holder_ = *text;
  Json holder = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  bool is_own = holder.is_object() && holder.value("copy", "") == copy_;
  if (!is_own && files_.now_ms() - lock->modified_ms <= kLeaseSeconds * 1000) return false;
  std::string trace = fmt::format("tmp/{}{}", kStale, lock->id);
  bool is_mine = false;
  try {
    is_mine = files_.rename(kLock, trace);
  } catch (const Error&) {
    if (files_.stat(kLock)) throw;  // else another was quicker, or it was given back
  }
  if (!is_mine) return is_new_holder = true, false;
  std::optional<RemoteEntry> taken = files_.stat(trace);
  if (taken && taken->id != lock->id) {
    files_.rename(trace, kLock);  // in between it was given back and taken anew: put back
    return is_new_holder = true, false;
  }
  try {
    files_.set_modified(trace, files_.now_ms());
  } catch (const Error&) {
    // It belongs to somebody else.
  }
  return true;
}

void RemoteLock::renew_loop() {
  using Clock = std::chrono::steady_clock;
  // Short of the lease: we must know before anybody else may take it.
  constexpr auto kLongest = std::chrono::seconds(kLeaseSeconds - kRenewSeconds);
  auto last = Clock::now();
  std::unique_lock guard(mutex_);
  while (!ended_.wait_for(guard, std::chrono::seconds(kRenewSeconds), [this] { return ending_; })) {
    guard.unlock();
    auto begin = Clock::now();
    if (renew())
      last = begin;
    else if (Clock::now() - last > kLongest)
      is_lost_ = true;
    guard.lock();
  }
}

/// False when HDFS cannot be asked.
bool RemoteLock::renew() {
  try {
    std::optional<RemoteEntry> lock = files_.stat(kLock);
    if (!lock || lock->id != id_)
      is_lost_ = true;
    else if (!is_lost_)
      files_.set_modified(kLock, files_.now_ms());
    return true;
  } catch (const Error&) {
    return false;
  }
}

void RemoteLock::check() {
  std::optional<RemoteEntry> lock;
  if (!is_lost_) lock = files_.stat(kLock);
  if (lock && lock->id == id_) return;
  is_lost_ = true;
  std::string holder = lock ? holder_text(files_.get_text(kLock).value_or("")) : "";
  throw Error(ErrorKind::environment, "FR0534",
              fmt::format("the lock of {} was lost{}", files_.address().text(),
                          holder.empty() ? "" : ": it is held by " + holder),
              "this machine did not reach HDFS, or slept, for too long; run again: what is in the store is whole");
}

}  // namespace filrouge
