#include "run/plan.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "run/binding.h"
#include "run/graph.h"
#include "run/keys.h"
#include "run/selectors.h"

namespace filrouge {

const char* to_string(Action action) {
  return action == Action::build ? "build" : action == Action::reuse ? "reuse" : "skip";
}

struct Planner::Impl {
  const Thread& thread;
  Store& store;
  PlanOptions options;
  std::string library;
  std::map<std::string, Version> current;  // "sql departures" -> the version settled on last
  std::map<StepName, RunStep> last_built;  // for estimates
  std::vector<std::unique_ptr<Worker>> workers;

  void select(Plan& plan, std::vector<Diagnostic>& problems) const;
  void decide(Plan& plan, size_t index, const std::map<size_t, Version>& done) const;
  void decide_unselected(PlannedStep& step) const;
  void refuse(PlannedStep& step, const PlannedStep& missing) const;
  void wait_for_inputs(const Plan& plan, PlannedStep& step) const;
  void estimate(PlannedStep& step) const;
  std::optional<Version> find_version(const PlannedStep& step) const;
  const Version* version_before(const PlannedStep& step) const;
};

namespace {

/// The tables that a step reads, as they are in the versions its inputs have come to; nothing while one is missing.
std::optional<Inputs> inputs_of(const Plan& plan, size_t index, const std::map<size_t, Version>& done) {
  Inputs inputs;
  const PlannedStep& step = plan.steps[index];
  for (size_t need : step.needs)
    if (!done.contains(need)) return std::nullopt;
  for (const Use& use : step.binding->uses) {
    std::optional<size_t> source = plan.source_of(use.table, index);
    FR_CHECK(source.has_value());
    const std::vector<OutputTable>& outputs = plan.steps[*source].binding->tables;
    const Version& version = done.at(*source);
    for (size_t i = 0; i < outputs.size() && i < version.tables.size(); ++i)
      if (outputs[i].name == use.table) inputs[use.table] = &version.tables[i];
    FR_CHECK(inputs.contains(use.table));
  }
  return inputs;
}

}  // namespace

std::optional<Error> changed_file(const PlannedStep& step) {
  for (size_t i = 0; i < step.file_stats.size(); ++i) {
    const InputFile& file = step.binding->files[i];
    bool is_same = false;
    try {
      is_same = stat_file(file.path) == step.file_stats[i] || hash_file(file.path) == step.file_hashes[i];
    } catch (const Error&) {
      // It is gone, or cannot be read any more.
    }
    if (!is_same)
      return Error(ErrorKind::data, "FR0337", fmt::format("`{}` changed while it was read", file.shown),
                   "run again; read a copy of what changes all the time");
  }
  return std::nullopt;
}

std::optional<uint64_t> input_bytes(const Plan& plan, size_t index, const std::map<size_t, Version>& done) {
  std::optional<Inputs> inputs = inputs_of(plan, index, done);
  if (!inputs) return std::nullopt;
  uint64_t bytes = 0;
  for (const auto& [name, table] : *inputs) bytes += table->bytes;
  return bytes;
}

std::optional<std::string> engine_for(const Plan& plan, size_t index, const std::map<size_t, Version>& done,
                                      uint64_t memory_bytes) {
  const Binding& binding = *plan.steps[index].binding;
  if (!binding.by_size) return binding.engine;
  std::optional<uint64_t> bytes = input_bytes(plan, index, done);
  if (!bytes) return std::nullopt;
  return *bytes > memory_bytes ? binding.engine : "";
}

Planner::Planner(const Thread& thread, Store& store, PlanOptions options)
    : impl_(new Impl{thread, store, std::move(options), engine_version(), {}, {}, {}}) {}
Planner::~Planner() = default;

std::unique_ptr<Worker> Planner::take_worker() {
  if (impl_->workers.empty()) return nullptr;
  std::unique_ptr<Worker> worker = std::move(impl_->workers.back());
  impl_->workers.pop_back();
  return worker;
}

Plan Planner::plan(std::vector<Diagnostic>& problems) {
  Plan plan;
  for (const Step& step : impl_->thread.steps)
    if (const Verb* verb = find_verb(step.verb)) {
      PlannedStep planned;
      planned.step = &step;
      planned.verb = verb;
      plan.steps.push_back(std::move(planned));
    }
  StepBinder binder(impl_->thread, impl_->store, impl_->options, problems);
  binder.find_references(plan);
  link_steps(plan, impl_->thread, problems);
  binder.bind_all(plan);
  link_checks(plan);
  binder.remember();
  impl_->workers = binder.take_workers();
  for (Version& version : impl_->store.all_current()) {
    std::string label = version.verb + " " + version.name;
    impl_->current[label] = std::move(version);
  }
  impl_->last_built = impl_->store.all_last_built();
  impl_->select(plan, problems);
  std::map<size_t, Version> done;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    impl_->decide(plan, i, done);
    if (plan.steps[i].action == Action::reuse) done[i] = *plan.steps[i].version;
  }
  return plan;
}

