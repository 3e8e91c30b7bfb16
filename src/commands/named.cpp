#include "commands/named.h"

#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "run/graph.h"

namespace filrouge {
namespace {

std::vector<std::string> yielded_by(const Step& step) {
  const Verb* verb = find_verb(step.verb);
  return verb ? tables_yielded(step, *verb) : std::vector<std::string>{step.name};
}

/// The step whose table of that name others read: a quarantine before the one that made the table.
const Step* provider_of(const Thread& thread, const std::string& table) {
  const Step* found = nullptr;
  for (const Step& step : thread.steps) {
    const Verb* verb = find_verb(step.verb);
    if (verb && verb->replaces && step.name == table && verb->replaces(step)) return &step;
    for (const std::string& name : yielded_by(step))
      if (name == table) found = &step;
  }
  return found;
}

const Step* step_named(const Thread& thread, const std::string& name) {
  for (const Step& step : thread.steps)
    if (step.name == name) return &step;
  return nullptr;
}

}  // namespace

Named find_named(Workspace& workspace, const std::string& name) {
  Named named;
  named.step = provider_of(workspace.thread, name);
  named.table = name;
  if (!named.step && (named.step = step_named(workspace.thread, name))) named.table = yielded_by(*named.step).front();
  if (!named.step) {
    auto near = nearest(name, table_names(workspace.thread));
    throw Error(ErrorKind::user, "FR0606", fmt::format("no table `{}` in this thread", name),
                near ? fmt::format("did you mean `{}`?", *near) : "next: filrouge plan");
  }
  named.version = workspace.store().current(named.step->verb, named.step->name);
  if (!named.version) return named;
  const std::vector<StoredTable>& tables = named.version->tables;
  auto found = std::find_if(tables.begin(), tables.end(), [&](const StoredTable& t) { return t.name == named.table; });
  if (found == tables.end())
    named.version.reset();  // built when the step had fewer tables
  else
    named.index = static_cast<size_t>(found - tables.begin());
  return named;
}

Named find_built(Workspace& workspace, const std::string& name) {
  Named named = find_named(workspace, name);
  if (!named.version)
    throw Error(ErrorKind::user, "FR0608", fmt::format("`{}` was not built yet", named.table),
                fmt::format("next: filrouge run +{}", named.step->name));
  return named;
}

TableFiles files_of(Workspace& workspace, const Named& named) {
  const StoredTable& stored = named.stored();
  workspace.store().check_unchanged(*named.version);
  return {stored.name, workspace.store().files_of(*named.version, stored), stored.schema};
}

LineageGraph stored_lineage(const Store& store) {
  LineageGraph graph;
  const std::vector<Version> versions = store.all_current();
  for (bool replacing : {false, true})
    for (const Version& version : versions)
      for (const StoredTable& table : version.tables) {
        if (table.lineage->columns.empty() || table.lineage->tables.contains(table.name) != replacing) continue;
        if (replacing)
          add_replacement(graph, table.name, *table.lineage);
        else
          graph.emplace(table.name, *table.lineage);
      }
  return graph;
}

std::string list_of(const std::set<ColumnRef>& refs) {
  std::vector<std::string> texts;
  for (const ColumnRef& ref : refs) texts.push_back(ref.text());
  return join(texts, ", ");
}

Json json_of(const std::set<ColumnRef>& refs) {
  Json list = Json::array();
  for (const ColumnRef& ref : refs) list.push_back(ref.text());
  return list;
}

uint64_t limit_option(const Arguments& arguments, uint64_t otherwise) {
  return count_option(arguments, "--limit", otherwise, "--limit 100");
}

void mention_problems(const Workspace& workspace, const Arguments& arguments) {
  if (!has_errors(workspace.problems) || arguments.json() || arguments.quiet()) return;
  std::cerr << fmt::format("note: thread.yaml has {}; next: filrouge plan\n",
                           plural(workspace.problems.size(), "problem"));
}

}  // namespace filrouge
