// The worker's side of the protocol in worker.h.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "charts/vega.h"
#include "run/query.h"
#include "run/worker.h"
#include "steps/step.h"

namespace filrouge {
namespace {

/// Writes one event; a line is one write, so that lines of two threads never mix.
void emit(const Json& event) {
  static std::mutex mutex;
  std::string line = dump(event) + "\n";
  std::lock_guard lock(mutex);
  for (size_t done = 0; done < line.size();) {
    ssize_t wrote = ::write(STDOUT_FILENO, line.data() + done, line.size() - done);
    if (wrote < 0) ::_exit(1);  // the owner is gone
    done += static_cast<size_t>(wrote);
  }
}

/// Requests, read by a thread of their own: when the owner is gone, the process ends at once, also in the middle of a
/// step.
class Requests {
 public:
  Requests() {
    std::thread([this] {
      std::string line;
      while (std::getline(std::cin, line)) {
        std::lock_guard lock(mutex_);
        lines_.push_back(line);
        ready_.notify_one();
      }
      ::_exit(0);
    }).detach();
  }

  std::string next() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !lines_.empty(); });
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::string> lines_;
};

/// CPU time and peak memory of this process from construction on, by the kernel's own accounts.
class Meter {
 public:
  Meter() : start_(std::chrono::steady_clock::now()), cpu_(cpu_now()) {
    std::ofstream("/proc/self/clear_refs") << "5";  // resets the high-water mark of resident memory
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  double cpu_seconds() const { return cpu_now() - cpu_; }
  uint64_t peak_memory_bytes() const {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    return 0;
  }

 private:
  static double cpu_now() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  std::chrono::steady_clock::time_point start_;
  double cpu_;
};

class Context : public WorkContext {
 public:
  Context(Engine& engine, int64_t id) : engine_(engine), id_(id) {}
  Engine& engine() override { return engine_; }
  void phase(const std::string& what) override { emit({{"id", id_}, {"event", "phase"}, {"what", what}}); }

 private:
  Engine& engine_;
  int64_t id_;
};

/// Tells the owner every 200 ms how far the running statement is.
class Ticker {
 public:
  Ticker(const Engine& engine, int64_t id)
      : thread_([this, &engine, id] {
          std::unique_lock lock(mutex_);
          while (!stop_.wait_for(lock, std::chrono::milliseconds(200), [this] { return done_; }))
            emit({{"id", id}, {"event", "progress"}, {"fraction", engine.progress()}});
        }) {}
  ~Ticker() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    stop_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable stop_;
  bool done_ = false;
  std::thread thread_;
};

std::vector<fs::path> paths(const Json& list) {
  std::vector<fs::path> paths;
  for (const Json& path : list) paths.emplace_back(path.get<std::string>());
  return paths;
}

void attach_inputs(const Json& request, Engine& engine) {
  std::vector<TableFiles> tables;
  for (const Json& table : request.value("inputs", Json::array())) tables.push_back(table_files_from_json(table));
  engine.attach(tables);
}

const Verb& verb_of(const Json& request) {
  const Verb* verb = find_verb(request.at("verb").get<std::string>());
  FR_CHECK(verb != nullptr);
  return *verb;
}

Json do_work(const Json& request, Engine& engine, Context& context) {
  WorkRequest work;
  work.verb = request.at("verb");
  work.name = request.at("name");
  work.work = request.at("work");
  for (const Json& table : request.at("inputs")) work.inputs.push_back(table_files_from_json(table));
  work.files = paths(request.at("files"));
  work.staging = request.at("staging").get<std::string>();
  work.limits = limits_from_json(request.at("limits"));
  work.seed = request.value("seed", uint64_t{0});
  engine.attach(work.inputs);
  return to_json(verb_of(request).work(work, context));
}

Json do_inspect(const Json& request, Engine&, Context& context) {
  const Verb& verb = verb_of(request);
  FR_CHECK(verb.inspect != nullptr);
  return verb.inspect(request.at("request"), paths(request.at("files")), context);
}

Json do_query(const Json& request, Engine& engine, Context&) {
  attach_inputs(request, engine);
  return answer_query(request.at("query"), engine);
}

Json do_warm(const Json&, Engine&, Context&) {
  warm_up_charts();
  return Json::object();
}

struct Kind {
  const char* name;
  Json (*run)(const Json& request, Engine& engine, Context& context);
};
constexpr Kind kKinds[] = {{"work", do_work}, {"inspect", do_inspect}, {"query", do_query}, {"warm", do_warm}};

Json run_request(const Json& request, Engine& engine, int64_t id) {
  Context context(engine, id);
  if (request.contains("limits")) engine.set_limits(limits_from_json(request["limits"]));
  Ticker ticker(engine, id);
  std::string name = request.at("kind");
  for (const Kind& kind : kKinds)
    if (name == kind.name) return kind.run(request, engine, context);
  throw Error(ErrorKind::internal, "FR0900", "a worker got a request of unknown kind " + name);
}

Json error_event(int64_t id, const Error& error) {
  Json event = {{"id", id},           {"event", "error"},         {"kind", to_string(error.kind)},
                {"code", error.code}, {"message", error.message}, {"hint", error.hint}};
  if (error.text_offset) event["text_offset"] = *error.text_offset, event["text_length"] = error.text_length;
  return event;
}

void serve(const std::string& line, Engine& engine) {
  Json request = Json::parse(line);
  int64_t id = request.at("id");
  Meter meter;
  try {
    Json result = run_request(request, engine, id);
    emit({{"id", id},
          {"event", "done"},
          {"result", std::move(result)},
          {"seconds", meter.seconds()},
          {"cpu_seconds", meter.cpu_seconds()},
          {"peak_memory_bytes", meter.peak_memory_bytes()}});
  } catch (const Error& error) {
    emit(error_event(id, error));
  } catch (const std::bad_alloc&) {
    emit(error_event(id, Error(ErrorKind::engine, "FR0314", "out of memory", "raise --memory")));
  } catch (const fs::filesystem_error& error) {
    emit(error_event(id, Error(ErrorKind::environment, "FR0502", error.what())));
  } catch (const std::system_error& error) {
    emit(error_event(id, Error(ErrorKind::environment, "FR0521", fmt::format("no more threads: {}", error.what()))));
  } catch (const std::exception& error) {
    emit(error_event(id, Error(ErrorKind::internal, "FR0900", error.what())));
  }
}

}  // namespace

int worker_main(const fs::path& scratch) {
  ::signal(SIGINT, SIG_IGN);
  fs::path own = scratch / fmt::format("worker-{}", ::getpid());
  make_folder(own);
  Requests requests;
  std::unique_ptr<Engine> engine = make_duckdb_engine(own);
  while (true) serve(requests.next(), *engine);
}

}  // namespace filrouge
