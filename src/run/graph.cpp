#include "run/graph.h"

#include <queue>

#include "base/text.h"

namespace filrouge {

std::vector<std::string> tables_yielded(const Step& step, const Verb& verb) {
  return verb.yields ? verb.yields(step) : std::vector<std::string>{step.name};
}

std::vector<std::string> table_names(const Thread& thread) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const Step& step : thread.steps)
    if (const Verb* verb = find_verb(step.verb))
      for (std::string& name : tables_yielded(step, *verb))
        if (seen.insert(name).second) names.push_back(std::move(name));
  return names;
}

std::optional<size_t> Plan::source_of(const std::string& table, size_t reader) const {
  if (auto found = replacement.find(table); found != replacement.end()) {
    const std::vector<size_t>& needs = steps[reader].needs;
    if (std::binary_search(needs.begin(), needs.end(), found->second)) return found->second;
  }
  auto found = provider.find(table);
  return found == provider.end() ? std::nullopt : std::optional(found->second);
}

std::vector<bool> Plan::ancestors(size_t index, bool with_gates) const {
  std::vector<bool> seen(steps.size());
  std::vector<size_t> open = {index};
  while (!open.empty()) {
    const PlannedStep& step = steps[open.back()];
    open.pop_back();
    auto visit = [&](const std::vector<size_t>& links) {
      for (size_t link : links)
        if (!seen[link]) seen[link] = true, open.push_back(link);
    };
    visit(step.needs);
    if (with_gates) visit(step.gates);
  }
  return seen;
}

const OutputTable* Plan::output(const std::string& table) const {
  auto found = provider.find(table);
  if (found == provider.end() || !steps[found->second].binding) return nullptr;
  for (const OutputTable& output : steps[found->second].binding->tables)
    if (output.name == table) return &output;
  return nullptr;
}

namespace {

/// The table as the quarantine `check` yields it; nothing where that is not bound.
const OutputTable* replacing_output(const Plan& plan, const std::string& table, size_t check) {
  if (!plan.steps[check].binding) return nullptr;
  for (const OutputTable& output : plan.steps[check].binding->tables)
    if (output.name == table) return &output;
  return nullptr;
}

}  // namespace

const Schema* Plan::schema(const std::string& table) const {
  const OutputTable* found = output(table);
  return found ? &found->schema : nullptr;
}

LineageGraph Plan::lineage() const {
  LineageGraph graph;
  for (const auto& [table, index] : provider)
    if (const OutputTable* found = output(table); found && !found->lineage.columns.empty())
      graph[table] = found->lineage;
  for (const auto& [table, check] : replacement)
    if (const OutputTable* found = replacing_output(*this, table, check)) add_replacement(graph, table, found->lineage);
  return graph;
}

namespace {

/// An order in which every step comes after what it needs; of those that could come next, the first of the file. Steps
/// on a cycle and what hangs on them are missing.
std::vector<size_t> sorted_order(const Plan& plan) {
  std::vector<std::vector<size_t>> dependents(plan.steps.size());
  std::vector<size_t> missing(plan.steps.size());
  for (size_t i = 0; i < plan.steps.size(); ++i)
    for (const auto* links : {&plan.steps[i].needs, &plan.steps[i].gates})
      for (size_t need : *links) dependents[need].push_back(i), ++missing[i];
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t i = 0; i < missing.size(); ++i)
    if (missing[i] == 0) ready.push(i);
  std::vector<size_t> order;
  while (!ready.empty()) {
    size_t next = ready.top();
    ready.pop();
    order.push_back(next);
    for (size_t dependent : dependents[next])
      if (--missing[dependent] == 0) ready.push(dependent);
  }
  return order;
}

/// Puts the steps into `order` (a permutation) and renames every index.
void reorder(Plan& plan, const std::vector<size_t>& order) {
  std::vector<size_t> place(order.size());
  std::vector<PlannedStep> steps;
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  for (size_t old : order) steps.push_back(std::move(plan.steps[old]));
  plan.steps = std::move(steps);
  for (PlannedStep& step : plan.steps)
    for (auto* links : {&step.needs, &step.gates}) {
      for (size_t& link : *links) link = place[link];
      std::sort(links->begin(), links->end());
    }
  for (auto* map : {&plan.provider, &plan.replacement})
    for (auto& [table, index] : *map) index = place[index];
}

