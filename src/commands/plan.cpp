// plan: what `run` would do, and why; nothing is changed.
#include <iostream>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/workspace.h"

namespace filrouge {
namespace {

constexpr int kWorkIsPending = 4;

Json to_json(const Plan& plan) {
  Json steps = Json::array();
  for (const PlannedStep& step : plan.steps) {
    Json entry = {
        {"verb", step.step->verb}, {"name", step.step->name}, {"action", to_string(step.action)}, {"why", step.why}};
    entry["rows"] = step.rows ? Json(*step.rows) : Json(nullptr);
    entry["seconds"] = step.seconds ? Json(*step.seconds) : Json(nullptr);
    steps.push_back(std::move(entry));
  }
  return {{"steps", steps}};
}

void print(const PlannedStep& step, size_t name_width) {
  std::string why = join(step.why, "; ");
  std::string line = fmt::format("  {:<5}  {:<5} {:<{}}  {:<30}", to_string(step.action), step.step->verb,
                                 step.step->name, name_width, why);
  if (step.action == Action::build && step.rows) line += fmt::format("  {:>10}", short_count(*step.rows) + " rows");
  if (step.action == Action::build && step.seconds) line += fmt::format("  {:>6}", human_seconds(*step.seconds));
  std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
}

int plan(const Arguments& arguments) {
  auto start = std::chrono::steady_clock::now();
  Workspace workspace(arguments);
  Plan& plan = workspace.plan(arguments.positional, arguments.all("--exclude"));
  if (auto code = workspace.fail_on_problems()) return *code;
  size_t to_build = 0, reused = 0, name_width = 14;
  double seconds = 0;
  for (const PlannedStep& step : plan.steps) {
    name_width = std::max(name_width, std::min<size_t>(32, step.step->name.size()));
    to_build += step.action == Action::build;
    reused += step.action == Action::reuse;
    if (step.action == Action::build) seconds += step.seconds.value_or(0);
  }
  int code = arguments.has("--exit-code") && to_build > 0 ? kWorkIsPending : 0;
  if (arguments.json()) return print_json(to_json(plan)), code;
  for (const PlannedStep& step : plan.steps)
    if (step.action != Action::reuse || arguments.has("--all")) print(step, name_width);
  double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (to_build == 0)
    std::cout << fmt::format("  nothing to do: {} {} up to date  ({})\n", plural(reused, "step"),
                             reused == 1 ? "is" : "are", human_seconds(took));
  else
    std::cout << fmt::format("  {} to build{}, {} up to date; planned in {}  next: filrouge run\n", to_build,
                             seconds > 0 ? ", about " + human_seconds(seconds) : "", reused, human_seconds(took));
  return code;
}

}  // namespace

Command plan_command() {
  Command command;
  command.name = "plan";
  command.usage = "[SELECTOR ...]";
  command.about = "what run would do, and why; changes nothing";
  command.details =
      "Steps that are up to date are left out; --all shows them too.\n\n"
      "  filrouge plan\n"
      "  filrouge plan +departures --set late_after=30\n"
      "  filrouge plan --exit-code     ends with 4 when work is pending";
  command.options = {{"--exclude", "SELECTOR", "leave these steps out", true},
                     {"--all", "", "show what is up to date too"},
                     {"--exit-code", "", "end with exit code 4 when there is something to do"}};
  command.max_positional = -1;
  command.run = plan;
  return command;
}

}  // namespace filrouge
