// The worker's side of the protocol in worker.h.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <thread>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/version.h"
#include "charts/vega.h"
#include "run/map_work.h"
#include "run/program_keeper.h"
#include "run/query.h"
#include "run/sandbox.h"
#include "run/serve.h"
#include "run/worker.h"
#include "run/worker_process.h"
#include "steps/step.h"

namespace filrouge {
namespace {

/// Writes one event; a line is one write, so that lines of two threads never mix.
void emit(const Json& event) {
  static std::mutex mutex;
  std::string line = dump(event) + "\n";
  std::lock_guard lock(mutex);
  if (!write_whole(STDOUT_FILENO, line)) ::_exit(1);  // the owner is gone
}

/// What this process has cost so far, by the kernel's own accounts: it does one request.
class Meter {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  double cpu_seconds() const {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  uint64_t peak_memory_bytes() const {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    return 0;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class Context : public WorkContext {
 public:
  Context(const Json& request, Engine& engine, const Say& say, Programs* programs)
      : request_(request), engine_(engine), id_(request.at("id")), say_(say), programs_(programs) {}
  Engine& engine() override { return engine_; }
  Programs& programs() override {
    FR_CHECK(programs_ != nullptr);
    return *programs_;
  }
  void phase(const std::string& what) override { say_({{"id", id_}, {"event", "phase"}, {"what", what}}); }
  void spent(double cpu_seconds) override { elsewhere.cpu_seconds += cpu_seconds; }
  WrittenTable in_parts(const Json& work, const TableFiles& cut, const std::vector<TableFiles>& others,
                        const fs::path& staging) override {
    Json part = request_;
    part["work"] = work;
    part["inputs"] = Json::array({to_json(cut)});
    for (const TableFiles& table : others) part["inputs"].push_back(to_json(table));
    part["cuts"] = cut.name;
    part["staging"] = staging.string();
    return map_work(part, engine_, *this, elsewhere).tables.at(0);
  }
  Cost elsewhere;  ///< of workers on other machines

