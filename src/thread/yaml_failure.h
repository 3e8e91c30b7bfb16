// A YAML parser says "could not find expected ':'"; this says what the writer of the file most likely did.
#pragma once

#include <string>
#include <string_view>

#include "thread/lines.h"

namespace filrouge {

/// Where a YAML parser gave up.
struct YamlFailure {
  std::string context;  ///< the parser's own words: "while scanning an alias"; may be empty
  std::string problem;  ///< "did not find expected alphabetic or numeric character"
  Place context_place;  ///< where the construct began; line 0 without context
  Place place;
};

/// The problem in a newcomer's words, at the place where it can be mended. `file` as in Diagnostic::file.
Diagnostic explain_yaml_failure(const YamlFailure& failure, const Lines& lines, const std::string& file);

}  // namespace filrouge
