// Who may write: an open-file-description lock on `.filrouge/lock`. It ends with the process, however that ends, and
// two locks in one process exclude each other as well (an ordinary fcntl lock would not, and closing any descriptor of
// the file would drop it).
//
// The file's text says who holds it, for those who wait. It is emptied when the lock is given back, so text found by
// the next holder means that the last one did not get to the end.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/json.h"

namespace filrouge {

/// What a lock's text says of this process: {"pid", "host", "started", "command"}.
Json lock_signature();
/// "`filrouge run` of process 4711, since 14:02:11"; empty where the text is none of those.
std::string holder_text(const std::string& signature);

class WriteLock {
 public:
  /// Takes the lock on `file` (made if need be). Held by another: with `wait` tells `on_wait` once who, and waits, else
  /// throws Error(environment, FR0510). Error(interrupted, FR0703) when a signal ends the waiting.
  WriteLock(const std::filesystem::path& file, bool wait, const std::function<void(const std::string&)>& on_wait);
  ~WriteLock();
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

  /// FR0510: the store is in use by `holder`.
  [[noreturn]] static void throw_held(const std::string& holder);

  /// The last holder was killed, or the machine went down under it.
  bool last_holder_crashed() const { return last_holder_crashed_; }

 private:
  bool try_take(bool wait);
  std::string holder() const;
  void sign();

  std::filesystem::path file_;
  int fd_ = -1;
  bool last_holder_crashed_ = false;
};

}  // namespace filrouge
