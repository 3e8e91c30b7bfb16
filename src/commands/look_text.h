// A profile as text: what `filrouge look` prints.
#pragma once

#include <string>

#include "base/json.h"

namespace filrouge {

/// `profile` as in engines/profile.h. Each column: its name and type, what it holds, a histogram or its most frequent
/// values, and its warnings. `width`: columns of the terminal, at least 60. `color`: ANSI escapes.
std::string render_profile(const Json& profile, int width, bool color);

}  // namespace filrouge