void Planner::decide(Plan& plan, size_t index, const std::map<size_t, Version>& done) {
  impl_->decide(plan, index, done);
}

void Planner::Impl::select(Plan& plan, std::vector<Diagnostic>& problems) const {
  std::vector<SelectableStep> steps;
  for (const PlannedStep& step : plan.steps) {
    std::set<size_t> needs(step.needs.begin(), step.needs.end());
    needs.insert(step.gates.begin(), step.gates.end());  // it is not built without them either
    steps.push_back({step.step->verb, step.step->name, {needs.begin(), needs.end()}});
  }
  try {
    std::vector<bool> chosen = select_steps(steps, options.select, options.exclude);
    for (size_t i = 0; i < chosen.size(); ++i) plan.steps[i].selected = chosen[i];
  } catch (const Error& error) {
    problems.push_back({.code = error.code, .message = error.message, .hint = error.hint});
  }
}

const Version* Planner::Impl::version_before(const PlannedStep& step) const {
  auto found = current.find(step.step->label());
  return found == current.end() ? nullptr : &found->second;
}

/// A whole version with the step's key: the current one, an older one, or one that another step of the same meaning
/// made.
std::optional<Version> Planner::Impl::find_version(const PlannedStep& step) const {
  const Version* before = version_before(step);
  if (before && before->key == *step.key) return store.is_whole(*before) ? std::optional(*before) : std::nullopt;
  std::optional<Version> found = store.find(step.step->verb, step.step->name, *step.key);
  if (!found) found = store.find_key(step.step->verb, *step.key);
  return found && store.is_whole(*found) ? found : std::nullopt;
}

void Planner::Impl::decide(Plan& plan, size_t index, const std::map<size_t, Version>& done) const {
  PlannedStep& step = plan.steps[index];
  step.why.clear();
  step.key.reset();
  step.version.reset();
  step.action = Action::skip;
  if (!step.binding) return;
  estimate(step);
  std::optional<Inputs> inputs = inputs_of(plan, index, done);
  if (!inputs) return wait_for_inputs(plan, step);
  step.why_key = key_parts(*step.step, *step.verb, *step.binding, step.file_hashes, *inputs, thread.params, library);
  step.key = key_of(step.why_key);
  step.version = find_version(step);
  const Version* before = version_before(step);
  step.is_current = before && before->key == *step.key;
  if (!step.selected) return decide_unselected(step);
  if (step.version && !options.again) {
    step.action = Action::reuse;
    return;
  }
  for (size_t gate : step.gates)
    if (plan.steps[gate].action == Action::skip) return refuse(step, plan.steps[gate]);
  step.action = Action::build;
  if (options.again && step.version)
    step.why = {"asked to run again"};
  else if (!before)
    step.why = {"never built"};
  else if (before->key == *step.key)
    step.why = {"its version in the store is damaged or missing"};
  else
    step.why = explain_change(*before->why_key, step.why_key);
  if (step.why.empty()) step.why = {"its text changed"};  // it reads other columns of the same tables
}

/// A step outside of the selection serves with what there is.
void Planner::Impl::decide_unselected(PlannedStep& step) const {
  const Version* before = version_before(step);
  if (!step.version && before && store.is_whole(*before)) {
    step.version = *before;
    step.why = {"not selected: its version of before is used"};
  }
  if (step.version)
    step.action = Action::reuse;
  else
    step.why = {"not selected, and never built"};
}

void Planner::Impl::refuse(PlannedStep& step, const PlannedStep& missing) const {
  step.action = Action::skip;
  step.why = {
      fmt::format("it needs {}, which is not built; next: filrouge run +{}", missing.step->label(), step.step->name)};
}

void Planner::Impl::wait_for_inputs(const Plan& plan, PlannedStep& step) const {
  if (!step.selected) return decide_unselected(step);
  step.action = Action::build;
  for (size_t need : step.needs) {
    const PlannedStep& input = plan.steps[need];
    if (input.action == Action::build) step.why.push_back(fmt::format("{} is rebuilt", input.step->label()));
    if (input.action == Action::skip) return refuse(step, input);
  }
  if (!version_before(step)) step.why = {"never built"};
}

void Planner::Impl::estimate(PlannedStep& step) const {
  step.rows = step.binding->expected_rows;
  auto found = last_built.find(StepName{step.step->verb, step.step->name});
  if (found == last_built.end()) return;
  step.seconds = found->second.seconds;
  if (!step.rows) step.rows = found->second.rows;
}

}  // namespace filrouge
