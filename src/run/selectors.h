// Which steps a command is about: selectors as in dbt.
//
//   NAME     every step of that name        verb:NAME  one step         *  and ? match as in file names
//   +NAME    and all it needs               2+NAME     and what it needs, two links far
//   NAME+    and all that needs it          @NAME      and all that needs it, and all that those need
//   a b      union                          a,b        intersection
#pragma once

#include <string>
#include <vector>

namespace filrouge {

struct SelectableStep {
  std::string verb, name;
  std::vector<size_t> needs;  ///< indices
};

/// One flag a step. No selectors = all. Throws Error(user, FR0606) with the nearest name when a selector matches
/// nothing.
std::vector<bool> select_steps(const std::vector<SelectableStep>& steps, const std::vector<std::string>& select,
                               const std::vector<std::string>& exclude);

}  // namespace filrouge
