// What `--json` answers look like, as JSON Schemas (draft 7): the shapes that programs rely on. Additions are allowed,
// changes are not. tests/support/check_json.py holds real answers against them.
#pragma once

#include "base/json.h"

namespace filrouge {

/// {command: schema}, and `errors` for the answer of any command that fails.
Json output_schemas();

}  // namespace filrouge
