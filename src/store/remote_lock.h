// Who may write to a store on HDFS: the one who holds the file `lock` there.
//
// It is written beside and renamed to its name, which the NameNode does for one of several and only where nothing has
// the name. While it is held it is renewed every kRenewSeconds; who finds one that was not renewed for kLeaseSeconds
// may take it over. Both times are the NameNode's own (the file's time of change, the time in its answers), so that the
// clocks of the machines do not matter. A holder that was away for so long (a laptop asleep) finds that the lock has
// another number (RemoteEntry::id) and writes nothing more.
//
// Taking over is one rename, to tmp/stale-NUMBER: of two who both saw that lock the NameNode lets one do it.
//
// The lock's text says who holds it: {"owner", "host", "pid", "started", "command", "copy"}. `copy` names the folder on
// that machine that holds what was used of the store; since only one process writes there at a time, a lock of our own
// copy is that of a process that was killed, and is taken over at once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "store/webhdfs.h"

namespace filrouge {

inline constexpr int kLeaseSeconds = 120, kRenewSeconds = 20;

class RemoteLock {
 public:
  /// `copy`: see above; its own lock is held by the caller. `temporary`: an unused name in the store's tmp/. Held by
  /// another: with `wait` tells `on_wait` once who, and waits, else throws Error(environment, FR0510).
  /// Error(interrupted, FR0703) when a signal ends the waiting; FR0530 to FR0533 as WebHdfs.
  RemoteLock(WebHdfs& files, const std::string& copy, const std::string& temporary, bool wait,
             const std::function<void(const std::string&)>& on_wait);
  ~RemoteLock();
  RemoteLock(const RemoteLock&) = delete;
  RemoteLock& operator=(const RemoteLock&) = delete;

  /// Throws Error(environment, FR0534) when another holds it now, or nobody knows. Asked before each write.
  /// Thread-safe.
  void check();

  /// True for what taking over leaves in tmp/ and what must stay there for a while.
  static bool is_recent_trace(const RemoteEntry& entry, int64_t now_ms);

 private:
  bool try_take();
  bool try_take_over(bool& is_new_holder);
  void renew_loop();
  bool renew();

  WebHdfs& files_;
  const std::string copy_, temporary_;
  std::string text_;
  std::string holder_;  // who it was when we could not take it
  uint64_t id_ = 0;

  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::atomic<bool> is_lost_ = false;
  std::thread renewing_;
};

}  // namespace filrouge
