#include "charts/vega.h"

#include <pthread.h>
#include <quickjs.h>

#include <cstring>
#include <ctime>
#include <exception>

#include "base/error.h"
#include "charts/text_width.h"

// Made by cmake/charts.cmake from the scripts named there.
extern "C" {
extern const uint8_t chart_script_globals[], chart_script_globals_end[];
extern const uint8_t chart_script_vega[], chart_script_vega_end[];
extern const uint8_t chart_script_vega_lite[], chart_script_vega_lite_end[];
extern const uint8_t chart_script_draw[], chart_script_draw_end[];
}

namespace filrouge {
namespace {

constexpr size_t kScriptStackBytes = 8 << 20;   // Vega's parsers recurse deeply
constexpr size_t kThreadStackBytes = 16 << 20;  // the interpreter's C frames, with room for what it calls
constexpr size_t kScriptMemoryBytes = size_t{1} << 30;

/// Runs `work` to its end on a thread with a big stack (a caller's may be 256 kB); what it throws is thrown here.
void on_big_stack(const std::function<void()>& work) {
  struct Job {
    const std::function<void()>* work;
    std::exception_ptr error;
  } job{&work, nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kThreadStackBytes);
  pthread_t thread;
  const int failed = pthread_create(
      &thread, &attributes,
      [](void* data) -> void* {
        Job* own = static_cast<Job*>(data);
        try {
          (*own->work)();
        } catch (...) {
          own->error = std::current_exception();
        }
        return nullptr;
      },
      &job);
  pthread_attr_destroy(&attributes);
  if (failed)
    throw Error(ErrorKind::environment, "FR0424",
                fmt::format("cannot start a thread for drawing: {}", std::strerror(failed)));
  pthread_join(thread, nullptr);
  if (job.error) std::rethrow_exception(job.error);
}

/// The first line of a text, with a full stop left off: Vega's messages end in stack traces or dots.
std::string one_line(std::string text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

constexpr const char* kFewerRows = "aggregate in SQL, so that the chart has fewer rows to work on";

/// What Vega says went wrong, in our words.
Error refusal(const std::string& vega_message) {
  const std::string text = one_line(vega_message);
  if (text.find("out of memory") != std::string::npos)
    return Error(ErrorKind::user, "FR0423", "the chart needs more than 1 GiB of memory to draw", kFewerRows);
  return Error(ErrorKind::user, "FR0420", fmt::format("Vega-Lite refuses the chart: {}", text));
}

/// Of this thread: a script only computes, and how busy the machine is must not decide whether a chart is drawn.
std::chrono::nanoseconds cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

struct Value {  // owns one reference
  JSContext* context;
  JSValue value;
  Value(JSContext* c, JSValue v) : context(c), value(v) {}
  ~Value() { JS_FreeValue(context, value); }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  std::string text() const {
    size_t size = 0;
    const char* bytes = JS_ToCStringLen(context, &size, value);
    std::string copy = bytes ? std::string(bytes, size) : std::string("(no message)");
    JS_FreeCString(context, bytes);
    return copy;
  }
};

/// filrougeTextWidth(text, fontWeight, fontSize) for draw.js.
JSValue js_text_width(JSContext* context, JSValueConst, int, JSValueConst* arguments) {
  const Value text(context, JS_DupValue(context, arguments[0]));
  const Value weight(context, JS_DupValue(context, arguments[1]));
  double size = 0;
  JS_ToFloat64(context, &size, arguments[2]);
  return JS_NewFloat64(context, text_width(text.text(), is_bold(weight.text())) * size);
}

class Interpreter {
 public:
  Interpreter() : runtime_(JS_NewRuntime()) {
    if (!runtime_) throw std::bad_alloc();
    JS_SetMaxStackSize(runtime_, kScriptStackBytes);
    JS_SetMemoryLimit(runtime_, kScriptMemoryBytes);
    JS_SetInterruptHandler(runtime_, &Interpreter::is_late, this);
    context_ = JS_NewContext(runtime_);
    if (!context_) throw std::bad_alloc();
    const Value global(context_, JS_GetGlobalObject(context_));
    JS_SetPropertyStr(context_, global.value, "filrougeTextWidth",
                      JS_NewCFunction(context_, js_text_width, "filrougeTextWidth", 3));
    run(chart_script_globals, chart_script_globals_end);
    run(chart_script_vega, chart_script_vega_end);
    run(chart_script_vega_lite, chart_script_vega_lite_end);
    run(chart_script_draw, chart_script_draw_end);
  }
  ~Interpreter() {
    JS_FreeContext(context_);
    JS_FreeRuntime(runtime_);
  }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  /// filrougeDraw(specification): its answer as JSON text.
  std::string draw(const std::string& specification, std::chrono::milliseconds time_limit) {
    JS_UpdateStackTop(runtime_);
    deadline_ = cpu_time() + time_limit;
    is_stopped_ = false;
    const Value argument(context_, JS_NewStringLen(context_, specification.data(), specification.size()));
    const Value promise(context_, call("filrougeDraw", argument.value));
    run_jobs(promise.value);
    const Value result(context_, JS_PromiseResult(context_, promise.value));
    if (JS_PromiseState(context_, promise.value) != JS_PROMISE_FULFILLED) fail(result.value);
    return result.text();
  }

 private:
  static int is_late(JSRuntime*, void* self) {
    Interpreter* own = static_cast<Interpreter*>(self);
    if (cpu_time() > own->deadline_) own->is_stopped_ = true;
    return own->is_stopped_;
  }

  void run(const uint8_t* begin, const uint8_t* end) {
    const JSValue script = JS_ReadObject(context_, begin, static_cast<size_t>(end - begin), JS_READ_OBJ_BYTECODE);
    if (JS_IsException(script)) throw std::bad_alloc();  // these bytes are ours: there is no other reason
    const Value result(context_, JS_EvalFunction(context_, script));
    if (JS_IsException(result.value)) fail_pending();
  }

  JSValue call(const char* function_name, JSValueConst argument) {
    const Value global(context_, JS_GetGlobalObject(context_));
    const Value function(context_, JS_GetPropertyStr(context_, global.value, function_name));
    const JSValue result = JS_Call(context_, function.value, global.value, 1, &argument);
    if (JS_IsException(result)) fail_pending();
    return result;
  }

  /// Jobs first, then timers, until the promise is settled.
  void run_jobs(JSValueConst promise) {
    while (JS_PromiseState(context_, promise) == JS_PROMISE_PENDING) {
      JSContext* context = nullptr;
      const int status = JS_ExecutePendingJob(runtime_, &context);
      if (status < 0) fail_pending();
      if (status > 0) continue;
      const Value ran(context_, call("filrougeRunTimer", JS_UNDEFINED));
      if (!JS_ToBool(context_, ran.value))
        throw Error(ErrorKind::user, "FR0420", "the chart waits for something that never comes");
    }
  }

  [[noreturn]] void fail_pending() {
    const Value error(context_, JS_GetException(context_));
    fail(error.value);
  }

  [[noreturn]] void fail(JSValueConst error) {
    if (is_stopped_)
      throw Error(ErrorKind::user, "FR0423", "the chart was not drawn within the time limit", kFewerRows);
    const Value message(context_, JS_GetPropertyStr(context_, error, "message"));
    const Value own(context_, JS_DupValue(context_, error));
    throw refusal(JS_IsString(message.value) ? message.text() : own.text());
  }

  JSRuntime* runtime_;
  JSContext* context_ = nullptr;
  std::chrono::nanoseconds deadline_ = std::chrono::nanoseconds::max();
  bool is_stopped_ = false;
};

std::mutex interpreter_mutex;
/// Never destroyed at exit: tearing down 20 MB of script objects is time that nobody gets back.
Interpreter*& interpreter() {
  static Interpreter* only = nullptr;
  return only;
}

/// FR0422 for data that would have to be loaded: `data: {url: ..}` at any depth, but not inside the rows themselves.
void refuse_urls(const Json& part) {
  if (part.is_array()) {
    for (const Json& item : part) refuse_urls(item);
    return;
  }
  if (!part.is_object()) return;
  for (const auto& [key, value] : part.items()) {
    if (key == "values" || key == "datasets" || key == "usermeta") continue;
    if (key == "data" && value.is_object() && value.contains("url"))
      throw Error(ErrorKind::user, "FR0422", fmt::format("a chart may not load data from `{}`", dump(value["url"])),
                  "read it with a `read` step and name the table with `from:`");
    refuse_urls(value);
  }
}

}  // namespace

std::string draw_svg(const Json& vega_lite, std::vector<std::string>* warnings, std::chrono::milliseconds time_limit) {
  refuse_urls(vega_lite);
  const std::string text = dump(vega_lite);
  std::string answer;
  const std::lock_guard lock(interpreter_mutex);
  on_big_stack([&] {
    try {
      if (!interpreter()) interpreter() = new Interpreter;
      answer = interpreter()->draw(text, time_limit);
    } catch (...) {
      delete interpreter();  // an interrupted script may have left anything behind
      interpreter() = nullptr;
      throw;
    }
  });
  const Json drawn = parse_json(answer, "the drawing");
  if (!drawn["errors"].empty()) throw refusal(drawn["errors"][0].get<std::string>());
  if (warnings)
    for (const Json& warning : drawn["warnings"]) warnings->push_back(one_line(warning.get<std::string>()));
  return drawn["svg"].get<std::string>();
}

void warm_up_charts() {
  const std::lock_guard lock(interpreter_mutex);
  on_big_stack([] {
    if (!interpreter()) interpreter() = new Interpreter;
  });
}

}  // namespace filrouge