/// A cycle through steps that are not in `sorted`, as "a -> b -> a"; `start` gets its first step.
std::string find_cycle(const Plan& plan, const std::vector<bool>& sorted, size_t& start) {
  std::vector<size_t> path;
  std::vector<bool> on_path(plan.steps.size());
  size_t at = static_cast<size_t>(std::find(sorted.begin(), sorted.end(), false) - sorted.begin());
  while (!on_path[at]) {
    on_path[at] = true;
    path.push_back(at);
    for (size_t need : plan.steps[at].needs)
      if (!sorted[need]) {
        at = need;
        break;
      }
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  start = *std::min_element(path.begin(), path.end());
  std::rotate(path.begin(), std::find(path.begin(), path.end(), start), path.end());
  std::string text;
  for (size_t i : path) text += plan.steps[i].step->name + " needs ";
  return text + plan.steps[start].step->name;
}

void add_need(PlannedStep& step, size_t need) {
  auto place = std::lower_bound(step.needs.begin(), step.needs.end(), need);
  if (place == step.needs.end() || *place != need) step.needs.insert(place, need);
}

}  // namespace

void link_steps(Plan& plan, const Thread& thread, std::vector<Diagnostic>& problems) {
  for (size_t i = 0; i < plan.steps.size(); ++i)
    for (const std::string& table : tables_yielded(*plan.steps[i].step, *plan.steps[i].verb)) {
      auto [place, is_new] = plan.provider.emplace(table, i);
      if (is_new) continue;
      if (plan.steps[place->second].verb->supersedes) continue;
      if (plan.steps[i].verb->supersedes) {
        place->second = i;
        continue;
      }
      const Step& other = *plan.steps[place->second].step;
      problems.push_back(thread.at(
          *plan.steps[i].step, {}, "FR0215",
          fmt::format("`{}` and `{}` both make the table `{}`", other.label(), plan.steps[i].step->label(), table),
          "give one of them another name",
          fmt::format("`{}` stands in line {}", other.label(), other.node.begin.line)));
    }
  for (size_t i = 0; i < plan.steps.size(); ++i)
    for (const std::string& table : plan.steps[i].references)
      if (auto found = plan.provider.find(table); found != plan.provider.end()) add_need(plan.steps[i], found->second);
  std::vector<size_t> order = sorted_order(plan);
  if (order.size() < plan.steps.size()) {
    std::vector<bool> sorted(plan.steps.size());
    for (size_t i : order) sorted[i] = true;
    size_t start = 0;
    std::string cycle = find_cycle(plan, sorted, start);
    problems.push_back(thread.at(*plan.steps[start].step, {}, "FR0211", "these steps need each other: " + cycle,
                                 "a step cannot need its own result"));
    for (size_t i = 0; i < sorted.size(); ++i)
      if (!sorted[i]) order.push_back(i);
  }
  reorder(plan, order);
}

void link_checks(Plan& plan) {
  std::map<std::string, std::vector<size_t>> readers;
  for (size_t i = 0; i < plan.steps.size(); ++i)
    for (const std::string& table : plan.steps[i].references) readers[table].push_back(i);
  bool any = false;
  for (size_t check = 0; check < plan.steps.size(); ++check) {
    const std::optional<Binding>& binding = plan.steps[check].binding;
    if (!binding || (!binding->gate && !binding->replaces_input)) continue;
    const std::string& table = plan.steps[check].step->name;
    std::vector<bool> before = plan.ancestors(check, true);
    for (size_t reader : readers[table]) {
      if (reader == check || before[reader]) continue;
      // Checks of other tables do not wait: all of them are to be seen at once.
      bool is_check = plan.steps[reader].binding && plan.steps[reader].binding->gate;
      if (binding->replaces_input) add_need(plan.steps[reader], check);
      if (binding->gate && !is_check) plan.steps[reader].gates.push_back(check);
      any = true;
    }
    if (binding->replaces_input) plan.replacement[table] = check;
  }
  if (any) reorder(plan, sorted_order(plan));
}

}  // namespace filrouge
