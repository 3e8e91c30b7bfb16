// Work in numbered parts over a few threads. Parts write to places of their own; what is summed over parts is summed in
// their order by the caller, so no result depends on the number of threads.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace filrouge {

/// Calls work(part) once for each part 0 .. parts - 1, from up to `threads` threads, fewer where the machine starts no
/// more; the first exception is thrown on.
template <class Work>
void for_parts(size_t parts, int threads, const Work& work) {
  size_t helpers = std::min(parts, static_cast<size_t>(std::max(threads, 1)));
  if (helpers <= 1) {
    for (size_t part = 0; part < parts; ++part) work(part);
    return;
  }
  std::atomic<size_t> next = 0;
  std::exception_ptr failure;
  std::mutex failing;
  auto loop = [&] {
    try {
      for (size_t part = next++; part < parts; part = next++) work(part);
    } catch (...) {
      std::lock_guard lock(failing);
      if (!failure) failure = std::current_exception();
      next = parts;
    }
  };
  std::vector<std::thread> running;
  for (size_t i = 1; i < helpers; ++i) try {
      running.emplace_back(loop);
    } catch (const std::system_error&) {
      break;
    }
  loop();
  for (std::thread& thread : running) thread.join();
  if (failure) std::rethrow_exception(failure);
}

/// work(part, begin, end) for parts of `size` rows, the last one of what is left.
template <class Work>
void for_row_parts(size_t rows, size_t size, int threads, const Work& work) {
  for_parts((rows + size - 1) / size, threads,
            [&](size_t part) { work(part, part * size, std::min((part + 1) * size, rows)); });
}

}  // namespace filrouge
