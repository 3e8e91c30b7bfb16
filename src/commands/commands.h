// One function per command; table.cpp puts them into the table.
#pragma once

#include "commands/command.h"

namespace filrouge {

Command new_command();
Command plan_command();
Command run_command();
Command look_command();
Command ask_command();
Command show_command();
Command trace_command();
Command why_command();
Command history_command();
Command diff_command();
Command verify_command();
Command gc_command();
Command doctor_command();
Command prove_command();
Command schema_command();
Command help_command();
Command explain_error_command();
Command completion_command();
Command worker_command();

}  // namespace filrouge
