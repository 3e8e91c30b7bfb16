// Problems of a text that was given on the command line, shown like those of a file.
#pragma once

#include <string>

#include "base/error.h"
#include "thread/diagnostic.h"

namespace filrouge {

/// The problem at error.text_offset of `text`, which is shown under the name `shown` ("<sql>").
Diagnostic problem_in_text(const Error& error, const std::string& text, const std::string& shown);

}  // namespace filrouge
