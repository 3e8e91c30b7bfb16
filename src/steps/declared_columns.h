// `columns:` of a step that takes data from outside: what each column is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "steps/step.h"

namespace filrouge {

struct DeclaredColumn {
  std::string name;
  std::string type;  ///< as the engine calls it; empty where nothing is said
  Json meaning;      ///< {about, time, entity, subject, purpose, keep}; null where nothing is said
};

/// Reads {NAME: TYPE} or {NAME: {type, about, ...}}, in the thread's order; empty where there is no such key. Nothing
/// after reporting FR0303 for what is no type, FR0324 for an unknown key.
std::optional<std::vector<DeclaredColumn>> declared_columns(const Step& step, BindContext& context);

}  // namespace filrouge
