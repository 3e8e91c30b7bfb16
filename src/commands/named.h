// What a name on the command line means: a step of the thread, and one of the tables that it yields.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/workspace.h"

namespace filrouge {

struct Named {
  const Step* step = nullptr;
  std::string table;               ///< "departures", "flights.rejects"
  std::optional<Version> version;  ///< the current one; nothing = never built
  size_t index = 0;                ///< of `table` in version->tables

  const StoredTable& stored() const { return version->tables[index]; }
};

/// The step that yields the table `name` for others to read; a step of that name where none does (a check).
/// Throws Error(user, FR0606) with the nearest name.
Named find_named(Workspace& workspace, const std::string& name);

/// The same, but throws Error(user, FR0608) where it was never built: `version` is there.
Named find_built(Workspace& workspace, const std::string& name);

/// The files of what find_built() found.
TableFiles files_of(Workspace& workspace, const Named& named);

/// The lineage of every table as it was last built.
LineageGraph stored_lineage(const Store& store);

/// "flights.tailnum, planes.year"
std::string list_of(const std::set<ColumnRef>& refs);
Json json_of(const std::set<ColumnRef>& refs);

/// --limit as a number, `otherwise` where it is not given. Throws Error(user, FR0604).
uint64_t limit_option(const Arguments& arguments, uint64_t otherwise);

/// Says on standard error that the thread has problems, for commands that can answer all the same.
void mention_problems(const Workspace& workspace, const Arguments& arguments);

}  // namespace filrouge
