// The worker process: JSON lines on two pipes. One request at a time; the worker is reused for the next.
//
//   owner -> worker   {"id":7,"kind":"work","verb":"sql","name":"departures","work":{..},"inputs":[..],"files":[..],
//                      "staging":"..","engine":{..} or
//                      none,"limits":{"memory_bytes":..,"threads":1,"timeout_ms":0},"seed":0}
//                     {"id":8,"kind":"inspect","verb":"read","request":{..},"files":[..],"limits":{..}}
//                     {"id":9,"kind":"query","query":{..},"inputs":[..],"limits":{..}}     (ask, look, show, diff:
//                     run/query.h)
//                     {"id":10,"kind":"warm","what":"charts"}
//                     A request that fetches has {"secrets":{NAME:VALUE}}: a worker's environment holds none.
//   worker -> owner   {"id":7,"event":"phase","what":"reading","rows":120000,"fraction":0.4}
//                     {"id":7,"event":"done","result":{..},"cpu_seconds":1.2,"peak_memory_bytes":91000000,"seconds":0.9}
//                     {"id":7,"event":"error","kind":"data","code":"FR0301","message":"..","hint":"..","text_offset":12}
//                     {"id":7,"event":"died","status":11,"ran_out":false}   (run/worker_process.h: the copy that did
//                     the work ended without an answer; `status` as waitpid gives it)
//
// The worker ends when its standard input closes, so no worker outlives its owner. A request is only paths in and a
// receipt out.
#pragma once

#include <filesystem>
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
  std::string engine;  ///< "duckdb 1.5.5", or what another one calls itself
  double seconds = 0, cpu_seconds = 0;
  uint64_t peak_memory_bytes = 0;
};

/// The owner's end of one worker process. Used by one thread at a time, except stop().
class Worker {
 public:
  /// `scratch`: a folder for what does not fit into memory; a folder of the worker's own is made in it and removed with
  /// it. The process (`filrouge worker`, this same binary) is started by the first request, or by start().
  explicit Worker(std::filesystem::path scratch);
  ~Worker();  ///< ends the process
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  /// Sends the request and waits for its end. Throws the worker's Error, or Error(engine, FR0701) when the process died
  /// (with the signal, and the likely reason: out of memory, crashed), FR0702 after the request's time limit.
  /// A worker that died is started anew by the next call. While it waits, a SIGINT, SIGTERM or SIGHUP that nobody else
  /// handles ends the process and throws Error(interrupted, FR0703): so scratch folders are removed.
  Answer ask(Json request, const std::function<void(const Json& event)>& on_event = {});
  /// From another thread: kills the process; the running ask() then throws Error(interrupted, FR0703).
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Json to_json(const Limits& limits);
Limits limits_from_json(const Json& json);
Json to_json(const TableFiles& table);
TableFiles table_files_from_json(const Json& json);

/// The worker's main loop: reads requests from standard input until it closes; returns the exit code.
int worker_main(const std::filesystem::path& scratch);

}  // namespace filrouge
