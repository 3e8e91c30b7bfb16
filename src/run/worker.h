// The worker process: JSON lines on two pipes. One request at a time; the worker is reused for the next.
//
//   owner -> worker   {"id":7,"kind":"work","verb":"sql","name":"departures","work":{..},"inputs":[..],"files":[..],
//                      "staging":"..","limits":{"memory_bytes":..,"threads":1,"timeout_ms":0},"seed":0}
//                     {"id":8,"kind":"inspect","verb":"read","request":{..},"files":[..],"limits":{..}}
//                     {"id":9,"kind":"query", ...}            (ask, look, show, diff: see run/query.h)
//   worker -> owner   {"id":7,"event":"phase","what":"reading","rows":120000,"fraction":0.4}
//                     {"id":7,"event":"done","result":{..},"cpu_seconds":1.2,"peak_memory_bytes":91000000,"seconds":0.9}
//                     {"id":7,"event":"error","kind":"data","code":"FR0301","message":"..","hint":"..","text_offset":12}
//
// The worker ends when its standard input closes, so no worker outlives its owner. A request is only paths in and a
// receipt out.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "engines/engine.h"

namespace filrouge {

/// What a request came to, with what the operating system says it cost.
struct Answer {
  Json result;
  double seconds = 0, cpu_seconds = 0;
  uint64_t peak_memory_bytes = 0;
};

/// The owner's end of one worker process. Used by one thread at a time, except stop().
class Worker {
 public:
  /// Starts `filrouge worker` (this same binary).
  Worker();
  ~Worker();  ///< closes its input; kills it if it has not ended after a second
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Sends the request and waits for its end. Throws the worker's Error, or Error(engine, FR0701) when the process died
  /// (with the signal, and the likely reason: killed for memory, crashed), FR0702 after the time limit.
  /// A dead worker is started anew by the next call.
  Answer ask(Json request, const std::function<void(const Json& event)>& on_event = {});
  /// From another thread: ends the running request by killing the process; ask() then throws Error(interrupted,
  /// FR0703).
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The worker's main loop; returns its exit code. Knows only verbs and the queries of run/query.h.
int worker_main();

}  // namespace filrouge
