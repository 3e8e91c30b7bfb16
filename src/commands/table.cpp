#include "commands/commands.h"

namespace filrouge {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      new_command(),           plan_command(),       run_command(),    look_command(),
      ask_command(),           show_command(),       trace_command(),  why_command(),
      history_command(),       diff_command(),       verify_command(), gc_command(),
      doctor_command(),        prove_command(),      schema_command(), help_command(),
      explain_error_command(), completion_command(), worker_command()};
  return table;
}

}  // namespace filrouge
