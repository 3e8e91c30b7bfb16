// The key of a version: a hash of everything that can change what the step yields. The parts are kept beside the
// version, so that a later plan can say in words what changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "steps/step.h"
#include "store/store.h"

namespace filrouge {

/// The inputs of a step as they are now: by table name.
using Inputs = std::map<std::string, const StoredTable*>;

/// {verb, verb_version, library, says, params, files: {shown: hash}, inputs: {table: {rows, columns: {name: "TYPE
/// hash"}}}} `file_hashes`: as Binding::files. Every table of Binding::uses must be in `inputs`.
Json key_parts(const Step& step, const Verb& verb, const Binding& binding, const std::vector<std::string>& file_hashes,
               const Inputs& inputs, const std::map<std::string, Json>& params, const std::string& library);

std::string key_of(const Json& parts);

/// What differs, in words a user knows: "parameter late_after changed: 15 -> 30", "column dep_delay of flights
/// changed".
std::vector<std::string> explain_change(const Json& before, const Json& now);

}  // namespace filrouge
