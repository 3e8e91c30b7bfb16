#include "run/execute.h"

#include <atomic>
#include <condition_variable>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "run/pictures.h"
#include "run/request.h"
#include "run/worker.h"

namespace filrouge {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> stop_requested = false;

/// What an idle worker keeps in memory.
constexpr uint64_t kIdleWorkerBytes = 70'000'000;

/// For `run --again`: the same key must give the same content.
void compare(const Version& kept, const Version& computed) {
  for (size_t i = 0; i < kept.tables.size(); ++i) {
    const StoredTable &before = kept.tables[i], &now = computed.tables.at(i);
    if (before.rows != now.rows)
      throw Error(ErrorKind::data, "FR0704",
                  fmt::format("run again, `{}` has {} instead of {}", now.name, plural(now.rows, "row"),
                              with_commas(before.rows)));
    for (size_t c = 0; c < before.column_hashes.size(); ++c)
      if (before.column_hashes[c] != now.column_hashes[c])
        throw Error(
            ErrorKind::data, "FR0704",
            fmt::format("run again, column {} of `{}` is not the same", before.schema.columns[c].name, now.name));
  }
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

enum class State { waiting, running, done, failed, skipped };

class Execution {
 public:
  Execution(const Thread& thread, Store& store, Planner& planner, Plan& plan, const RunOptions& options,
            const std::function<void(const RunEvent&)>& on_event)
      : thread_(thread), store_(store), planner_(planner), plan_(plan), options_(options), on_event_(on_event) {}

  RunOutcome run();

 private:
  void prepare();
  void work_loop(Worker& worker);
  std::optional<size_t> next_step(std::unique_lock<std::mutex>& lock, Worker& worker);
  std::optional<size_t> early_step();
  bool is_left_out(size_t need, const PlannedStep& reader) const;
  std::optional<std::string> obstacle(size_t index) const;
  bool gates_hold(size_t index, std::unique_lock<std::mutex>& lock);
  void take(size_t index, Worker& worker, std::unique_lock<std::mutex>& lock);
  void build(size_t index, Worker& worker, std::unique_lock<std::mutex>& lock);
  void finish(size_t index, State state, RunEvent event);
  void skip(size_t index, const std::string& why);
  bool decide(size_t index);
  void fail(size_t index, const std::exception& problem);
  void reuse(size_t index);
  int at_once() const;
  Limits limits_for(size_t index) const;
  bool anything_beside(size_t index) const;
  std::string engine_for(size_t index) const;
  Worker& hands_for(const std::string& engine, Worker& worker);
  Json request_for(size_t index, const fs::path& staging, const std::string& engine) const;
  std::vector<Version> unchecked_inputs(size_t index);
  void warm_up(Worker& worker, std::unique_lock<std::mutex>& lock);
  bool all_done() const { return open_ == 0; }

  const Thread& thread_;
  Store& store_;
  Planner& planner_;
  Plan& plan_;
  const RunOptions& options_;
  const std::function<void(const RunEvent&)>& on_event_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<State> states_;
  std::vector<size_t> missing_inputs_, missing_gates_;     // not yet finished
  std::vector<std::vector<size_t>> dependents_, guarded_;  // by input, by gate
  std::set<size_t> ready_;
  std::set<size_t> early_;  // steps that have their inputs and wait for gates
  std::map<size_t, Version> done_;
  std::set<size_t> checked_;  // of those: made in this run, or looked at byte by byte
  std::vector<std::unique_ptr<Worker>> workers_;
  std::map<std::string, std::unique_ptr<Worker>>
      engine_workers_;  ///< by engine: each keeps its driver, for one step at a time
  std::mutex engine_mutex_;
  size_t open_ = 0;
  bool warmed_ = false, stopping_ = false;
  RunOutcome outcome_;
};

void Execution::prepare() {
  size_t count = plan_.steps.size();
  states_.assign(count, State::waiting);
  missing_inputs_.assign(count, 0);
  missing_gates_.assign(count, 0);
  dependents_.resize(count);
  guarded_.resize(count);
  outcome_.steps.resize(count);
  open_ = count;
  for (size_t i = 0; i < count; ++i) {
    const PlannedStep& step = plan_.steps[i];
    outcome_.steps[i].verb = step.step->verb;
    outcome_.steps[i].name = step.step->name;
    for (size_t need : step.needs) dependents_[need].push_back(i), ++missing_inputs_[i];
    for (size_t gate : step.gates) guarded_[gate].push_back(i), ++missing_gates_[i];
    if (missing_inputs_[i] == 0) (missing_gates_[i] == 0 ? ready_ : early_).insert(i);
  }
}

RunOutcome Execution::run() {
  auto start = Clock::now();
  stop_requested = false;
  prepare();
  int64_t id = store_.begin_run(options_.command);
  for (int i = 0; i < at_once(); ++i) {
    workers_.push_back(planner_.take_worker());
    if (!workers_.back()) workers_.back() = std::make_unique<Worker>(options_.scratch);
  }
  std::vector<std::thread> threads;
  for (auto& worker : workers_) try {
      threads.emplace_back([this, &worker] { work_loop(*worker); });
    } catch (const std::system_error& problem) {
      // With one there is all that is needed.
      if (threads.empty())
        throw Error(ErrorKind::environment, "FR0521", fmt::format("cannot start a thread: {}", problem.what()));
      break;
    }
  {
    std::unique_lock lock(mutex_);
    while (!all_done()) {
      changed_.wait_for(lock, std::chrono::milliseconds(50));
      if (!stop_requested || stopping_) continue;
      stopping_ = outcome_.interrupted = true;
      for (auto& worker : workers_) worker->stop();
      for (auto& [engine, worker] : engine_workers_) worker->stop();
    }
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
  outcome_.seconds = seconds_since(start);
  store_.end_run(id, outcome_.exit_code(), outcome_.steps);
  return std::move(outcome_);
}

void Execution::work_loop(Worker& worker) {
  std::unique_lock lock(mutex_);
  while (std::optional<size_t> index = next_step(lock, worker)) take(*index, worker, lock);
}

std::optional<size_t> Execution::next_step(std::unique_lock<std::mutex>& lock, Worker& worker) {
  while (ready_.empty() && !all_done()) {
    if (std::optional<size_t> early = early_step()) return early;
    if (!ready_.empty()) break;
    if (!warmed_)
      warm_up(worker, lock);
    else
      changed_.wait(lock);
  }
  if (ready_.empty()) return std::nullopt;
  size_t index = *ready_.begin();
  ready_.erase(ready_.begin());
  return index;
}

/// A step that only waits for checks which are running: an idle worker computes it meanwhile, and what it made is
/// published when they hold, else thrown away.
std::optional<size_t> Execution::early_step() {
  for (size_t index : early_) {
    PlannedStep& step = plan_.steps[index];
    auto runs = [&](size_t gate) { return states_[gate] == State::running || states_[gate] == State::done; };
    if (stopping_ || !step.binding || obstacle(index) || !engine_for(index).empty()) continue;
    if (step.binding->work.contains("programs")) continue;  // what a program does may be seen outside
    if (!std::all_of(step.gates.begin(), step.gates.end(), runs)) continue;
    if (!step.key && !decide(index)) {
      early_.erase(index);
      return std::nullopt;
    }
    if (step.action != Action::build) continue;
    early_.erase(index);
    return index;
  }
  return std::nullopt;
}

/// An idle worker loads the chart library while others read data.
void Execution::warm_up(Worker& worker, std::unique_lock<std::mutex>& lock) {
  warmed_ = true;
  bool charts = false;
  for (size_t i = 0; i < plan_.steps.size(); ++i)
    charts = charts || (states_[i] == State::waiting && plan_.steps[i].action == Action::build &&
                        plan_.steps[i].step->verb == "chart");
  if (!charts) return;
  lock.unlock();
  try {
    worker.ask({{"kind", "warm"}});
  } catch (const std::exception&) {
    // Whatever is wrong shows itself, with a step's name, when a chart is drawn.
  }
  lock.lock();
}

void Execution::skip(size_t index, const std::string& why) {
  RunEvent event{.action = "skipped", .summary = why};
  finish(index, State::skipped, std::move(event));
}

/// The step `need` was not asked for and is not there, but `reader`, which was asked for, cannot do without it.
bool Execution::is_left_out(size_t need, const PlannedStep& reader) const {
  return states_[need] == State::skipped && !plan_.steps[need].selected && reader.selected;
}

/// Why the step cannot run, by those of its inputs and gates that are finished.
std::optional<std::string> Execution::obstacle(size_t index) const {
  const PlannedStep& step = plan_.steps[index];
  for (const auto* links : {&step.needs, &step.gates})
    for (size_t need : *links) {
      if (states_[need] != State::failed && states_[need] != State::skipped) continue;
      const std::string label = plan_.steps[need].step->label();
      if (is_left_out(need, step))
        return fmt::format("{} is not built; next: filrouge run +{}", label, step.step->name);
      return fmt::format("{} {}", label, states_[need] == State::failed ? "failed" : "was skipped");
    }
  for (size_t gate : step.gates)
    if (auto found = done_.find(gate); found != done_.end() && !found->second.passed)
      return plan_.steps[gate].step->label() + " does not hold";
  return std::nullopt;
}

/// Waits for the gates of a step that was computed early. They are running, so they come to an end.
bool Execution::gates_hold(size_t index, std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return missing_gates_[index] == 0; });
  return !stopping_ && !obstacle(index);
}

/// Decides what becomes of a step whose inputs are finished, and does it. `lock` is held on entry and on return.
void Execution::take(size_t index, Worker& worker, std::unique_lock<std::mutex>& lock) {
  PlannedStep& step = plan_.steps[index];
  if (stopping_) return skip(index, "interrupted");
  if (std::optional<std::string> why = obstacle(index)) return skip(index, *why);
  if (!step.key && !decide(index)) return;
  if (step.action == Action::skip) return skip(index, step.why.empty() ? "it has a problem" : step.why.front());
  if (step.action == Action::reuse) return reuse(index);
  build(index, worker, lock);
}

/// What the plan could not yet say of the step. False: it failed, for the store cannot be asked.
bool Execution::decide(size_t index) {
  try {
    planner_.decide(plan_, index, done_);
    return true;
  } catch (const std::exception& problem) {
    fail(index, problem);
    return false;
  }
}

void Execution::fail(size_t index, const std::exception& problem) {
  RunEvent event;
  event.action = "failed";
  event.problem = problem_of(thread_, plan_.steps[index], problem);
  finish(index, State::failed, std::move(event));
}

void Execution::reuse(size_t index) {
  PlannedStep& step = plan_.steps[index];
  Version version = *step.version;
  RunEvent event;
  event.action = "reused";
  try {
    if (version.name != step.step->name) version = store_.adopt(version, step.step->verb, step.step->name);
    if (!published(thread_, version)) publish(thread_, store_, version);
    if (step.selected) store_.settle(step.step->verb, step.step->name, version.key);
  } catch (const std::exception& problem) {
    return fail(index, problem);
  }
  event.summary = version.summary;
  if (!version.passed) event.notes = version.notes;
  done_[index] = std::move(version);
  finish(index, State::done, std::move(event));
}

/// How many steps, at most: each has room for the smallest.
int Execution::at_once() const {
  uint64_t room = std::max<uint64_t>(1, options_.memory_bytes / kLeastMemoryBytes);
  return static_cast<int>(std::min<uint64_t>(room, options_.jobs));
}

/// Whether another step could run at the same time, so that memory must be shared.
bool Execution::anything_beside(size_t index) const {
  if (at_once() == 1) return false;
  if (open_ > 200) return true;
  for (size_t i = 0; i < states_.size(); ++i) {
    if (i == index || states_[i] == State::done || states_[i] == State::failed || states_[i] == State::skipped)
      continue;
    if (plan_.steps[i].action != Action::build) continue;
    if (states_[i] == State::running || !plan_.ancestors(i, false)[index]) return true;  // a gate does not keep it back
  }
  return false;
}

Limits Execution::limits_for(size_t index) const {
  uint64_t memory = options_.memory_bytes;
  uint64_t others = static_cast<uint64_t>(at_once() - 1);
  if (anything_beside(index))
    memory /= others + 1;
  else if (memory > 4 * others * kIdleWorkerBytes)
    memory -= others * kIdleWorkerBytes;
  return {memory, options_.jobs, options_.step_timeout_ms};
}

/// The engine of engines.yaml that does the step, whose inputs are there; empty = the embedded one.
std::string Execution::engine_for(size_t index) const {
  return *filrouge::engine_for(plan_, index, done_, options_.memory_bytes);
}

Json Execution::request_for(size_t index, const fs::path& staging, const std::string& engine) const {
  const PlannedStep& step = plan_.steps[index];
  Json inputs = Json::array();
  for (const Use& use : step.binding->uses) {
    size_t source = *plan_.source_of(use.table, index);
    inputs.push_back(to_json(files_in(store_, plan_.steps[source], done_.at(source), use.table)));
  }
  return work_request(thread_, step, inputs, staging, limits_for(index), engine);
}

/// The worker that does a step: `worker`, or the one that keeps the driver of its engine.
Worker& Execution::hands_for(const std::string& engine, Worker& worker) {
  if (engine.empty()) return worker;
  std::unique_ptr<Worker>& keeper = engine_workers_[engine];
  if (!keeper) keeper = std::make_unique<Worker>(options_.scratch);
  return *keeper;
}

/// The versions that the step reads and that were neither made nor looked at in this run.
std::vector<Version> Execution::unchecked_inputs(size_t index) {
  std::vector<Version> inputs;
  for (size_t need : plan_.steps[index].needs)
    if (checked_.insert(need).second) inputs.push_back(done_.at(need));
  return inputs;
}

void Execution::build(size_t index, Worker& worker, std::unique_lock<std::mutex>& lock) {
  PlannedStep& step = plan_.steps[index];
  states_[index] = State::running;
  RunEvent event;
  event.step = &step;
  on_event_(event);
  fs::path staging;
  auto start = Clock::now();  // moved on by what it waits for others
  try {
    staging = store_.stage();
    const std::string engine = engine_for(index);
    Json request = request_for(index, staging, engine);
    Worker& hands = hands_for(engine, worker);
    std::vector<Version> inputs = unchecked_inputs(index);
    lock.unlock();
    for (const Version& input : inputs) store_.check_unchanged(input);
    std::unique_lock one_at_a_time(engine_mutex_, std::defer_lock);
    const auto asked = Clock::now();
    if (&hands != &worker) one_at_a_time.lock();
    start += Clock::now() - asked;
    StepAnswer answer = ask_for_step(hands, std::move(request), [&](const Json& news) {
      RunEvent progress;
      progress.kind = RunEvent::Kind::progress;
      progress.step = &step;
      progress.phase = news.value("what", "");
      progress.fraction = news.value("fraction", -1.0);
      std::lock_guard guard(mutex_);
      if (obstacle(index)) hands.stop();  // a check did not hold: this will not be needed
      on_event_(progress);
    });
    if (one_at_a_time) one_at_a_time.unlock();
    if (auto change = changed_file(step)) throw *change;
    Version computed = version_of(step, answer, staging);
    const auto done = Clock::now();
    lock.lock();
    if (!gates_hold(index, lock)) throw Error(ErrorKind::interrupted, "FR0703", "interrupted");
    lock.unlock();
    start += Clock::now() - done;
    if (step.version) compare(*step.version, computed);
    Version version = store_.commit(staging, std::move(computed));
    publish(thread_, store_, version);
    lock.lock();
    store_.settle(step.step->verb, step.step->name, version.key);
    checked_.insert(index);
    event.action = "built";
    event.summary = version.summary;
    event.notes = version.notes;
    if (step.binding->by_size && !engine.empty())
      event.notes.push_back(fmt::format("on {}: what it reads takes {}, and there is memory for {}", engine,
                                        human_bytes(*input_bytes(plan_, index, done_)),
                                        human_bytes(options_.memory_bytes)));
    if (answer.by_one_thread)
      event.notes.push_back("memory was short, so one thread did it; --memory SIZE gives it more");
    done_[index] = std::move(version);
  } catch (const std::exception& problem) {
    if (!lock.owns_lock()) lock.lock();
    gates_hold(index, lock);
    std::optional<std::string> why = stopping_ ? "interrupted" : obstacle(index);
    event.action = why ? "skipped" : "failed";
    if (why)
      event.summary = *why;
    else
      event.problem = problem_of(thread_, step, problem);
  }
  event.seconds = seconds_since(start);
  std::error_code ignored;
  if (event.action != "built" && !staging.empty()) fs::remove_all(staging, ignored);
  State state = event.action == "built" ? State::done : event.action == "failed" ? State::failed : State::skipped;
  finish(index, state, std::move(event));
}

void Execution::finish(size_t index, State state, RunEvent event) {
  const PlannedStep& step = plan_.steps[index];
  states_[index] = state;
  RunStep& record = outcome_.steps[index];
  record.action = event.action;
  record.why = step.why;
  record.seconds = event.seconds;
  record.key = step.key.value_or("");
  if (auto found = done_.find(index); found != done_.end()) {
    const Version& version = found->second;
    record.rows = version.tables.empty() ? 0 : version.tables[0].rows;
    if (event.action == "built")
      record.cpu_seconds = version.cpu_seconds, record.peak_memory_bytes = version.peak_memory_bytes;
    if (!version.passed) outcome_.gate_failed = true;
  }
  if (event.problem) {
    record.error = event.problem->message;
    outcome_.problems.push_back(*event.problem);
  }
  (event.action == "built"    ? outcome_.built
   : event.action == "reused" ? outcome_.reused
   : event.action == "failed" ? outcome_.failed
                              : outcome_.skipped) += event.action != "skipped" || step.selected;
  if (state == State::skipped)
    for (const auto* links : {&step.needs, &step.gates})
      for (size_t need : *links) outcome_.unmet = outcome_.unmet || is_left_out(need, step);
  event.kind = RunEvent::Kind::finished;
  event.step = &step;
  on_event_(event);
  for (size_t dependent : dependents_[index])
    if (--missing_inputs_[dependent] == 0) (missing_gates_[dependent] == 0 ? ready_ : early_).insert(dependent);
  for (size_t dependent : guarded_[index])
    if (--missing_gates_[dependent] == 0 && early_.erase(dependent) > 0) ready_.insert(dependent);
  --open_;
  changed_.notify_all();
}

}  // namespace

void request_stop() {
  stop_requested = true;
}

bool nothing_to_do(const Thread& thread, const Plan& plan) {
  for (const PlannedStep& step : plan.steps) {
    if (!step.selected && step.action != Action::build) continue;
    if (step.action != Action::reuse || !step.version->passed || step.version->name != step.step->name) return false;
    if (!step.is_current || !published(thread, *step.version)) return false;
  }
  return true;
}

RunOutcome execute(const Thread& thread, Store& store, Planner& planner, Plan& plan, const RunOptions& options,
                   const std::function<void(const RunEvent&)>& on_event) {
  return Execution(thread, store, planner, plan, options, on_event).run();
}

}  // namespace filrouge
