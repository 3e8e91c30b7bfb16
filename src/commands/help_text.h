// What `help` prints, from the tables of commands and verbs: for a terminal of 80 columns, and as Markdown
// (docs/verbs.md).
#pragma once

#include <string>

#include "commands/command.h"
#include "thread/spec.h"

namespace filrouge {

std::string overview_text();
std::string command_text(const Command& command);
std::string verb_text(const VerbSpec& verb);
/// All verbs and all commands as one page.
std::string markdown_page();

/// "one of csv, json; default csv", "a list of texts, required".
std::string type_words(const KeySpec& key);

}  // namespace filrouge