 private:
  const Json& request_;
  Engine& engine_;
  int64_t id_;
  const Say& say_;
  Programs* programs_;
};

/// Tells the owner every 200 ms how far the running statement is.
class Ticker {
 public:
  Ticker(const Engine& engine, int64_t id, const Say& say)
      : thread_([this, &engine, id, &say] {
          std::unique_lock lock(mutex_);
          while (!stop_.wait_for(lock, std::chrono::milliseconds(200), [this] { return done_; }))
            say({{"id", id}, {"event", "progress"}, {"fraction", engine.progress()}});
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
  if (request.contains("cuts")) return to_json(map_work(request, engine, context, context.elsewhere));
  WorkRequest work;
  work.verb = request.at("verb");
  work.name = request.at("name");
  work.work = request.at("work");
  for (const Json& table : request.at("inputs")) work.inputs.push_back(table_files_from_json(table));
  work.files = paths(request.at("files"));
  work.staging = request.at("staging").get<std::string>();
  work.limits = limits_from_json(request.at("limits"));
  work.seed = request.value("seed", uint64_t{0});
  work.first_row = request.value("first_row", uint64_t{0});
  work.elsewhere = request.contains("engine");
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

/// Done already, in the first process.
Json do_warm(const Json&, Engine&, Context&) {
  return Json::object();
}

/// For `doctor`: the engine, and a few workers on its machines that write into the folder.
Json do_try_engine(const Json& request, Engine& engine, Context&) {
  Json answer = engine.place();
  FR_CHECK(!answer.is_null());
  size_t parts = 2 * answer.at("slots").get<size_t>();
  fs::path folder = request.at("folder").get<std::string>();
  Json common = {{"kind", "try_folder"}, {"folder", folder.string()}, {"program", kVersion}, {"inputs", Json::array()}};
  for (size_t part = 0; part < parts; ++part) common["parts"].push_back({{"first_row", 0}});
  write_file(folder / "request.json", dump(common));
  answer["receipts"] = engine.map(folder / "request.json", parts);
  answer["wanted"] = parts;
  answer["version"] = engine.version();
  return answer;
}

Json do_try_folder(const Json& request, Engine&, Context&) {
  fs::path folder = request.at("folder").get<std::string>();
  write_file(folder / fmt::format("seen-{}", request.at("id").get<uint64_t>()), "seen");
  return to_json(WorkResult());
}

struct Kind {
  const char* name;
  Json (*run)(const Json& request, Engine& engine, Context& context);
};
constexpr Kind kKinds[] = {{"work", do_work}, {"inspect", do_inspect},       {"query", do_query},
                           {"warm", do_warm}, {"try_engine", do_try_engine}, {"try_folder", do_try_folder}};

Json run_request(const Json& request, Context& context, int64_t id, const Say& say) {
  Engine& engine = context.engine();
  if (request.contains("limits")) engine.set_limits(limits_from_json(request["limits"]));
  Ticker ticker(engine, id, say);
  std::string name = request.at("kind");
  for (const Kind& kind : kKinds)
    if (name == kind.name) return kind.run(request, engine, context);
  throw Error(ErrorKind::internal, "FR0900", "a worker got a request of unknown kind " + name);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasShadowMemory = true;  // of a sanitizer: terabytes of addresses, which the limit would count
#else
constexpr bool kHasShadowMemory = false;
#endif

/// The kernel refuses memory over the limit; what is refused fails with bad_alloc, and the step with FR0314. Private
/// memory is counted as it is asked for, the stacks of threads whole, and what an allocator keeps after it was freed:
/// so half as much again as may be in use at once (a GROUP BY with 20 M groups under 1 GB keeps 0.9 GB resident and
/// fails without).
void limit_memory(const Json& request) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (!request.contains("limits")) return;
  Limits limits = limits_from_json(request["limits"]);
  if (limits.memory_bytes == 0 || kHasShadowMemory) return;
  constexpr uint64_t kStackBytes = 8 << 20;
  uint64_t bytes = limits.memory_bytes * 3 / 2 + static_cast<uint64_t>(limits.threads + 2) * kStackBytes;
  const rlimit data{bytes, bytes};
  ::setrlimit(RLIMIT_DATA, &data);
}

std::vector<fs::path> paths_in(const Json& object, const char* key) {
  return object.contains(key) ? paths(object[key]) : std::vector<fs::path>();
}

/// A model's files lie beside the table that lists them, and come with it.
void add_model_of(const fs::path& table_file, std::vector<fs::path>& paths) {
  fs::path version = table_file.parent_path().parent_path();
  std::error_code ignored;
  if (fs::exists(version / "model.json", ignored)) paths.push_back(version);
}

/// What the request names, and the process's own temporary folder.
Permissions permissions_for(const Json& request, const fs::path& own) {
  Permissions permissions;
  permissions.read = paths_in(request, "files");
  for (const Json& table : request.value("inputs", Json::array()))
    for (const fs::path& file : paths_in(table, "files")) {
      permissions.read.push_back(file);
      add_model_of(file, permissions.read);
    }
  permissions.write.push_back(own);
  if (request.contains("staging")) permissions.write.push_back(request["staging"].get<std::string>());
  if (request.contains("folder")) permissions.write.push_back(request["folder"].get<std::string>());
  if (request.contains("query") && request["query"].contains("path")) {
    fs::path path = request["query"]["path"].get<std::string>();
    permissions.write.push_back(fs::is_directory(path) ? path : path.parent_path());
  }
  if (request.contains("request") && request["request"].contains("fetch")) {
    permissions.network = true;
    fs::path into = request["request"].at("into").get<std::string>();
    make_folder(into);
    permissions.write.push_back(into);
  }
  return permissions;
}

/// Who starts the programs of a step that has some; nobody where it has none, or they run on other machines.
std::unique_ptr<Programs> programs_for(const Json& request) {
  if (request.contains("engine")) return nullptr;
  if (!request.contains("work") || !request["work"].contains("programs")) return nullptr;
  std::vector<fs::path> inputs;
  for (const Json& table : request.at("inputs"))
    for (const fs::path& file : paths_in(table, "files")) inputs.push_back(file);
  return keep_programs(program_room_from_json(request["work"]["programs"]),
                       fs::path(request.at("staging").get<std::string>()) / "programs", inputs,
                       limits_from_json(request.at("limits")));
}

void confine(const Json& request, const fs::path& own) {
  limit_memory(request);
  enter_sandbox(permissions_for(request, own));
}

/// Vega is loaded once, before the copies that draw are made.
void prepare(const std::string& line) {
  static bool warm = false;
  if (warm || (line.find("\"warm\"") == std::string::npos && line.find("\"chart\"") == std::string::npos)) return;
  warm = true;
  try {
    warm_up_charts();
  } catch (const Error&) {
    // Whatever is wrong shows itself when a chart is drawn.
  }
}

}  // namespace

Json error_event(int64_t id, const Error& error) {
  Json event = {{"id", id},           {"event", "error"},         {"kind", to_string(error.kind)},
                {"code", error.code}, {"message", error.message}, {"hint", error.hint}};
  if (error.text_offset) event["text_offset"] = *error.text_offset, event["text_length"] = error.text_length;
  return event;
}

void serve(const Json& request, Engine& engine, const fs::path& own, bool confined, const Say& say) {
  int64_t id = request.at("id");
  Meter meter;
  try {
    Json secrets = request.value("secrets", Json::object());
    for (const auto& [name, value] : secrets.items()) provide_secret(name, value);
    std::unique_ptr<Programs> programs = programs_for(request);
    if (confined) confine(request, own);
    Context context(request, engine, say, programs.get());
    Json result = run_request(request, context, id, say);
    if (programs) programs->end();
    double programs_cpu = programs ? programs->cpu_seconds() : 0;
    say({{"id", id},
         {"event", "done"},
         {"result", std::move(result)},
         {"engine", engine.version()},
         {"seconds", meter.seconds()},
         {"cpu_seconds", meter.cpu_seconds() + programs_cpu + context.elsewhere.cpu_seconds},
         {"peak_memory_bytes", std::max(meter.peak_memory_bytes(), context.elsewhere.peak_memory_bytes)}});
  } catch (const Error& error) {
    say(error_event(id, error));
  } catch (const fs::filesystem_error& error) {
    std::string what = fmt::format("{}: {}", error.path1().string(), error.code().message());
    say(error_event(id, Error(ErrorKind::environment, "FR0501", what)));
  } catch (const std::bad_alloc&) {
    say(error_event(id, Error(ErrorKind::engine, "FR0314", "out of memory", "raise --memory")));
  } catch (const std::system_error& error) {
    say(error_event(id, Error(ErrorKind::environment, "FR0521", fmt::format("no more threads: {}", error.what()))));
  } catch (const std::exception& error) {
    say(error_event(id, Error(ErrorKind::internal, "FR0900", error.what())));
  }
}

int worker_main(const fs::path& scratch) {
  ::signal(SIGINT, SIG_IGN);
  fs::path own = scratch / fmt::format("worker-{}", ::getpid());
  make_folder(own);
  ::setenv("TMPDIR", own.c_str(), 1);
  std::unique_ptr<Engine> engine = make_duckdb_engine(own);
  ProcessWork work;
  work.prepare = prepare;
  std::map<std::string, std::unique_ptr<Engine>> others;  // by their settings; they live as long as this process
  work.keeps = [](const std::string& line) {
    if (line.find("\"engine\":") == std::string::npos) return false;  // nearly all, and they may be long
    Json request = Json::parse(line, nullptr, false);
    return request.is_object() && request.contains("engine");
  };
  work.answer = [&](const std::string& line) {
    Json request = Json::parse(line);
    if (!request.contains("engine")) return serve(request, *engine, own, true, emit);
    std::unique_ptr<Engine>& other = others[dump(request["engine"])];
    if (!other) other = make_engine(request["engine"], own);
    serve(request, *other, own, false, emit);
  };
  work.died = [](const std::string& line, int how, bool ran_out) {
    Json request = Json::parse(line, nullptr, false);
    emit({{"id", request.is_object() ? request.value("id", 0) : 0},
          {"event", "died"},
          {"status", how},
          {"ran_out", ran_out}});
  };
  take_requests(own, work);
}

}  // namespace filrouge
