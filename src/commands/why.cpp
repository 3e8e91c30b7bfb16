// why: why a step is or is not up to date, and on what that depends.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/named.h"
#include "commands/text_table.h"

namespace filrouge {
namespace {

constexpr size_t kLabel = 11;

/// Steps of that name, or the one that yields the table of that name.
std::vector<size_t> steps_named(const std::string& name, const Plan& plan) {
  std::vector<size_t> found;
  std::vector<std::string> names;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    names.push_back(plan.steps[i].step->name);
    if (plan.steps[i].step->name == name) found.push_back(i);
  }
  if (!found.empty()) return found;
  if (auto provider = plan.provider.find(name); provider != plan.provider.end()) return {provider->second};
  for (const auto& [table, index] : plan.provider) names.push_back(table);
  auto near = nearest(name, names);
  throw Error(ErrorKind::user, "FR0606", fmt::format("no step or table `{}` in this thread", name),
              near ? fmt::format("did you mean `{}`?", *near) : "next: filrouge plan");
}

/// Steps that would be looked at again when this one changes, nearest first in the plan's order.
std::vector<size_t> downstream(const Plan& plan, size_t index) {
  std::vector<size_t> found;
  for (size_t i = 0; i < plan.steps.size(); ++i)
    if (i != index && plan.ancestors(i, true)[index]) found.push_back(i);
  return found;
}

std::string verdict(const PlannedStep& step) {
  if (!step.binding) return "cannot be built: thread.yaml has a problem";
  if (step.action == Action::reuse) return step.is_current ? "up to date" : "was built before: that version is used";
  return step.action == Action::build ? "will be built" : "will be skipped";
}

Json inputs_json(const PlannedStep& step) {
  Json inputs = Json::array();
  if (step.binding)
    for (const Use& use : step.binding->uses) inputs.push_back({{"table", use.table}, {"columns", use.columns}});
  return inputs;
}

Json params_json(const PlannedStep& step, const Thread& thread) {
  Json params = Json::object();
  if (step.binding)
    for (const std::string& name : step.binding->params)
      if (thread.params.contains(name)) params[name] = thread.params.at(name);
  return params;
}

Json files_json(const PlannedStep& step) {
  Json files = Json::array();
  if (step.binding)
    for (const InputFile& file : step.binding->files) files.push_back(file.shown);
  return files;
}

Json labels_json(const std::vector<size_t>& indices, const Plan& plan) {
  Json labels = Json::array();
  for (size_t index : indices) labels.push_back(plan.steps[index].step->label());
  return labels;
}

Json step_json(Workspace& workspace, const Plan& plan, size_t index) {
  const PlannedStep& step = plan.steps[index];
  Json json = {{"verb", step.step->verb},
               {"name", step.step->name},
               {"action", to_string(step.action)},
               {"why", step.why},
               {"inputs", inputs_json(step)},
               {"params", params_json(step, workspace.thread)},
               {"files", files_json(step)},
               {"waits_for", labels_json(step.gates, plan)},
               {"downstream", labels_json(downstream(plan, index), plan)}};
  json["key"] = step.key ? Json(*step.key) : Json(nullptr);
  if (auto version = workspace.store().current(step.step->verb, step.step->name))
    json["built"] = {{"key", version->key}, {"created", version->created}, {"seconds", version->seconds}};
  return json;
}

void print_labelled(const std::string& label, const std::string& text) {
  std::cout << labelled(label, kLabel, text);
}

std::string labels(const std::vector<size_t>& indices, const Plan& plan) {
  std::vector<std::string> texts;
  for (size_t index : indices) texts.push_back(plan.steps[index].step->label());
  return join(texts, ", ");
}

void print_inputs(const PlannedStep& step, const Thread& thread) {
  if (!step.binding) return;
  const char* label = "reads";
  for (const Use& use : step.binding->uses) {
    print_labelled(label, use.columns.empty() ? use.table + ": how many rows it has"
                                              : fmt::format("{}: {}", use.table, join(use.columns, ", ")));
    label = "";
  }
  std::vector<std::string> files, params;
  for (const InputFile& file : step.binding->files) files.push_back(file.shown);
  for (const std::string& name : step.binding->params)
    if (thread.params.contains(name)) params.push_back(fmt::format("{} = {}", name, dump(thread.params.at(name))));
  print_labelled("files", files.size() <= 10 ? join(files, ", ") : fmt::format("{} files", with_commas(files.size())));
  print_labelled("params", join(params, ", "));
}

void print_step(Workspace& workspace, const Plan& plan, size_t index) {
  const PlannedStep& step = plan.steps[index];
  TextStyle style = output_style();
  std::cout << fmt::format("{}: {}\n", bold(step.step->label(), style.color), verdict(step));
  const char* label = "because";
  for (const std::string& reason : step.why) print_labelled(label, reason), label = "";
  if (step.why.empty() && step.action == Action::reuse)
    print_labelled("because", "its text and everything it reads are as they were when it was built");
  print_inputs(step, workspace.thread);
  print_labelled("waits for", labels(step.gates, plan));
  if (auto version = workspace.store().current(step.step->verb, step.step->name)) {
    uint64_t rows = version->tables.empty() ? 0 : version->tables[0].rows;
    print_labelled("built", fmt::format("{}, {}, {}, key {}", short_time(version->created), plural(rows, "row"),
                                        human_seconds(version->seconds), version->key.substr(0, 8)));
  }
  std::string then = labels(downstream(plan, index), plan);
  if (step.action == Action::build && !then.empty()) then += "; as far as what they read of it changes";
  print_labelled("then", then);
}

int why(const Arguments& arguments) {
  Workspace workspace(arguments);
  const Plan& plan = workspace.plan();
  if (auto code = workspace.fail_on_problems()) return *code;
  std::vector<size_t> found = steps_named(arguments.positional[0], plan);
  if (arguments.json()) {
    Json steps = Json::array();
    for (size_t index : found) steps.push_back(step_json(workspace, plan, index));
    print_json({{"steps", steps}});
    return 0;
  }
  for (size_t index : found) print_step(workspace, plan, index);
  return 0;
}

}  // namespace

Command why_command() {
  Command command;
  command.name = "why";
  command.usage = "NAME";
  command.about = "why a step is or is not up to date";
  command.details =
      "Shows what the step depends on: the columns of other tables, files and parameters\n"
      "whose content decides whether it is built again, and what would follow. For example:\n"
      "  filrouge why departures --set late_after=30";
  command.min_positional = command.max_positional = 1;
  command.run = why;
  return command;
}

}  // namespace filrouge
