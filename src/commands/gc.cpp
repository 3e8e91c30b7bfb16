// gc: removes versions that no recent run used.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/text_table.h"
#include "commands/workspace.h"

namespace filrouge {
namespace {

constexpr size_t kKeptRuns = 10;

/// What can be had back: one line for each step, so that it can be read.
TextTable by_step(const std::vector<Finding>& findings) {
  std::vector<std::string> order;
  std::map<std::string, std::pair<uint64_t, uint64_t>> steps;  // versions, bytes
  for (const Finding& finding : findings) {
    std::string label = finding.name.empty() ? finding.path : finding.verb + " " + finding.name;
    if (!steps.contains(label)) order.push_back(label);
    ++steps[label].first;
    steps[label].second += finding.bytes;
  }
  TextTable table({{"step"}, {"versions", "", true}, {"size", "", true}});
  for (const std::string& label : order)
    table.add({label, with_commas(steps[label].first), human_bytes(steps[label].second)});
  return table;
}

/// The steps that the thread has now: what a removed step left is only kept for the runs that used it. Nothing where
/// there is no thread, or one with problems.
std::optional<std::set<StepName>> steps_of_thread(const Arguments& arguments) {
  if (!thread_file(arguments)) return std::nullopt;
  Workspace workspace(arguments);
  if (has_errors(workspace.problems)) return std::nullopt;
  std::set<StepName> steps;
  for (const Step& step : workspace.thread.steps) steps.insert({step.verb, step.name});
  return steps;
}

int gc(const Arguments& arguments) {
  size_t keep = count_option(arguments, "--keep", kKeptRuns, "--keep 3");
  bool dry_run = arguments.has("--dry-run");
  auto say = [&](const std::string& text) {
    if (!arguments.quiet() && !arguments.json()) std::cerr << "  " << text << "\n";
  };
  const StorePlace place = store_place(arguments);
  if (!Store::exists(place)) dry_run = true;  // do not make one only to find it empty
  auto store =
      Store::open(place, dry_run ? Store::Access::read : Store::Access::write, !arguments.has("--no-wait"), say);
  std::optional<std::set<StepName>> steps = steps_of_thread(arguments);
  std::vector<Finding> findings = store->gc(keep, dry_run, steps ? &*steps : nullptr);
  uint64_t bytes = 0;
  for (const Finding& finding : findings) bytes += finding.bytes;
  if (arguments.json()) {
    Json removed = Json::array();
    for (const Finding& finding : findings)
      removed.push_back({{"verb", finding.verb},
                         {"name", finding.name},
                         {"key", finding.key},
                         {"path", finding.path},
                         {"bytes", finding.bytes}});
    print_json({{"removed", removed}, {"bytes", bytes}, {"dry_run", dry_run}});
    return 0;
  }
  if (!findings.empty()) std::cout << by_step(findings).draw(output_style()).text;
  if (findings.empty())
    say(fmt::format("nothing to remove: every version is current or was used by the last {}",
                    keep == 1 ? "run" : plural(keep, "run")));
  else
    say(fmt::format("{} {}, {}", plural(findings.size(), "version"), dry_run ? "would be removed" : "removed",
                    human_bytes(bytes)));
  return 0;
}

}  // namespace

Command gc_command() {
  Command command;
  command.name = "gc";
  command.usage = "";
  command.about = "removes versions that no recent run used";
  command.details =
      "Current versions always stay, and those that the last runs used. For example:\n"
      "  filrouge gc --dry-run\n"
      "  filrouge gc --keep 1";
  command.options = {{"--keep", "N", "keep what the last N runs used; default: 10"},
                     {"--dry-run", "", "only say what would be removed"}};
  command.run = gc;
  return command;
}

}  // namespace filrouge
